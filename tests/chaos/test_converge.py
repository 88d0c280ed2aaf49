"""Whatever is dropped, doubled, late or killed: after one full reconcile both copies are right.

Hypothesis draws the story and makes a failing one shorter. `./run test --chaos` tells a thousand.
"""

import runpy
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from typing import ClassVar

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from store.tables import comments, deliveries
from tests.chaos.conftest import Worlds
from tests.chaos.converge_story import TRACKERS, begin, end, play
from tests.chaos.converge_truth import problems
from tests.chaos.converge_world import World
from tests.chaos.processes import ROOT

pytestmark = pytest.mark.timeout(240)

STORIES = "tests/chaos/test_converge_seeds.py"
NUMBERS = st.integers(0, 2**16 - 1)
SHORT = settings(
    max_examples=5,
    stateful_step_count=14,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


class Machine(RuleBasedStateMachine):
    """One world, from its beginning to the comparison at its end; `make` opens it."""

    make: ClassVar[Callable[[], AbstractContextManager[World]]]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.world = self.stack.enter_context(self.make())

    @initialize()
    def begin(self) -> None:
        begin(self.world)

    @rule(number=NUMBERS)
    def people(self, number: int) -> None:
        play(self.world, ("people", number))

    @rule(number=NUMBERS)
    def act(self, number: int) -> None:
        play(self.world, ("act", number))

    @rule(what=st.sampled_from(("mail", "good_mail", "hold", "release")), number=NUMBERS)
    def post(self, what: str, number: int) -> None:
        play(self.world, (what, number))

    @rule(what=st.sampled_from(("api", "good_api", "wait", "wait")), number=NUMBERS)
    def surroundings(self, what: str, number: int) -> None:
        play(self.world, (what, number))

    @rule(what=st.sampled_from(("lock_out", "let_in", "backup", "go_back")), number=NUMBERS)
    def trouble(self, what: str, number: int) -> None:
        play(self.world, (what, number))

    @rule(what=st.sampled_from(("reconcile", "full", "pause", "resume")), number=NUMBERS)
    def reconcile(self, what: str, number: int) -> None:
        play(self.world, (what, number))

    @rule(what=st.sampled_from(("kill", "kill_during", "start")), number=NUMBERS)
    def processes(self, what: str, number: int) -> None:
        play(self.world, (what, number))

    def teardown(self) -> None:
        with self.stack:
            found = end(self.world, len(self.world.told))
            assert found == [], "\n".join([*found, "", *self.world.told])


@pytest.mark.parametrize("tracker", TRACKERS)
def test_after_any_story_a_full_reconcile_makes_both_copies_equal(
    tracker: str, worlds: Worlds
) -> None:
    here = type("Here", (Machine,), {"make": staticmethod(partial(worlds, tracker, tickets=6))})
    run_state_machine_as_test(here, settings=SHORT)


# The comparison itself can fail.


@pytest.fixture(scope="module")
def settled(worlds: Worlds) -> Iterator[World]:
    """A world at rest, in which nothing is wrong."""
    with worlds("github", tickets=4) as world:
        begin(world)
        assert end(world, 0) == []
        world.running.people.work(6)
        world.rest()
        assert problems(world) == []
        yield world


def test_a_comment_that_the_store_lost_is_reported(settled: World) -> None:
    key = settled.truth[0]["key"]
    settled.running.acts.comment(int(key), "Said, and lost")
    settled.rest()
    assert problems(settled) == []
    with settled.store.write() as connection:
        connection.execute(comments.delete().where(comments.c.body == "Said, and lost"))
    (told,) = problems(settled)
    assert told.startswith(f"contents: {key} SQL comments")
    assert end(settled, 0) == []


def test_a_webhook_that_the_journal_lost_is_reported(settled: World) -> None:
    settled.running.acts.comment(int(settled.truth[0]["key"]), "Told of")
    settled.rest()
    with settled.store.write() as connection:
        newest = sa.select(sa.func.max(deliveries.c.id)).where(deliveries.c.via == "webhook")
        gone = deliveries.delete().where(deliveries.c.id == newest.scalar_subquery())
        key = connection.execute(gone.returning(deliveries.c.delivery_key)).scalar_one()
    assert problems(settled) == [
        f"journal: webhook {key} was answered 2xx and is not in the journal"
    ]


def test_a_row_that_the_store_lost_and_a_folder_too_many_are_reported(settled: World) -> None:
    settled.seen.add("4711")
    stray = settled.folder / "tickets" / "shop" / "99_stray"
    stray.mkdir()
    (stray / "ISSUE.md").write_text("---\nkey: '99'\ndeleted: true\n---\n<!-- ticketsync end  -->")
    found = {one for one in problems(settled) if not one.startswith("journal")}
    (stray / "ISSUE.md").unlink()
    settled.seen.remove("4711")
    assert found == {
        "lost: the row of ticket 4711 is gone",
        "files: 99_stray: 1 on disk, 0 noted",
    }


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        (["-x"], ["-x"]),
        (["--chaos"], [STORIES, "--seeds", "1000"]),
        (["--chaos", "--first", "7"], [STORIES, "--seeds", "1000", "--first", "7"]),
        (["--seeds=2", "--chaos"], [STORIES, "--seeds=2"]),
        (["--chaos", "--seeds", "2"], [STORIES, "--seeds", "2"]),
    ],
)
def test_run_tells_stories_instead_of_tests_when_it_is_asked_to(
    given: list[str], passed: list[str]
) -> None:
    assert runpy.run_path(str(ROOT / "run"))["chaos"](given) == passed
