"""Data Center: REST v2, wiki text, numbered pages."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.change import Absent, Found, Intent, TicketChange
from schemas.errors import Denied
from schemas.record import Cursor
from tests.trackers.jira.jira_payloads import an_issue
from tests.trackers.jira.jira_scene import a_scene, connected, reply
from trackers import markers
from trackers.jira import JIRA

URL = "https://jira.corp.example/browse/HARB"
MARKER = markers.minted(b"key", "here", "m1", "shop/7")


def issues(*places):
    found = []
    for place in places:
        updated = f"2026-11-20T10:{place // 60:02d}:{place % 60:02d}.000+0100"
        found.append(an_issue(20000 + place, f"HARB-{place}", updated=updated))
    return found


def server(answer):
    return connected({"POST /search": answer}, url=URL, root="/rest/api/2", project_id="10500")


def test_a_whole_pass_goes_on_behind_the_last_key():
    def answer(body):
        left = 3 - body["jql"].count("key >") * 2
        found = issues(1, 2) if left == 3 else issues(3)
        return {"issues": found, "total": left, "startAt": 0, "maxResults": 2}

    one = server(answer)
    pages = list(one.client.changed_since(Cursor()))
    assert [record.ticket for page in pages for record in page.records] == [
        "20001",
        "20002",
        "20003",
    ]
    assert 'AND key > "HARB-2" ORDER BY key ASC' in one.bodies[-1]["jql"]
    assert {body["startAt"] for body in one.bodies if "jql" in body} == {0}
    assert pages[0].total == 3


def test_an_incremental_pass_goes_on_from_the_last_time_seen():
    asked = []

    def answer(body):
        asked.append((body["jql"].partition("updated >= ")[2].partition(" ")[0], body["startAt"]))
        step = len(asked)
        return {"issues": issues(step), "total": body["startAt"] + (3 - step) + 1}

    one = server(answer)
    since = datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert len(list(one.client.changed_since(Cursor(since=since)))) == 3
    assert asked == [("1795165200000", 0), ("1795165201000", 0), ("1795165202000", 0)]


def test_many_issues_of_one_moment_are_paged_by_number():
    asked = []

    def answer(body):
        asked.append(body["startAt"])
        start = body["startAt"]
        same = [
            an_issue(20000 + n, f"HARB-{n}", updated="2026-11-20T10:00:00.000+0100")
            for n in range(start, start + 2)
        ]
        return {"issues": same, "total": 5} if start < 4 else {"issues": same[:1], "total": 5}

    one = server(answer)
    since = datetime(2026, 11, 20, 9, tzinfo=UTC)
    records = [r for page in one.client.changed_since(Cursor(since=since)) for r in page.records]
    assert len(records) == 5
    assert asked == [0, 2, 4]


def test_a_walk_goes_on_where_it_stopped():
    def answer(body):
        rest = "key >" in body["jql"]
        return {"issues": issues(3) if rest else issues(1, 2), "total": 1 if rest else 3}

    first = next(iter(server(answer).client.changed_since(Cursor())))
    [page] = server(answer).client.changed_since(first.cursor)
    assert [record.ticket for record in page.records] == ["20003"]
    assert page.cursor.since == first.cursor.watermark


def test_the_search_tells_which_changed_issues_lie_in_the_jql():
    def answer(body):
        if " AND id in (" in body["jql"]:
            return {"issues": [{"id": "20002"}], "total": 1}
        return {"issues": issues(1, 2), "total": 2}

    one = connected(
        {"POST /search": answer}, url=URL, root="/rest/api/2", filter={"jql": "labels = a"}
    )
    since = Cursor(since=datetime(2026, 11, 20, 9, tzinfo=UTC))
    [page] = one.client.changed_since(since)
    held = [
        JIRA.holds(JIRA.to_ticket(r.body, one.source), one.source, r.body) for r in page.records
    ]
    assert held == [False, True]
    assert one.bodies[1]["jql"] == "(labels = a) AND id in (20001,20002)"


def test_a_history_comes_with_the_issue():
    item = {"field": "summary", "fromString": "a", "toString": "b"}
    change = {"id": "7", "created": "2026-11-20T10:15:00.120+0100", "items": [item]}
    told = an_issue(7) | {"changelog": {"histories": [change]}}
    one = connected({"GET /issue/7": told}, url=URL, root="/rest/api/2")
    [history] = one.client.history(["7"])
    [entry] = history.entries
    assert (entry.id, entry.field, entry.before, entry.after) == ("7:summary", "title", "a", "b")


@pytest.fixture
def scene():
    with a_scene(deployment="server", tickets=130, comments=30) as scene:
        yield scene


def test_every_ticket_of_the_stand_in_is_walked_and_counted(scene):
    records = scene.walk_all()
    assert len({record.ticket for record in records}) == len(records) == 130
    assert {one.ticket for page in scene.client.census() for one in page.seen} == {
        one.ticket for one in records
    }
    since = Cursor(since=datetime.now(UTC) - timedelta(days=400))
    assert {one.ticket for one in scene.walk(since)} == {one.ticket for one in records}


def test_the_stand_in_reads_as_its_people_wrote_it(scene):
    neutral = {one["key"]: one for one in scene.there.neutral()["tickets"]}
    for record in scene.walk_all()[:40]:
        ticket = JIRA.to_ticket(record.body, scene.source)
        meant = neutral[ticket.key]
        assert (ticket.title, ticket.body, ticket.state) == (
            meant["title"], meant["body"], meant["state"],
        )  # fmt: skip


def test_a_ticket_is_written_and_its_marker_found(scene):
    fields = {"title": "A lamp", "body": "Dark.", "state": "closed", "status_category": "done"}
    wanted = scene.wanted(**fields)
    change = TicketChange(wanted=wanted, fields=frozenset(fields), marker=MARKER)
    refs = scene.carry_out(change)
    ticket = scene.ticket(refs[0].ticket)
    assert (ticket.title, ticket.body, ticket.state) == ("A lamp", "Dark.", "closed")
    intent = Intent(creates="ticket", marker=MARKER, sent_at=datetime.now(UTC))
    found = scene.client.find_marker(intent)
    assert isinstance(found, Found)
    assert found.ref.ticket == refs[0].ticket
    other = markers.minted(b"key", "here", "m1", "shop/8")
    missing = scene.client.find_marker(intent.model_copy(update={"marker": other}))
    assert isinstance(missing, Absent)


def test_the_other_lists_are_read_too(scene):
    client = scene.client
    assert client.project().name == "PROJ"
    assert [one.name for one in client.projects()] == ["PROJ"]
    assert client.definitions()[1]
    assert list(client.users())
    assert any(one.fills == "sprint" for one in client.fields())


def a_refused_key(body):
    words = ["An issue with key 'HARB-2' does not exist for field 'key'."]
    if "key >" in body["jql"]:
        return reply({"errorMessages": words, "errors": {}}, 400)
    return {"issues": issues(1, 2), "total": 3, "startAt": 0, "maxResults": 2}


def test_a_walk_begins_again_when_the_issue_it_stood_at_was_deleted():
    stood = next(iter(server(a_refused_key).client.changed_since(Cursor()))).cursor

    def answer(body):
        refused = "HARB-2" in body["jql"]
        return a_refused_key(body) if refused else {"issues": issues(1, 3), "total": 2}

    [page] = server(answer).client.changed_since(stood)
    assert [record.ticket for record in page.records] == ["20001", "20003"]
    assert page.cursor.since == stood.watermark


def test_a_walk_whose_keys_are_all_refused_ends():
    one = server(a_refused_key)
    with pytest.raises(Denied, match="does not exist for field"):
        list(one.client.changed_since(Cursor()))
