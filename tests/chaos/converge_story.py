"""A story: what happens to a world, step by step, and how it ends.

Steps are plain values, valid in any state of the world, so that a story can be drawn by Hypothesis
or from a seed, told again, and made shorter.
"""

import random
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.chaos import converge_acts as acts
from tests.chaos.converge_ours import TRACKERS
from tests.chaos.converge_truth import problems
from tests.chaos.converge_world import World, calm, listen

Step = tuple[str, int]
"""What happens, and a number from which its details are drawn."""

WEIGHTS = {
    "people": 26,
    "act": 34,
    "mail": 7,
    "good_mail": 3,
    "hold": 2,
    "release": 3,
    "api": 7,
    "good_api": 5,
    "wait": 8,
    "reconcile": 9,
    "full": 3,
    "kill": 4,
    "kill_during": 5,
    "start": 6,
    "pause": 1,
    "resume": 3,
}
TROUBLE = ("backup", "go_back", "lock_out", "let_in")
USUAL_ACTS = [one for one in acts.EVERY if one not in TROUBLE]
MAIL = {
    "drop": (0.0, 0.1, 0.4, 1.0),
    "double": (0.0, 0.2),
    "reorder": (0.0, 0.3),
    "delay": (0.0, 0.0, 0.02),
    "forge": (0.0, 0.2),
    "fail": (0.0, 0.1),
}
API: dict[str, tuple[float, ...]] = {
    "errors": (0.0, 0.1, 0.3),
    "cut": (0.0, 0.1),
    "short_pages": (0.0, 0.5),
    "rate_limit_next": (0, 0, 1),
    "index_lag": (0.0, 0.0, 5.0, 90.0),
    "replica_lag": (0.0, 0.0, 5.0, 40.0),
}
WAITS = (0.3, 1, 5, 31, 61, 400, 4000)


@dataclass(frozen=True)
class Story:
    """A seed's story: which tracker, on which database, and what happens."""

    tracker: str
    dialect: str
    seed: int
    steps: tuple[Step, ...]


def of_seed(seed: int) -> Story:
    """Trackers take turns; one story in eight is told on PostgreSQL."""
    drawn = random.Random(seed)
    dialect = "postgres" if (seed // len(TRACKERS)) % 8 == 0 else "sqlite"
    names, weights = list(WEIGHTS), list(WEIGHTS.values())
    kinds = drawn.choices(names, weights, k=drawn.randint(8, 26))
    steps = [(kind, drawn.randrange(2**16)) for kind in kinds]
    for first, then in (("backup", "go_back"), ("lock_out", "let_in")):
        if drawn.random() < 0.2:
            _insert(steps, drawn, first, then)
    return Story(TRACKERS[seed % len(TRACKERS)], dialect, seed, tuple(steps))


def _insert(steps: list[Step], drawn: random.Random, first: str, then: str) -> None:
    """Two things that belong together, in this order."""
    earlier, later = sorted(drawn.sample(range(len(steps)), 2))
    steps.insert(later, (then, 0))
    steps.insert(earlier, (first, 0))


def begin(world: World) -> None:
    """Ours runs and listens; it has not read the tracker yet."""
    world.start()
    listen(world)


def play(world: World, step: Step) -> None:
    """One step; what makes no sense now is left out."""
    kind, number = step
    drawn = random.Random(number)
    world.told.append(f"{kind} {number}")
    _STEPS[kind](world, drawn)
    if world.pid is not None:
        world.note_seen()


def _act(world: World, drawn: random.Random) -> None:
    _perform(world, drawn.choice(USUAL_ACTS), drawn)


def _perform(world: World, name: str, drawn: random.Random) -> None:
    done = acts.perform(name, world.tracker, world.running, drawn.randrange(2**16))
    world.told.append(f"  {name}{'' if done else ' (nothing)'}")


def _faults(world: World, drawn: random.Random, choices: dict[str, tuple[float, ...]]) -> None:
    known = world.running.faults.as_json()
    wanted = {name: drawn.choice(values) for name, values in choices.items() if name in known}
    world.running.faults.set(**wanted)
    world.told.append(f"  { ({name: value for name, value in wanted.items() if value}) }")


def _clear(world: World, choices: dict[str, Any]) -> None:
    known = world.running.faults.as_json()
    world.running.faults.set(**{name: 0 for name in choices if name in known})


def _kill_during(world: World, drawn: random.Random) -> None:
    if world.pid is None:
        return
    requests = drawn.choice((1, 2, 3, 4, 6, 9, 14))
    world.told.append(f"  after {requests} requests")
    world.reconcile_and_kill(full=drawn.random() < 0.5, after=requests)
    world.wait(drawn.choice((0.0, 16.0)))
    world.start()


def _if_up(wish: Any) -> Any:
    def step(world: World, _: random.Random) -> None:
        if world.pid is not None:
            wish(world)

    return step


def _trouble(name: str, world: World, drawn: random.Random) -> None:
    """Who is restored from a backup sends nothing any more of what was undone by that."""
    if name == "go_back":
        world.running.outbox.release()
        world.running.outbox.idle()
    _perform(world, name, drawn)


_STEPS: dict[str, Any] = {
    "people": lambda world, drawn: world.running.people.work(drawn.randint(1, 6)),
    "act": _act,
    **{name: partial(_trouble, name) for name in TROUBLE},
    "mail": lambda world, drawn: _faults(world, drawn, MAIL),
    "good_mail": lambda world, _: _clear(world, MAIL),
    "hold": lambda world, _: world.running.outbox.hold(),
    "release": lambda world, _: world.running.outbox.release(),
    "api": lambda world, drawn: _faults(world, drawn, API),
    "good_api": lambda world, _: _clear(world, API),
    "wait": lambda world, drawn: world.wait(drawn.choice(WAITS)),
    "reconcile": _if_up(lambda world: world.reconcile()),
    "full": _if_up(lambda world: world.reconcile(full=True)),
    "kill": lambda world, _: world.kill(),
    "kill_during": _kill_during,
    "start": lambda world, _: world.start(),
    "pause": _if_up(lambda world: world.ask("pause", paused=True)),
    "resume": _if_up(lambda world: world.ask("pause", paused=False)),
}


def end(world: World, number: int) -> list[str]:
    """A quiet moment and one full reconcile: what then is still wrong.

    Webhooks that the tracker still held arrive before the full reconcile or, every other time,
    only after it.
    """
    late = bool(number % 2)
    calm(world)
    acts.perform("let_in", world.tracker, world.running, 0)
    world.start()
    world.ask("pause", paused=False)
    world.wait(120)
    if not late:
        world.running.outbox.release()
    else:
        world.running.outbox.hold()
    world.told.append(f"the end{', held webhooks come last' * late}")
    _reconcile_in_full(world)
    if late:
        world.running.outbox.release()
    world.rest()
    world.note_seen()
    return problems(world)


def _reconcile_in_full(world: World) -> None:
    """One that comes to its end: a killed one's lease has to run out, a budget to come back."""
    for _ in range(4):
        done = world.reconcile(full=True)
        if done["status"] == "complete":
            return
        world.wait(120)
    raise AssertionError(f"no full reconcile: {done['status']} {done['error']}\n{world.output()}")


def tell(world: World, story: Story) -> list[str]:
    """The whole story; what is wrong at its end."""
    begin(world)
    for step in story.steps:
        play(world, step)
    return end(world, story.seed)
