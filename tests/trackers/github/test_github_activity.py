"""The activity list: what moves no revision, at one request that costs nothing when idle."""

from collections.abc import Iterator

import orjson
import pytest

from sandbox.github import app as stand_in
from schemas.errors import Denied, Permanent, Transient
from tests.trackers.github.github_network import ROOT, Network, api, connected, reply
from tests.trackers.github.github_payloads import a_pull_request, an_issue
from tests.trackers.stand_ins import Budget, Memory, Secrets, a_source
from trackers.github import GITHUB

EVENTS = f"GET {ROOT}/issues/events"
KNOWN = '{"event": 5, "etag": "W/x"}'


def an_event(number, kind="sub_issue_added", issue=None):
    return {"id": number, "event": kind, "issue": issue or an_issue(12)}


def asked(events, mark=KNOWN, **headers):
    one = connected(Network(fixed={EVENTS: reply(events, **headers)}))
    return one, one.client.activity(mark)


def told(activity):
    return [(one.ticket, one.aspect) for one in activity.touched]


def number_of(mark):
    return orjson.loads(mark)["event"]


def test_the_first_call_only_finds_the_beginning():
    one, found = asked([an_event(9), an_event(8)], None, link=f'<{api("/more")}>; rel="next"')
    assert found.touched == ()
    assert number_of(found.mark) == 9
    assert one.client.requests == 1


def test_an_empty_list_is_a_beginning_too():
    _, found = asked([], None)
    assert (found.touched, number_of(found.mark)) == ((), 0)


@pytest.mark.parametrize(
    "mark", ["", "x", "[]", "17", '{"event": "9", "etag": null}', '{"event": -1, "etag": null}']
)
def test_a_mark_that_is_none_of_ours_is_as_good_as_none(mark):
    one, found = asked([an_event(9)], mark)
    assert found.touched == ()
    assert "if-none-match" not in one.script.asked[0].headers


def test_what_is_newer_than_the_mark_is_told_once():
    events = [an_event(8), an_event(7, "parent_issue_added", an_issue(3)), an_event(6), an_event(5)]
    _, found = asked(events)
    assert told(found) == [("12", "links"), ("3", "links")]
    assert found.touched[0].reason == "issues/events: sub_issue_added"
    assert number_of(found.mark) == 8


def test_what_moves_the_revision_is_left_to_the_walk():
    kinds = ["labeled", "closed", "renamed", "pinned", "connected", "a kind of tomorrow"]
    _, found = asked([an_event(9 - place, kind) for place, kind in enumerate(kinds)], KNOWN)
    assert found.touched == ()
    assert number_of(found.mark) == 9


@pytest.mark.parametrize(
    ("kind", "aspect"),
    [
        ("blocked_by_removed", "links"),
        ("blocking_added", "links"),
        ("comment_deleted", "comments"),
        ("transferred", "core"),
        ("converted_to_discussion", "core"),
    ],
)
def test_each_kind_names_its_part(kind, aspect):
    assert told(asked([an_event(9, kind)])[1]) == [("12", aspect)]


def test_events_of_pull_requests_and_of_no_issue_touch_nothing():
    lost = {"id": 8, "event": "sub_issue_added", "issue": None}
    assert told(asked([an_event(9, issue=a_pull_request(13)), lost])[1]) == []


def test_unchanged_is_none_and_asks_with_the_validator_of_the_mark():
    one = connected(Network(fixed={EVENTS: reply([], 304)}))
    assert one.client.activity(KNOWN) is None
    assert one.script.asked[0].headers["if-none-match"] == "W/x"
    assert (one.client.requests, one.client.cached) == (1, 1)
    assert not one.memory.kept


def test_a_mark_without_a_validator_asks_outright():
    one, found = asked([an_event(9)], '{"event": 8, "etag": null}', etag='W/"y"')
    assert "if-none-match" not in one.script.asked[0].headers
    assert orjson.loads(found.mark) == {"event": 9, "etag": 'W/"y"'}


def many_pages(request):
    page = int(request.url.params.get("page", 1))
    events = [an_event(10_000 - page * 100 - n, issue=an_issue(page)) for n in range(100)]
    following = request.url.copy_set_param("page", page + 1)
    return reply(events, link=f'<{following}>; rel="next"')


def test_no_more_than_ten_pages_are_read_and_the_mark_moves_on():
    one = connected(many_pages)
    found = one.client.activity(KNOWN)
    assert one.client.requests == 10
    assert len(found.touched) == 10
    assert number_of(found.mark) == 9900


def test_reading_stops_at_the_mark():
    one = connected(many_pages)
    assert len(one.client.activity('{"event": 9750, "etag": null}').touched) == 2
    assert one.client.requests == 2


def test_a_list_that_is_cut_off_ends_there():
    def cut(request):
        if "page" in request.url.params:
            return reply({"message": "pagination is limited for this resource"}, 422)
        return many_pages(request)

    assert len(connected(cut).client.activity(KNOWN).touched) == 1


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"message": "Not Found"}, 404, Denied),
        ({"message": "no"}, 403, Denied),
        ({}, 200, Transient),
        ([{"event": "sub_issue_added"}], 200, Permanent),
        ([{"id": True, "event": "x"}], 200, Permanent),
        ([{"id": 9, "event": "sub_issue_added", "issue": {"number": "12"}}], 200, Permanent),
        ([{"id": 9, "event": ["x"]}], 200, Permanent),
    ],
)
def test_nonsense_is_an_error_and_no_activity(body, status, error):
    with pytest.raises(error):
        connected(Network(fixed={EVENTS: reply(body, status)})).client.activity(KNOWN)


@pytest.fixture
def world() -> Iterator[stand_in.Running]:
    with stand_in.start(tickets=4) as running:
        yield running


@pytest.fixture
def client(world):
    source = a_source("github", world.repo_url, api_url=world.url)
    given = {"limiter": Budget(), "validators": Memory()}
    client = GITHUB.connect(source, credentials=Secrets(world.plan.token), **given)
    yield client
    client.close()


def test_lines_between_issues_are_found_and_idleness_costs_nothing(world, client):
    mark = client.activity(None).mark
    assert client.activity(mark) is None
    world.acts.add_sub_issue(1, 2)
    world.acts.add_blocker(3, 4)
    found = client.activity(mark)
    assert {one.ticket for one in found.touched} == {"1", "2", "3", "4"}
    world.requests.clear()
    assert client.activity(found.mark) is None
    assert world.requests.as_json()["counted"] == 0


def test_a_mark_that_was_lost_tells_the_same_again(world, client):
    """Killed before the mark was kept: the validator is lost with it, and hides nothing."""
    mark = client.activity(None).mark
    world.acts.add_sub_issue(1, 2)
    assert told(client.activity(mark)) == told(client.activity(mark)) != []


def test_an_issue_deleted_since_hides_no_other(world, client):
    mark = client.activity(None).mark
    world.acts.add_sub_issue(1, 2)
    world.acts.remove_sub_issue(1, 2)
    world.acts.delete(1)
    assert ("2", "links") in told(client.activity(mark))
