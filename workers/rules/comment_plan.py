"""Which comments are made, edited and deleted at the other side of a mirror. Pure.

A comment is known to be a twin by `mapped` alone. A comment that is merely not there is not
deleted: only what is in `gone` is proven to be. Internal comments never leave; one that becomes
internal takes its text back from the other side.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from schemas.mirror import MappedComment, Mirror, Side, Strategy
from schemas.ticket import Comment
from workers.rules import harmless
from workers.rules.comment_text import (
    author_line,
    line_of,
    outward,
    own_text,
    plain,
    seen,
    signed,
    twin_text,
)
from workers.rules.terms import Terms

__all__ = ["CommentStep", "own_text", "plan_comments", "seen", "step_text", "twin_text"]

REDACTED = "[redacted]"
TOO_CLOSE = timedelta(seconds=60)
"""Two edits this near each other have no order: the clocks of two trackers differ."""
_SIDES: tuple[Side, Side] = ("left", "right")
_LAST = datetime.max.replace(tzinfo=UTC)

Act = Literal["create", "edit", "delete", "agree", "conflict", "forget"]


@dataclass(frozen=True, slots=True)
class CommentStep:
    """One thing to do about a comment.

    `side` is where it is written, `origin` the comment on the other side whose text is carried,
    `there` the one on `side` as it stands and `twin` its id, `mapped` the row of both. `text` and
    `line` (the author line, or "") are what `step_text` writes; `home` says that the text returns
    to where it was born.

    agree: nothing is written, what both say now is noted as seen (without a row: they are twins,
    and get one). conflict: a person decides. forget: the row is marked deleted, and what is left
    stays as it is.
    """

    act: Act
    side: Side
    origin: Comment | None
    twin: str | None
    mapped: int | None
    why: str = ""
    there: Comment | None = None
    text: str = ""
    line: str = ""
    home: bool = False


def plan_comments(
    mirror: Mirror,
    left: Sequence[Comment],
    right: Sequence[Comment],
    mapped: Sequence[MappedComment],
    gone: Collection[tuple[Side, str]] = (),
    strategy: Strategy = "manual",
    origins: Mapping[tuple[Side, str], str] | None = None,
    again: Collection[tuple[Side, str]] = (),
) -> list[CommentStep]:
    """The steps of one ticket and its twin, oldest comment first.

    `gone` are (side, id) of proven deletions. `strategy` settles what both sides edited; a settled
    conflict is carried out by asking again with `local_wins` or `external_wins`. `origins` names
    for comments that other mirrors of ours wrote, by (side, id), where they were born
    (`source/id`): such a one is carried on under its author's name, and never to where it came
    from or is already, so that rings come to rest. `again` are (side, id) of comments whose twin is
    to be written once more though nobody edited them: a file that they name has arrived.
    """
    if not mirror.options.sync_comments:
        return []
    table = _Table(
        mirror,
        {"left": {one.id: one for one in left}, "right": {one.id: one for one in right}},
        frozenset(gone),
        strategy,
        origins or {},
        frozenset(again),
    )
    pairs = [_Pair(table, row) for row in mapped if not row.deleted]
    steps = [step for pair in pairs for step in pair.steps()]
    steps += _unmapped(table, mapped)
    return sorted(steps, key=_age)


def step_text(step: CommentStep, terms: Terms) -> str:
    """What a create or an edit writes; `terms` are those of the side that `origin` is on.

    The text returns to where it was born without an author line, and without our defusing.
    """
    there = step.there.body if step.there else ""
    text = harmless.undone(step.text, terms) if step.home else outward(step.text, terms, there)
    return signed(text, step.line)


@dataclass(frozen=True, slots=True)
class _Table:
    mirror: Mirror
    there: Mapping[Side, Mapping[str, Comment]]
    gone: Collection[tuple[Side, str]]
    strategy: Strategy
    origins: Mapping[tuple[Side, str], str] = field(default_factory=dict)
    again: Collection[tuple[Side, str]] = ()

    def born_as(self, side: Side, comment: str) -> str:
        """Where a comment was first written, as `source/id`."""
        return self.origins.get((side, comment)) or f"{self.mirror.at(side)}/{comment}"

    def create(self, side: Side, origin: Comment, mapped: int | None) -> CommentStep:
        """A new comment on `side`."""
        ours = (_other(side), origin.id) in self.origins
        text = own_text(origin.body) if ours else plain(origin.body)
        line = (line_of(origin.body) if ours else "") or author_line(origin)
        return CommentStep("create", side, origin, None, mapped, "new", text=text, line=line)


class _Pair:
    """A comment and its twin."""

    def __init__(self, table: _Table, row: MappedComment) -> None:
        self.table = table
        self.row = row
        self.ids: dict[Side, str | None] = {"left": row.left, "right": row.right}
        self.seen: dict[Side, str | None] = {"left": row.left_seen, "right": row.right_seen}
        self.now = {side: table.there[side].get(self.ids[side] or "") for side in _SIDES}
        self.twin_side = _other(row.born)

    def steps(self) -> list[CommentStep]:
        """At most one; nothing at all for what was born on the target of a one-way mirror."""
        if not self.table.mirror.two_way and self.row.born == "right":
            return []
        gone = [side for side in _SIDES if (side, self.ids[side]) in self.table.gone]
        step = self._after_delete(gone) if gone else self._living()
        return [step] if step else []

    def _living(self) -> CommentStep | None:
        born, twin = self.now[self.row.born], self.now[self.twin_side]
        if born is None:
            return None
        if self.ids[self.twin_side] is None:
            row = self.row.id
            return None if born.internal else self.table.create(self.twin_side, born, row)
        if twin is None:
            return None
        if born.internal:
            return self._retracted(born)
        return self._compared()

    def _compared(self) -> CommentStep | None:
        changed = {side: self._changed(side) for side in _SIDES}
        if not any(changed.values()):
            return None
        if self._text("left") == self._text("right"):
            return self._step("agree", self.twin_side, "both say the same")
        if not self.table.mirror.two_way:
            return self._one_way(changed)
        if changed["left"] and changed["right"]:
            return self._settled("edited on both sides")
        return self._edit("right" if changed["left"] else "left", "edited")

    def _one_way(self, changed: Mapping[Side, bool]) -> CommentStep:
        """The source decides, unless the mirror says otherwise of edits at the target."""
        edits = self.table.mirror.options.target_edits
        if changed["right"] and edits == "conflict":
            return self._settled("edited at the target")
        if changed["left"]:
            return self._edit("right", "edited")
        if edits == "warn":
            return self._step("agree", "right", "edited at the target, and left so")
        return self._edit("right", "edited at the target")

    def _settled(self, why: str) -> CommentStep:
        winner = self._winner()
        if winner is None:
            return self._step("conflict", self.twin_side, why)
        if winner == "right" and not self.table.mirror.two_way:
            return self._step("agree", "right", f"{why}, and left so")
        return self._edit(_other(winner), f"{why}; {self.table.strategy}")

    def _winner(self) -> Side | None:
        """None where a person must choose; texts have no base to be merged line by line."""
        if self.table.strategy == "newest_wins":
            return self._newest()
        plainly: dict[Strategy, Side] = {"local_wins": "left", "external_wins": "right"}
        return plainly.get(self.table.strategy)

    def _newest(self) -> Side | None:
        times = [_edited(self.now[side]) for side in _SIDES]
        left, right = times
        if left is None or right is None or abs(left - right) < TOO_CLOSE:
            return None
        return "left" if left > right else "right"

    def _after_delete(self, gone: Sequence[Side]) -> CommentStep | None:
        """What is left of the two when one was deleted; a deletion has no time to compare."""
        lost, left_over = gone[0], _other(gone[0])
        if len(gone) == 2 or self.ids[left_over] is None:
            return self._step("forget", left_over, "deleted")
        if not self.table.mirror.two_way and lost == "right":
            return self._step("forget", "right", "its twin was deleted at the target")
        if not self.table.mirror.options.delete_comments:
            return self._step("forget", left_over, "deleted at the other side; its twin stays")
        if self.now[left_over] is None:
            return None
        return self._followed(lost, left_over)

    def _followed(self, lost: Side, left_over: Side) -> CommentStep:
        options = self.table.mirror.options
        guarded = self.table.mirror.two_way or options.target_edits == "conflict"
        if guarded and self._changed(left_over):
            winner = None if self.table.strategy == "newest_wins" else self._winner()
            if winner is None:
                why = "deleted at one side, edited at the other"
                return self._step("conflict", left_over, why)
            if winner == left_over:
                return self._step("forget", left_over, "deleted at one side; the edited one stays")
        return self._step("delete", left_over, "deleted at the other side")

    def _retracted(self, born: Comment) -> CommentStep | None:
        """The text of a comment that became internal is taken back, once."""
        if self.table.mirror.options.retract == "delete":
            return self._step("delete", self.twin_side, "became internal")
        empty = born.model_copy(update={"body": REDACTED, "author": None})
        if self.seen[self.row.born] == seen(empty):
            return None
        line = author_line(empty)
        return self._step("edit", self.twin_side, "became internal", empty, REDACTED, line)

    def _edit(self, side: Side, why: str) -> CommentStep:
        origin = self.now[_other(side)]
        assert origin is not None  # noqa: S101 - only living pairs are compared
        text = self._text(_other(side))
        if side == self.row.born and REDACTED in text and REDACTED not in self._text(side):
            return self._step("conflict", side, f"{why}; its twin lacks what was redacted")
        return self._step("edit", side, why, origin, text, self._line(side, origin))

    def _line(self, side: Side, origin: Comment) -> str:
        """The author line below a text that is written to `side`."""
        home = side == self.row.born
        bearer = self.now[side] if home else origin
        where = side if home else _other(side)
        if bearer is not None and (where, bearer.id) in self.table.origins:
            return line_of(bearer.body) or author_line(bearer)
        return "" if home else author_line(origin)

    def _step(
        self,
        act: Act,
        side: Side,
        why: str,
        origin: Comment | None = None,
        text: str = "",
        line: str = "",
    ) -> CommentStep:
        return CommentStep(
            act,
            side,
            origin or self.now[_other(side)],
            self.ids[side],
            self.row.id,
            why,
            self.now[side],
            text,
            line,
            side == self.row.born,
        )

    def _changed(self, side: Side) -> bool:
        """An internal one says nothing that may be carried; where one side was never noted, nobody
        can tell which of the two was edited."""
        comment = self.now[side]
        if comment is None or comment.internal:
            return False
        again = side == self.row.born and (side, comment.id) in self.table.again
        return again or None in self.seen.values() or seen(comment) != self.seen[side]

    def _text(self, side: Side) -> str:
        """What one side says itself: only below a twin is an author line of ours."""
        comment = self.now[side]
        body = comment.body if comment else ""
        ours = side == self.twin_side or (side, self.ids[side]) in self.table.origins
        return own_text(body) if ours else plain(body)


def _unmapped(table: _Table, mapped: Sequence[MappedComment]) -> list[CommentStep]:
    """New comments; those born at the target of a one-way mirror stay there."""
    known: dict[Side, set[str | None]] = {
        "left": {row.left for row in mapped},
        "right": {row.right for row in mapped},
    }
    steps, joined = list[CommentStep](), set[tuple[Side, str]]()
    for side in _SIDES if table.mirror.two_way else _SIDES[:1]:
        for comment in table.there[side].values():
            new = comment.id not in known[side] and (side, comment.id) not in table.gone
            if new and not comment.internal and (side, comment.id) not in joined:
                step = _new(table, side, comment, known[_other(side)])
                steps += [step] if step else []
                if step and step.twin:
                    joined.add((step.side, step.twin))
    return steps


def _new(
    table: _Table, side: Side, comment: Comment, known: Collection[str | None]
) -> CommentStep | None:
    """A new twin; or the two are joined, when another mirror brought the comment there already."""
    other = _other(side)
    born = table.born_as(side, comment.id)
    same = [one for one in table.there[other].values() if table.born_as(other, one.id) == born]
    if not same:
        return table.create(other, comment, None)
    free = [one for one in same if one.id not in known]
    if not free:
        return None
    why = "another mirror brought it"
    return CommentStep("agree", other, comment, free[0].id, None, why, there=free[0])


def _other(side: Side) -> Side:
    return "right" if side == "left" else "left"


def _edited(comment: Comment | None) -> datetime | None:
    return (comment.updated_at or comment.created_at) if comment else None


def _age(step: CommentStep) -> tuple[datetime, str]:
    comment = step.origin or step.there
    at = comment.created_at if comment else None
    return at or _LAST, comment.id if comment else ""
