"""A source that starts "now": its older tickets are known by id, and stay out."""

from reconciler import session
from reconciler.parts import Parts
from schemas.session import Session
from store import left_out
from tests.builders import (
    SOURCE,
    a_source,
    a_work,
    an_issue,
    held,
    issue_webhook,
    journaled,
    keep,
    lanes,
    row,
)
from tests.reconciler.run import a_parts, declare
from workers.drain import drain


def begin(store, tracker, clock, **over) -> Parts:
    source = a_source(start="now", **over)
    declare(store, source)
    parts = a_parts(store, tracker, clock=clock, source=source)
    tracker.put(an_issue(1, updated=-500, title="Old"), an_issue(2, updated=990, title="Recent"))
    run(parts)
    return parts


def run(parts: Parts, *, full: bool = False) -> Session:
    parts.now.forward(minutes=1)
    return session.run(parts, parts.sources[SOURCE], full=full)


def test_nothing_older_is_imported_by_any_kind_of_pass(store, tracker, clock) -> None:
    parts = begin(store, tracker, clock)
    run(parts)
    run(parts, full=True)
    parts.now.forward(days=1)
    done = run(parts)
    assert (row(store, 1), row(store, 2)) == (None, None)
    assert (done.status, done.report.missing) == ("complete", 0)
    assert not [one for one in tracker.asked if one.startswith("fetch")]
    with store.read() as connection:
        assert set(left_out.of(connection, SOURCE, ["1", "2", "3"])) == {"1", "2"}


def test_a_ticket_opened_since_is_taken(store, tracker, clock) -> None:
    parts = begin(store, tracker, clock)
    tracker.put(an_issue(3, updated=1_070, title="New"))
    run(parts)
    assert held(store, 3).title == "New"


def test_an_old_one_is_adopted_once_something_happens_to_it(store, tracker, clock) -> None:
    parts = begin(store, tracker, clock)
    tracker.put(an_issue(1, updated=1_070, title="Changed"))
    run(parts)
    assert held(store, 1).title == "Changed"


def test_an_old_one_is_left_out_for_good_when_that_is_wanted(store, tracker, clock) -> None:
    parts = begin(store, tracker, clock, baseline="leave")
    changed = an_issue(1, updated=1_070, title="Changed")
    tracker.put(changed)
    run(parts)
    parts.now.forward(days=1)
    run(parts)
    assert row(store, 1) is None
    told = issue_webhook(changed, when=1_071)
    keep(store, told)
    source = parts.sources[SOURCE]
    drain(a_work(store, source, connect=tracker.connect, now=clock), lanes([told]))
    assert row(store, 1) is None
    [last] = [one for one in journaled(store) if one.via == "webhook"]
    assert (last.outcome, last.reason) == ("ignored", "older than the source's start")


def test_a_baseline_that_was_stopped_is_complete_in_the_end(store, tracker, clock) -> None:
    source = a_source(start="now")
    declare(store, source)
    parts = a_parts(store, tracker, clock=clock, source=source)
    tracker.census_size = 1
    tracker.put(an_issue(1), an_issue(2))

    def stop(record: dict) -> bool:
        parts.stop.set()
        return True

    tracker.inside = stop
    assert run(parts).error.startswith("stopped")
    parts.stop.clear()
    tracker.inside = lambda _: True
    assert run(parts).report.new == 0
    with store.read() as connection:
        assert set(left_out.of(connection, SOURCE, ["1", "2"])) == {"1", "2"}
