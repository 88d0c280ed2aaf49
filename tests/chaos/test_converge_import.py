"""An import that is killed anywhere goes on where it was."""

import random

import pytest
import sqlalchemy as sa

from store.tables import deliveries
from tests.chaos.conftest import Worlds
from tests.chaos.converge_story import TRACKERS
from tests.chaos.converge_truth import problems
from tests.chaos.converge_world import LEASE_SECONDS, World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

LISTS = {
    "github": ("/issues", "/issues/comments"),
    "gitlab": ("/issues",),
    "jira": ("/search/jql",),
    "linear": ("Issues",),
    "azure_devops": ("/workitemsbatch",),
}
SIZES = {
    "github": (650, 10),
    "gitlab": (700, 5),
    "jira": (700, 5),
    "linear": (650, 10),
    "azure_devops": (1400, 5),
}
"""Tickets and kills: pages enough for as many lives."""


@pytest.mark.parametrize("tracker", TRACKERS)
def test_an_import_that_is_killed_again_and_again_loses_one_page_each_time(
    tracker: str, worlds: Worlds
) -> None:
    """A life ends with the request of its second page or third: the one before is journaled."""
    drawn, lists = random.Random(7), LISTS[tracker]
    count, kills = SIZES[tracker]
    comments = 50 if tracker == "gitlab" else count  # they cost a request for each ticket there
    with worlds(tracker, tickets=count, comments=comments, workspace=False) as world:
        for _ in range(kills):
            world.start()
            after = drawn.choice((2, 2, 2, 3))
            assert world.reconcile_and_kill(full=False, after=after, ends=lists)
            world.wait(LEASE_SECONDS)
        to_the_end(world)
        assert problems(world) == []
        assert world.asked(lists) <= journaled(world) + kills + EMPTY_PAGES


EMPTY_PAGES = 2
"""The last page of tickets, and that of comments, may be without news."""


def to_the_end(world: World) -> None:
    """Goes on with an import; a budget that is used up comes back with time."""
    world.start()
    for _ in range(6):
        if world.reconcile()["status"] == "complete":
            return world.rest()
        world.wait(301)
    raise AssertionError(world.output())


def journaled(world: World) -> int:
    """Pages of which the journal holds something: `poll:<session>:<page>:…` in the keys."""
    query = sa.select(deliveries.c.delivery_key).where(deliveries.c.event == "poll.import")
    with world.store.read() as connection:
        keys = connection.execute(query).scalars().all()
    return len({tuple(key.split(":")[1:3]) for key in keys})
