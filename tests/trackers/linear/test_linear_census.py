"""A census goes on from its marks, whatever happened between two halves of it."""

import json
from datetime import UTC, datetime

import httpx
import orjson
import pytest

from sandbox.linear import app
from schemas.errors import Denied, Permanent, Transient
from schemas.ports import Allowance
from schemas.record import Cursor
from tests.trackers.linear.linear_world import NOWHERE, client_of
from tests.trackers.stand_ins import Budget, Memory, Script, Secrets, a_source
from trackers.linear import LINEAR

TEAM = "0a57af35-b9b8-4635-90b8-fe223c116549"
FIRST, LATER = "2026-11-20T09:00:00.000Z", "2026-11-20T10:00:00.000Z"


def an_issue(number, created=FIRST, comments=0, **over):
    said = [{"id": f"c{number}-{one}"} for one in range(comments)]
    return {
        "id": f"i{number}",
        "identifier": f"ENG-{number}",
        "createdAt": created,
        "updatedAt": LATER,
        "archivedAt": None,
        "trashed": None,
        "state": {"name": "Todo", "type": "unstarted"},
        "comments": page_of(said),
    } | over


def page_of(nodes, cursor=None):
    return {
        "nodes": nodes,
        "pageInfo": {"hasNextPage": cursor is not None, "endCursor": cursor},
    }


def network(*pages):
    """Answers to the question of the census, in order: issues and a cursor, or an error's words."""
    left = list(pages)

    def answer(request: httpx.Request) -> httpx.Response:
        query = orjson.loads(request.content)["query"]
        assert "query Census" in query, query
        told = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(told, str):
            error = {"message": told, "extensions": {"type": "invalid input"}}
            return httpx.Response(200, json={"data": None, "errors": [error]})
        count = {"nodes": [{"issueCount": 9}]}
        return httpx.Response(200, json={"data": {"teams": count, "issues": page_of(*told)}})

    return Script(answer)


def client_at(script, limiter=None, token="lin_api_invented", **over):
    return LINEAR.connect(
        a_source("linear", "https://linear.app/acme/team/ENG", project_id=TEAM, **over),
        credentials=Secrets(token),
        limiter=limiter or Budget(),
        validators=Memory(),
        transport=script.transport,
    )


def asked(script):
    return [orjson.loads(one.content)["variables"] for one in script.asked]


def a_mark(moment=LATER, after=None, team=TEAM):
    return json.dumps({"team": team, "moment": moment, "after": after})


def test_the_next_page_is_asked_for_by_the_last_moment_to_its_end():
    script = network(([an_issue(3, LATER), an_issue(2)], "i2"), ([an_issue(2), an_issue(1)], None))
    pages = list(client_at(script).census())
    assert [[one.key for one in page.seen] for page in pages] == [["ENG-3", "ENG-2"], ["ENG-1"]]
    first, second = asked(script)
    assert "createdAt" not in first["filter"]
    assert second["filter"]["createdAt"] == {"lte": "2026-11-20T09:00:00.001Z"}
    assert (second["after"], pages[0].total, pages[1].mark) == (None, 9, None)


def test_a_moment_in_which_many_were_created_goes_on_by_cursor():
    script = network(([an_issue(2)], "i2"), ([an_issue(1)], "i1"), ([an_issue(0)], None))
    list(client_at(script).census(a_mark(FIRST)))
    assert [one["after"] for one in asked(script)] == [None, "i2", "i1"]


def test_a_cursor_whose_issue_is_gone_begins_its_moment_again():
    script = network("the cursor is unknown", ([an_issue(1)], None))
    [page] = client_at(script).census(a_mark(FIRST, "i9"))
    assert [one.key for one in page.seen] == ["ENG-1"]
    assert [one["after"] for one in asked(script)] == ["i9", None]
    assert "createdAt" in asked(script)[1]["filter"]


def test_a_question_that_is_refused_otherwise_is_an_error():
    for mark in (None, a_mark()):
        with pytest.raises(Permanent, match="refused"):
            list(client_at(network("refused")).census(mark))
    with pytest.raises(Transient, match="same page"):
        list(client_at(network(([an_issue(1)], "i1"))).census())


@pytest.mark.parametrize(
    "mark",
    [
        "nonsense",
        "[]",
        "7",
        "{}",
        a_mark(team="of another"),
        a_mark("yesterday"),
        a_mark(None),
        a_mark("2026-11-20T10:00:00"),
        a_mark("9999-12-31T23:59:59.999Z"),
        a_mark(after=7),
        a_mark(after=""),
        '{"team": "x", "strange": 1}',
    ],
)
def test_a_mark_that_is_none_of_ours_begins_anew(mark):
    script = network(([an_issue(1)], None))
    list(client_at(script).census(mark))
    assert asked(script)[0]["filter"] == {"team": {"id": {"eq": TEAM}}}


@pytest.mark.parametrize("broken", [{"id": 1.5}, {"comments": None}, {"updatedAt": "soon"}])
def test_an_answer_that_is_none_is_an_error(broken):
    with pytest.raises((Permanent, Transient)):
        list(client_at(network(([an_issue(1) | broken], None))).census())


def test_a_state_that_cannot_be_read_is_left_to_a_fetch():
    odd, own = an_issue(1, state={"type": 7}), {"statuses": {"Todo": "nonsense"}}
    [page] = client_at(network(([odd, an_issue(2)], None))).census()
    assert [one.inside for one in page.seen] == [None, True]
    [page] = client_at(network(([an_issue(1)], None)), **own).census()
    assert page.seen[0].inside is None


@pytest.mark.parametrize(
    ("token", "usual"), [("lin_api_invented", 2500), ("lin_oauth_invented", 5000)]
)
def test_the_documented_limit_goes_by_the_kind_of_credential(token, usual):
    class Heard(Budget):
        def wait(self, credential, usual=None):
            self.waits.append(usual)

    heard = Heard()
    client = client_at(network(([], None)), heard, token)
    assert [page.seen for page in client.census()] == [()]
    assert heard.waits == [Allowance(requests=usual, seconds=3600)]
    assert (client.requests, client.cached) == (1, 0)


def test_what_webhooks_tell_whole_is_only_what_they_can():
    assert LINEAR.capabilities.tells == {"core", "comments", "comment_gone", "gone"}
    assert not LINEAR.capabilities.activity


@pytest.fixture
def world():
    with app.start(tickets=600, comments=700) as running:
        yield running


def test_two_halves_show_whatever_was_there_all_the_while(world):
    there = set(world.state.issues)
    first = client_of(world)
    half = next(first.census())
    first.close()
    purged = [f"ENG-{number}" for number in (*range(5, 300, 11), 351, 352, 400)]
    for key in purged:
        world.acts.purge(key)
    world.acts.transfer("ENG-20", "OPS")
    for number in (1, 2, 77, 340, 599):
        world.acts.edit(f"ENG-{number}", title="Edited")
        for turn in range(12):
            world.acts.comment(f"ENG-{number}", f"comment {turn}")
    world.acts.delete("ENG-3")
    for number in range(9):
        world.acts.open(f"New {number}")
    later = client_of(world)
    rest = [one for page in later.census(half.mark) for one in page.seen]
    seen = {one.ticket: one for one in (*half.seen, *rest)}
    gone = {one.id for one in world.state.issues.values() if one.purged or one.team.key == "OPS"}
    assert (there - gone) <= set(seen)
    records = {r.ticket: r for page in later.changed_since(Cursor()) for r in page.records}
    late = {one.ticket for one in rest if one.place == "here"}
    assert len(late) > 300
    assert {key: (seen[key].revision, seen[key].comment_count) for key in late} == {
        key: (records[key].revision, len(records[key].comments)) for key in late
    }
    later.close()


def test_long_discussions_are_counted_to_their_end(world):
    for _ in range(130):
        world.acts.comment("ENG-7", "And on")
    client = client_of(world)
    counts = {one.key: one.comment_count for page in client.census() for one in page.seen}
    assert counts["ENG-7"] == len(world.state.issue("ENG-7").comments) > 130
    assert client.requests < 15
    client.close()


def test_what_lies_in_the_filter_is_asked_once_a_page(world):
    world.acts.label("ENG-1", "Bug")
    world.acts.close("ENG-2")
    native = {"labels": ["bug"], "filter": {"number": {"lte": 400}}}
    client = client_of(world, filter=native)
    inside = {one.key for page in client.census() for one in page.seen if one.inside}
    assert client.requests - 4 <= 6
    ended = ("completed", "canceled", "duplicate")
    assert inside == {
        one.identifier
        for one in world.state.issues.values()
        if one.number <= 400
        and one.state.type not in ended
        and "Bug" in {label.name for label in one.labels}
    }
    assert "ENG-1" in inside or world.state.issue("ENG-1").state.type in ended
    client.close()


def test_short_pages_lose_nothing(world):
    world.faults.set(short_pages=1)
    client = client_of(world, filter={"state": "all", "labels": ["Bug"]})
    seen = [one for page in client.census() for one in page.seen]
    bugs = {
        one.id
        for one in world.state.issues.values()
        if "Bug" in {label.name for label in one.labels}
    }
    assert {one.ticket for one in seen} == set(world.state.issues)
    assert {one.ticket for one in seen if one.inside} == bugs
    client.close()


def test_deliveries_that_failed_of_late_are_noticed(world):
    client = client_of(world)
    client.ensure_hook(NOWHERE, "one")
    assert client.check_hooks(NOWHERE) == []
    world.acts.open("Unheard")
    assert world.outbox.idle()
    [fault] = client.check_hooks(NOWHERE)
    assert (fault.mended_by, "no answer" in fault.problem) == ("none", True)
    world.state.webhooks[0].failures[0].created_at = "2020-01-01T00:00:00.000Z"
    assert client.check_hooks(NOWHERE) == []
    client.close()


def test_a_list_of_failures_that_is_not_shown_is_done_without():
    def answer(request: httpx.Request) -> httpx.Response:
        if "HookFailures" in orjson.loads(request.content)["query"]:
            told = 'Cannot query field "failures" on type "Webhook".'
            error = {"message": told, "extensions": {"type": "graphql error"}}
            return httpx.Response(400, json={"errors": [error]})
        kinds = ["Issue", "Comment", "IssueLabel", "Cycle", "Project", "Reaction", "Attachment"]
        hook = {"id": "h1", "url": NOWHERE, "enabled": True, "resourceTypes": kinds}
        own = {**hook, "allPublicTeams": False, "teamIds": [TEAM]}
        return httpx.Response(200, json={"data": {"webhooks": page_of([own])}})

    assert client_at(Script(answer)).check_hooks(NOWHERE) == []


def test_a_census_of_a_team_that_may_not_be_seen_is_denied(world):
    world.acts.lock_out()
    client = client_of(world)
    with pytest.raises(Denied, match="team ENG: there is none"):
        list(client.census())
    client.close()


def test_both_budgets_are_learned_as_requests():
    reset = int(datetime(2026, 11, 20, 13, tzinfo=UTC).timestamp() * 1000)

    def learned(**left):
        headers = {}
        for name, (limit, remaining) in left.items():
            prefix = f"x-ratelimit-{name}"
            headers |= {f"{prefix}-limit": str(limit), f"{prefix}-remaining": str(remaining)}
            headers |= {f"{prefix}-reset": str(reset)}
        found = {"data": {"teams": {"nodes": []}, "issues": page_of([])}}
        budget = Budget()
        script = Script(lambda _: httpx.Response(200, json=found, headers=headers))
        list(client_at(script, budget).census())
        return [(one.limit, one.remaining) for one in budget.rates]

    assert learned(requests=(2500, 2400), complexity=(3_000_000, 300_000)) == [(2500, 250)]
    assert learned(requests=(2500, 100), complexity=(3_000_000, 2_999_999)) == [(2500, 100)]
    assert learned(requests=(2500, 2500), complexity=(3_000_000, 0)) == [(2500, 0)]
    assert learned(complexity=(3_000_000, 5)) == [(3_000_000, 5)]
    assert learned() == []
