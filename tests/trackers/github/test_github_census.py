"""The census: resumed, forged, moved under, and always complete."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.github import app as stand_in
from schemas import revision
from schemas.errors import Denied, Permanent, Transient
from schemas.record import Cursor
from tests.trackers.github.github_network import ROOT, Network, api, connected, reply
from tests.trackers.github.github_payloads import a_label, a_pull_request, an_issue
from tests.trackers.stand_ins import Budget, Memory, Secrets, a_source
from trackers.github import GITHUB

ISSUES = f"GET {ROOT}/issues"


def at(second):
    return revision.of_time(datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=second))


def issues(count, seconds=lambda n: n):
    return [an_issue(n, created_at=at(n), updated_at=at(seconds(n))) for n in range(1, count + 1)]


def seen_of(pages):
    return {one.ticket: one for page in pages for one in page.seen}


def test_a_census_of_1000_issues_is_eleven_requests():
    """A tenth of them for the last second of each page, which the next one repeats."""
    one = connected(Network(issues(1000)))
    pages = list(one.client.census())
    assert len(seen_of(pages)) == 1000
    assert one.client.requests == 11
    assert pages[0].total == 1000
    assert pages[-1].mark is None


def test_every_mark_goes_on_to_the_end():
    network = Network(issues(350))
    pages = list(connected(network).client.census())
    for place, page in enumerate(pages[:-1]):
        rest = list(connected(network).client.census(page.mark))
        found = seen_of(pages[: place + 1]) | seen_of(rest)
        assert len(found) == 350
        assert all(one.total is None for one in rest)


@pytest.mark.parametrize(
    "mark",
    [
        "",
        "nonsense",
        '{"page": 3}',
        "2026-11-01T00:00:00Z",
        "updated>=2026-99-01T00:00:00Z",
        "updated>=2026-11-01T00:00:00Z&state=open",
        "updated>=2999-01-01T00:00:00Z",
    ],
)
def test_a_mark_that_is_none_of_ours_or_leads_nowhere_begins_anew(mark):
    pages = list(connected(Network(issues(150))).client.census(mark))
    assert len(seen_of(pages)) == 150


@pytest.mark.parametrize("count", [100, 101, 250, 300])
def test_a_second_that_fills_several_pages_is_shown_whole_and_in_one_piece(count):
    many = issues(count + 20, lambda n: min(n, 10) if n <= count else n)
    pages = list(connected(Network(many)).client.census())
    assert len(seen_of(pages)) == count + 20
    for place, page in enumerate(pages[:-1]):
        rest = list(connected(Network(many)).client.census(page.mark))
        assert len(seen_of(pages[: place + 1]) | seen_of(rest)) == count + 20


def test_an_issue_deleted_between_the_pages_of_one_second_hides_no_other():
    network = Network(issues(250, lambda n: 7))
    asked = []

    def deleting(request):
        asked.append(request)
        if len(asked) == 4:  # the first page of the second was read, its second one is asked for
            del network.issues[0]
        return network(request)

    seen = seen_of(connected(deleting).client.census())
    assert {str(n) for n in range(2, 251)} <= seen.keys()


@pytest.mark.parametrize(
    ("filter", "inside"),
    [
        ({"state": "all"}, [True, True, True]),
        ({}, [True, False, True]),
        ({"state": "closed"}, [False, True, False]),
        ({"state": "all", "labels": ["BUG"]}, [False, False, True]),
        ({"state": "all", "labels": "bug, late"}, [False, False, False]),
    ],
)
def test_whether_an_issue_lies_inside_is_told_for_every_one(filter, inside):
    found = [
        an_issue(1, labels=["late"], updated_at=at(1)),
        an_issue(2, state="closed", updated_at=at(2)),
        an_issue(3, labels=[a_label("bug"), {"name": None}], updated_at=at(3)),
    ]
    seen = seen_of(connected(Network(found), filter=filter).client.census())
    assert [seen[key].inside for key in "123"] == inside


@pytest.mark.parametrize("over", [{"state": None}, {"state": "merged"}, {"labels": None}])
def test_what_cannot_be_read_lies_nobody_knows_where(over):
    odd = an_issue(1, **over)
    one = connected(Network(fixed={ISSUES: reply([odd])}))
    assert seen_of(one.client.census())["1"].inside is None


def test_pull_requests_are_left_out_and_counts_are_brought():
    found = [a_pull_request(13), an_issue(14, comments=3, updated_at=at(5))]
    [page] = connected(Network(found)).client.census()
    [one] = page.seen
    assert (one.ticket, one.comment_count, one.revision) == ("14", 3, at(5))


@pytest.mark.parametrize("status", [404, 410])
def test_issues_that_cannot_be_read_are_denied(status):
    one = connected(Network(fixed={ISSUES: reply({"message": "no"}, status)}))
    with pytest.raises(Denied, match="cannot be read"):
        list(one.client.census())


@pytest.mark.parametrize("body", [{}, "x", [1]])
def test_an_answer_that_is_no_list_is_tried_again(body):
    with pytest.raises(Transient):
        list(connected(Network(fixed={ISSUES: reply(body)})).client.census())


def test_a_record_without_a_number_names_it():
    broken = an_issue(1)
    del broken["number"]
    with pytest.raises(Permanent, match="number"):
        list(connected(Network(fixed={ISSUES: reply([broken])})).client.census())


@pytest.mark.parametrize("updated", [None, "2026-10-01T00:00:00Z"])
def test_a_list_that_does_not_go_on_ends_the_census_instead_of_turning_in_it(updated):
    """GitHub answers what was not asked for: no times, or times before the mark."""
    link = f'<{api("/issues?page=2")}>; rel="next"'
    page = reply([an_issue(1, updated_at=updated)], link=link)
    one = connected(Network(fixed={ISSUES: page}))
    with pytest.raises(Transient):
        list(one.client.census("updated>=2026-11-01T00:00:00Z"))
    assert one.client.requests < 8


@pytest.fixture
def world() -> Iterator[stand_in.Running]:
    with stand_in.start(tickets=330, comments=200, pulls=20) as running:
        yield running


@pytest.fixture
def client(world):
    source = a_source("github", world.repo_url, api_url=world.url, filter={"state": "all"})
    given = {"limiter": Budget(), "validators": Memory()}
    client = GITHUB.connect(source, credentials=Secrets(world.plan.token), **given)
    yield client
    client.close()


def disturb(world, draw):
    """What a day brings: deletions among what was read and what was not, moves, edits, news."""
    alive = [one.number for one in world.site.home.issues.values() if one.shown]
    for number in draw.sample(alive, 30):
        act = draw.choice([world.acts.delete, world.acts.comment, world.acts.edit, None])
        if act == world.acts.comment:
            act(number, "Meanwhile")
        elif act == world.acts.edit:
            act(number, title="Meanwhile")
        elif act:
            act(number)
        else:
            world.acts.transfer(number, "elsewhere")
    world.acts.open("New meanwhile")


@pytest.mark.parametrize("short", [0.0, 0.4])
def test_two_halves_of_a_census_show_all_that_was_there_all_the_while(world, client, short):
    draw = random.Random(7)
    world.faults.set(short_pages=short)
    here = {n for n, one in world.site.home.issues.items() if not one.is_pull}
    pages, mark = [], None
    while not pages or mark:
        page = next(client.census(mark))
        pages.append(page)
        mark = page.mark
        if mark:
            disturb(world, draw)
    issues_now = world.site.home.issues
    stayed = {str(n) for n in here if issues_now[n].shown}
    assert stayed <= seen_of(pages).keys()
    assert len(pages) >= 4


def test_a_census_and_a_walk_bring_the_same_revisions_and_counts(world, client):
    records = {
        record.ticket: (record.revision, record.body["comments"])
        for page in client.changed_since(Cursor())
        if page.kind == "tickets"
        for record in page.records
    }
    seen = seen_of(client.census())
    assert {key: (one.revision, one.comment_count) for key, one in seen.items()} == records
    assert {one.inside for one in seen.values()} == {True}
