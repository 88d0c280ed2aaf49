"""One of two twins was deleted: what becomes of the other and of their mapping.

Asked only where the tracker proved the deletion; absence is none (law 13).
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from schemas.mirror import MirrorOptions, Side

EndingAct = Literal["retire", "close", "label", "delete", "conflict"]


@dataclass(frozen=True, slots=True)
class Ending:
    """`retire`: the mapping ends and nothing is written. `close`, `label`, `delete`: that is done
    to the ticket on `side`, then the mapping ends. `conflict`: a person decides, the mapping waits.
    """

    act: EndingAct
    side: Side | None = None
    why: str = ""


def deleted(gone: Collection[Side], edited: bool, options: MirrorOptions) -> Ending:
    """What follows when the tickets on the sides `gone` were deleted.

    `edited`: the one that is left was changed by others since both agreed. One way, the source is
    authoritative: its deletion follows `delete_policy`, and only `target_edits = "conflict"` saves
    an edited twin from it. A twin deleted at the target is not made again: somebody wanted it gone,
    and the source is not written. Two ways, a deletion meets an edit as one edit another.
    """
    if not gone:
        raise ValueError("neither ticket was deleted")
    two_way = options.direction == "bidirectional"
    if {"left", "right"} == set(gone):
        return Ending("retire", why="both tickets are deleted")
    if "right" in gone and not two_way:
        if options.target_edits == "conflict":
            return Ending("conflict", "left", "the twin was deleted at the target")
        return Ending("retire", why="the twin was deleted at the target; it is not made again")
    left_over: Side = "right" if "left" in gone else "left"
    if edited and (two_way or options.target_edits == "conflict"):
        why = "one side deleted the ticket, the other edited it"
        return Ending("conflict", left_over, why)
    return _by_policy(left_over, options)


def settled(gone: Side, taken: Side, options: MirrorOptions) -> Ending:
    """What follows when a person took a side: the deletion, or the ticket that is left."""
    if taken == gone and (gone == "left" or options.direction == "bidirectional"):
        return _by_policy("right" if gone == "left" else "left", options)
    return Ending("retire", why=f"{taken} was taken")


def _by_policy(side: Side, options: MirrorOptions) -> Ending:
    if options.delete_policy == "keep":
        return Ending("retire", why='the other ticket stays: delete_policy = "keep"')
    return Ending(options.delete_policy, side, "its twin was deleted")
