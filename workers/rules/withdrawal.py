"""Withdrawal: what is left of a twin whose ticket may not leave any more (law 12).

What was published is written over; that it once stood there, the tracker's own history may still
show. A twin that is deleted (`retract = "delete"`) leaves less behind. Pure.
"""

from collections.abc import Sequence
from typing import Literal

from schemas.mirror import MappedComment, Side, View
from schemas.model import Json
from schemas.ticket import Comment

TITLE = "(withdrawn)"
COMMENT = "(withdrawn)"
"""A text of a comment cannot be empty at most trackers."""

_SETS = ("labels", "badges", "assignees", "components")
_EMPTY: dict[str, Json] = {"title": TITLE, "body": "", "footer": "", "time_spent": 0}
_KEPT = ("type",)
"""What every ticket must have, and tells nothing of this one."""


def withdrawn(view: View, closed: Json, agreed: View | None = None) -> View:
    """What a twin shall say of itself; `view` is what it says now, in its own words.

    `closed` is its side's word for a state that ends a ticket. `agreed` is what it said when both
    sides last agreed: labels and people that were added there since stay, for they were never
    ours. Without it everything goes.
    """
    return {field: _left(field, value, closed, agreed) for field, value in view.items()}


def blank(view: View) -> View:
    """What the ticket at home is taken to have said when its twin was withdrawn: nothing.

    As the base of the mapping it makes every field of the ticket a change, should it ever be
    allowed to leave again; and an empty twin is no edit that goes home.
    """
    return {field: [] if field in _SETS else None for field in view}


def twins_of_comments(mapped: Sequence[MappedComment], side: Side) -> list[tuple[int, str]]:
    """(row, comment) of those at `side` that carry comments of the other one, and are there."""
    found = (
        (one.id, one.left if side == "left" else one.right)
        for one in mapped
        if one.born != side and not one.deleted
    )
    return [(row, comment) for row, comment in found if comment is not None]


def comment_act(
    able: frozenset[Literal["create", "update", "delete"]],
) -> Literal["delete", "edit", "none"]:
    """What becomes of a carried comment, as far as the tracker lets anybody: `none` is a loss."""
    if "delete" in able:
        return "delete"
    return "edit" if "update" in able else "none"


def emptied(comment: Comment) -> Comment:
    """A carried comment that can only be edited."""
    return comment.model_copy(update={"body": COMMENT, "author": None})


def _left(field: str, value: Json, closed: Json, agreed: View | None) -> Json:
    if field == "state":
        return closed
    if field in _KEPT:
        return value
    if field in _SETS:
        if agreed is None or field == "badges":
            return []
        ours = agreed.get(field) or []
        return [one for one in value or [] if one not in ours]
    if field in _EMPTY:
        return _EMPTY[field]
    return None
