"""A session that ends in the middle, as by kill -9: the next ones see everything all the same."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from reconciler import session
from reconciler.parts import Parts
from schemas.errors import Spent, Transient
from schemas.session import Session
from schemas.source import SourceState
from store import census, leases, passes, sessions, sources
from store.database import Store
from tests.builders import (
    SOURCE,
    a_comment_record,
    a_source,
    an_issue,
    at,
    held,
    journaled,
    row,
)
from tests.pretend import Pretend
from tests.reconciler.run import a_parts, declare


class Killed(BaseException):
    """Nothing of ours catches it: what a session would still have written is not written."""


def run(parts: Parts, *, full: bool = False, minutes: float = 1) -> Session:
    parts.now.forward(minutes=minutes)
    return session.run(parts, parts.sources[SOURCE], full=full)


def state(store: Store) -> SourceState:
    with store.read() as connection:
        found = sources.state(connection, SOURCE)
    assert found is not None
    return found


def kill_in_whole(store: Store, tracker: Pretend, parts: Parts, *, full: bool = True) -> None:
    """Ends a session behind the first page of a whole walk."""

    def kill(_: int) -> None:
        cursor = state(store).cursor
        if cursor and cursor.since is None and cursor.position:
            raise Killed

    tracker.between_pages = kill
    with pytest.raises(Killed):
        run(parts, full=full)
    tracker.between_pages = None


def two_pages(tracker: Pretend) -> None:
    tracker.page_size = 1
    tracker.put(an_issue(1, updated=100, title="One"), an_issue(2, updated=200, title="Two"))


def test_a_full_reading_that_was_killed_ends_with_its_census_in_any_session(
    store, parts, tracker
) -> None:
    two_pages(tracker)
    run(parts)
    kill_in_whole(store, tracker, parts)
    del tracker.issues["1"]
    done = run(parts)
    assert (done.status, done.report.missing) == ("complete", 1)
    assert row(store, 1).fate == "hidden"


def test_after_a_kill_a_second_full_reading_reads_all_of_it_anew(store, parts, tracker) -> None:
    two_pages(tracker)
    run(parts)
    kill_in_whole(store, tracker, parts)
    tracker.put(an_issue(1, updated=100, title="Changed without a word"))
    assert run(parts, full=True).status == "complete"
    assert held(store, 1).title == "Changed without a word"


def test_a_first_import_that_was_killed_is_not_begun_again_but_brought_up_to_date(
    store, parts, tracker
) -> None:
    two_pages(tracker)
    kill_in_whole(store, tracker, parts, full=False)
    tracker.put(an_issue(1, updated=1_060, title="Later"))
    assert run(parts, full=True).status == "complete"
    assert held(store, 1).title == "Later"
    assert held(store, 2).title == "Two"


class Limited(list[str]):
    """What was asked, of which `left` reads of lists are allowed still."""

    left = 8

    def append(self, what: str) -> None:
        if what.startswith(("page", "census")):
            if not self.left:
                raise Spent("the rate budget is used up", retry_after=60)
            self.left -= 1
        super().append(what)


def test_a_full_reading_that_is_parked_again_and_again_comes_to_its_end(
    store, parts, tracker
) -> None:
    """Neither the walk nor its census is begun again because the other one was parked."""
    tracker.page_size = tracker.census_size = 1
    tracker.put(*(an_issue(n, updated=n) for n in range(1, 7)))
    run(parts)
    tracker.asked = asked = Limited()
    statuses = []
    while len(statuses) < 6 and (not statuses or statuses[-1] == "parked"):
        asked.left = 4
        statuses.append(run(parts, full=True).status)
    assert statuses == ["parked", "parked", "parked", "parked", "complete"]
    assert sum(one.startswith("census") for one in asked) == 6


def test_a_whole_walk_that_goes_on_began_when_it_first_did(store, parts, tracker) -> None:
    two_pages(tracker)
    kill_in_whole(store, tracker, parts, full=False)
    began = parts.now()
    run(parts, minutes=30)
    with store.read() as connection:
        found = passes.find(connection, SOURCE, "whole")
    assert found.began_at <= began < found.ended_at


def test_the_comments_of_what_is_not_ours_stay_out_of_a_walk_that_goes_on(
    store, tracker, clock
) -> None:
    declare(store)
    behind = a_parts(store, tracker, clock=clock, wake=lambda _: None)
    two_pages(tracker)
    tracker.say(a_comment_record(60, 1), a_comment_record(61, 77))
    kill_in_whole(store, tracker, behind, full=False)
    run(behind)
    assert {one.ticket for one in journaled(store) if one.ticket} == {"1", "2"}
    a_parts(store, tracker, clock=clock).wake([(SOURCE, "1"), (SOURCE, "2")])
    assert [one.id for one in held(store, 1).comments] == ["60"]


def test_the_comments_of_an_unknown_ticket_outside_the_filter_are_not_journaled(
    store, tracker, clock
) -> None:
    source = a_source(filter={"state": "open"})
    declare(store, source)
    parts = a_parts(store, tracker, clock=clock, source=source)
    run(parts)
    tracker.put(an_issue(9, updated=2_000, state="closed"))
    tracker.say(a_comment_record(60, 9, updated=2_000))
    done = run(parts, minutes=20)
    assert (done.report.seen, done.report.journaled) == (2, 0)


def test_a_ticket_that_left_the_filter_during_an_import_calls_for_a_census_once(
    store, tracker, clock
) -> None:
    """Another whole walk would be followed by the next, where tickets leave all the time."""
    source = a_source(filter={"state": "open"})
    declare(store, source)
    parts = a_parts(store, tracker, clock=clock, source=source)
    tracker.put(an_issue(1, updated=100), an_issue(2, updated=200))
    tracker.unlisted = {"2"}
    run(parts)
    tracker.put(an_issue(1, updated=1_060, state="closed"))
    parts.now.forward(minutes=9)
    done = run(parts)
    assert held(store, 2).number == 2, "it had slipped over the border"
    assert "whole" not in done.report.passes
    assert "census" not in run(parts).report.passes, "the walk shows the same once more"
    assert "census" not in run(parts, minutes=10).report.passes


@pytest.fixture
def dozen(tracker: Pretend) -> Pretend:
    tracker.census_size = 1
    tracker.put(*(an_issue(n) for n in range(1, 14)))
    return tracker


def test_a_round_that_begins_anew_leaves_no_mark_of_the_one_before(store, parts, dozen) -> None:
    """Else what that one was shown, and is forgotten, would count as vanished."""
    run(parts)
    seen: list[int] = []

    def stop_late(record: dict) -> bool:
        seen.append(record["number"])
        if record["number"] == 12:
            parts.stop.set()
        return True

    def broken(_: dict) -> bool:
        raise Transient("HTTP 502")

    dozen.inside = stop_late
    assert run(parts, minutes=24 * 60).error.startswith("stopped")
    parts.stop.clear()
    dozen.inside = broken
    assert "HTTP 502" in run(parts, full=True).error
    dozen.inside = lambda _: True
    assert run(parts).status == "complete"
    assert state(store).status == "active"


def test_a_round_killed_before_its_first_page_begins_anew(store, parts, dozen) -> None:
    run(parts)

    def kill(_: dict) -> bool:
        raise Killed

    dozen.inside = kill
    with pytest.raises(Killed):
        run(parts, full=True)
    dozen.inside = lambda _: True
    del dozen.issues["3"]
    assert run(parts).report.missing == 1


def test_a_round_killed_behind_its_last_page_is_shown_everything_again(store, parts, dozen) -> None:
    run(parts)
    with store.write() as connection:
        lease = leases.take(connection, f"reconcile:{SOURCE}", "killed")
        assert lease
        mark = {"number": 9, "began_at": parts.now().isoformat(), "at": None, "total": 13}
        assert passes.mark(connection, SOURCE, "census", mark, lease)
        census.show(connection, SOURCE, [str(n) for n in range(1, 14)], 9)
        leases.release(connection, lease)
    done = run(parts)
    assert (done.status, done.report.missing, state(store).status) == ("complete", 0, "active")
    with store.read() as connection:
        assert passes.find(connection, SOURCE, "census").mark is None


def test_a_mark_of_another_version_begins_the_round_anew(store, parts, dozen) -> None:
    run(parts)
    with store.write() as connection:
        connection.execute(sa.text("UPDATE passes SET mark = '{\"at\": 7}' WHERE name = 'census'"))
    assert run(parts).status == "complete"


def test_only_a_census_that_came_to_its_end_clears_vanished_tickets(store, parts, dozen) -> None:
    run(parts)
    away = {n: dozen.issues.pop(str(n)) for n in range(1, 12)}
    assert "not listed any more" in run(parts, full=True).error
    dozen.put(*away.values())

    def broken(_: dict) -> bool:
        raise Transient("HTTP 502")

    dozen.inside = broken
    run(parts, full=True)
    assert state(store).status == "error"
    dozen.inside = lambda _: True
    run(parts, full=True)
    assert state(store).status == "active"


def test_a_wide_look_that_failed_is_taken_by_the_next_session(store, parts, tracker) -> None:
    tracker.put(an_issue(1, updated=100))
    run(parts)
    run(parts)
    tracker.page_error = (1, Transient("HTTP 502"))
    run(parts, minutes=70)
    tracker.page_error = None
    run(parts, minutes=0)
    run(parts, minutes=50)
    shown_late = (parts.now() - timedelta(minutes=90) - at(0)).total_seconds()
    tracker.put(an_issue(2, updated=shown_late))
    tracker.page_error = (1, Transient("HTTP 502"))
    run(parts, minutes=15)
    tracker.page_error = None
    run(parts, minutes=15)
    assert held(store, 2).number == 2


def test_a_walk_that_goes_on_has_not_reached_back_for_a_silent_webhook(
    store, parts, tracker
) -> None:
    two_pages(tracker)
    run(parts)
    tracker.put(an_issue(1, updated=1_060), an_issue(2, updated=1_061))
    tracker.page_error = (2, Transient("HTTP 502"))
    run(parts)
    tracker.page_error = None
    with store.write() as connection:
        lease = leases.take(connection, f"reconcile:{SOURCE}", "a look")
        assert lease
        mark = {"read_from": at(-5_000).isoformat()}
        assert passes.mark(connection, SOURCE, "redeliveries", mark, lease)
        leases.release(connection, lease)
    tracker.put(an_issue(3, updated=-4_000))
    run(parts)
    run(parts)
    assert held(store, 3).number == 3
    with store.read() as connection:
        assert passes.find(connection, SOURCE, "redeliveries").mark["read_from"] is None


def test_the_mark_of_a_pass_that_was_never_made_is_kept(store, parts) -> None:
    """A first look at the webhook may say how far back to read, before redeliveries are a pass."""
    with store.write() as connection:
        lease = leases.take(connection, f"reconcile:{SOURCE}", "a look")
        assert lease
        assert passes.mark(connection, SOURCE, "redeliveries", {"read_from": "then"}, lease)
    with store.read() as connection:
        found = passes.find(connection, SOURCE, "redeliveries")
    assert (found.mark, found.status) == ({"read_from": "then"}, "pending")


def test_old_sessions_are_dropped_but_for_the_first(store, parts) -> None:
    for _ in range(3):
        run(parts)
    with store.read() as connection:
        first = min(one.id for one in sessions.find(connection, SOURCE))
    assert sessions.prune(store, parts.now() - timedelta(days=1)) == 0
    assert sessions.prune(store, parts.now() + timedelta(days=1)) == 2
    with store.read() as connection:
        assert [one.id for one in sessions.find(connection, SOURCE)] == [first]


def test_a_source_that_is_paused_meanwhile_is_left_behind_the_page_under_way(
    store, parts, tracker
) -> None:
    two_pages(tracker)

    def pause(number: int) -> None:
        with store.write() as connection:
            sources.set_status(connection, SOURCE, "paused", "paused by ada")

    tracker.between_pages = pause
    assert run(parts).error.startswith("paused")
    assert (state(store).status, state(store).cursor.position) == ("paused", "1")
    assert "page 3" not in tracker.asked
