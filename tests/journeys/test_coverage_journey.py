"""Every tracker: the coverage of its webhook is what the tracker itself knows of its deliveries."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cli.stage import TRACKERS
from reconciler import hooks, session
from runtime.clock import utc_now
from store import gaps
from tests.journeys.any_tracker import Journey, at_work

pytestmark = pytest.mark.timeout(180)
TICKETS = 40
LATER = timedelta(minutes=3)
"""Beyond the grace in which a webhook may still come."""


@pytest.fixture(params=TRACKERS)
def quiet(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journey]:
    """Read once, listening, and nothing happens by itself."""
    with at_work(tmp_path, request.param, tickets=TICKETS, comments=0) as made:
        made.reconcile()
        made.listen()
        made.rest()
        yield made


def edit_each(journey: Journey, title: str, number: int = TICKETS) -> None:
    """One change of each ticket, with its webhook."""
    named = journey.stand.told["tracker"] in ("jira", "linear")
    for ticket in journey.stand.tickets[:number]:
        key = ticket["key"] if named else int(ticket["key"])
        journey.stand.running.acts.edit(key, title=f"{title} {ticket['key']}")
    journey.rest()


def read_later(journey: Journey) -> int:
    """A reconcile once every webhook has had its time; what it found missed."""
    parts = journey.together.parts
    assert parts is not None
    journey.together.parts = replace(parts, now=lambda: utc_now() + LATER)
    missed = journey.reconcile().report.missed
    journey.together.parts = parts
    return missed


def covered(journey: Journey) -> gaps.Coverage:
    with journey.together.store.read() as connection:
        return gaps.coverage(connection, journey.stand.source, utc_now() + LATER)


def test_coverage_is_the_tracker_s_own_count_of_what_it_dropped(quiet: Journey) -> None:
    before = covered(quiet).told
    outbox = quiet.stand.running.outbox
    already = outbox.as_json()["sent"]
    quiet.stand.running.faults.set(drop=0.3, double=0.2)
    edit_each(quiet, "Edited")
    quiet.stand.running.faults.clear()
    told = outbox.as_json()
    assert told["dropped"] + told["sent"] - already == TICKETS
    assert 0 < told["dropped"] < TICKETS
    assert read_later(quiet) == told["dropped"]
    found = covered(quiet)
    assert (found.told - before, found.missed) == (TICKETS - told["dropped"], told["dropped"])
    assert read_later(quiet) == 0
    assert covered(quiet) == found
    assert quiet.differences() == []


def test_a_hook_that_tells_everything_is_covered_whole(quiet: Journey) -> None:
    edit_each(quiet, "Edited")
    assert read_later(quiet) == 0
    assert covered(quiet).share == 1.0


def test_what_is_read_before_its_webhook_comes_was_told(quiet: Journey) -> None:
    """The poll is the first to bring it; the webhooks come afterwards, and tell nothing new."""
    outbox = quiet.stand.running.outbox
    outbox.hold()
    named = quiet.stand.told["tracker"] in ("jira", "linear")
    for ticket in quiet.stand.tickets[:5]:
        key = ticket["key"] if named else int(ticket["key"])
        quiet.stand.running.acts.edit(key, title=f"Held {ticket['key']}")
    before = covered(quiet).told
    parts = quiet.together.parts
    assert parts is not None
    done = session.run(parts, parts.sources[quiet.stand.source], wait_seconds=20)
    assert (done.status, done.report.missed) == ("complete", 0)
    outbox.release()
    quiet.rest()
    assert read_later(quiet) == 0
    found = covered(quiet)
    assert (found.told - before, found.missed) == (5, 0)


def ask_again(journey: Journey) -> hooks.Redelivered:
    """What the hourly look does about failed deliveries."""
    parts = journey.together.parts
    assert parts is not None
    web = parts.settings.web.model_copy(update={"public_url": journey.address})
    public = replace(parts, settings=parts.settings.model_copy(update={"web": web}))
    source, now = parts.sources[journey.stand.source], utc_now()
    client = parts.connect(source)
    found = hooks.redeliver(public, source, client, now - timedelta(days=30), now)
    client.close()
    journey.rest()
    return found


def fail_all(journey: Journey) -> None:
    """Five changes whose webhooks find nobody."""
    journey.stand.running.faults.set(fail=1.0)
    edit_each(journey, "Unheard", 5)
    journey.stand.running.faults.clear()
    assert len({one.key for one in journey.differences()}) == 5


@pytest.mark.parametrize("quiet", ["github"], indirect=True)
def test_failed_deliveries_are_sent_again_and_applied_without_any_poll(quiet: Journey) -> None:
    fail_all(quiet)
    assert ask_again(quiet).asked == 5
    assert quiet.differences() == []
    assert read_later(quiet) == 0
    assert covered(quiet).share == 1.0
    assert ask_again(quiet).asked == 0


@pytest.mark.parametrize("quiet", ["github"], indirect=True)
def test_failed_deliveries_of_more_than_three_days_ago_are_read(quiet: Journey) -> None:
    fail_all(quiet)
    [hook] = quiet.stand.running.acts.repo.hooks.values()
    for one in hook.deliveries:
        one.delivered_at = f"{utc_now() - timedelta(days=4):%Y-%m-%dT%H:%M:%SZ}"
    assert ask_again(quiet).asked == 0
    assert read_later(quiet) == 5
    assert quiet.differences() == []
