"""Every tracker, the same story: webhooks that get lost, doubled and reordered, and in the end
SQL and the files say what the tracker says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.stage import TRACKERS
from reconciler import session as reconcile
from tests.journeys.any_tracker import Journey, at_work

FAULTS = {"drop": 0.25, "double": 0.15, "reorder": 0.2}


@pytest.fixture(params=TRACKERS)
def journey(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journey]:
    with at_work(tmp_path, request.param, tickets=8, comments=12) as made:
        yield made


def test_an_import_brings_everything_and_an_idle_pass_next_to_nothing(journey):
    first = journey.reconcile()
    assert journey.differences() == []
    assert first.report.new >= len(journey.stand.tickets)
    journey.reconcile()  # the first pass learns where lists begin and what makes them conditional
    idle = journey.reconcile()
    assert idle.report.journaled == 0
    assert idle.report.requests - idle.report.cached <= 2
    assert journey.dead() == []


def test_what_webhooks_tell_is_there_without_any_poll(journey):
    journey.reconcile()
    journey.listen()
    journey.stand.running.people.work(25)
    journey.rest()
    assert journey.dead() == []
    assert journey.reconcile(full=True).status == "complete"
    assert journey.differences() == []


def test_whatever_is_lost_doubled_or_reordered_in_the_end_all_is_equal(journey):
    journey.listen()
    journey.reconcile()
    journey.stand.running.faults.set(**FAULTS)
    for _ in range(3):
        journey.stand.running.people.work(15)
        journey.reconcile()
    journey.stand.running.faults.clear()
    journey.reconcile(full=True)
    assert journey.differences() == []
    assert journey.dead() == []


def test_a_source_that_is_locked_out_keeps_all_and_comes_back(journey):
    journey.reconcile()
    acts = journey.stand.running.acts
    acts.lock_out()
    parts = journey.together.parts
    source = parts.sources[journey.stand.source]
    assert reconcile.run(parts, source, wait_seconds=20).status == "error"
    assert journey.status() == "disconnected"
    acts.let_in()
    journey.reconcile()
    assert journey.status() == "active"
    assert journey.differences() == []


@pytest.mark.parametrize("journey", ["linear"], indirect=True)
def test_a_ticket_in_the_trash_shows_in_the_next_pass_and_comes_back(journey):
    journey.reconcile()
    [key] = [one["key"] for one in journey.stand.tickets if not one["deleted"]][:1]
    journey.stand.running.acts.delete(key)
    journey.reconcile()
    assert journey.differences() == []
    journey.listen()
    journey.stand.running.acts.restore(key)
    journey.rest()
    assert journey.differences() == []


@pytest.mark.parametrize("journey", ["generic"], indirect=True)
def test_what_cannot_be_polled_is_whole_by_what_it_sends(journey):
    journey.listen()
    journey.stand.running.faults.set(double=0.2, reorder=0.2)
    journey.stand.running.people.work(40)
    journey.rest()
    assert journey.differences() == []
    assert journey.dead() == []


@pytest.mark.parametrize("journey", ["jira"], indirect=True)
def test_a_narrower_jql_lets_tickets_go_without_an_alarm(journey):
    journey.reconcile()
    parts = journey.together.parts
    wide = parts.sources[journey.stand.source]
    for _ in range(14):
        journey.stand.running.acts.open("One more", "")
    journey.reconcile()
    parts.sources[wide.name] = wide.model_copy(update={"filter": {"jql": "labels = nowhere"}})
    done = journey.reconcile(full=True)
    assert (done.error, done.report.missing) == (None, 0)
