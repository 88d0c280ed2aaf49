"""When something refuses: a token that was revoked, a delivery that cannot be read."""

import json
import subprocess
import sys
from datetime import timedelta

import pytest

from store import sources
from tests.chaos.processes import clean_environ
from tests.journeys.conftest import SOURCE, Journey
from trackers.github import translate

pytestmark = pytest.mark.timeout(120)


def status_of(journey: Journey) -> tuple[str, str]:
    with journey.together.store.read() as connection:
        state = sources.state(connection, SOURCE)
    assert state is not None
    return state.status, state.status_reason


def test_a_revoked_token_is_the_source_s_trouble_and_deletes_nothing(journey: Journey) -> None:
    for number in (1, 2, 3):
        journey.acts.open(f"Ticket {number}", "text")
    journey.rest()
    journey.reconcile()
    journey.tracker.accounts.revoke(journey.tracker.plan.token)
    journey.tracker.faults.set(drop=1.0)
    journey.acts.delete(1)
    journey.acts.edit(2, title="Changed unseen")
    assert journey.reconcile(full=True).status == "error"
    status, reason = status_of(journey)
    assert status == "error"
    assert journey.tracker.plan.token not in reason
    assert [journey.fate(number)[0] for number in (1, 2, 3)] == ["here"] * 3
    journey.tracker.accounts.add_token(journey.tracker.plan.token, journey.tracker.plan.login)
    assert journey.reconcile(full=True).status == "complete"
    assert status_of(journey) == ("active", "")
    assert journey.fate(1)[0] == "deleted"
    assert journey.differences() == []


def test_a_dead_letter_is_applied_by_replay_once_the_fault_is_mended(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault is ours; the replay runs in a process of its own, without it."""
    with monkeypatch.context() as broken:
        broken.setattr(translate, "_labels", lambda issue: [][0])
        broken.setattr("workers.failures.pause", lambda *_: timedelta(0))
        journey.acts.open("Poison", "text")
        journey.rest()
    (dead,) = journey.deliveries(outcome="dead")
    assert "IndexError" in dead.reason
    command = [sys.executable, "-m", "cli", "--config", str(journey.folder / "ticketsync.toml")]
    done = subprocess.run(
        [*command, "dead-letters", "replay", str(dead.id), "--json"],
        capture_output=True,
        text=True,
        env=clean_environ(),
        cwd=journey.folder,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["outcome"] == "applied"
    assert journey.deliveries(outcome="dead") == []
    assert journey.ticket(1).title == "Poison"
    journey.rest()
    assert journey.differences() == []
