"""Sets merge by members: what came and went on one side, made on the other (law 10).

An edit is carried, never a set: what a side holds besides, in words that the other lacks, stays.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from schemas.model import Json

Members = frozenset[Json]


@dataclass(frozen=True, slots=True)
class Moves:
    """Members that came and went, in the words of one side."""

    came: Members = frozenset()
    went: Members = frozenset()

    def against(self, other: "Moves") -> Members:
        """What one of the two added and the other took away."""
        return (self.came & other.went) | (self.went & other.came)

    def without(self, other: "Moves") -> "Moves":
        """These, but where they are against the other."""
        return Moves(self.came - other.went, self.went - other.came)


def members(value: Collection[Json] | None) -> Members:
    """A set as a field holds it; None is empty."""
    return frozenset(value or ())


def moves(before: Collection[Json] | None, after: Collection[Json] | None) -> Moves:
    """What came and went between the two."""
    was, now = members(before), members(after)
    return Moves(now - was, was - now)


def applied(held: Sequence[Json] | None, edit: Moves, order: Sequence[Json] | None) -> list[Json]:
    """The set with the edit made in it: its own order, then what came, in that of `order`."""
    kept = [member for member in held or () if member not in edit.went]
    new = [member for member in order or () if member in edit.came and member not in kept]
    return [*kept, *new]


def guessed(
    base: Collection[Json] | None,
    now: Collection[Json] | None,
    there: Collection[Json] | None,
    base_there: Collection[Json] | None,
) -> Moves | None:
    """The edit base → now in the other side's words, where the base was not carried there.

    `there` is now in those words, `base_there` what the other side said when both agreed. A member
    that went is known there by its name alone. None: one went whose name there cannot be told from
    those that only the other side has.
    """
    went = members(base) - members(now)
    lost = members(base_there) - members(there)
    if went - members(base_there) and lost - went:
        return None
    return Moves(members(there) - members(base_there), lost & went)
