"""Walking a project: whole and incremental passes, to the end, and on from where one stopped."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from schemas.errors import Denied, Permanent, Transient
from schemas.record import Cursor
from tests.trackers.jira.jira_payloads import AGILE, TYPES, a_comment, a_field, an_issue
from tests.trackers.jira.jira_scene import a_scene, connected, reply
from trackers.jira import JIRA

SINCE = datetime(2026, 11, 20, 9, tzinfo=UTC)
COUNT = {"POST /search/approximate-count": {"count": 2}}


def pages(*found):
    """Answers of the search by token: "" for the first, "t1" for the second, …"""

    def answer(body):
        token = body.get("nextPageToken", "")
        place = int(token[1:]) if token else 0
        more = {"nextPageToken": f"t{place + 1}"} if place + 1 < len(found) else {"isLast": True}
        return {"issues": found[place]} | more

    return {"POST /search/jql": answer}


def some_issues(*numbers):
    return [an_issue(20000 + number, f"HARB-{number}") for number in numbers]


def walked(one, cursor):
    return list(one.client.changed_since(cursor))


def test_an_idle_pass_is_one_request():
    one = connected(pages([]), project_id="10500")
    [page] = walked(one, Cursor(since=SINCE))
    assert one.lines == ["POST …/search/jql"]
    assert page.cursor == Cursor(since=page.cursor.watermark, watermark=page.cursor.watermark)
    assert page.cursor.since == datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_whole_pass_asks_for_the_filter_and_an_incremental_one_for_everything():
    one = connected(
        pages([]) | COUNT, project_id="10500", filter={"jql": "labels = a OR labels = b"}
    )
    walked(one, Cursor())
    walked(one, Cursor(since=SINCE))
    whole, partial = (body["jql"] for body in one.bodies if "fields" in body)
    assert "(labels = a OR labels = b)" in whole
    assert whole.endswith("ORDER BY created ASC, key ASC")
    assert "labels" not in partial
    assert partial.endswith("updated >= 1795165200000 ORDER BY updated ASC, key ASC")


def test_a_short_or_empty_page_is_not_the_end():
    one = connected(pages(some_issues(1), [], some_issues(2, 3)) | COUNT)
    found = [[r.ticket for r in page.records] for page in walked(one, Cursor())]
    assert found == [["20001"], [], ["20002", "20003"]]


def test_a_walk_goes_on_where_it_stopped():
    one = connected(pages(some_issues(1), some_issues(2)) | COUNT)
    first = next(iter(one.client.changed_since(Cursor())))
    again = connected(pages(some_issues(1), some_issues(2)) | COUNT)
    [rest] = walked(again, first.cursor)
    assert [r.ticket for r in rest.records] == ["20002"]
    assert rest.cursor.since == first.cursor.watermark
    assert rest.cursor.position is None


def test_a_position_of_another_filter_is_not_followed():
    one = connected(pages(some_issues(1), some_issues(2)) | COUNT)
    first = next(iter(one.client.changed_since(Cursor())))
    other = connected(pages(some_issues(1), some_issues(2)) | COUNT, filter={"state": "all"})
    assert len(walked(other, first.cursor)) == 2


@pytest.mark.parametrize("position", ["{", "3", '{"jql": 1}', '{"token": "x"}', "null"])
def test_a_position_that_is_none_begins_anew(position):
    one = connected(pages(some_issues(1)) | COUNT)
    cursor = Cursor(position=position, watermark=SINCE)
    assert [r.ticket for page in walked(one, cursor) for r in page.records] == ["20001"]


def test_a_token_that_has_ended_begins_the_walk_anew():
    def answer(body):
        if body.get("nextPageToken"):
            return reply({"errorMessages": ["The token is invalid or expired."]}, 400)
        return {"issues": some_issues(1), "isLast": True}

    started = connected(pages(some_issues(1), some_issues(2)) | COUNT)
    cursor = next(iter(started.client.changed_since(Cursor()))).cursor
    one = connected({"POST /search/jql": answer} | COUNT)
    assert [r.ticket for page in walked(one, cursor) for r in page.records] == ["20001"]


def test_a_token_that_repeats_does_not_loop():
    def answer(body):
        return {"issues": [], "nextPageToken": "same"}

    one = connected({"POST /search/jql": answer} | COUNT)
    with pytest.raises(Transient, match="one that was read"):
        walked(one, Cursor())


def test_a_jql_that_is_wrong_is_said_in_jiras_words():
    wrong = reply({"errorMessages": ["Field 'lables' does not exist."]}, 400)
    one = connected({"POST /search/jql": wrong} | COUNT, filter={"jql": "lables = a"})
    with pytest.raises(Permanent, match="Field 'lables' does not exist"):
        walked(one, Cursor())


def test_the_tracker_is_asked_which_changed_issues_lie_in_the_jql():
    match = {"POST /jql/match": {"matches": [{"matchedIssues": [20002], "errors": []}]}}
    one = connected(pages(some_issues(1, 2)) | match, filter={"jql": "labels = a"})
    [page] = walked(one, Cursor(since=SINCE))
    held = [
        JIRA.holds(JIRA.to_ticket(r.body, one.source), one.source, r.body) for r in page.records
    ]
    assert held == [False, True]
    assert {"issueIds": [20001, 20002], "jqls": ["labels = a"]} in one.bodies


def test_a_jql_that_cannot_be_matched_puts_nobody_outside():
    match = {"POST /jql/match": {"matches": [{"matchedIssues": [], "errors": ["no field a"]}]}}
    one = connected(pages(some_issues(1)) | match, filter={"jql": "a = a"})
    with pytest.raises(Permanent, match="no field a"):
        walked(one, Cursor(since=SINCE))


def test_comments_that_were_cut_off_are_read_to_the_end():
    issue = an_issue(comment={"comments": [a_comment(1)], "total": 3, "maxResults": 1})
    rest = {"comments": [a_comment(n) for n in (1, 2, 3)], "total": 3}
    one = connected(pages([issue]) | COUNT | {"GET /issue/20481/comment": rest})
    [page] = walked(one, Cursor())
    [record] = page.records
    assert [comment["id"] for comment in record.comments] == ["1", "2", "3"]
    assert record.body["fields"]["comment"] == {"total": 3}


def test_a_list_without_comments_says_nothing_of_them():
    issue = an_issue()
    del issue["fields"]["comment"]
    one = connected(pages([issue]) | COUNT)
    [page] = walked(one, Cursor())
    assert page.records[0].comments is None


def test_fields_found_by_their_type_travel_with_the_record():
    fields = [
        a_field(7, "Sprint (neu)", f"{AGILE}:gh-sprint", "array"),
        a_field(8, "Story Points", f"{TYPES}:float"),
        a_field(9, "Height", f"{TYPES}:float"),
    ]
    issue = an_issue(customfield_7=[{"id": 3, "name": "S", "state": "active"}], customfield_8=8)
    one = connected(pages([issue], [issue]) | COUNT | {"GET /field": fields})
    records = [r for page in walked(one, Cursor()) for r in page.records]
    ticket = JIRA.to_ticket(records[0].body, one.source)
    assert (ticket.sprint.id, ticket.story_points) == ("3", 8)
    assert one.lines.count("GET …/field") == 1


def test_texts_that_cannot_be_read_come_with_jiras_rendering():
    broken = an_issue(description={"type": "doc", "version": 1, "content": "no list"})
    told = {"id": "20481", "key": "HARB-12", "renderedFields": {"description": "<p>Hello</p>"}}
    one = connected(pages([broken]) | COUNT | {"POST /issue/bulkfetch": {"issues": [told]}})
    [page] = walked(one, Cursor())
    assert JIRA.to_ticket(page.records[0].body, one.source).body.strip() == "Hello"


def test_every_ticket_of_the_stand_in_is_walked_and_counted():
    with a_scene(tickets=230, comments=60) as scene:
        records = scene.walk(Cursor())
        assert len({record.ticket for record in records}) == 230
        census = {one.ticket: one for page in scene.client.census() for one in page.seen}
        assert {r.ticket: r.revision for r in records} == {k: s.revision for k, s in census.items()}
        counted = {r.ticket: len(r.comments) for r in records}
        assert counted == {key: one.comment_count for key, one in census.items()}
        assert sum(counted.values()) == 60


def test_an_incremental_pass_of_the_stand_in_sees_what_moved():
    with a_scene(tickets=30) as scene:
        first = list(scene.client.changed_since(Cursor()))[-1].cursor
        scene.take()
        issue = scene.there.acts.open("Late", labels=["quay"])
        records = scene.walk(Cursor(since=first.since - timedelta(minutes=1)))
        assert str(issue.id) in {record.ticket for record in records}
        assert scene.take() == ["POST /rest/api/3/search/jql"]


def test_a_ticket_that_left_the_jql_shows_as_outside():
    with a_scene({"jql": "labels = quay ORDER BY updated DESC"}) as scene:
        issue = scene.there.acts.open("A lamp", labels=["quay"])
        [record] = scene.walk(Cursor())
        ticket = JIRA.to_ticket(record.body, scene.source)
        assert JIRA.holds(ticket, scene.source, record.body) is True
        scene.there.acts.unlabel(issue.key, "quay")
        since = Cursor(since=datetime.now(UTC) - timedelta(minutes=5))
        [record] = scene.walk(since)
        assert JIRA.holds(ticket, scene.source, record.body) is False
        fetched = scene.record(str(issue.id))
        assert JIRA.holds(ticket, scene.source, fetched.body) is False
        assert scene.walk(Cursor()) == []


def test_our_own_writes_are_seen_although_the_index_lags():
    with a_scene() as scene:
        scene.there.faults.set(index_lag=600.0)
        new = scene.create(title="Just made")
        since = Cursor(since=datetime.now(UTC) - timedelta(minutes=5))
        assert [record.ticket for record in scene.walk(since)] == [new]


def test_a_walk_reads_through_short_and_empty_pages_of_the_stand_in():
    with a_scene(tickets=60) as scene:
        scene.there.faults.set(short_pages_next=1, empty_page=1)
        assert len(scene.walk(Cursor())) == 60


def test_bodies_of_a_search_hold_nothing_but_documented_keys():
    one = connected(pages(some_issues(1)) | COUNT)
    walked(one, Cursor())
    body = next(b for b in map(orjson.dumps, one.bodies) if b"maxResults" in b)
    assert set(orjson.loads(body)) == {"jql", "maxResults", "fields", "properties"}


@pytest.mark.parametrize("since", [None, SINCE])
def test_a_filter_or_project_that_jira_refuses_is_the_sources_own_trouble(since):
    wrong = reply({"errorMessages": ["Field 'labls' does not exist."], "errors": {}}, 400)
    one = connected(
        {
            "POST /search/approximate-count": wrong,
            "POST /search/jql": wrong,
        },
        filter={"jql": "labls = x"},
    )
    with pytest.raises(Denied, match=r"filter is refused: .*Field 'labls' does not exist"):
        list(one.client.changed_since(Cursor(since=since)))
