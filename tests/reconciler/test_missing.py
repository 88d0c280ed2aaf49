"""What a full list does not show is asked about, never taken for deleted; too much is an error."""

import pytest

from reconciler import session
from reconciler.parts import Parts
from schemas.record import Gone
from schemas.source import Source
from store import sources
from store.database import Store
from tests.builders import (
    SOURCE,
    Clock,
    a_comment_record,
    a_source,
    a_work,
    an_issue,
    at,
    held,
    row,
)
from tests.pretend import Pretend
from tests.reconciler.run import a_parts, declare
from tests.trackers.github import github_payloads as payloads
from workers.sweep import sweep


@pytest.fixture
def tracker() -> Pretend:
    return Pretend()


def parts_of(store: Store, tracker: Pretend, source: Source | None = None) -> Parts:
    source = source or a_source()
    declare(store, source)
    clock = tracker.clock = Clock(at(1_000))

    def tick(_: str) -> None:
        clock.forward(milliseconds=1)

    tracker.before_fetch = tick
    return a_parts(store, tracker, clock=clock, source=source)


def run(parts: Parts, *, full: bool = True):
    parts.now.forward(minutes=1)
    return session.run(parts, parts.sources[SOURCE], full=full)


def later(parts: Parts, tracker: Pretend, **span: float) -> None:
    """The sweep comes by."""
    parts.now.forward(**span)
    source = parts.sources[SOURCE]
    sweep(a_work(parts.store, source, connect=tracker.connect, now=parts.now))


def status(store: Store) -> str:
    with store.read() as connection:
        found = sources.state(connection, SOURCE)
    assert found is not None
    return found.status


def test_a_ticket_that_is_missing_is_asked_about(store: Store, tracker: Pretend) -> None:
    parts = parts_of(store, tracker)
    tracker.put(an_issue(1), an_issue(2))
    run(parts, full=False)
    del tracker.issues["2"]
    done = run(parts)
    assert (done.status, done.report.missing) == ("complete", 1)
    assert [one for one in tracker.asked if one.startswith("fetch")] == ["fetch 2 core"]
    assert row(store, 2).fate == "hidden"
    assert row(store, 1).fate == "here"


def test_only_the_trackers_proof_makes_it_a_deletion(store: Store, tracker: Pretend) -> None:
    parts = parts_of(store, tracker)
    tracker.put(an_issue(1), an_issue(2, title="Kept"))
    run(parts, full=False)
    del tracker.issues["2"]
    tracker.answers["2"] = Gone(ticket="2", proof="HTTP 410")
    run(parts)
    assert (row(store, 2).fate, row(store, 2).fate_reason) == ("deleted", "HTTP 410")
    assert held(store, 2).title == "Kept"


def test_a_ticket_that_slipped_between_two_pages_is_found_by_asking(
    store: Store, tracker: Pretend
) -> None:
    parts = parts_of(store, tracker)
    tracker.put(an_issue(1), an_issue(2))
    run(parts, full=False)
    hidden = tracker.issues.pop("2")
    tracker.before_fetch = lambda _: tracker.put(hidden)
    run(parts)
    assert (row(store, 2).fate, row(store, 2).doubt) == ("here", None)


def test_an_incremental_pass_misses_nothing(store: Store, tracker: Pretend) -> None:
    parts = parts_of(store, tracker)
    tracker.put(an_issue(1), an_issue(2))
    run(parts, full=False)
    tracker.issues.clear()
    assert run(parts, full=False).report.missing == 0
    assert row(store, 2).fate == "here"


@pytest.mark.parametrize(("held_count", "lost", "error"), [(12, 10, False), (12, 11, True)])
def test_when_too_many_vanish_at_once_nothing_is_marked(
    store: Store, tracker: Pretend, held_count: int, lost: int, error: bool
) -> None:
    parts = parts_of(store, tracker)
    tracker.put(*(an_issue(n) for n in range(1, held_count + 1)))
    run(parts, full=False)
    for number in range(1, lost + 1):
        del tracker.issues[str(number)]
    tracker.asked.clear()
    done = run(parts)
    asked = [one for one in tracker.asked if one.startswith("fetch")]
    assert (done.status == "error") is error
    assert (status(store) == "error") is error
    assert len(asked) == (0 if error else lost)
    if error:
        assert f"{lost} of {held_count} tickets are not listed any more" in done.error
        assert all(row(store, n).fate == "here" for n in range(1, held_count + 1))


def test_a_ticket_outside_the_filter_is_not_missing(store: Store, tracker: Pretend) -> None:
    """A closed one is followed and kept, though lists of open ones never show it again."""
    parts = parts_of(store, tracker, a_source(filter={"state": "open"}))
    tracker.put(an_issue(1, updated=900), an_issue(2, updated=900))
    run(parts, full=False)
    tracker.put(an_issue(2, updated=1_100, state="closed", closed_at="2026-11-20T12:18:20Z"))
    run(parts, full=False)
    assert held(store, 2).state == "closed"
    tracker.unlisted = {"2"}
    assert run(parts).report.missing == 0
    assert row(store, 2).fate == "here"
    del tracker.issues["2"]
    assert run(parts).report.missing == 1, "a census sees beyond the filter"
    assert row(store, 2).fate == "hidden"


def test_tickets_that_lost_the_filters_label_are_not_missing(
    store: Store, tracker: Pretend
) -> None:
    """Else more than ten of them would stop every full reconcile as a mass disappearance."""
    source = a_source(filter={"state": "all", "labels": ["bug"]})
    parts = parts_of(store, tracker, source)
    bug = payloads.a_label("bug", 9)
    tracker.put(*(an_issue(n, updated=900, labels=[bug]) for n in range(1, 14)))
    run(parts, full=False)
    tracker.put(*(an_issue(n, updated=1_100) for n in range(1, 13)))
    run(parts, full=False)
    tracker.unlisted = {str(n) for n in range(1, 13)}
    done = run(parts)
    assert (done.status, done.report.missing) == ("complete", 0)


def test_a_walk_that_went_on_after_a_kill_misses_nothing(store: Store, tracker: Pretend) -> None:
    parts = parts_of(store, tracker)
    tracker.page_size = 1
    tracker.put(an_issue(1, updated=1), an_issue(2, updated=2))
    run(parts, full=False)
    tracker.between_pages = lambda number: parts.stop.set() if number == 1 else None
    other = a_parts(store, tracker, clock=parts.now, credential=lambda _: "new", stop=parts.stop)
    run(other, full=False)
    parts.stop.clear()
    tracker.between_pages = None
    done = run(other, full=False)
    assert (done.status, done.report.missing) == ("complete", 0)


def test_a_comment_deleted_without_a_word_is_found_by_the_count(
    store: Store, tracker: Pretend
) -> None:
    """It moves no revision and leaves no trace in the lists."""
    parts = parts_of(store, tracker)
    tracker.put(an_issue(1, comments=2))
    tracker.say(a_comment_record(50, 1), a_comment_record(51, 1))
    run(parts, full=False)
    assert len(held(store, 1).comments) == 2
    del tracker.comments["50"]
    tracker.put(an_issue(1, comments=1))
    run(parts)
    later(parts, tracker, minutes=1)
    assert [one.id for one in held(store, 1).comments] == ["51"]
    assert row(store, 1).doubt is None


def test_a_hidden_ticket_that_is_listed_again_comes_back(store: Store, tracker: Pretend) -> None:
    parts = parts_of(store, tracker)
    tracker.put(an_issue(1), an_issue(2))
    run(parts, full=False)
    away = tracker.issues.pop("2")
    run(parts)
    assert row(store, 2).fate == "hidden"
    tracker.put(away)
    run(parts)
    assert (row(store, 2).fate, row(store, 2).doubt) == ("here", None)


def test_a_tracker_restored_from_a_backup_is_followed_back(store: Store, tracker: Pretend) -> None:
    parts = parts_of(store, tracker)
    tracker.put(an_issue(1, updated=990, title="Lost"))
    run(parts, full=False)
    tracker.put(an_issue(1, updated=10, title="Restored"))
    run(parts)
    assert held(store, 1).title == "Lost", "it may be a replica that lags"
    for _ in range(12):
        later(parts, tracker, minutes=1)
    assert (held(store, 1).title, row(store, 1).doubt) == ("Restored", None)
    assert run(parts).report.journaled == 0


def test_that_error_lasts_until_a_full_list_is_whole_again(store: Store, tracker: Pretend) -> None:
    parts = parts_of(store, tracker)
    issues = [an_issue(n) for n in range(1, 13)]
    tracker.put(*issues)
    run(parts, full=False)
    for number in range(1, 12):
        del tracker.issues[str(number)]
    run(parts)
    assert run(parts, full=False).status == "complete"
    assert status(store) == "error"
    tracker.put(*issues)
    run(parts)
    assert status(store) == "active"
