"""One field of a ticket and its twin: what must be written where (law 10). `docs/conflicts.md`.

The base is a pair: what each side's own record said when both last agreed. Whether a side changed
is asked of that side alone; the other's words are used only to carry a change across. So a twin
that gives a text back in its own form, or refuses an assignee, has not changed.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, Literal

from schemas.mirror import FieldDirection, Side, Strategy
from schemas.model import Json
from workers.rules import text_merge
from workers.rules.members import Moves, applied, guessed, members, moves

Kind = Literal["plain", "set", "text"]
Act = Literal["nothing", "agree", "keep", "write_right", "write_left", "write_both", "conflict"]
TargetEdits = Literal["overwrite", "warn", "conflict"]

TOO_CLOSE = timedelta(seconds=60)
"""Two trackers, two clocks: of edits closer than this nobody knows which is the newer."""


class Unset(Enum):
    """The type of UNSET, which is no value that a field can have."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET
"""There is no base: the sides were never compared, or not in this field."""


@dataclass(frozen=True, slots=True)
class Sided:
    """A field of a mapping. Each value is in the words of the side it is named after.

    `left_there` is what right would say if it followed left, in right's words; `right_here` what
    left would say if it followed right. `base_left_there` and `base_right_here` are the bases
    carried in the same way, today; without them the merge of a set or a text cannot tell an edit
    from what the other side's form does to it, and is more careful: see `members.guessed`. Sets are
    lists of hashable members; None, "" and an empty set are the same. `left_at` and `right_at` are
    when the field itself changed last. `anew` is a side whose value has to be carried once more
    though nobody edited it: what it names has found its place on the other side since.
    """

    field: str
    kind: Kind
    base_left: Json | Unset
    base_right: Json | Unset
    left: Json
    right: Json
    left_there: Json
    right_here: Json
    strategy: Strategy = "manual"
    direction: FieldDirection = "both"
    target_edits: TargetEdits = "overwrite"
    left_at: datetime | None = None
    right_at: datetime | None = None
    one_origin: bool = False
    base_left_there: Json | Unset = UNSET
    base_right_here: Json | Unset = UNSET
    anew: Side | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do. `left` and `right` are what to write there, where `act` says so.

    `agree`: nothing is written, and what both say now is the new base. `keep`: the same, and people
    are shown that the sides differ. `nothing`: not even the base moves.
    """

    act: Act
    left: Json = None
    right: Json = None
    why: str = ""


def decide(one: Sided) -> Verdict:
    """What the two sides' edits make of a field.

    Claimed, and tested: no edit on either side, no write; what is written is one of the values
    given, or made of their members or lines; an edit that one side alone made is carried or, where
    the direction forbids it, left standing, shown or overwritten as `target_edits` says; exchanging
    the sides, with `local_wins` and `push` for `external_wins` and `pull`, exchanges the verdict;
    when the verdict is carried out and asked for again, nothing is written, and not against the old
    base either. Where several members of one side have one word on the other, that last and the
    union of two edits may add a second word for what a side says already; nothing is lost by it.
    """
    if one.direction == "off":
        return Verdict("nothing")
    if one.direction == "pull":
        return _exchanged(_one_way(exchanged(one)))
    return _one_way(one) if one.direction == "push" else _two_way(one)


def exchanged(one: Sided) -> Sided:
    """The same field with left and right exchanged."""
    directions: dict[FieldDirection, FieldDirection] = {"push": "pull", "pull": "push"}
    winners: dict[Strategy, Strategy] = {
        "local_wins": "external_wins",
        "external_wins": "local_wins",
    }
    sides: dict[Side | None, Side] = {"left": "right", "right": "left"}
    return replace(
        one,
        anew=sides.get(one.anew),
        base_left=one.base_right, base_right=one.base_left,
        left=one.right, right=one.left,
        left_there=one.right_here, right_here=one.left_there,
        left_at=one.right_at, right_at=one.left_at,
        base_left_there=one.base_right_here, base_right_here=one.base_left_there,
        direction=directions.get(one.direction, one.direction),
        strategy=winners.get(one.strategy, one.strategy),
    )  # fmt: skip


def _exchanged(verdict: Verdict) -> Verdict:
    acts: dict[Act, Act] = {"write_left": "write_right", "write_right": "write_left"}
    act = acts.get(verdict.act, verdict.act)
    return replace(verdict, act=act, left=verdict.right, right=verdict.left)


def same(kind: Kind, one: Json | Unset, other: Json | Unset) -> bool:
    """Whether two values of one side are equal; order and None are no difference in a set."""
    if one is UNSET or other is UNSET:
        return one is other
    if kind == "set":
        return members(_or_none(one)) == members(_or_none(other))
    return bool((None if one == "" else one) == (None if other == "" else other))


def _based(one: Sided) -> bool:
    return UNSET not in (one.base_left, one.base_right)


def _edits(one: Sided) -> tuple[bool, bool]:
    """Whether left and right changed since both agreed."""
    return (
        one.anew == "left" or not same(one.kind, one.base_left, one.left),
        one.anew == "right" or not same(one.kind, one.base_right, one.right),
    )


# One way: left is the source, right its target.


def _one_way(one: Sided) -> Verdict:
    left, right = _edits(one) if _based(one) else (True, False)
    if not (left or right):
        return Verdict("nothing")
    if same(one.kind, one.left_there, one.right):
        return Verdict("agree")
    if not right:
        return _formless(one) or _write_right(one, _followed(one, one.right))
    if left and one.one_origin:
        return Verdict("agree", why="both changes stem from one edit")
    if one.target_edits == "conflict":
        return Verdict("conflict", why="the target was edited")
    if one.target_edits == "overwrite":
        why = "the edit at the target is overwritten"
        return _write_right(one, _followed(one, one.base_right), why)
    if not left:
        return Verdict("keep", why="the target was edited, and keeps it")
    return _write_right(
        one, _followed(one, one.right), "the target was edited, but the source changed since"
    )


def _followed(one: Sided, held: Json) -> Json:
    """What right says once left's edit is made in what is held there."""
    if one.kind != "set" or not _based(one):
        return one.left_there
    if one.base_left_there is UNSET:
        return one.left_there
    return applied(held, moves(one.base_left_there, one.left_there), one.left_there)


def _write_right(one: Sided, value: Json, why: str = "") -> Verdict:
    if same(one.kind, value, one.right):
        return Verdict("agree", why=why)
    return Verdict("write_right", right=value, why=why)


def _formless(one: Sided) -> Verdict | None:
    """Left's edit, where it is none in the right's words."""
    if one.base_left_there is UNSET or not _based(one):
        return None
    if not same(one.kind, one.base_left_there, one.left_there):
        return None
    return Verdict("agree", why="the edit has no form on the other side")


# Two ways.


def _two_way(one: Sided) -> Verdict:
    left, right = _edits(one) if _based(one) else (True, True)
    if not (left or right):
        return Verdict("nothing")
    if left and right:
        return _both(one)
    if right:
        return _exchanged(_left_alone(exchanged(one)))
    return _left_alone(one)


def _left_alone(one: Sided) -> Verdict:
    """Only left changed."""
    if same(one.kind, one.left_there, one.right):
        return Verdict("agree")
    if formless := _formless(one):
        return formless
    if one.kind != "set":
        return _write_right(one, one.left_there)
    edit = _there(one)
    if edit is None:
        return Verdict("conflict", why=UNTOLD)
    return _write_right(one, applied(one.right, edit, one.left_there))


def _both(one: Sided) -> Verdict:
    if one.one_origin:
        return Verdict("agree", why="both changes stem from one edit")
    if one.kind == "set":
        return _members(one)
    if same(one.kind, one.left_there, one.right) or same(one.kind, one.right_here, one.left):
        return Verdict("agree", why="both sides say the same")
    if not _based(one) and (silent := _silent(one)):
        return _taken(one, "right" if silent == "left" else "left", "filled in, it was empty there")
    if one.strategy == "merge":
        return _lines(one)
    return _by_strategy(one)


def _silent(one: Sided) -> Side | None:
    """The side that says nothing, where nobody knows of a base: there is nothing to lose on it."""
    if same(one.kind, one.left, None):
        return "left"
    return "right" if same(one.kind, one.right, None) else None


def _by_strategy(one: Sided) -> Verdict:
    side = _winner(one)
    if side is None:
        return Verdict("conflict", why=_undecided(one))
    return _taken(one, side, f"{one.strategy}: {side}")


def _taken(one: Sided, side: Side, why: str) -> Verdict:
    if side == "left":
        return Verdict("write_right", right=one.left_there, why=why)
    return Verdict("write_left", left=one.right_here, why=why)


def _winner(one: Sided) -> Side | None:
    """The side that the strategy prefers; None where a person is asked."""
    if one.strategy == "local_wins":
        return "left"
    if one.strategy == "external_wins":
        return "right"
    if one.strategy != "newest_wins" or one.left_at is None or one.right_at is None:
        return None
    if abs(one.left_at - one.right_at) < TOO_CLOSE:
        return None
    return "left" if one.left_at > one.right_at else "right"


def _undecided(one: Sided) -> str:
    if one.strategy != "newest_wins":
        return "both sides were edited"
    if one.left_at is None or one.right_at is None:
        return "both sides were edited, and when is not known"
    return f"both sides were edited within {TOO_CLOSE.seconds} seconds"


# Texts: by lines.


def _lines(one: Sided) -> Verdict:
    """Each side's text with the other's edit in it, each in its own form."""
    if one.kind != "text" or not _based(one):
        return Verdict("conflict", why="both sides were edited, and this field has no parts")
    right = _joined(one)
    left = _joined(exchanged(one))
    if left is None or right is None:
        return Verdict("conflict", why="both sides edited the same lines")
    return _written(one, left, right)


def _joined(one: Sided) -> str | None:
    """Right's text with left's edit in it."""
    base, there = str(one.base_right or ""), str(one.left_there or "")
    if one.base_left_there is not UNSET:
        there = text_merge.carried(str(one.base_left_there or ""), there, base)
    return text_merge.merged(base, there, str(one.right or ""))


def _written(one: Sided, left: Json, right: Json) -> Verdict:
    """Each side is written where it does not say so already."""
    at_left, at_right = not same(one.kind, left, one.left), not same(one.kind, right, one.right)
    if at_left and at_right:
        return Verdict("write_both", left, right, "both edits together")
    if at_left:
        return Verdict("write_left", left=left)
    if at_right:
        return Verdict("write_right", right=right)
    return Verdict("agree", why="both sides say the same")


# Sets: by members, whatever the strategy.

UNTOLD = "which member went cannot be told in the other side's words"


def _members(one: Sided) -> Verdict:
    """Both sides' edits together; the strategy settles only what one added and the other removed.

    With one base for both, no two edits can be against each other: a member that both sides moved
    went the same way. They can where the sides agreed to differ: a member that the target never
    took, or that it has of its own.
    """
    there, here = _there(one), _there(exchanged(one))
    if there is None or here is None:
        return Verdict("conflict", why=UNTOLD)
    of_left, of_right = _own(one), _own(exchanged(one))
    if there.against(of_right) or here.against(of_left):
        side = _winner(one)
        if side is None:
            return Verdict("conflict", why="one side added what the other removed")
        there = there.without(of_right) if side == "right" else there
        here = here.without(of_left) if side == "left" else here
    left = applied(one.left, here, one.right_here)
    return _written(one, left, applied(one.right, there, one.left_there))


def _own(one: Sided) -> Moves:
    """Left's edit in its own words."""
    return moves(_or_none(one.base_left), one.left)


def _there(one: Sided) -> Moves | None:
    """Left's edit in the right's words; None when it cannot be told.

    What came on the left and is said by the right already needs no second word there: several words
    of one side may have one on the other.
    """
    edit, came = _carried(one), _own(one).came
    if edit is not None and came and came <= members(one.right_here):
        return Moves(frozenset(), edit.went)
    return edit


def _carried(one: Sided) -> Moves | None:
    if not _based(one):
        return moves(None, one.left_there)
    if one.base_left_there is not UNSET:
        return moves(one.base_left_there, one.left_there)
    bases = _or_none(one.base_left), _or_none(one.base_right)
    return guessed(bases[0], one.left, one.left_there, bases[1])


def _or_none(value: Json | Unset) -> Json:
    return None if value is UNSET else value
