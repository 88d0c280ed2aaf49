"""A source that refuses us, waits, or is read by somebody else already."""

import threading
import time
from datetime import timedelta

import pytest

from reconciler import schedule, session
from reconciler.parts import Parts
from reconciler.tenure import tenure
from schemas.errors import Denied, Spent, Transient
from schemas.session import Session
from store import passes, sessions, sources
from store.database import Store
from tests.builders import NOW, SOURCE, a_source, a_work, an_issue, held, row
from tests.pretend import Pretend
from tests.reconciler.run import a_parts, declare
from workers.sweep import sweep


def run(parts: Parts, **over: object) -> Session:
    parts.now.forward(minutes=1)
    return session.run(parts, parts.sources[SOURCE], **over)


def status(store: Store) -> tuple[str, str]:
    with store.read() as connection:
        found = sources.state(connection, SOURCE)
    assert found is not None
    return found.status, found.status_reason


def test_a_project_that_refuses_us_as_a_whole_is_disconnected_and_keeps_all(
    store, parts, tracker
) -> None:
    tracker.put(an_issue(1), an_issue(2))
    run(parts)
    tracker.error = Denied("HTTP 404")
    assert run(parts).status == "error"
    assert status(store) == ("disconnected", "HTTP 404")
    assert [row(store, n).fate for n in (1, 2)] == ["here", "here"]


def test_a_disconnected_source_is_probed_once_an_hour_with_one_request(
    store, parts, tracker
) -> None:
    tracker.put(an_issue(1))
    run(parts)
    tracker.error = Denied("HTTP 404")
    schedule.run_one(parts, parts.sources[SOURCE])
    with store.read() as connection:
        planned = sources.state(connection, SOURCE).next_session_at - parts.now()
    assert timedelta(minutes=55) < planned < timedelta(minutes=65)
    tracker.asked.clear()
    schedule.run_one(parts, parts.sources[SOURCE])
    assert tracker.asked == ["project"]
    tracker.error = None
    schedule.run_one(parts, parts.sources[SOURCE])
    assert status(store) == ("active", "")


def test_nobody_fetches_from_a_disconnected_source(store, tracker, clock, parts) -> None:
    tracker.put(an_issue(1))
    run(parts)
    tracker.error = Denied("HTTP 404")
    run(parts)
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE tickets SET doubt_due_at = '2020-01-01 00:00:00'")
    tracker.asked.clear()
    sweep(a_work(store, parts.sources[SOURCE], connect=tracker.connect, now=clock))
    assert tracker.asked == []


def test_a_failing_list_is_no_proof_that_the_project_is_gone(store, parts, tracker) -> None:
    tracker.page_error = (1, Denied("HTTP 403"))
    run(parts)
    assert status(store) == ("error", "HTTP 403")


def test_a_session_whose_budget_is_used_up_is_parked_until_there_is_more(
    store, parts, tracker
) -> None:
    tracker.page_size = 1
    tracker.put(an_issue(1, updated=1), an_issue(2, updated=2))
    tracker.page_error = (2, Spent("the rate budget is used up", retry_after=600))
    done = run(parts)
    assert (done.status, done.resumes_at) == ("parked", parts.now() + timedelta(seconds=600))
    assert status(store)[0] != "error"
    tracker.page_error = None
    tracker.asked.clear()
    assert run(parts).status == "complete"
    assert "page 1" not in tracker.asked, "it goes on where it stopped"
    assert held(store, 2).number == 2


def test_a_parked_session_is_planned_for_when_it_may_go_on(store, parts, tracker) -> None:
    tracker.page_error = (1, Spent("the rate budget is used up", retry_after=120))
    schedule.run_one(parts, parts.sources[SOURCE])
    with store.read() as connection:
        planned = sources.state(connection, SOURCE).next_session_at
    assert planned == parts.now() + timedelta(seconds=120)


def test_a_side_pass_that_fails_leaves_the_others_alone(store, parts, tracker) -> None:
    tracker.put(an_issue(1))
    run(parts)

    def fail() -> None:
        raise Transient("HTTP 500")

    tracker.before_definitions = fail
    tracker.put(an_issue(1, updated=1_050, title="New"))
    done = run(parts)
    assert (done.status, done.error) == ("error", "definitions: HTTP 500")
    assert held(store, 1).title == "New"
    with store.read() as connection:
        made = passes.of(connection, SOURCE)
    found = {name: made[name].status for name in ("tickets", "definitions", "activity")}
    assert found == {"tickets": "complete", "definitions": "error", "activity": "complete"}


def test_a_session_that_was_killed_is_buried_by_the_next(store, parts, tracker) -> None:
    with store.write() as connection:
        killed = sessions.begin(connection, SOURCE, "incremental", parts.now())
    run(parts)
    with store.read() as connection:
        found = sessions.get(connection, killed)
    assert (found.status, found.error) == ("error", sessions.KILLED)


def joined(parts: Parts, *, full: bool = False) -> tuple[Session, list[str]]:
    told: list[str] = []
    done = session.run(parts, parts.sources[SOURCE], full=full, on_join=told.append)
    return done, told


@pytest.fixture
def slow(store: Store, tracker: Pretend, clock) -> Parts:
    """Parts whose walk waits in the middle until `tracker.go` is set."""
    declare(store)
    parts = a_parts(store, tracker, clock=clock)
    tracker.reached, tracker.go = threading.Event(), threading.Event()

    def wait(_: int) -> None:
        tracker.reached.set()
        assert tracker.go.wait(20)

    tracker.between_pages = wait
    tracker.put(an_issue(1))
    return parts


def test_a_second_run_joins_the_one_at_work(slow: Parts, tracker: Pretend) -> None:
    first: list[Session] = []
    running = threading.Thread(target=lambda: first.append(run(slow)))
    running.start()
    assert tracker.reached.wait(20)
    threading.Timer(0.5, tracker.go.set).start()
    second, told = joined(slow)
    running.join(20)
    assert second.id == first[0].id
    assert told == [told[0]]
    assert second.status == "complete"
    assert tracker.asked.count("page 1") == 1


def test_a_full_run_waits_for_a_lesser_one_and_does_its_own(slow: Parts, tracker: Pretend) -> None:
    first: list[Session] = []
    running = threading.Thread(target=lambda: first.append(run(slow)))
    running.start()
    assert tracker.reached.wait(20)
    tracker.go.set()
    second, _ = joined(slow, full=True)
    running.join(20)
    assert second.kind == "full"
    assert second.id != first[0].id


def test_when_the_one_at_work_dies_the_second_does_its_work(store, parts, tracker) -> None:
    tracker.put(an_issue(1))
    with store.write() as connection:
        sessions.begin(connection, SOURCE, "incremental", parts.now())
    done: list[Session] = []
    with tenure(store, SOURCE, "somebody else"):
        waiting = threading.Thread(target=lambda: done.append(joined(parts)[0]))
        waiting.start()
        time.sleep(0.5)
        assert done == []
    waiting.join(20)
    assert (done[0].status, done[0].report.new) == ("complete", 1)


def test_a_manual_run_does_not_move_the_schedule(store, parts, tracker) -> None:
    schedule.run_one(parts, parts.sources[SOURCE])
    with store.read() as connection:
        before = sources.state(connection, SOURCE).next_session_at
    run(parts)
    with store.read() as connection:
        assert sources.state(connection, SOURCE).next_session_at == before


def test_a_source_that_lives_on_webhooks_is_only_watched_by_the_schedule(
    store, tracker, clock
) -> None:
    source = a_source(intake="webhook")
    declare(store, source)
    parts = a_parts(store, tracker, clock=clock, source=source)
    tracker.put(an_issue(1))
    assert schedule.run_one(parts, source)
    assert tracker.asked == ["project"]
    done = run(parts)
    assert (done.kind, done.report.new) == ("incremental", 1), "a person may ask for it"


def test_the_overlap_is_wide_once_an_hour(store, parts, tracker) -> None:
    tracker.put(an_issue(1, updated=900))
    run(parts)
    run(parts)
    an_hour_ago = (parts.now() - NOW).total_seconds() - 3_600
    tracker.put(an_issue(2, updated=an_hour_ago, title="Shown late"))
    assert run(parts).report.new == 0
    parts.now.forward(minutes=61)
    run(parts)
    assert held(store, 2).title == "Shown late"
