"""A source whose settings change: start, baseline, filter, address; and what is kept of before."""

from collections.abc import Callable

import pytest

from reconciler import session
from reconciler.parts import Parts
from schemas.errors import Transient
from schemas.session import Session
from store import left_out, sources
from store.database import Store
from tests.builders import SOURCE, Clock, a_source, an_issue, at, held, row
from tests.pretend import Pretend
from tests.reconciler.run import a_parts, declare

Given = Callable[..., Parts]


@pytest.fixture
def given(store: Store, tracker: Pretend, clock: Clock) -> Given:
    """The same source, declared with other settings."""

    def made(**over: object) -> Parts:
        source = a_source(**over)
        declare(store, source)
        return a_parts(store, tracker, clock=clock, source=source)

    return made


def run(parts: Parts, *, full: bool = False, scheduled: bool = False, minutes: int = 1) -> Session:
    parts.now.forward(minutes=minutes)
    return session.run(parts, parts.sources[SOURCE], full=full, scheduled=scheduled)


def left(store: Store, *tickets: str) -> set[str]:
    with store.read() as connection:
        return set(left_out.of(connection, SOURCE, list(tickets)))


@pytest.mark.parametrize("policy", ["adopt", "leave"])
def test_start_all_after_now_reads_what_was_left_out(store, given, tracker, policy) -> None:
    tracker.put(an_issue(1, updated=-500), an_issue(2, updated=900))
    run(given(start="now", baseline=policy))
    assert row(store, 1) is None
    run(given(start="all", baseline=policy))
    assert (held(store, 1).number, held(store, 2).number) == (1, 2)
    assert left(store, "1", "2") == set()


def test_start_now_again_leaves_out_only_what_is_not_held(store, given, tracker) -> None:
    tracker.put(an_issue(1, updated=-500))
    run(given(start="now"))
    run(given(start="all"))
    tracker.unlisted = {"2"}
    tracker.put(an_issue(2, updated=-500), an_issue(1, updated=1_100, title="Followed"))
    run(given(start="now", baseline="leave"))
    assert (held(store, 1).title, row(store, 2)) == ("Followed", None)
    run(given(start="now", baseline="leave"), minutes=24 * 60)
    assert row(store, 2) is None


def test_a_baseline_that_never_came_to_its_end_keeps_nothing_out_of_a_census(
    store, given, tracker
) -> None:
    tracker.put(an_issue(1), an_issue(2, updated=-900_000))
    with store.write() as connection:
        left_out.put(connection, SOURCE, [("2", at(-900_000).isoformat())], "baseline")
    tracker.unlisted = {"2"}
    parts = given(start="all", baseline="leave")
    run(parts)
    run(parts, minutes=24 * 60)
    assert held(store, 2).number == 2


def test_leave_to_adopt_takes_in_what_has_changed_since_the_baseline(store, given, tracker) -> None:
    tracker.put(an_issue(1, updated=-500), an_issue(2, updated=-500))
    run(given(start="now", baseline="leave"))
    tracker.put(an_issue(1, updated=1_070, title="Changed"))
    run(given(start="now", baseline="leave"))
    assert row(store, 1) is None
    run(given(start="now", baseline="adopt"), minutes=24 * 60)
    assert (held(store, 1).title, row(store, 2)) == ("Changed", None)


@pytest.mark.parametrize("policy", ["adopt", "leave"])
def test_what_is_opened_while_the_baseline_is_taken_is_no_older_ticket(
    store, given, tracker, policy
) -> None:
    parts = given(start="now", baseline=policy)
    tracker.put(an_issue(1, updated=-500))
    moment = "2026-11-20T12:18:00Z"  # 1,080 seconds; the baseline begins at 1,060

    def opened(record: dict) -> bool:
        parts.now.forward(seconds=30)
        return True

    tracker.put(an_issue(2, updated=1_080, created_at=moment, title="New"))
    tracker.inside = opened
    run(parts)
    assert (held(store, 2).title, row(store, 1)) == ("New", None)
    assert left(store, "1", "2") == {"1"}


def test_a_baseline_goes_on_where_it_stopped(store, given, tracker) -> None:
    parts = given(start="now")
    tracker.census_size = 1
    tracker.put(an_issue(1), an_issue(2), an_issue(3))

    def stop(record: dict) -> bool:
        if record["number"] == 2:
            parts.stop.set()
        return True

    tracker.inside = stop
    assert run(parts).error.startswith("stopped")
    began = parts.now()
    parts.stop.clear()
    tracker.inside = lambda _: True
    tracker.asked.clear()
    assert run(parts).report.new == 0
    assert sum(one.startswith("census") for one in tracker.asked) == 2
    assert left(store, "1", "2", "3") == {"1", "2", "3"}
    with store.read() as connection:
        state = sources.state(connection, SOURCE)
    assert state is not None
    assert state.baseline_at == began


def test_a_baseline_that_fails_imports_nothing(store, given, tracker) -> None:
    def broken(_: dict) -> bool:
        raise Transient("HTTP 502")

    tracker.put(an_issue(1))
    tracker.inside = broken
    done = run(given(start="now"))
    assert (done.status, done.error, row(store, 1)) == ("error", "HTTP 502", None)


def test_a_source_on_webhooks_alone_knows_its_older_tickets_too(store, given, tracker) -> None:
    tracker.put(an_issue(1))
    done = run(given(start="now", baseline="leave", intake="webhook"), scheduled=True)
    assert (done.kind, done.report.seen) == ("hooks", 0)
    assert left(store, "1") == {"1"}


def test_another_filter_forgets_what_lay_outside_the_one_before(store, given, tracker) -> None:
    tracker.put(an_issue(1), an_issue(2, state="closed", updated=-900_000))
    tracker.unlisted = {"2"}
    tracker.inside = lambda _: None
    closed_out = given(filter={"state": "open"})
    run(closed_out)
    run(closed_out, minutes=24 * 60)
    assert (left(store, "2"), row(store, 2).fate) == ({"2"}, "unread")
    run(given(filter={"state": "all"}))
    assert held(store, 2).number == 2, "its revision has not moved, and it is asked about again"


def test_another_address_under_the_same_name_is_asked_for_its_project(
    store, given, tracker
) -> None:
    tracker.put(an_issue(1))
    run(given())
    tracker.asked.clear()
    tracker.project_id = "7"
    tracker.put(an_issue(50, updated=1_100))
    done = run(given(url="https://github.com/lantern/other"))
    assert "is another project now" in done.error
    assert row(store, 50) is None
    tracker.project_id = "660001"
    assert run(given(url="https://github.com/lantern/renamed")).status == "complete"
    tracker.asked.clear()
    run(given(url="https://github.com/lantern/renamed"))
    assert "project" not in tracker.asked
