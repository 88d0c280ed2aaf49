"""The course of an issue: single acts put in a row, so that each says what it put an end to."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from schemas.history import HistoryEntry
from schemas.model import Json
from schemas.ticket import Person
from trackers.fields import Fields
from trackers.gitlab import notes, values
from trackers.gitlab.notes import UNKNOWN, Step

FIELDS: dict[str, str | None] = {
    "state": "status",
    "labels": "labels",
    "milestone": "milestone",
    "iteration": "sprint",
    "weight": "weight",
    "title": "title",
    "description": "body",
    "assignees": "assignees",
    "due_date": "due_date",
    "confidential": "confidential",
    "discussion_locked": "locked",
    "time_estimate": "time_estimate",
    "time_spent": "time_spent",
    "closed_as": "close_reason",
}
"""GitLab's fields as ours; type and severity follow from these and from labels."""

_UNTOLD = {"issue_type": "type", "severity": "severity"}
_EMPTY_AT_FIRST = ("milestone", "iteration", "due_date", "start_date", "closed_as")
"""What an opening sets of these is told like any later change."""


@dataclass(frozen=True, slots=True)
class Act:
    """One record of the past: kind and id are its name."""

    kind: str
    key: str
    at: datetime
    actor: Person | None
    steps: tuple[Step, ...]

    @property
    def number(self) -> int:
        """Ids grow."""
        return int(self.key) if self.key.isascii() and self.key.isdecimal() else 0


class Course:
    """Reads the acts of one issue; `issue` is how it is now."""

    def __init__(self, issue: Fields) -> None:
        self._issue = issue
        self._last: dict[str, Json] = dict.fromkeys(_EMPTY_AT_FIRST)
        self._state = "opened"
        self._closing: str | None = None

    def entries(self, ticket: str, acts: Iterable[Act]) -> list[HistoryEntry]:
        """The acts, oldest first, as changes."""
        row = [one for act in acts for one in self._steps(act)]
        row = self._titled(self._spent(row))
        return [_entry(ticket, act, key, step) for act, key, step in row if _counts(step)]

    def _steps(self, act: Act) -> Iterator[tuple[Act, str, Step]]:
        """With the value before, as far as the last change told it."""
        name = f"{act.kind}:{act.key}"
        for place, step in enumerate(act.steps):
            key = f"{name}:{step.native}" if place else name
            if step.native == "closed_as":
                self._closing = str(step.after)
            elif step.by is None:
                yield act, key, self._after_the_last(step)
            else:
                yield act, key, step
            if step.native == "state":
                self._turn(str(step.after))
            if step.native in ("state", "closed_as"):
                reason = self._closing if self._state == "closed" else None
                closed_as = self._after_the_last(Step("closed_as", UNKNOWN, reason))
                yield act, f"{name}:closed_as", closed_as

    def _turn(self, state: str) -> None:
        """What it was closed as is forgotten when it is opened again."""
        self._state = state
        if state == "opened":
            self._closing = None

    def _after_the_last(self, step: Step) -> Step:
        before = step.before
        if before is UNKNOWN:
            before = self._last.get(step.native, UNKNOWN)
        self._last[step.native] = step.after
        return replace(step, before=before)

    def _spent(self, row: list[tuple[Act, str, Step]]) -> list[tuple[Act, str, Step]]:
        """Sums of what was added; if they miss the total of today, none of them is to be told."""
        total, found = 0, []
        for act, key, step in row:
            if step.native == "time_spent":
                before, by = total, step.by
                total = 0 if by is None else total + by
                step = replace(step, before=before or None, after=total or None)
            found.append((act, key, step))
        times = self._issue.object("time_stats") or self._issue
        if total == (values.count(times, "total_time_spent") or 0):
            return found
        untold = Step("time_spent", UNKNOWN, UNKNOWN)
        return [
            (act, key, untold if step.native == "time_spent" else step) for act, key, step in found
        ]

    def _titled(self, row: list[tuple[Act, str, Step]]) -> list[tuple[Act, str, Step]]:
        """Titles, from the one of today backwards: it tells where in a note one ends."""
        known = {self._issue.text("title") or ""}
        found = list(row)
        later: int | None = None
        for place in range(len(row) - 1, -1, -1):
            act, key, step = row[place]
            if step.native != "title":
                continue
            before, after = _title_told(step, known)
            found[place] = act, key, replace(step, before=notes.plain(before), after=after)
            if later is not None and after in known:
                last_act, last_key, last = found[later]
                found[later] = last_act, last_key, replace(last, before=after)
            known, later = {before, notes.plain(before)}, place
        return found


def _title_told(step: Step, known: set[str]) -> tuple[str, str]:
    """(before as it was printed, after) of the reading that ends in a title that is known."""
    ways = list(notes.titles(step))
    for before, after in ways:
        for one in (after, notes.plain(after)):
            if one in known:
                return before, one
    before, after = ways[0]
    return before, notes.plain(after)


def _counts(step: Step) -> bool:
    """Whether anything changed; of two unknown values nobody knows."""
    return UNKNOWN in (step.before, step.after) or bool(step.before != step.after)


def _entry(ticket: str, act: Act, key: str, step: Step) -> HistoryEntry:
    told = UNKNOWN not in (step.before, step.after)
    native = step.native
    return HistoryEntry(
        id=key,
        ticket=ticket,
        at=act.at,
        actor=act.actor,
        native_field=native,
        field=FIELDS.get(native) if told else FIELDS.get(native, _UNTOLD.get(native)),
        before=step.before if told else None,
        after=step.after if told else None,
        told=told,
    )
