"""A ticket's story: how it stood from each of its changes on, told from the present backwards.

Pure. The present is known for sure and a change tells what was before it, so a story never
contradicts what is held, however incomplete the history is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import orjson

from schemas.history import SETS, HistoryRow, members, shown
from schemas.model import Json
from schemas.ticket import StatusCategory, Ticket

MEANT = ("status", "close_reason", "labels")
"""What a status category follows from."""

FIELDS = (
    *MEANT, "type", "priority", "assignees", "customer", "components", "sprint", "story_points",
)  # fmt: skip

CLOSED = frozenset({StatusCategory.done, StatusCategory.canceled})

Meaning = Callable[[str, str | None, Sequence[str]], StatusCategory]
"""The category of a status, with its close reason and the names of labels."""

Values = Mapping[str, Json]

Names = Mapping[tuple[str, Json], str]
"""Present names by (field, former name): a renamed label or sprint is the same one."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """From `at` on the ticket stood so; values in the form of `schemas.history.shown`.

    `row` is the change that began it: None at the birth, for what was assumed, and for a story that
    was packed.
    """

    at: datetime
    values: Values
    category: StatusCategory
    inferred: bool = False
    row: HistoryRow | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Story:
    """All moments, oldest first, at least one. A ticket that is `gone_at` is counted no more."""

    moments: tuple[Moment, ...]
    created_at: datetime | None
    gone_at: datetime | None = None

    @property
    def born_at(self) -> datetime:
        """When it began; what the tracker does not tell is taken from what is known first."""
        return self.moments[0].at

    def by(self, at: datetime) -> Sequence[Moment]:
        """The moments until then; none before the birth and after the end."""
        if self.gone_at is not None and self.gone_at <= at:
            return ()
        if self.moments[-1].at <= at:
            return self.moments
        return [one for one in self.moments if one.at <= at]


def tell(
    ticket: Ticket, rows: Sequence[HistoryRow], meaning: Meaning, names: Names | None = None
) -> Story:
    """The story of a ticket from its history, oldest first.

    What happened before its creation, by another clock, happened at it.
    """
    names = names or {}
    changes = [one for one in rows if one.entry.field in FIELDS and one.entry.told]
    born = _born(ticket, changes)
    values: dict[str, Json] = {name: shown(ticket, name) for name in FIELDS}
    own = _meant(values)
    states: list[Values] = [values]
    for newest in reversed(changes):
        values = before(values, newest, names)
        states.append(values)
    states.reverse()
    known = {own: ticket.status_category}
    moments, at = [], born
    for change, state in zip((None, *changes), states, strict=True):
        at = max(at, change.entry.at) if change else at
        key = _meant(state)
        if key not in known:
            known[key] = meaning(key[0], key[1], key[2])
        moments.append(
            Moment(at, state, known[key], bool(change and change.basis == "inferred"), change)
        )
    return Story(_with_end(ticket, moments), ticket.created_at, gone_at(ticket))


def gone_at(ticket: Ticket) -> datetime | None:
    """Since when it is known to be deleted, moved away or hidden; None for one that is here."""
    here = ticket.sync_status in (None, "synced", "in_doubt")
    return None if here else ticket.last_synced_at


def before(values: Values, change: HistoryRow, names: Names) -> dict[str, Json]:
    """The values before a change; of a set its members went and came."""
    entry, name = change.entry, str(change.entry.field)
    if name not in SETS:
        was = entry.before
        return {**values, name: names.get((name, was), was) if isinstance(was, str) else was}
    went = {names.get((name, one), one) for one in _many(entry.before)}
    came = {names.get((name, one), one) for one in _many(entry.after)}
    return {**values, name: members((set(_many(values[name])) - came) | went) or None}


def _born(ticket: Ticket, changes: Sequence[HistoryRow]) -> datetime:
    if ticket.created_at is not None:
        return ticket.created_at
    first = [changes[0].since or changes[0].entry.at] if changes else []
    known = first or [one for one in (ticket.updated_at, ticket.last_synced_at) if one]
    return known[0] if known else _EPOCH


def _with_end(ticket: Ticket, moments: list[Moment]) -> tuple[Moment, ...]:
    """A closed ticket whose closing nobody told, as one imported without its changelog: it was
    open until its record says it was closed."""
    closed_at = ticket.closed_at
    if closed_at is None or closed_at <= moments[0].at:
        return tuple(moments)
    if any(one.category not in CLOSED for one in moments):
        return tuple(moments)
    opened = [
        Moment(
            one.at,
            {**one.values, "status": None, "close_reason": None},
            StatusCategory.todo,
            one.inferred,
            one.row,
        )
        for one in moments
        if one.at < closed_at
    ]
    first = [one for one in moments if one.at <= closed_at][-1]
    closing = Moment(closed_at, first.values, first.category, row=None)
    return (*opened, closing, *(one for one in moments if one.at > closed_at))


def _meant(values: Values) -> tuple[str, str | None, tuple[str, ...]]:
    return values["status"] or "", values["close_reason"], tuple(_many(values["labels"]))


def _many(value: Json) -> Iterable[str]:
    return value if isinstance(value, list | tuple) else [] if value is None else [str(value)]


def pack(story: Story) -> bytes:
    """A story as it is kept: each moment with only what is new in it, times in microseconds."""
    told: list[Json] = []
    last: Values = {}
    for one in story.moments:
        new = {n: v for n, v in one.values.items() if n not in last or last[n] != v}
        told.append([_ticks(one.at), str(one.category), int(one.inferred), new])
        last = one.values
    ends = [None if at is None else _ticks(at) for at in (story.created_at, story.gone_at)]
    return orjson.dumps([*ends, told])


def unpack(packed: bytes) -> Story:
    """What `pack` packed."""
    created, gone, told = orjson.loads(packed)
    values: Values = {}
    moments = []
    for ticks, category, inferred, new in told:
        values = {**values, **new}
        moments.append(Moment(_moment(ticks), values, StatusCategory(category), bool(inferred)))
    return Story(
        tuple(moments),
        None if created is None else _moment(created),
        None if gone is None else _moment(gone),
    )


def _ticks(at: datetime) -> int:
    return (at - _EPOCH) // _TICK


def _moment(ticks: int) -> datetime:
    return _EPOCH + ticks * _TICK
