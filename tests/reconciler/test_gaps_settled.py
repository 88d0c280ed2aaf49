"""Verdicts that change, what they say of a webhook, and the alarm when it falls silent."""

import pytest
from structlog.testing import capture_logs

from reconciler import gaps as meter
from schemas.delivery import Outcome
from store import gaps
from store.database import Store
from tests.builders import SOURCE, an_issue, at, issue_webhook, keep
from tests.reconciler.meter import HOURS, MINUTES, Meter, a_find, a_gauge, webhook


@pytest.fixture
def gauge(store: Store) -> Meter:
    return a_gauge(store)


# A webhook that comes afterwards.


@pytest.mark.parametrize("outcome", [Outcome.unchanged, Outcome.stale])
def test_a_webhook_within_a_day_turns_missed_into_late(gauge: Meter, outcome) -> None:
    assert gauge.note(a_find()) == 1
    gauge.close()
    webhook(gauge.store, 23 * HOURS, outcome)
    gauge.clock.at = at(23.5 * HOURS)
    assert gauge.settle() == meter.Settled(late=1)
    assert [(one.verdict, one.told_at) for one in gauge.kept()] == [("late", at(23 * HOURS))]
    assert gauge.coverage() == gaps.Coverage(told=1, missed=0)


def test_a_webhook_of_a_later_change_tells_nothing_of_the_one_that_was_missed(
    gauge: Meter,
) -> None:
    gauge.note(a_find())
    webhook(gauge.store, 1 * HOURS, Outcome.applied)
    gauge.clock.at = at(2 * HOURS)
    assert gauge.settle() == meter.Settled()
    assert gauge.coverage() == gaps.Coverage(told=1, missed=1)


def test_a_webhook_after_a_day_comes_too_late(gauge: Meter) -> None:
    gauge.note(a_find())
    webhook(gauge.store, 24.1 * HOURS, Outcome.unchanged)
    gauge.clock.at = at(24.2 * HOURS)
    assert gauge.settle() == meter.Settled()
    assert gauge.verdicts() == ["missed"]


def test_one_webhook_tells_one_change(gauge: Meter) -> None:
    gauge.note(a_find(changed=-20 * MINUTES), a_find(), a_find("13"))
    webhook(gauge.store, 1 * HOURS, Outcome.unchanged)
    gauge.clock.at = at(2 * HOURS)
    assert gauge.settle() == meter.Settled(late=1)
    assert gauge.settle() == meter.Settled()
    assert sorted(gauge.verdicts()) == ["late", "missed", "missed"]


# Coverage.


def test_coverage_counts_what_was_told_and_what_was_missed(gauge: Meter) -> None:
    for number in range(3):
        webhook(gauge.store, -30 * MINUTES, Outcome.applied, ticket=f"{number}")
    webhook(gauge.store, -20 * MINUTES, Outcome.unchanged, ticket="1")  # told by another already
    webhook(gauge.store, -20 * MINUTES, Outcome.ignored, ticket="77")  # another project's
    webhook(gauge.store, -20 * MINUTES, ticket="2")  # waits
    webhook(gauge.store, -30 * HOURS, Outcome.applied, ticket="5")  # of yesterday
    gauge.note(a_find())
    assert gauge.coverage() == gaps.Coverage(told=3, missed=1)
    assert gauge.coverage().share == 0.75
    assert gauge.coverage(gaps.WEEK) == gaps.Coverage(told=4, missed=1)


def test_where_nothing_is_compared_there_is_no_coverage(gauge: Meter) -> None:
    """A source that lives on webhooks alone, or whose reconciler has been away for a day."""
    gauge.clock.at = at(30 * HOURS)
    webhook(gauge.store, 29 * HOURS, Outcome.applied)
    assert gauge.coverage() == gaps.Coverage(told=1, missed=0, known=False)
    assert gauge.coverage().share is None
    assert gauge.coverage(gaps.WEEK).share == 1.0


def test_a_webhook_that_came_twice_counts_once(gauge: Meter) -> None:
    arrival = issue_webhook(an_issue(12), when=-5)
    assert keep(gauge.store, arrival, arrival) == [True, False]
    gauge.parts.wake([(SOURCE, "12")])
    assert gauge.coverage() == gaps.Coverage(told=1, missed=0)


def test_the_sources_are_apart(gauge: Meter) -> None:
    gauge.note(a_find())
    with gauge.store.read() as connection:
        assert gaps.coverage(connection, "till", at(0)).share is None
        assert gaps.silent_since(connection, "till") is None


# Silence.


def misses(gauge: Meter, *numbers: int) -> None:
    """One session that finds some changes nobody told of."""
    gauge.open()
    seconds = (gauge.clock() - at(0)).total_seconds() - 5 * MINUTES
    gauge.note(*(a_find(str(number), changed=seconds) for number in numbers))


def test_three_misses_over_two_sessions_without_a_webhook_are_silence(gauge: Meter) -> None:
    webhook(gauge.store, -30 * MINUTES, Outcome.applied)
    with capture_logs() as logs:
        misses(gauge, 1, 2, 3)
        assert gauge.settle().silent_since is None
        gauge.clock.forward(minutes=15)
        misses(gauge, 4)
        assert gauge.settle().silent_since == at(-5 * MINUTES)
        gauge.clock.forward(minutes=15)
        misses(gauge, 5)
        assert gauge.settle().silent_since == at(-5 * MINUTES)
    assert [one["event"] for one in logs if one["log_level"] == "warning"] == ["hook_silent"]
    webhook(gauge.store, 31 * MINUTES, ticket=None)
    assert gauge.silent_since() is None


def test_a_webhook_in_between_ends_the_row_of_misses(gauge: Meter) -> None:
    misses(gauge, 1, 2)
    webhook(gauge.store, 5 * MINUTES, Outcome.ignored, ticket="9")
    gauge.clock.forward(minutes=15)
    misses(gauge, 3, 4)
    assert gauge.silent_since() is None


def test_a_hook_with_nothing_to_tell_is_not_silent(gauge: Meter) -> None:
    webhook(gauge.store, -30 * MINUTES, Outcome.applied)
    for _ in range(5):
        gauge.clock.forward(days=1)
        gauge.open()
        assert gauge.settle() == meter.Settled()


def test_young_changes_make_silence_once_they_are_decided(gauge: Meter) -> None:
    with capture_logs() as logs:
        for _ in range(2):
            gauge.open()
            now = (gauge.clock() - at(0)).total_seconds()
            gauge.note(*(a_find(f"{now}:{n}", changed=now - 10) for n in range(2)))
            gauge.settle()
            gauge.clock.forward(minutes=15)
        gauge.open()
        assert gauge.settle().silent_since == at(-10)
        assert gauge.settle().silent_since == at(-10)
    assert [one["event"] for one in logs] == ["hook_silent"]
