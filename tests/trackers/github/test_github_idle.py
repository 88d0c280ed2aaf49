"""The idle pass: it costs nothing, and what makes it cost nothing hides nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.github import app as stand_in
from schemas.errors import Transient
from schemas.ports import Allowance
from schemas.record import Cursor
from tests.trackers.github.github_network import ROOT, Network, api, connected, reply
from tests.trackers.github.github_payloads import an_issue
from tests.trackers.stand_ins import Budget, Memory, Secrets, a_source
from trackers.github import GITHUB, auth

SINCE = Cursor(since=datetime(2026, 11, 20, 11, 42, 7, tzinfo=UTC))
ISSUES, COMMENTS = f"GET {ROOT}/issues", f"GET {ROOT}/issues/comments"


def records(pages):
    return [record.external_id for page in pages for record in page.records]


@pytest.fixture
def world() -> Iterator[stand_in.Running]:
    """A repository in which nothing has happened for a day."""
    later = timedelta()
    with stand_in.start(
        tickets=300, comments=200, now=lambda: datetime.now(UTC) + later
    ) as running:
        later = timedelta(days=1)
        yield running


@pytest.fixture
def budget():
    return Budget()


@pytest.fixture
def client(world, budget):
    source = a_source("github", world.repo_url, api_url=world.url)
    given = {"limiter": budget, "validators": Memory()}
    client = GITHUB.connect(source, credentials=Secrets(world.plan.token), **given)
    yield client
    client.close()


def recent():
    """A cursor of this hour at the repository, whatever the minute."""
    return Cursor(since=datetime.now(UTC).replace(minute=0, second=1) + timedelta(days=1))


def test_an_idle_pass_counts_nothing_against_the_limit(world, client):
    client.definitions()
    mark = client.activity(None).mark
    list(client.changed_since(recent()))
    world.requests.clear()
    before = client.requests, client.cached
    assert records(client.changed_since(recent())) == []
    assert client.definitions() is None
    assert client.activity(mark) is None
    assert world.requests.as_json()["counted"] == 0
    assert (client.requests - before[0], client.cached - before[1]) == (5, 5)


def test_news_ends_the_idleness_of_its_own_list_only(world, client):
    list(client.changed_since(recent()))
    world.acts.edit(7, title="News")
    world.requests.clear()
    assert records(client.changed_since(recent())) == ["7"]
    assert world.requests.as_json()["counted"] == 1
    said = world.acts.comment(8, "News").id
    assert records(client.changed_since(recent())) == ["7", "8", str(said)]


def test_a_page_that_was_not_taken_in_is_read_again(world, client):
    """Killed between the answer and the journal: nobody asked for the next page."""
    world.acts.edit(7, title="News")
    walk = client.changed_since(recent())
    assert records([next(walk)]) == ["7"]
    walk.close()
    assert records(client.changed_since(recent())) == ["7"]
    assert records(client.changed_since(recent())) == []


def test_a_page_cut_short_is_never_taken_for_all_there_is(world, client):
    for number in range(1, 96):
        world.acts.edit(number, title="News")
    expected = {str(n) for n in range(1, 96)}
    world.faults.set(short_pages_next=1)
    assert set(records(client.changed_since(recent()))) == expected
    assert client.requests > 2
    assert set(records(client.changed_since(recent()))) == expected


def at(minute, second=0):
    return f"2026-11-20T11:{minute:02}:{second:02}Z"


def edited(count, minute):
    return [
        an_issue(n, updated_at=at(minute + n // 60, n % 60), created_at=at(0))
        for n in range(1, count + 1)
    ]


def test_the_first_address_begins_with_a_quarter_of_the_day_and_repeats():
    one = connected(Network())
    for minutes in (0, 5, 17):
        list(one.client.changed_since(Cursor(since=SINCE.since + timedelta(minutes=minutes))))
    tickets = [line for line in one.lines if "/issues?" in line]
    assert len(set(tickets)) == 1
    assert "since=2026-11-20T06%3A00%3A00Z" in tickets[0]
    list(one.client.changed_since(Cursor(since=SINCE.since + timedelta(minutes=18))))
    assert "since=2026-11-20T12%3A00%3A00Z" in one.lines[-2]


def test_a_full_page_makes_nothing_conditional():
    """News may land on the page behind it while the first one stays as it is."""
    fixed = {ISSUES: reply(edited(100, 50), etag='W/"1"'), COMMENTS: reply([], etag='W/"2"')}
    one = connected(Network(fixed=fixed))
    list(one.client.changed_since(SINCE))
    assert [address for _, address in one.memory.kept] == [
        address for _, address in one.memory.kept if "/comments" in address
    ]
    assert len(one.memory.kept) == 1


def test_a_page_with_another_behind_it_makes_nothing_conditional():
    link = f'<{api("/issues?page=2")}>; rel="next"'
    first = reply(edited(3, 50), etag='W/"1"', link=link)

    def answer(request):
        if "page=2" in str(request.url) or "since=2026-11-20T11%3A50" in str(request.url):
            return reply([])
        return first if request.url.path == f"{ROOT}/issues" else reply([])

    one = connected(answer)
    list(one.client.changed_since(SINCE))
    assert not one.memory.kept


def test_a_busy_morning_costs_one_page_more_and_no_walk_through_it():
    network = Network(edited(600, 30))
    late = Cursor(since=datetime(2026, 11, 20, 11, 39, 30, tzinfo=UTC))
    one = connected(network)
    found = records(one.client.changed_since(late))
    assert {str(n) for n in range(570, 601)} <= set(found)
    assert one.client.requests == 3


def test_unchanged_is_an_empty_page_with_the_clock_of_the_answer():
    fixed = {ISSUES: reply([], 304), COMMENTS: reply([], 304)}
    one = connected(Network(fixed=fixed))
    pages = list(one.client.changed_since(SINCE))
    assert [(page.kind, page.records) for page in pages] == [("tickets", ()), ("comments", ())]
    assert pages[-1].cursor.since == datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert pages[-1].cursor.position is None


def test_a_whole_walk_is_never_conditional(world, client):
    list(client.changed_since(Cursor()))
    assert len(records(client.changed_since(Cursor()))) > 200
    assert client.cached == 0


@pytest.mark.parametrize(
    ("base", "who", "expected"),
    [
        ("https://api.github.com", auth.Token("b", "t"), Allowance(requests=5000, seconds=3600)),
        ("https://api.github.com", auth.Anonymous("b"), Allowance(requests=60, seconds=3600)),
        ("https://api.firm.ghe.com", auth.Token("b", "t"), Allowance(requests=5000, seconds=3600)),
        ("https://git.firm.test/api/v3", auth.Token("b", "t"), None),
        ("https://api.github.com.evil.test", auth.Anonymous("b"), None),
    ],
)
def test_the_documented_limit_is_the_one_to_begin_with(base, who, expected):
    assert auth.allowance(base, who) == expected


def test_refusals_and_unchanged_answers_teach_the_budget(world, client, budget):
    list(client.changed_since(recent()))
    list(client.changed_since(recent()))
    assert client.cached == 2
    world.faults.set(rate_limit_next=1, reset_in=90)
    with pytest.raises(Transient):
        client.fetch("1")
    assert [one.remaining for one in budget.rates][-1] == 0
    assert 60 < budget.blocks[0] <= 92
    world.faults.set(secondary_next=1, retry_after=33)
    with pytest.raises(Transient):
        client.fetch("1")
    assert budget.blocks[1:] == [33]
    assert client.requests == len(budget.rates)
    assert {one.limit for one in budget.rates} == {5000}
