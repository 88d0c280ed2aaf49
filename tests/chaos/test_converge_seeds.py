"""A thousand stories over the five trackers: after a full reconcile the copy is the tracker's own.

Collected by `./run test --chaos` alone; each seed is a story of its own.
"""

import pytest

from tests.chaos.conftest import Worlds
from tests.chaos.converge_story import of_seed, tell

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def test_a_story_ends_with_both_copies_equal_to_the_tracker(
    worlds: Worlds, story_seed: int
) -> None:
    story = of_seed(story_seed)
    with worlds(story.tracker, story.dialect, seed=story.seed) as world:
        found = tell(world, story)
        assert found == [], "\n".join([*found, "", *world.told, world.output()])
