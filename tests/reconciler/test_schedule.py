"""When a source is due, what a run leaves behind, and upkeep by one of many."""

import threading
from datetime import timedelta

import pytest

from reconciler import schedule
from reconciler.parts import Parts
from schemas.errors import StoreAway, Transient
from store import leases, sources
from store.database import Store
from tests.builders import SOURCE, Clock, a_source, an_issue, at, held, journaled, keep, polled
from tests.pretend import Pretend
from tests.reconciler.run import a_parts, declare
from tests.workers.draining import drained


@pytest.fixture
def clock() -> Clock:
    return Clock(at(1_000))


@pytest.fixture
def tracker(clock: Clock) -> Pretend:
    return Pretend(clock=clock)


@pytest.fixture
def parts(store: Store, tracker: Pretend, clock: Clock) -> Parts:
    declare(store)
    return a_parts(store, tracker, clock=clock)


def due(parts: Parts) -> list[str]:
    return [one.name for one in schedule.due(parts)]


def run(parts: Parts) -> bool:
    return schedule.run_one(parts, parts.sources[SOURCE])


def test_a_source_that_was_never_read_is_due(parts: Parts) -> None:
    assert due(parts) == [SOURCE]


def test_a_source_is_due_again_after_its_interval_give_or_take_a_tenth(
    parts: Parts, clock: Clock
) -> None:
    assert run(parts)
    assert due(parts) == []
    clock.forward(minutes=14)
    assert due(parts) == []
    clock.forward(minutes=2)
    assert due(parts) == [SOURCE]


def test_a_paused_source_is_never_due(store: Store, parts: Parts) -> None:
    with store.write() as connection:
        sources.set_status(connection, SOURCE, "paused")
    assert due(parts) == []


def test_a_run_that_fails_says_so_and_is_planned_again(
    parts: Parts, tracker: Pretend, clock: Clock
) -> None:
    tracker.error = Transient("HTTP 502")
    assert not run(parts)
    assert due(parts) == []
    clock.forward(minutes=16)
    assert due(parts) == [SOURCE]


def test_a_bug_in_one_source_is_a_failed_run_and_no_crash(parts: Parts, tracker: Pretend) -> None:
    tracker.error = KeyError("a bug")
    assert not run(parts)
    assert due(parts) == []


def test_a_source_somebody_else_reads_is_no_failure(store: Store, parts: Parts) -> None:
    with store.write() as connection:
        leases.take(connection, f"reconcile:{SOURCE}", "another process")
    assert run(parts)
    assert due(parts) == [SOURCE], "should that one be killed, we go on at once"


def test_the_scheduler_reads_what_is_due_and_ends_when_asked(
    sqlite_store: Store, tracker: Pretend, clock: Clock
) -> None:
    declare(sqlite_store)
    seen = threading.Event()
    tracker.put(an_issue(1))
    parts = a_parts(sqlite_store, tracker, clock=clock, progress=lambda *_: seen.set())
    scheduler = schedule.Scheduler(parts)
    scheduler.start()
    try:
        assert seen.wait(10)
    finally:
        scheduler.stop()
    assert parts.stop.is_set()


class Flaky:
    """A store that is away at its first writes."""

    def __init__(self, store: Store, times: int) -> None:
        self.read, self.dialect = store.read, store.dialect
        self._store, self._left = store, times

    def write(self):
        if self._left:
            self._left -= 1
            raise StoreAway("the database does not answer")
        return self._store.write()


@pytest.mark.parametrize("times", [1, 99])
def test_a_store_that_is_away_is_a_failed_run_and_no_crash(
    store: Store, tracker: Pretend, clock: Clock, times: int
) -> None:
    declare(store)
    parts = a_parts(Flaky(store, times), tracker, clock=clock)
    assert not run(parts)


def test_a_source_that_is_not_declared_here_is_read_all_the_same(
    store: Store, tracker: Pretend, clock: Clock
) -> None:
    tracker.put(an_issue(1))
    parts = a_parts(store, tracker, clock=clock)
    assert due(parts) == [SOURCE]


def test_the_journal_is_pruned_once_a_day_whoever_does_it(store: Store, tracker: Pretend) -> None:
    clock = Clock(at(0) + timedelta(days=100))
    parts = [a_parts(store, tracker, clock=clock, holder=name) for name in ("a", "b")]
    drained(store, polled(an_issue(1), when=0))
    keep(store, polled(an_issue(2)))
    schedule._keep_up(parts[0])
    assert [one.ticket for one in journaled(store)] == ["2"]
    drained(store, polled(an_issue(3)))
    schedule._keep_up(parts[1])
    assert len(journaled(store)) == 2
    assert held(store, 1).number == 1


def test_sources_run_beside_each_other(sqlite_store: Store, clock: Clock) -> None:
    """One that takes hours must not hold up the others."""
    slow, quick = Pretend(clock=clock), Pretend(clock=clock)
    release, done = threading.Event(), threading.Event()
    slow.before_fetch = None
    both = [a_source("slow"), a_source(SOURCE)]
    declare(sqlite_store, *both)

    class Waits:
        def connect(self, source, lane="webhook"):
            if source.name == "slow":
                release.wait(10)
            return quick.connect(source)

    def progress(source, *_):
        if source.name == SOURCE:
            done.set()

    base = a_parts(
        sqlite_store,
        quick,
        clock=clock,
        connect=Waits().connect,
        progress=progress,
        wake=lambda _: None,
    )
    parts = Parts(
        store=base.store,
        settings=base.settings,
        sources={s.name: s for s in both},
        connect=base.connect,
        credential=base.credential,
        wake=base.wake,
        settle=base.settle,
        now=base.now,
        progress=progress,
    )
    scheduler = schedule.Scheduler(parts)
    scheduler.start()
    try:
        assert done.wait(10)
    finally:
        release.set()
        scheduler.stop()
