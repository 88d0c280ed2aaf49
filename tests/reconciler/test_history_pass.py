"""The pass that reads changelogs: of what changed at once, of all else little by little."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from reconciler import history as pass_
from reconciler import session
from reconciler.parts import Parts
from schemas.errors import Spent, Transient
from schemas.history import HistoryEntry
from store.database import Store
from store.tables import tickets
from tests.builders import Clock, a_source, a_work, an_issue
from tests.pretend import Pretend
from tests.reconciler.run import a_parts, declare
from tests.workers.telling import Telling, entry, said


@pytest.fixture
def parts(store: Store, tracker: Pretend, clock: Clock) -> Parts:
    declare(store)
    work = a_work(
        store, a_source(), connect=tracker.connect, now=clock, tracker=lambda _: Telling("title")
    )
    return a_parts(store, tracker, clock=clock, work=work)


def read_at(store: Store, number: int = 12) -> object:
    query = sa.select(tickets.c.history_read_at).where(tickets.c.external_id == str(number))
    with store.read() as connection:
        return connection.execute(query).scalar_one()


def changed(number: int = 12, when: float = 900) -> HistoryEntry:
    return entry("1", when, "title", "Old", "New", ticket=str(number))


def test_an_import_reads_no_changelog(parts: Parts, tracker: Pretend) -> None:
    tracker.put(an_issue())
    session.run(parts, a_source())
    session.run(parts, a_source())
    assert tracker.histories_asked == []


def test_the_changelog_of_a_changed_ticket_is_read_once(
    parts: Parts, tracker: Pretend, store: Store, clock: Clock
) -> None:
    tracker.put(an_issue(title="Old"))
    session.run(parts, a_source())
    tracker.put(an_issue(title="New", updated=900))
    tracker.histories["12"] = [changed()]
    clock.forward(seconds=60)
    done = session.run(parts, a_source())
    clock.forward(seconds=60)
    session.run(parts, a_source())
    assert tracker.histories_asked == [("12",)]
    assert said(store) == [("Old", "New", "changelog")]
    assert "history" in done.report.passes


def test_scheduled_sessions_read_the_others_little_by_little(
    parts: Parts, tracker: Pretend, clock: Clock
) -> None:
    tracker.put(*(an_issue(number) for number in range(1, 4)))
    tracker.histories = {str(number): [] for number in range(1, 4)}
    session.run(parts, a_source(), scheduled=True)
    clock.forward(seconds=60)
    session.run(parts, a_source(), scheduled=True)
    assert sorted(sum(tracker.histories_asked, ())) == ["1", "2", "3"]


def test_asked_for_all_of_them_one_session_reads_all(parts: Parts, tracker: Pretend) -> None:
    count = pass_.AT_ONCE + 5
    tracker.put(*(an_issue(number) for number in range(1, count + 1)))
    tracker.histories = {str(number): [] for number in range(1, count + 1)}
    session.run(parts, a_source(), history=True)
    assert [len(one) for one in tracker.histories_asked] == [pass_.AT_ONCE, 5]


def test_one_that_cannot_be_read_is_not_asked_about_again_until_it_changes(
    parts: Parts, tracker: Pretend, store: Store, clock: Clock
) -> None:
    tracker.put(an_issue())
    session.run(parts, a_source(), history=True)
    session.run(parts, a_source(), history=True)
    assert tracker.histories_asked == [("12",)]
    assert read_at(store) is not None
    clock.forward(seconds=60)
    tracker.put(an_issue(updated=900, title="New"))
    session.run(parts, a_source())
    assert tracker.histories_asked == [("12",), ("12",)]


def test_a_budget_that_is_used_up_ends_the_pass_and_not_the_session(
    parts: Parts, tracker: Pretend
) -> None:
    tracker.put(an_issue())
    tracker.history_error = Spent("the budget is used up", retry_after=600)
    done = session.run(parts, a_source(), history=True)
    assert (done.status, done.error) == ("complete", None)
    tracker.history_error = None
    tracker.histories["12"] = [changed()]
    session.run(parts, a_source(), history=True)
    assert tracker.histories_asked == [("12",), ("12",)]


def test_a_failure_is_told_and_leaves_the_tickets_alone(parts: Parts, tracker: Pretend) -> None:
    tracker.put(an_issue())
    tracker.history_error = Transient("HTTP 502")
    done = session.run(parts, a_source(), history=True)
    assert done.error == "history: HTTP 502"
    assert done.report.new == 1


def test_what_changes_while_its_changelog_is_read_is_asked_about_again(
    parts: Parts, tracker: Pretend, store: Store, clock: Clock
) -> None:
    tracker.put(an_issue(title="Old"))
    session.run(parts, a_source())
    tracker.put(an_issue(title="New", updated=900))
    tracker.histories["12"] = [changed()]
    woken = parts.wake

    def wake(lanes: object) -> None:
        """Between the reading and its drain the ticket changes once more."""
        if tracker.histories_asked and not moved:
            moved.append(True)
            with store.write() as connection:
                connection.execute(
                    tickets.update().values(history_wanted_at=clock.forward(seconds=1))
                )
        woken(lanes)  # type: ignore[arg-type]

    moved: list[bool] = []
    session.run(replace(parts, wake=wake), a_source())
    session.run(parts, a_source())
    assert len(tracker.histories_asked) == 2


def test_a_tracker_without_changelogs_is_asked_for_none(
    store: Store, tracker: Pretend, clock: Clock
) -> None:
    declare(store)
    work = a_work(
        store, a_source(), connect=tracker.connect, now=clock, tracker=lambda _: Telling()
    )
    tracker.put(an_issue())
    session.run(a_parts(store, tracker, clock=clock, work=work), a_source(), history=True)
    assert tracker.histories_asked == []
