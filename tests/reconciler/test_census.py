"""The census: five ways for a ticket to be away, none of them guessed; and what came unheard."""

from datetime import timedelta

import pytest

from reconciler import session
from reconciler.parts import Parts
from schemas.record import Gone, Moved
from schemas.session import Session
from schemas.settings import ReconcilerSettings, Settings
from store import passes, sources
from store.database import Store
from tests.builders import SOURCE, Clock, a_comment_record, a_source, an_issue, held, row
from tests.pretend import Pretend, elsewhere
from tests.reconciler.run import a_parts, declare

DAY = timedelta(hours=24)


def run(parts: Parts, *, full: bool = False) -> Session:
    parts.now.forward(minutes=1)
    return session.run(parts, parts.sources[SOURCE], full=full)


def a_day_later(parts: Parts) -> Session:
    """The first session of the next round."""
    parts.now.forward(days=1)
    return run(parts)


def census_pages(tracker: Pretend) -> int:
    return sum(one.startswith("census") for one in tracker.asked)


def test_a_day_after_the_import_a_small_source_is_counted_at_once(store, parts, tracker) -> None:
    tracker.put(*(an_issue(n) for n in range(1, 6)))
    run(parts)
    run(parts)
    assert census_pages(tracker) == 0
    done = a_day_later(parts)
    assert (done.status, done.report.missing, done.report.journaled) == ("complete", 0, 0)
    assert census_pages(tracker) == 1
    run(parts)
    assert census_pages(tracker) == 1


def test_an_unknown_ticket_is_imported(store, parts, tracker) -> None:
    """Rights were gained, or every word of it was lost and its time is set back."""
    tracker.put(an_issue(1))
    run(parts)
    tracker.put(an_issue(2, updated=-900_000, title="Seen at last", comments=1))
    tracker.say(a_comment_record(50, 2, updated=-900_000))
    a_day_later(parts)
    assert held(store, 2).title == "Seen at last"
    assert [one.id for one in held(store, 2).comments] == ["50"]


def test_a_revision_no_pass_has_seen_is_asked_about(store, parts, tracker) -> None:
    tracker.put(an_issue(1, updated=900, title="Before"))
    run(parts)
    tracker.put(an_issue(1, updated=901, title="After"))
    parts.now.forward(hours=23, minutes=58)
    run(parts)
    tracker.unlisted = {"1"}
    run(parts)
    a_day_later(parts)
    assert held(store, 1).title == "After"


def test_a_comment_that_went_without_a_word_is_found_by_the_count(store, parts, tracker) -> None:
    tracker.put(an_issue(1, comments=2))
    tracker.say(a_comment_record(50, 1), a_comment_record(51, 1))
    run(parts)
    del tracker.comments["50"]
    tracker.put(an_issue(1, comments=1))
    a_day_later(parts)
    assert [one.id for one in held(store, 1).comments] == ["51"]
    assert row(store, 1).doubt is None


@pytest.mark.parametrize(
    ("answer", "fate", "reason"),
    [
        (Gone(ticket="2", proof="HTTP 410"), "deleted", "HTTP 410"),
        (Moved(ticket="2", to=elsewhere()), "moved", ""),
        (None, "hidden", "HTTP 404"),
    ],
    ids=["deleted", "moved", "hidden"],
)
def test_what_a_round_was_not_shown_is_told_apart_by_asking(
    store, parts, tracker, answer, fate, reason
) -> None:
    tracker.put(an_issue(1), an_issue(2, title="Kept"))
    run(parts)
    del tracker.issues["2"]
    if answer is not None:
        tracker.answers["2"] = answer
    done = a_day_later(parts)
    assert done.report.missing == 1
    assert (row(store, 2).fate, row(store, 2).fate_reason) == (fate, reason)
    assert held(store, 2).title == "Kept"
    assert row(store, 1).fate == "here"


def test_what_lies_outside_the_filter_is_not_fetched(store, parts, tracker) -> None:
    tracker.put(an_issue(1))
    run(parts)
    tracker.put(an_issue(2, updated=-900_000))
    tracker.inside = lambda record: record["number"] != 2
    tracker.asked.clear()
    a_day_later(parts)
    assert not [one for one in tracker.asked if one.startswith("fetch")]


def test_what_only_a_fetch_can_place_is_fetched_once(store, tracker, clock) -> None:
    source = a_source(filter={"state": "open"})
    declare(store, source)
    parts = a_parts(store, tracker, clock=clock, source=source)
    tracker.put(an_issue(1), an_issue(2, state="closed", updated=-900_000))
    tracker.unlisted = {"2"}
    tracker.inside = lambda _: None
    run(parts)
    a_day_later(parts)
    a_day_later(parts)
    assert tracker.asked.count("fetch 2 comments core links") == 1
    tracker.put(an_issue(2, state="closed", updated=-800_000))
    a_day_later(parts)
    assert tracker.asked.count("fetch 2 comments core links") == 2


def test_a_lost_ticket_that_is_shown_again_comes_back_with_its_comments(
    store, parts, tracker
) -> None:
    tracker.put(an_issue(1), an_issue(2, comments=1))
    tracker.say(a_comment_record(50, 2))
    run(parts)
    away = tracker.issues.pop("2")
    a_day_later(parts)
    assert row(store, 2).fate == "hidden"
    tracker.put(away)
    a_day_later(parts)
    assert (row(store, 2).fate, row(store, 2).doubt) == ("here", None)
    assert [one.id for one in held(store, 2).comments] == ["50"]


def test_when_too_many_vanish_nothing_is_marked_until_they_are_seen(store, parts, tracker) -> None:
    issues = [an_issue(n) for n in range(1, 13)]
    tracker.put(*issues)
    run(parts)
    for number in range(1, 12):
        del tracker.issues[str(number)]
    done = a_day_later(parts)
    assert done.error.startswith("11 of 12 tickets are not listed any more")
    assert _status(store) == "error"
    assert all(row(store, n).fate == "here" for n in range(1, 13))
    tracker.put(*issues)
    assert run(parts).status == "complete"
    assert _status(store) == "active"


def _status(store: Store) -> str:
    with store.read() as connection:
        found = sources.state(connection, SOURCE)
    assert found is not None
    return found.status


@pytest.fixture
def large(store: Store, tracker: Pretend, clock: Clock) -> Parts:
    """Two and a half thousand tickets, counted in two hours, a session an hour."""
    source = a_source(interval_minutes=60)
    declare(store, source)
    settings = Settings(reconciler=ReconcilerSettings(census_hours=2))
    tracker.census_size = tracker.page_size = 500
    tracker.put(*(an_issue(n) for n in range(1, 2_501)))
    return a_parts(store, tracker, clock=clock, source=source, settings=settings)


def test_a_large_source_is_counted_in_slices_that_go_on_where_they_stopped(
    store: Store, tracker: Pretend, large: Parts
) -> None:
    run(large)
    large.now.forward(hours=2)
    asked = []
    for _ in range(2):
        tracker.asked.clear()
        run(large)
        asked.append(census_pages(tracker))
        large.now.forward(hours=1)
    assert asked == [3, 2]


def test_what_goes_or_comes_between_two_slices_is_neither_lost_nor_missed(
    store: Store, tracker: Pretend, large: Parts
) -> None:
    run(large)
    large.now.forward(hours=2)
    run(large)
    del tracker.issues["7"], tracker.issues["2400"]
    tracker.put(an_issue(2_501, updated=-900_000))
    large.now.forward(hours=1)
    run(large)
    fates = {n: row(store, n).fate for n in (7, 8, 2_400, 2_501)}
    assert fates == {7: "here", 8: "here", 2_400: "hidden", 2_501: "here"}
    for _ in range(3):
        large.now.forward(hours=1)
        run(large)
    assert row(store, 7).fate == "hidden", "the next round"


def test_a_round_that_was_stopped_goes_on(store: Store, tracker: Pretend, large: Parts) -> None:
    run(large)
    large.now.forward(hours=2)
    seen = []

    def inside(record: dict) -> bool:
        seen.append(record["number"])
        if len(seen) == 700:
            large.stop.set()
        return True

    tracker.inside = inside
    assert run(large).error.startswith("stopped")
    with store.read() as connection:
        found = passes.find(connection, SOURCE, "census")
    assert (found.status, found.mark["at"]) == ("pending", "500")
    large.stop.clear()
    tracker.inside = lambda _: True
    tracker.asked.clear()
    run(large)
    assert row(store, 1).fate == "here"
    assert census_pages(tracker) == 3
