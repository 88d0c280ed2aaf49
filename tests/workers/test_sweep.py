"""The sweep finds what was left behind, by state, without the queue."""

import threading
from datetime import timedelta

from schemas.delivery import Outcome
from schemas.errors import StoreAway
from schemas.source import Source
from store import sources
from store.database import Store
from tests.builders import (
    SOURCE,
    Clock,
    a_source,
    a_work,
    an_issue,
    at,
    held,
    issue_webhook,
    journaled,
    keep,
    outcomes,
    partial,
    row,
)
from tests.pretend import Pretend
from tests.reconciler.run import declare
from workers.sweep import Sweeper, sweep


def test_what_nobody_woke_is_drained_after_ten_seconds(store: Store) -> None:
    clock = Clock()
    work = a_work(store, now=clock)
    keep(store, issue_webhook(an_issue()))
    clock.at = at(9)
    assert sweep(work) == 0
    clock.at = at(10)
    assert sweep(work) == 1
    assert outcomes(store) == ["applied"]


def test_at_boot_everything_pending_is_stuck(store: Store) -> None:
    keep(store, issue_webhook(an_issue()))
    assert sweep(a_work(store), older_than=timedelta(0)) == 1


def test_nothing_to_do_is_nothing_done(store: Store) -> None:
    assert sweep(a_work(store)) == 0


def test_a_retry_is_swept_when_it_is_due(store: Store) -> None:
    clock = Clock()
    work = a_work(store, now=clock)
    keep(store, issue_webhook(an_issue()))
    with store.write() as connection:
        from_now = at(40)
        connection.exec_driver_sql(
            "UPDATE deliveries SET attempts = 1, due_at = '2026-11-20 12:00:40.000000'"
        )
    clock.at = from_now - timedelta(seconds=1)
    assert sweep(work) == 0
    clock.at = from_now
    assert sweep(work) == 1
    assert journaled(store)[0].outcome is Outcome.applied


def test_due_doubts_are_asked_about(store: Store) -> None:
    tracker, clock = Pretend(), Clock()
    work = a_work(store, connect=tracker.connect, now=clock)
    tracker.put(an_issue(title="Whole"))
    keep(store, issue_webhook(partial(an_issue(title="Part"), "body")))
    clock.at = at(11)
    sweep(work)
    assert tracker.asked == ["fetch 12 core"]
    assert (held(store).title, held(store).sync_status) == ("Whole", "synced")


def test_one_source_that_cannot_be_asked_keeps_no_other_waiting(store: Store) -> None:
    tracker, clock = Pretend(), Clock()
    tracker.put(an_issue(title="Whole"))

    def connect(source: Source) -> object:
        if source.name == "broken":
            raise RuntimeError("a bug in its client")
        return tracker.connect(source)

    both = [a_source("broken"), a_source(SOURCE)]
    work = a_work(store, *both, connect=connect, now=clock)
    for one in both:
        keep(store, issue_webhook(partial(an_issue(), "body"), source=one.name))
    clock.at = at(11)
    sweep(work)
    assert held(store).title == "Whole"


def test_a_paused_source_is_not_swept(store: Store) -> None:
    declare(store)
    with store.write() as connection:
        sources.set_status(connection, SOURCE, "paused")
    keep(store, issue_webhook(an_issue()))
    clock = Clock(at(60))
    assert sweep(a_work(store, now=clock)) == 0
    assert outcomes(store) == [None]


def test_files_that_were_left_are_written(store: Store, tmp_path) -> None:
    clock = Clock()
    work = a_work(store, now=clock, workspace=tmp_path / "tickets")
    keep(store, issue_webhook(an_issue()))
    clock.at = at(11)
    sweep(work)
    assert len(list((tmp_path / "tickets").rglob("ISSUE.md"))) == 1
    assert row(store).render_due == 0


class Flaky:
    """A store that is away at its first reads."""

    def __init__(self, store: Store, times: int) -> None:
        self._store, self._left = store, times
        self.dialect, self.write = store.dialect, store.write

    def read(self):
        if self._left > 0:
            self._left -= 1
            raise StoreAway("the database does not answer")
        return self._store.read()


def test_the_sweeper_outlives_a_store_that_is_away(sqlite_store: Store) -> None:
    done = threading.Event()

    class Watching:
        def drained(self, *_: object) -> None:
            done.set()

        failed = refetched = rendered = drained

    keep(sqlite_store, issue_webhook(an_issue()))
    clock = Clock(at(60))
    work = a_work(Flaky(sqlite_store, 2), now=clock, observer=Watching())
    sweeper = Sweeper(work, every=0.05)
    sweeper.start()
    try:
        assert done.wait(10)
    finally:
        sweeper.stop()
    assert outcomes(sqlite_store) == ["applied"]
