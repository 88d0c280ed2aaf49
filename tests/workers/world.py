"""A tracker's life as a script: what changes when, and which deliveries tell of it, how often.

`Told` is one webhook as it arrives, `World.at` the truth of a moment. Hypothesis draws the moves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import floor
from typing import Any

from hypothesis import strategies as st

from tests.builders import a_comment_record, an_issue

Json = dict[str, Any]
TITLES = ("Alpha", "Beta", "Gamma")
LATE = 5_000.0
"""Delays from here on come after the first reconcile."""


@dataclass(frozen=True)
class Move:
    """One change, `gap` seconds after the one before; `delays` are its deliveries (none: lost)."""

    gap: float
    kind: str
    value: int
    delays: tuple[float, ...]
    partial: bool


@dataclass(frozen=True)
class State:
    """The tracker at one moment; `issue` None once it was deleted."""

    issue: Json | None
    comments: dict[int, Json] = field(default_factory=dict)

    def counted(self) -> Json | None:
        """The issue with its comment count."""
        return None if self.issue is None else self.issue | {"comments": len(self.comments)}


@dataclass(frozen=True)
class Told:
    """One webhook: `what` is issue, comment, comment_gone or gone; `sent` is when it happened."""

    arrives: float
    sent: float
    what: str
    issue: Json
    comment: Json | None = None
    partial: bool = False


@dataclass
class World:
    """The truth over time, and the webhooks it sent."""

    states: list[tuple[float, State]]
    told: list[Told]
    went_back: bool = False

    def at(self, moment: float) -> State:
        """The state at a moment (the first one before everything)."""
        found = self.states[0][1]
        for when, state in self.states:
            if when <= moment:
                found = state
        return found

    @property
    def truth(self) -> State:
        return self.states[-1][1]

    @property
    def last_change(self) -> float:
        return self.states[-1][0]


moves = st.lists(
    st.builds(
        Move,
        gap=st.sampled_from((0.0, 0.2, 0.4, 1.0, 30.0)),
        kind=st.sampled_from(
            ("title",) * 4 + ("state", "say", "say", "edit", "edit", "unsay", "back", "delete")
        ),
        value=st.integers(0, 2),
        delays=st.lists(
            st.sampled_from((0.0, 0.5, 2.0, 90.0, LATE, LATE + 1)), min_size=0, max_size=3
        ).map(tuple),
        partial=st.booleans(),
    ),
    min_size=1,
    max_size=9,
)


def live(script: Sequence[Move]) -> World:
    """Plays the moves from a first state that nobody was told of."""
    world = World([(0.0, State(an_issue(title=TITLES[0], created_at=None)))], [])
    now = 0.0
    for move in script:
        now += move.gap
        _play(world, move, now)
    return world


def _play(world: World, move: Move, now: float) -> None:
    before = world.truth
    if before.issue is None:
        return
    after, what, comment = _after(world, before, move, now)
    if after is None:
        return
    world.states.append((now, after))
    issue = (after.counted() or before.counted() or {}) if what != "none" else {}
    for delay in move.delays if what != "none" else ():
        partial = move.partial and what == "issue"
        world.told.append(Told(now + delay, now, what, issue, comment, partial))


def _after(
    world: World, before: State, move: Move, now: float
) -> tuple[State | None, str, Json | None]:
    """(the new state, what the hook tells, the comment it tells of)."""
    issue, number = before.issue or {}, 40_000 + move.value
    bumped = issue | _stamp(now)
    match move.kind:
        case "title":
            return replace(before, issue=bumped | {"title": TITLES[move.value]}), "issue", None
        case "state":
            state = "open" if issue["state"] == "closed" else "closed"
            return replace(before, issue=bumped | {"state": state}), "issue", None
        case "say" | "edit":
            return _speak(before, bumped, move, number, now)
        case "unsay" if number in before.comments:
            left = {key: one for key, one in before.comments.items() if key != number}
            return State(issue, left), "comment_gone", before.comments[number]
        case "delete":
            return State(None), "gone", None
        case "back":
            world.went_back = True
            return world.states[max(0, len(world.states) - 1 - move.value)][1], "none", None
    return None, "none", None


def _speak(
    before: State, bumped: Json, move: Move, number: int, now: float
) -> tuple[State | None, str, Json | None]:
    """A new comment moves the issue's revision, an edit of one only its own."""
    known = number in before.comments
    if known is (move.kind == "say"):
        return None, "none", None
    body = TITLES[floor(now * 10) % 3] if known else "first"
    comment = a_comment_record(number, body=body) | _stamp(now)
    issue = before.issue if known else bumped
    return State(issue, before.comments | {number: comment}), "comment", comment


def _stamp(now: float) -> Json:
    """Whole seconds, as GitHub prints them."""
    return {"updated_at": an_issue(updated=floor(now))["updated_at"]}
