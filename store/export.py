"""Export: what is held, row by row under names that stay, in one order and of one moment.

Rows come in batches, so the memory needed does not depend on how many there are.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.history import HistoryRow
from schemas.ticket import Person, Ticket
from store import as_of, history
from store.categories import Meanings
from store.columns import COMMENTS, HISTORY, LINKS, NUMBERS, SNAPSHOTS, TICKETS, Columns
from store.database import Connection, Store
from store.keys import Key, among
from store.queries import EVER_SEEN
from store.tables import comments, flows, links, snapshots, tickets
from store.whole import comments_of, whole_tickets
from store.workspace.render import shown_person

BATCH = 500
STRUCK = "[redacted]"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which source, None for all; as of when, None for now, and then what statuses meant;
    `secrets` are struck out of every text."""

    source: str | None = None
    at: datetime | None = None
    categories: Meanings | None = None
    secrets: Sequence[str] = ()


@contextmanager
def one_moment(store: Store) -> Iterator[Connection]:
    """For reading much: what others write meanwhile is not seen. Raises StoreAway."""
    with store.read() as connection:
        if store.dialect == "sqlite":
            yield connection
            return
        connection.exec_driver_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            yield connection
        finally:
            connection.exec_driver_sql("ROLLBACK")


def exported(connection: Connection, what: str, asked: Asked) -> Iterator[list[Row]]:
    """All rows of one of KINDS, in batches; each row has the columns of that kind."""
    _, make = KINDS[what]
    for rows in make(connection, asked):
        yield [_struck(row, asked.secrets) for row in rows] if asked.secrets else rows


def _struck(value: Any, secrets: Sequence[str]) -> Any:
    """Without secrets of ours, should somebody have written one into a ticket."""
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, STRUCK) if secret in value else value
        return value
    if isinstance(value, list | tuple):
        return [_struck(one, secrets) for one in value]
    if isinstance(value, dict):
        return {name: _struck(one, secrets) for name, one in value.items()}
    return value


def _by_ticket(
    make: Callable[[Connection, Mapping[Key, str], Asked], list[Row]],
) -> Callable[[Connection, Asked], Iterator[list[Row]]]:
    """What belongs to tickets: `make` is given the keys that people say by those of the store."""

    def all_rows(connection: Connection, asked: Asked) -> Iterator[list[Row]]:
        for keys in _keys(connection, asked.source):
            yield make(connection, keys, asked)

    return all_rows


def _keys(connection: Connection, source: str | None) -> Iterator[dict[Key, str]]:
    """All tickets by source and id."""
    names = sa.select(tickets.c.source).distinct().order_by(tickets.c.source)
    for name in [source] if source else list(connection.execute(names).scalars()):
        last = ""
        query = sa.select(tickets.c.external_id, tickets.c.key)
        query = query.where(tickets.c.source == name, EVER_SEEN)
        query = query.order_by(tickets.c.external_id).limit(BATCH)
        while found := connection.execute(query.where(tickets.c.external_id > last)).all():
            yield {(name, row.external_id): row.key for row in found}
            last = found[-1].external_id


def _tickets(connection: Connection, keys: Mapping[Key, str], asked: Asked) -> list[Row]:
    if asked.at is None or asked.categories is None:
        counts = _comment_counts(connection, keys)
        found = whole_tickets(connection, list(keys))
        return [_ticket(found[key], counts.get(key, 0)) for key in keys if key in found]
    past = as_of.as_of(connection, list(keys), asked.at, asked.categories)
    return [
        _ticket(one.ticket, len(one.ticket.comments)) | {"unknown": sorted(one.unknown)}
        for one in (past[key] for key in keys if key in past)
    ]


def _comment_counts(connection: Connection, keys: Iterable[Key]) -> dict[Key, int]:
    query = (
        sa.select(comments.c.source, comments.c.ticket, sa.func.count().label("held"))
        .where(among(comments, keys, "ticket"), comments.c.deleted.is_(False))
        .group_by(comments.c.source, comments.c.ticket)
    )
    return {(row.source, row.ticket): row.held for row in connection.execute(query)}


def _ticket(ticket: Ticket, held: int) -> Row:
    values: Row = {name: getattr(ticket, name, None) for name, _ in TICKETS}
    return values | {
        "status_category": str(ticket.status_category),
        "labels": sorted(one.name for one in ticket.labels),
        "assignees": [shown_person(one) for one in ticket.assignees],
        "reporter": shown_person(ticket.reporter) if ticket.reporter else None,
        "milestone": ticket.milestone.title if ticket.milestone else None,
        "sprint": ticket.sprint.name if ticket.sprint else None,
        "project": ticket.project.name if ticket.project else None,
        "parent": _called(ticket.parent),
        "epic": _called(ticket.epic),
        "components": [one.name for one in ticket.components],
        "comments": held,
        "deleted": ticket.sync_status == "deleted",
        "unknown": [],
    }


def _called(reference: Any) -> str | None:
    return (reference.key or reference.external_id or reference.url) if reference else None


def _comments(connection: Connection, keys: Mapping[Key, str], asked: Asked) -> list[Row]:
    found = comments_of(connection, keys)
    return [
        {
            "source": key[0],
            "ticket": keys[key],
            "ticket_id": key[1],
            "id": one.id,
            "author": shown_person(one.author) if one.author else None,
            "body": one.body,
            "internal": one.internal,
            "created_at": one.created_at,
            "updated_at": one.updated_at,
            "url": one.url,
        }
        for key in keys
        for one in found.get(key, ())
        if asked.at is None or one.created_at is None or one.created_at <= asked.at
    ]


def _history(connection: Connection, keys: Mapping[Key, str], asked: Asked) -> list[Row]:
    found = history.of(connection, keys)
    people = as_of.names_in(connection, found).people
    return [
        _change(row, keys[key], people)
        for key in keys
        for row in found.get(key, ())
        if asked.at is None or row.entry.at <= asked.at
    ]


def _change(row: HistoryRow, key: str, people: Mapping[Key, Person]) -> Row:
    entry = row.entry
    return {
        "source": row.source,
        "ticket": key,
        "ticket_id": entry.ticket,
        "id": entry.id,
        "at": entry.at,
        "since": row.since,
        "actor": shown_person(entry.actor) if entry.actor else None,
        "field": entry.field,
        "native_field": entry.native_field,
        "before": _named(row, entry.before, people),
        "after": _named(row, entry.after, people),
        "told": entry.told,
        "basis": row.basis,
    }


def _named(row: HistoryRow, value: Any, people: Mapping[Key, Person]) -> Any:
    """People as they are called; all else is told in the words that are shown."""
    if row.entry.field not in ("assignees", "reporter"):
        return value
    if isinstance(value, list):
        return [_named(row, one, people) for one in value]
    known = people.get((row.source, str(value)))
    return shown_person(known) if known else value


def _numbers(connection: Connection, keys: Mapping[Key, str], asked: Asked) -> list[Row]:
    query = sa.select(flows).where(among(flows, keys, "ticket"))
    found = {(row["source"], row["ticket"]): row for row in connection.execute(query).mappings()}
    return [
        {name: found[key].get(name) for name, _ in NUMBERS}
        | {"ticket": keys[key], "ticket_id": key[1]}
        for key in keys
        if key in found
    ]


def _links(connection: Connection, asked: Asked) -> Iterator[list[Row]]:
    """An end that is held is called as it is called now."""
    first, second = tickets.alias("first"), tickets.alias("second")
    query = (
        sa.select(links, first.c.key.label("first_key"), second.c.key.label("second_key"))
        .outerjoin(first, _is_end(first, links.c.from_source, links.c.from_ticket))
        .outerjoin(second, _is_end(second, links.c.to_source, links.c.to_ticket))
        .order_by(links.c.id)
        .limit(BATCH)
    )
    if asked.source:
        query = query.where(
            sa.or_(links.c.from_source == asked.source, links.c.to_source == asked.source)
        )
    last = ""
    while found := connection.execute(query.where(links.c.id > last)).mappings().all():
        yield [
            {name: row[name] for name, _ in LINKS}
            | {"from_key": row["first_key"] or row["from_key"]}
            | {"to_key": row["second_key"] or row["to_key"]}
            for row in found
        ]
        last = found[-1]["id"]


def _is_end(table: Any, source: Any, ticket: Any) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.source == source, table.c.external_id == ticket)


def _snapshots(connection: Connection, asked: Asked) -> Iterator[list[Row]]:
    days = sa.select(snapshots.c.source, snapshots.c.day).distinct()
    if asked.source:
        days = days.where(snapshots.c.source == asked.source)
    order = [snapshots.c[name] for name in ("metric", "dimension", "member")]
    for source, day in connection.execute(days.order_by(snapshots.c.source, snapshots.c.day)).all():
        query = sa.select(*(snapshots.c[name] for name, _ in SNAPSHOTS)).order_by(*order)
        query = query.where(snapshots.c.source == source, snapshots.c.day == day)
        yield [dict(row) for row in connection.execute(query).mappings()]


Kind = tuple[Columns, Callable[[Connection, Asked], Iterator[list[Row]]]]
KINDS: Mapping[str, Kind] = {
    "tickets": (TICKETS, _by_ticket(_tickets)),
    "comments": (COMMENTS, _by_ticket(_comments)),
    "history": (HISTORY, _by_ticket(_history)),
    "numbers": (NUMBERS, _by_ticket(_numbers)),
    "snapshots": (SNAPSHOTS, _snapshots),
    "links": (LINKS, _links),
}
"""What can be exported, its columns, and how its rows are made."""

OF_A_MOMENT: Sequence[str] = ("tickets", "comments", "history")
"""What can be told of a time that is past."""
