"""What a reconcile owes: lost webhooks found in time, lost rights believed to be no deletions."""

import random

import pytest
import sqlalchemy as sa

from store.tables import tickets
from tests.chaos.conftest import Worlds
from tests.chaos.converge_acts import Pick
from tests.chaos.converge_story import TRACKERS, begin
from tests.chaos.converge_truth import held, problems, workspace
from tests.chaos.converge_world import World, until

pytestmark = pytest.mark.timeout(180)

INTERVAL = 15 * 60
LOOK_SECONDS = 8.0
"""The scheduler looks every five seconds."""


def titles(world: World) -> dict[str, str]:
    """By key, of the tickets shown as here."""
    return {one.key: one.title for one in held(world).values()}


def fates(world: World) -> dict[str, str]:
    """By key."""
    with world.store.read() as connection:
        rows = connection.execute(sa.select(tickets.c.key, tickets.c.fate))
        return {row.key: row.fate for row in rows}


def status(world: World) -> tuple[str, str]:
    with world.store.read() as connection:
        found = connection.execute(sa.text("SELECT status, status_reason FROM sources")).one()
    return found.status, found.status_reason


def imported(world: World) -> None:
    """Everything is read, and from here on no webhook arrives."""
    begin(world)
    assert world.ask("scheduled") == ["shop"]
    world.rest()
    assert problems(world) == []
    world.running.faults.set(drop=1.0)


def act_unheard(world: World) -> str:
    """An edit and a comment that no webhook tells of; the new title."""
    pick = Pick(world.tracker, world.running, random.Random(1))
    one = pick.ticket()
    world.running.acts.edit(one, title="Changed unheard")
    world.running.acts.comment(one, "Said unheard")
    return "Changed unheard"


@pytest.mark.parametrize("tracker", TRACKERS)
def test_what_a_lost_webhook_told_is_there_after_one_interval(tracker: str, worlds: Worlds) -> None:
    with worlds(tracker, tickets=6) as world:
        imported(world)
        changed = act_unheard(world)
        world.wait(INTERVAL * 0.9)
        assert world.ask("scheduled") == []
        world.wait(INTERVAL * 0.15)
        assert world.ask("scheduled") == ["shop"]
        world.rest()
        assert changed in titles(world).values()
        assert problems(world) == []


def test_the_scheduler_by_itself_finds_it_seconds_after_the_interval(worlds: Worlds) -> None:
    with worlds("github", tickets=6) as world:
        imported(world)
        changed = act_unheard(world)
        world.ask("by_the_clock")
        world.wait(INTERVAL * 1.05)
        assert until(lambda: changed in titles(world).values(), LOOK_SECONDS), world.output()


@pytest.mark.parametrize("tracker", TRACKERS)
def test_a_token_with_fewer_rights_deletes_nothing(tracker: str, worlds: Worlds) -> None:
    with worlds(tracker, tickets=24) as world:
        imported(world)
        shown = [str(one["key"]) for one in world.truth if not one["deleted"]]
        before, files = titles(world), set(workspace(world).glob("*/ISSUE.md"))
        for key in shown[:14]:
            world.running.acts.hide(key)
        assert world.reconcile(full=True)["status"] == "error"
        world.rest()
        assert status(world)[0] in ("error", "disconnected")
        assert set(fates(world).values()) == {"here"}
        for key in shown[4:14]:
            world.running.acts.unhide(key)
        _reconciled(world)
        assert {key for key, fate in fates(world).items() if fate == "hidden"} == set(shown[:4])
        assert set(workspace(world).glob("*/ISSUE.md")) == files
        assert len(fates(world)) == len(before)
        for key in shown[:4]:
            world.running.acts.unhide(key)
        _reconciled(world)
        assert set(fates(world).values()) == {"here"}
        assert titles(world) == before
        assert problems(world) == []


@pytest.mark.parametrize("tracker", TRACKERS)
def test_a_project_that_locks_us_out_deletes_nothing(tracker: str, worlds: Worlds) -> None:
    with worlds(tracker, tickets=6) as world:
        imported(world)
        world.running.acts.lock_out()
        for full in (False, True):
            world.reconcile(full=full)
            world.wait(61)
            world.ask("sweep")
        assert status(world)[0] in ("error", "disconnected")
        assert set(fates(world).values()) == {"here"}
        world.running.acts.let_in()
        act_unheard(world)
        _reconciled(world)
        assert problems(world) == []


def _reconciled(world: World) -> None:
    world.wait(120)
    done = world.reconcile(full=True)
    assert done["status"] == "complete", done["error"]
    world.rest()
    assert status(world)[0] == "active"
