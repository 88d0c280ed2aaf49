"""A census goes on from its marks, whatever happened between two halves of it."""

import json
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sandbox.gitlab import app
from schemas.errors import Denied, Permanent, Transient
from schemas.record import Cursor
from schemas.tracker import CensusPage
from tests.trackers.gitlab.gitlab_payloads import API, a_client, an_issue
from tests.trackers.stand_ins import Budget, Memory, Script, Secrets, a_source
from trackers.gitlab import GITLAB

ROOT = "/api/v4/projects/77001"
LIST = f"{ROOT}/issues"
DATE = {"date": "Fri, 20 Nov 2026 12:00:00 GMT"}
LATER = "2026-11-20T10:00:00.000Z"
BROKEN = [
    "nonsense",
    "[]",
    "7",
    '{"project": "77001", "page": "2"}',
    '{"project": "77001", "page": 0}',
    '{"project": "77001", "page": 1, "cursor": 5}',
    '{"project": "77001", "total": -1}',
    '{"project": "77001", "strange": 1}',
    '{"project": "4", "cursor": "of another project"}',
]


def network(*answers, counted=None):
    """Lists page by page: (items, next query or None, or a status); then always the last."""
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == f"{LIST}_statistics":
            found = {"statistics": {"counts": counted or {}}}
            return httpx.Response(200 if counted else 404, json=found, headers=DATE)
        told = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(told, int):
            return httpx.Response(told, json={"message": "no"}, headers=DATE)
        items, following = told
        link = {"link": f'<{API}/projects/77001/issues?{following}>; rel="next"'}
        return httpx.Response(200, json=items, headers=DATE | (link if following else {}))

    return Script(answer)


def asked(script):
    return [
        {name: found[0] for name, found in parse_qs(urlsplit(str(one.url)).query).items()}
        for one in script.asked
        if one.url.path == LIST
    ]


def counted(script, mark=None, **over):
    return list(a_client(script, **over).census(mark))


def tickets(pages):
    return [one.ticket for page in pages for one in page.seen]


def test_each_issue_is_named_once_and_moved_ones_are_left_out():
    script = network(
        ([an_issue(1, user_notes_count=4), an_issue(2, moved_to_id=9)], "cursor=abc"),
        ([an_issue(3), an_issue(1)], None),
    )
    pages = counted(script)
    assert [(one.ticket, one.comment_count) for page in pages for one in page.seen] == [
        ("1", 4),
        ("3", 0),
    ]
    assert (asked(script)[0]["state"], asked(script)[0]["order_by"]) == ("all", "created_at")
    assert "with_labels_details" not in asked(script)[0]
    assert pages[-1].mark is None


def test_a_mark_goes_on_behind_its_cursor_without_asking_for_the_total_again():
    first = next(
        a_client(network(([an_issue(1)], "cursor=abc"), counted={"all": 311})).census(None)
    )
    assert first.total == 311
    again = network(([an_issue(2)], None))
    [rest] = counted(again, first.mark)
    assert (tickets([rest]), rest.total) == (["2"], 311)
    assert asked(again)[0]["cursor"] == "abc"


def test_a_small_project_tells_its_total_itself():
    script = network(([an_issue(1), an_issue(2)], None))
    assert counted(script)[0].total == 2
    assert len(script.asked) == 1


@pytest.mark.parametrize("told", [None, {"all": "many"}, {"all": -1}, {"all": True}])
def test_without_a_sound_total_there_is_none(told):
    pages = counted(network(([an_issue(1)], "cursor=a"), ([], None), counted=told))
    assert [page.total for page in pages] == [None, None]


@pytest.mark.parametrize("mark", BROKEN)
def test_a_mark_that_is_none_of_ours_begins_anew(mark):
    script = network(([an_issue(1)], None))
    assert tickets(counted(script, mark)) == ["1"]
    assert not {"cursor", "page", "created_after"} & set(asked(script)[0])


def test_a_cursor_that_gitlab_does_not_take_any_more_begins_anew():
    mark = json.dumps({"project": "77001", "cursor": "old"})
    script = network(400, ([an_issue(1)], None))
    assert tickets(counted(script, mark)) == ["1"]
    assert [one.get("cursor") for one in asked(script)] == ["old", None]


@pytest.mark.parametrize(("status", "error"), [(400, Permanent), (404, Denied), (503, Transient)])
def test_a_refused_beginning_is_an_error(status, error):
    with pytest.raises(error):
        counted(network(status))


def test_a_page_that_leads_to_itself_is_transient():
    with pytest.raises(Transient, match="same page"):
        counted(network(([an_issue(1)], "cursor=abc")))


def test_without_a_keyset_the_way_goes_by_creation():
    late = an_issue(2, created_at=LATER)
    script = network(([an_issue(1), late], "page=2"), ([late, an_issue(3)], None))
    assert tickets(counted(script)) == ["1", "2", "3"]
    assert asked(script)[1]["created_after"] == LATER
    assert "page" not in asked(script)[1]


def test_a_moment_that_fills_a_page_goes_on_by_number_with_the_page_before_it():
    mark = json.dumps({"project": "77001", "after": "2026-11-20T09:00:00.125Z"})
    script = network(([an_issue(1)], "page=2"), ([an_issue(2)], "page=2"), ([an_issue(3)], None))
    assert tickets(counted(script, mark)) == ["1", "2", "3"]
    assert [one.get("page") for one in asked(script)] == [None, None, "2"]


def test_what_lies_in_the_filter_is_told_from_the_list():
    items = [an_issue(1, labels=["bug"]), an_issue(2), an_issue(3, labels=["bug"], state="closed")]
    [page] = counted(network((items, None)), filter={"labels": ["Bug"]})
    assert [one.inside for one in page.seen] == [True, False, False]


def test_a_record_that_cannot_be_read_is_left_to_a_fetch():
    [page] = counted(network(([an_issue(1, title=7), an_issue(2)], None)))
    assert [(one.ticket, one.inside) for one in page.seen] == [("1", None), ("2", True)]


@pytest.mark.parametrize("items", [[{"title": "no number"}], "nothing", [7]])
def test_an_answer_that_is_no_list_of_issues_is_an_error(items):
    with pytest.raises((Permanent, Transient)):
        counted(network((items, None)))


def test_an_empty_project_has_an_empty_census():
    assert counted(network(([], None))) == [CensusPage(seen=(), total=0)]


@pytest.fixture(params=[(19, 2), (18, 2)], ids=["keyset", "by-time"])
def world(request):
    with app.start(tickets=250, comments=120, version=request.param) as running:
        yield running


def connected(world):
    source = a_source("gitlab", world.project_url, api_url=world.url, filter={"state": "all"})
    return GITLAB.connect(
        source, credentials=Secrets(world.plan.token), limiter=Budget(), validators=Memory()
    )


def test_two_halves_show_whatever_was_there_all_the_while(world):
    there = set(world.state.projects[world.site.home.id].issues)
    client = connected(world)
    half = next(client.census())
    assert 250 in (half.total, world.site.home.last_iid)
    gone = [*range(1, 60, 7), *range(101, 140, 3)]
    for number in gone:
        world.acts.delete(number)
    for number in (90, 180):
        world.acts.move(number, "octo/elsewhere")
    for number in (3, 99, 120, 249):
        world.acts.edit(number, title="Moved to the end of what changed")
        world.acts.comment(number, "And again")
    for number in range(12):
        world.acts.open(f"New {number}")
    later = connected(world)
    seen = {one.ticket: one for page in (half, *later.census(half.mark)) for one in page.seen}
    stayed = {str(one) for one in there - {*gone, 90, 180}}
    assert stayed <= set(seen)
    client.close()
    records = {r.ticket: r for page in later.changed_since(Cursor()) for r in page.records}
    second_half = {key for key in stayed if int(key) > 100}
    assert {key: seen[key].revision for key in second_half} == {
        key: records[key].revision for key in second_half
    }
    assert {key: seen[key].comment_count for key in second_half} == {
        key: len(records[key].comments or ()) for key in second_half
    }
    later.close()
