"""The whole table: who changed × kind of field × direction × strategy, each verdict spelled out."""

from datetime import timedelta
from typing import Any, get_args

import pytest

from schemas.mirror import Strategy
from tests.builders import NOW
from tests.workers.merging import sided
from workers.rules.threeway import UNSET, Act, Kind, TargetEdits, decide, exchanged

STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
TARGET_EDITS: tuple[TargetEdits, ...] = get_args(TargetEdits)
KINDS: tuple[Kind, ...] = get_args(Kind)

ONE, TWO = "one\ntwo\nthree", "ONE\nTWO\nTHREE"
NONE = (UNSET, UNSET)

# Kind, who changed: (base left, base right), (left now, right now). The left writes small letters,
# the right large ones. In `edits apart` no member or line has both edits; in `edits meet` one has.
SCENES: dict[tuple[Kind, str], tuple[tuple[Any, Any], tuple[Any, Any]]] = {
    ("plain", "nobody"): (("a", "A"), ("a", "A")),
    ("plain", "left"): (("a", "A"), ("l", "A")),
    ("plain", "right"): (("a", "A"), ("a", "R")),
    ("plain", "both alike"): (("a", "A"), ("x", "X")),
    ("plain", "edits meet"): (("a", "A"), ("l", "R")),
    ("plain", "no base, alike"): (NONE, ("x", "X")),
    ("plain", "no base"): (NONE, ("l", "R")),
    ("plain", "no base, left silent"): (NONE, (None, "R")),
    ("text", "nobody"): ((ONE, TWO), (ONE, TWO)),
    ("text", "left"): ((ONE, TWO), ("one\nl\nthree", TWO)),
    ("text", "right"): ((ONE, TWO), (ONE, "ONE\nR\nTHREE")),
    ("text", "both alike"): ((ONE, TWO), ("x", "X")),
    ("text", "edits meet"): ((ONE, TWO), ("one\nl\nthree", "ONE\nR\nTHREE")),
    ("text", "edits apart"): ((ONE, TWO), ("l\ntwo\nthree", "ONE\nTWO\nR")),
    ("text", "no base, alike"): (NONE, ("x", "X")),
    ("text", "no base"): (NONE, ("l", "R")),
    ("text", "no base, left silent"): (NONE, ("", "R")),
    ("set", "nobody"): ((["a"], ["A"]), (["a"], ["A"])),
    ("set", "left"): ((["a", "b"], ["A", "B"]), (["a", "l"], ["A", "B"])),
    ("set", "right"): ((["a", "b"], ["A", "B"]), (["a", "b"], ["A", "R"])),
    ("set", "both alike"): ((["a"], ["A"]), (["x"], ["X"])),
    ("set", "edits meet"): ((["a"], ["A", "X"]), (["a", "x"], ["A"])),
    ("set", "edits apart"): ((["a", "b"], ["A", "B"]), (["b", "l"], ["A", "R"])),
    ("set", "no base, alike"): (NONE, (["x"], ["X"])),
    ("set", "no base"): (NONE, (["a", "l"], ["A", "R"])),
    ("set", "no base, left silent"): (NONE, ([], ["R"])),
}

Told = tuple[Act] | tuple[Act, Any] | tuple[Act, Any, Any]
"""An act, and what it writes: one value, or left's and right's."""

NOTHING: Told = ("nothing",)
AGREE: Told = ("agree",)
KEEP: Told = ("keep",)
CONFLICT: Told = ("conflict",)


def right(value: Any) -> Told:
    return ("write_right", value)


def left(value: Any) -> Told:
    return ("write_left", value)


def both(one: Any, other: Any) -> Told:
    return ("write_both", one, other)


LINE_L, LINE_R = "ONE\nL\nTHREE", "one\nr\nthree"
APART_L, APART_R = "L\nTWO\nTHREE", "one\ntwo\nr"

# local_wins, external_wins, newest_wins (left is), manual, merge.
TWO_WAY: dict[tuple[Kind, str], tuple[Told, ...]] = {
    ("plain", "nobody"): (NOTHING,) * 5,
    ("plain", "left"): (right("L"),) * 5,
    ("plain", "right"): (left("r"),) * 5,
    ("plain", "both alike"): (AGREE,) * 5,
    ("plain", "edits meet"): (right("L"), left("r"), right("L"), CONFLICT, CONFLICT),
    ("plain", "no base, alike"): (AGREE,) * 5,
    ("plain", "no base"): (right("L"), left("r"), right("L"), CONFLICT, CONFLICT),
    ("plain", "no base, left silent"): (left("r"),) * 5,
    ("text", "nobody"): (NOTHING,) * 5,
    ("text", "left"): (right(LINE_L),) * 5,
    ("text", "right"): (left(LINE_R),) * 5,
    ("text", "both alike"): (AGREE,) * 5,
    ("text", "edits meet"): (right(LINE_L), left(LINE_R), right(LINE_L), CONFLICT, CONFLICT),
    ("text", "edits apart"): (
        right(APART_L), left(APART_R), right(APART_L), CONFLICT, both("l\ntwo\nr", "L\nTWO\nR"),
    ),
    ("text", "no base, alike"): (AGREE,) * 5,
    ("text", "no base"): (right("L"), left("r"), right("L"), CONFLICT, CONFLICT),
    ("text", "no base, left silent"): (left("r"),) * 5,
    ("set", "nobody"): (NOTHING,) * 5,
    ("set", "left"): (right(["A", "L"]),) * 5,
    ("set", "right"): (left(["a", "r"]),) * 5,
    ("set", "both alike"): (AGREE,) * 5,
    ("set", "edits meet"): (
        right(["A", "X"]), left(["a"]), right(["A", "X"]), CONFLICT, CONFLICT,
    ),
    ("set", "edits apart"): (both(["l", "r"], ["R", "L"]),) * 5,
    ("set", "no base, alike"): (AGREE,) * 5,
    ("set", "no base"): (both(["a", "l", "r"], ["A", "R", "L"]),) * 5,
    ("set", "no base, left silent"): (left(["r"]),) * 5,
}  # fmt: skip

# target_edits: overwrite, warn, conflict; the strategy has no say.
ONE_WAY: dict[tuple[Kind, str], tuple[Told, ...]] = {
    ("plain", "nobody"): (NOTHING,) * 3,
    ("plain", "left"): (right("L"),) * 3,
    ("plain", "right"): (right("A"), KEEP, CONFLICT),
    ("plain", "both alike"): (AGREE,) * 3,
    ("plain", "edits meet"): (right("L"), right("L"), CONFLICT),
    ("plain", "no base, alike"): (AGREE,) * 3,
    ("plain", "no base"): (right("L"),) * 3,
    ("plain", "no base, left silent"): (right(None),) * 3,
    ("text", "nobody"): (NOTHING,) * 3,
    ("text", "left"): (right(LINE_L),) * 3,
    ("text", "right"): (right(TWO), KEEP, CONFLICT),
    ("text", "both alike"): (AGREE,) * 3,
    ("text", "edits meet"): (right(LINE_L), right(LINE_L), CONFLICT),
    ("text", "edits apart"): (right(APART_L), right(APART_L), CONFLICT),
    ("text", "no base, alike"): (AGREE,) * 3,
    ("text", "no base"): (right("L"),) * 3,
    ("text", "no base, left silent"): (right(""),) * 3,
    ("set", "nobody"): (NOTHING,) * 3,
    ("set", "left"): (right(["A", "L"]),) * 3,
    ("set", "right"): (right(["A", "B"]), KEEP, CONFLICT),
    ("set", "both alike"): (AGREE,) * 3,
    ("set", "edits meet"): (right(["A", "X"]), right(["A", "X"]), CONFLICT),
    ("set", "edits apart"): (right(["B", "L"]), right(["R", "L"]), CONFLICT),
    ("set", "no base, alike"): (AGREE,) * 3,
    ("set", "no base"): (right(["A", "L"]),) * 3,
    ("set", "no base, left silent"): (right([]),) * 3,
}

LEFT_NEWER = {"left_at": NOW, "right_at": NOW - timedelta(minutes=2)}


def told(one: Any) -> Told:
    verdict = decide(one)
    if verdict.act == "write_both":
        return both(verdict.left, verdict.right)
    if verdict.act == "write_left":
        return left(verdict.left)
    return right(verdict.right) if verdict.act == "write_right" else (verdict.act,)


def scene(kind: Kind, who: str, **over: Any) -> Any:
    return sided(kind, *SCENES[kind, who], **(LEFT_NEWER | over))


def test_the_table_has_a_line_for_every_scene() -> None:
    assert set(TWO_WAY) == set(ONE_WAY) == set(SCENES)
    assert {kind for kind, _ in SCENES} == set(KINDS)
    assert all(len(told) == len(STRATEGIES) for told in TWO_WAY.values())
    assert all(len(told) == len(TARGET_EDITS) for told in ONE_WAY.values())


@pytest.mark.parametrize("column", range(len(STRATEGIES)), ids=STRATEGIES)
@pytest.mark.parametrize(("kind", "who"), SCENES, ids=" ".join)
def test_two_ways(kind: Kind, who: str, column: int) -> None:
    one = scene(kind, who, strategy=STRATEGIES[column])
    assert told(one) == TWO_WAY[kind, who][column]


@pytest.mark.parametrize("column", range(len(TARGET_EDITS)), ids=TARGET_EDITS)
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(("kind", "who"), SCENES, ids=" ".join)
def test_one_way(kind: Kind, who: str, strategy: Strategy, column: int) -> None:
    one = scene(kind, who, strategy=strategy, direction="push", target_edits=TARGET_EDITS[column])
    expected = ONE_WAY[kind, who][column]
    assert told(one) == expected
    pulled = told(exchanged(one))
    assert pulled == (left(expected[1]) if len(expected) == 2 else expected)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(("kind", "who"), SCENES, ids=" ".join)
def test_a_field_that_is_switched_off_is_left_alone(
    kind: Kind, who: str, strategy: Strategy
) -> None:
    assert told(scene(kind, who, strategy=strategy, direction="off")) == NOTHING
