"""The gap meter: each change that a reconcile finds is classed once, and honestly."""

from dataclasses import replace

import pytest

from reconciler import gaps as meter
from schemas.delivery import Outcome
from store import gaps
from store.database import Store
from store.tables import tickets
from tests.builders import SOURCE, an_issue, at, issue_webhook, keep
from tests.reconciler.meter import HOURS, MINUTES, Meter, a_find, a_gauge, a_meter, webhook


@pytest.fixture
def fresh(store: Store) -> Meter:
    return a_meter(store)


@pytest.fixture
def gauge(store: Store) -> Meter:
    return a_gauge(store)


# What a find is.


def test_a_change_without_a_webhook_is_missed_and_counted_once(gauge: Meter) -> None:
    assert gauge.note(a_find()) == 1
    assert gauge.note(a_find()) == 0
    gauge.open()
    assert gauge.note(a_find(known_before=False)) == 0
    assert gauge.verdicts() == ["missed"]


def test_another_change_of_the_ticket_is_another_miss(gauge: Meter) -> None:
    assert gauge.note(a_find(), a_find(changed=-5 * MINUTES), a_find("13")) == 3


def test_a_comment_moves_its_ticket_and_that_is_one_change(gauge: Meter) -> None:
    comment = a_find(part="comments", changed=-10 * MINUTES + 1)
    assert gauge.note(a_find(), comment) == 1
    assert gauge.note(comment) == 0


def test_what_names_no_moment_is_the_same_for_an_hour(gauge: Meter) -> None:
    find = a_find(part="definitions", ticket=None, changed=None)
    assert gauge.note(find) == 1
    gauge.clock.forward(minutes=50)
    assert gauge.note(find) == 0
    gauge.clock.forward(minutes=11)
    assert gauge.note(find) == 1


def test_a_burst_found_by_one_poll_counts_each_ticket(gauge: Meter) -> None:
    assert gauge.note(*(a_find(str(number)) for number in range(1_200))) == 1_200
    assert gauge.coverage() == gaps.Coverage(told=0, missed=1_200)


def test_nothing_found_is_nothing_kept(gauge: Meter) -> None:
    assert gauge.note() == 0
    assert gauge.coverage().share is None


# Before.


def test_a_first_import_is_no_gap(fresh: Meter) -> None:
    fresh.open()
    assert fresh.note(a_find(), a_find("13", changed=None)) == 0
    fresh.close(error="the network went away")
    fresh.open()
    assert fresh.note(a_find("14")) == 0
    assert fresh.kept() == []


def test_what_changed_before_the_first_import_ended_is_no_gap(gauge: Meter) -> None:
    assert gauge.note(a_find(changed=-HOURS - 9), a_find("13", changed=-HOURS + 1)) == 1
    assert [one.ticket for one in gauge.kept()] == ["13"]


def test_webhooks_that_came_before_the_import_ended_are_a_beginning(gauge: Meter) -> None:
    webhook(gauge.store, -2 * HOURS, Outcome.applied, ticket="1")
    assert gauge.note(a_find(changed=-1.5 * HOURS)) == 1


def test_a_backfill_is_no_gap(gauge: Meter) -> None:
    assert gauge.note(a_find(), backfill=True) == 0
    assert gauge.kept() == []


@pytest.mark.parametrize(("known", "missed"), [(True, 1), (False, 0)])
def test_a_ticket_that_comes_into_view_is_no_gap(gauge: Meter, known: bool, missed: int) -> None:
    """Its last change is older than what was read to the end without it."""
    gauge.close()
    gauge.clock.at = at(6 * HOURS)
    gauge.open()
    gauge.close()
    gauge.open()
    assert gauge.note(a_find(changed=1 * HOURS, known_before=known)) == missed
    assert gauge.note(a_find("13", changed=5 * HOURS, known_before=known)) == 1
    assert gauge.note(a_find("14", changed=None, known_before=known)) == missed


def test_a_session_that_only_looked_at_the_webhook_has_read_nothing(fresh: Meter) -> None:
    fresh.clock.at = at(-HOURS)
    fresh.open(kind="hooks")
    fresh.close()
    fresh.clock.at = at(0)
    fresh.open()
    assert fresh.note(a_find()) == 0


# Polling and untold.


def test_without_a_webhook_nothing_is_missed(gauge: Meter) -> None:
    quiet = replace(gauge.parts, webhook_secrets=lambda _: ())
    polled = gauge.source.model_copy(update={"intake": "polling"})
    for number, (parts, source) in enumerate(((quiet, gauge.source), (gauge.parts, polled))):
        with gauge.store.write() as connection:
            find = a_find(str(number))
            assert meter.note(connection, parts, source, gauge.session, [find], at(0)) == 0
    assert gauge.verdicts() == ["polling", "polling"]
    assert gauge.coverage().share is None


def test_what_the_tracker_s_webhooks_do_not_tell_is_untold(gauge: Meter) -> None:
    assert gauge.note(a_find(part="links", changed=None), a_find("13")) == 1
    assert gauge.verdicts() == ["untold", "missed"]


# Late: the hook told, or may still.


@pytest.mark.parametrize("outcome", [None, Outcome.dead, Outcome.ignored])
def test_a_webhook_that_waits_or_failed_with_us_did_tell(gauge: Meter, outcome) -> None:
    webhook(gauge.store, -9 * MINUTES, outcome)
    assert gauge.note(a_find()) == 0
    assert [(one.verdict, one.told_at) for one in gauge.kept()] == [("late", at(-9 * MINUTES))]
    assert gauge.coverage() == gaps.Coverage(told=1, missed=0)


@pytest.mark.parametrize("outcome", [Outcome.applied, Outcome.unchanged, Outcome.stale])
def test_a_webhook_that_told_something_else_did_not_tell_this(gauge: Meter, outcome) -> None:
    webhook(gauge.store, -9 * MINUTES, outcome)
    assert gauge.note(a_find(part="comments")) == 1


def test_a_webhook_before_the_change_told_nothing_of_it(gauge: Meter) -> None:
    webhook(gauge.store, -11 * MINUTES)
    webhook(gauge.store, -9 * MINUTES, ticket="13")
    assert gauge.note(a_find()) == 1


def test_a_hint_that_is_being_followed_did_tell(gauge: Meter) -> None:
    """It was applied, and left the ticket to be read."""
    keep(gauge.store, issue_webhook(an_issue(12), when=-20 * MINUTES))
    gauge.parts.wake([(SOURCE, "12")])
    webhook(gauge.store, -9 * MINUTES, Outcome.applied)
    with gauge.store.write() as connection:
        connection.execute(tickets.update().values(doubt_due_at=at(-9 * MINUTES)))
    assert gauge.note(a_find()) == 0
    assert gauge.verdicts() == ["late"]


def test_definitions_whose_webhook_was_applied_are_told(gauge: Meter) -> None:
    webhook(gauge.store, -9 * MINUTES, Outcome.applied, ticket=None)
    assert gauge.note(a_find(None, part="definitions", changed=None)) == 0
    assert gauge.verdicts() == ["late"]


def test_a_young_change_waits_for_its_webhook(gauge: Meter) -> None:
    assert gauge.note(a_find(changed=-30), a_find("13", changed=-30)) == 0
    assert gauge.coverage().share is None
    assert gauge.settle() == meter.Settled()
    webhook(gauge.store, 10, Outcome.unchanged)
    gauge.clock.forward(minutes=15)
    assert gauge.settle() == meter.Settled(missed=1)
    assert gauge.verdicts() == ["late", "missed"]
    assert gauge.coverage() == gaps.Coverage(told=1, missed=1)
    assert gauge.settle() == meter.Settled()


def test_a_hint_soon_after_is_about_the_young_change(gauge: Meter) -> None:
    gauge.note(a_find(changed=-30))
    webhook(gauge.store, 5, Outcome.applied)
    gauge.clock.forward(minutes=15)
    assert gauge.settle() == meter.Settled()
    assert gauge.coverage() == gaps.Coverage(told=1, missed=0)


def test_a_young_change_is_not_decided_while_its_webhook_waits(gauge: Meter) -> None:
    gauge.note(a_find(changed=-30))
    webhook(gauge.store, 20)
    gauge.clock.forward(minutes=15)
    assert gauge.settle() == meter.Settled()
    assert gauge.verdicts() == ["late"]
    assert gauge.kept()[0].told_at is None


def test_a_young_change_is_decided_however_long_nobody_looked(gauge: Meter) -> None:
    gauge.note(a_find(changed=-30))
    gauge.clock.forward(days=3)
    assert gauge.settle() == meter.Settled(missed=1)
