"""As of: tickets as they were at a moment, taken back through their history.

What happened since is undone, newest first. A change that the tracker tells without its values
leaves the field unknown before it, unless two records tell them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from schemas.history import PLAIN, SETS, HistoryEntry, HistoryRow, shown
from schemas.model import Json
from schemas.ticket import Label, Milestone, Named, Person, Sprint, Ticket, TicketRef
from store import history
from store.categories import Meanings
from store.definitions import renamed
from store.keys import Key
from store.numbers.story import gone_at
from store.tables import tickets
from store.whole import accounts, whole_tickets

NEAR = timedelta(seconds=2)
PORTION = 60
"""Tickets taken back at once."""
_PLACE = (tickets.c.source, tickets.c.external_id)
_MEANING = frozenset({"status", "close_reason", "labels"})
"""What state and category follow from."""


@dataclass(frozen=True, slots=True)
class AsOf:
    """A ticket as it was. `unknown` names the fields nobody can tell any more: the ticket shows
    them as they became. Comments are those written until then, relations those of today."""

    ticket: Ticket
    unknown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Names:
    """What names in a history mean: people by (source, id), former names of definitions."""

    people: dict[Key, Person]
    former: Mapping[tuple[str, Any, str], str]


def rewind(
    ticket: Ticket, rows: Sequence[HistoryRow], at: datetime, names: Names, categories: Meanings
) -> AsOf | None:
    """The ticket at a moment, from all rows of its history, covered ones too; None before it was
    created."""
    if ticket.created_at is not None and ticket.created_at > at:
        return None
    values, unknown = values_at(ticket, rows, at, names)
    changes = {
        name: _as_field(ticket, name, values[name], names)
        for name in values
        if values[name] != shown(ticket, name)
    }
    kept = tuple(one for one in ticket.comments if one.created_at is None or one.created_at <= at)
    past = ticket.model_copy(update={**changes, **_heads(ticket, at), "comments": kept})
    if _MEANING & changes.keys():
        past = past.model_copy(update=_state(past, categories))
    return AsOf(past, frozenset(unknown))


def _heads(ticket: Ticket, at: datetime) -> dict[str, Any]:
    """What became of it later had not happened then."""
    found: dict[str, Any] = {}
    if ticket.closed_at is not None and ticket.closed_at > at:
        found["closed_at"] = None
    gone = gone_at(ticket)
    if gone is not None and gone > at:
        found["sync_status"] = "synced"
    return found


def values_at(
    ticket: Ticket, rows: Sequence[HistoryRow], at: datetime, names: Names
) -> tuple[dict[str, Json], set[str]]:
    """Every tracked field as `shown` would have told it, and those that nobody can tell."""
    values = {name: shown(ticket, name) for name in (*PLAIN, *SETS)}
    unknown: set[str] = set()
    for entry in reversed(effective(rows)):
        name = entry.field
        if name is None or name not in values or entry.at <= at:
            continue
        if not entry.told:
            unknown.add(name)
        elif name in SETS:
            gone = _now_called(ticket.source, name, entry.before, names)
            came = _now_called(ticket.source, name, entry.after, names)
            values[name] = sorted((set(values[name] or ()) - came) | gone) or None
        else:
            values[name] = entry.before
            unknown.discard(name)
    return values, unknown


def effective(rows: Sequence[HistoryRow]) -> list[HistoryEntry]:
    """One entry for each change, oldest first: those told without values get those of the record
    or webhook that the changelog covers."""
    spare = [one for one in rows if one.covered]
    found = []
    for row in rows:
        if row.covered:
            continue
        entry = row.entry
        if not entry.told:
            match = next((one for one in spare if _same(one, entry)), None)
            if match is not None:
                spare.remove(match)
                told = {"before": match.entry.before, "after": match.entry.after, "told": True}
                entry = entry.model_copy(update=told)
        found.append(entry)
    return found


def _same(covered: HistoryRow, entry: HistoryEntry) -> bool:
    if covered.entry.field != entry.field:
        return False
    since = covered.since if covered.since is not None else covered.entry.at - NEAR
    return since < entry.at <= covered.entry.at + NEAR


def _now_called(source: str, name: str, told: Json, names: Names) -> set[str]:
    """Members by the names they have now: a renamed label is the same label."""
    kind = {"labels": "label", "components": "component"}.get(name, "")
    return {names.former.get((source, kind, one), one) for one in told or ()}


def _as_field(ticket: Ticket, name: str, value: Json, names: Names) -> Any:
    """A value of the history as the ticket's field."""
    match name:
        case "labels":
            known = {one.name: one for one in ticket.labels}
            return tuple(known.get(one, Label(id=one, name=one)) for one in value or ())
        case "components":
            return tuple(Named(id=one, name=one) for one in value or ())
        case "assignees":
            return tuple(_person(ticket, one, names) for one in value or ())
        case "title" | "body" | "status" | "type":
            return value or ""
        case "locked":
            return bool(value)
    return None if value is None else _one(ticket, name, value, names)


def _one(ticket: Ticket, name: str, value: Json, names: Names) -> Any:
    match name:
        case "reporter":
            return _person(ticket, str(value), names)
        case "milestone":
            return Milestone(id=str(value), title=str(value))
        case "sprint":
            return Sprint(id=str(value), name=str(value))
        case "project":
            return Named(id=str(value), name=str(value))
        case "parent" | "epic":
            return TicketRef(key=str(value))
        case "due_date":
            return date.fromisoformat(str(value)[:10])
    return value


def _person(ticket: Ticket, one: str, names: Names) -> Person:
    login = one[1:] if one.startswith("@") else one
    return names.people.get((ticket.source, one), Person(id=one, login=login))


def _state(ticket: Ticket, categories: Meanings) -> dict[str, Any]:
    labels = [one.name for one in ticket.labels]
    meant = categories.of(ticket.source, ticket.status, ticket.close_reason, labels)
    over = meant in ("done", "canceled")
    return {"status_category": meant, "state": "closed" if over else "open"}


def as_of(
    connection: sa.Connection, keys: Sequence[Key], at: datetime, categories: Meanings
) -> dict[Key, AsOf]:
    """Tickets as they were, with the comments they had; those created later are left out."""
    found = whole_tickets(connection, keys, parts=True)
    rows = history.of(connection, keys, after=at, covered=True)
    return _rewound(connection, found, rows, at, categories)


def newest_as_of(
    connection: sa.Connection, at: datetime, categories: Meanings, source: str | None = None
) -> Iterator[tuple[AsOf, int]]:
    """Tickets as they were with how many comments they had, those created last first.

    A portion at a time: who needs a screenful does not wait for all there were.
    """
    query = _existing(at).order_by(tickets.c.created_at.desc().nulls_last(), *_PLACE)
    if source is not None:
        query = query.where(tickets.c.source == source)
    keys = [(name, ticket) for name, ticket in connection.execute(query.limit(PORTION))]
    taken = 0
    while keys:
        past = as_of(connection, keys, at, categories)
        for key in keys:
            if key in past:
                yield past[key], len(past[key].ticket.comments)
        taken += len(keys)
        rest = query.limit(PORTION).offset(taken)
        keys = [(name, ticket) for name, ticket in connection.execute(rest)]


def _existing(at: datetime) -> sa.Select[Any]:
    """Whatever was there by then, and may be lost now."""
    return sa.select(tickets.c.source, tickets.c.external_id).where(
        sa.or_(tickets.c.created_at.is_(None), tickets.c.created_at <= at),
        sa.or_(tickets.c.fate == "here", tickets.c.record.is_not(None)),
    )


def _rewound(
    connection: sa.Connection,
    found: dict[Key, Ticket],
    rows: dict[Key, list[HistoryRow]],
    at: datetime,
    categories: Meanings,
) -> dict[Key, AsOf]:
    names = names_in(connection, rows)
    rewound = {
        key: rewind(ticket, rows.get(key, ()), at, names, categories)
        for key, ticket in found.items()
    }
    return {key: one for key, one in rewound.items() if one is not None}


def names_in(connection: sa.Connection, rows: dict[Key, list[HistoryRow]]) -> Names:
    """What the names in these histories mean."""
    wanted = {
        (key[0], str(one))
        for key, past in rows.items()
        for row in past
        if row.entry.field in ("assignees", "reporter")
        for one in _people_in(row.entry)
    }
    sources = {key[0] for key in rows}
    return Names(accounts(connection, wanted), renamed(connection, sources, ("label", "component")))


def _people_in(entry: HistoryEntry) -> list[Json]:
    return [
        one
        for side in (entry.before, entry.after)
        for one in (side if isinstance(side, list) else [side])
        if one
    ]
