"""Questions people ask about tickets: lists by filter, and one by its key."""

from collections.abc import Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from schemas.ticket import Ticket
from store.keys import Key, among, by_source
from store.tables import comments, definitions, people, tickets
from store.whole import assemble, whole_tickets

_LISTED = [c for c in tickets.c if c.name not in ("record", "body")]
_AT_ONCE = 5_000
EVER_SEEN = sa.or_(tickets.c.fate == "here", tickets.c.record.is_not(None))
"""A tombstone of a ticket that was never read is nothing to show."""


def find(
    connection: sa.Connection,
    *,
    source: str | None = None,
    state: str | None = None,
    label: str | None = None,
    assignee: str | None = None,
    limit: int = 50,
) -> list[tuple[Ticket, int]]:
    """Tickets with the number of their comments, last changed first; bodies are left out.

    `state` is open, closed or deleted (also moved and hidden); names are compared without case.
    """
    conditions = [EVER_SEEN]
    if source:
        conditions.append(_of_source(connection, source))
    if state:
        conditions.append(_in_state(state))
    if label:
        conditions.append(_holds(connection, tickets.c.label_ids, _labels_called(label)))
    if assignee:
        conditions.append(_holds(connection, tickets.c.assignee_ids, _people_called(assignee)))
    return listed(connection, _newest(connection, conditions, limit))


def listed(connection: sa.Connection, keys: Sequence[Key]) -> list[tuple[Ticket, int]]:
    """These tickets with the number of their comments, in this order; bodies are left out."""
    found: dict[Key, tuple[Ticket, int]] = {}
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        query = sa.select(*_LISTED, sa.literal("").label("body")).where(EVER_SEEN)
        raw = connection.execute(query.where(among(tickets, some))).mappings().all()
        held = _held_comments(connection, some)
        whole = assemble(connection, raw)
        found |= {key: (ticket, held.get(key, 0)) for key, ticket in whole.items()}
    return [found[key] for key in keys if key in found]


def _newest(
    connection: sa.Connection, conditions: Sequence[sa.ColumnElement[bool]], limit: int
) -> list[Key]:
    """Keys, last changed first.

    Without bodies and records the rows are a tenth as long, and on SQLite an index holds all that
    is asked. Those without a time come last, by a query of their own: so the order is the index's.
    """
    query = (
        sa.select(tickets.c.source, tickets.c.external_id)
        .where(*conditions)
        .order_by(tickets.c.updated_at.desc(), tickets.c.source, tickets.c.number.desc())
    )
    timed = query.where(tickets.c.updated_at.is_not(None)).limit(limit)
    found = [(row.source, row.external_id) for row in connection.execute(timed)]
    if len(found) < limit:
        timeless = query.where(tickets.c.updated_at.is_(None)).limit(limit - len(found))
        found += [(row.source, row.external_id) for row in connection.execute(timeless)]
    return found


def by_key(connection: sa.Connection, key: str, source: str | None = None) -> list[Ticket]:
    """The tickets people call so, whole; several when sources share the key.

    A key that went on to another ticket inside a source names the one that is still there.
    """
    query = sa.select(tickets.c.source, tickets.c.external_id, tickets.c.fate)
    query = query.where(EVER_SEEN, _is_called(connection, key))
    if source:
        query = query.where(tickets.c.source == source)
    best: dict[str, Any] = {}
    for row in connection.execute(query.order_by(tickets.c.source)):
        if row.source not in best or row.fate == "here":
            best[row.source] = row
    keys = [(row.source, row.external_id) for row in best.values()]
    return list(whole_tickets(connection, keys, parts=True).values())


def _is_called(connection: sa.Connection, key: str) -> sa.ColumnElement[bool]:
    """Without case, in the form that the index `tickets_called` of each dialect has."""
    if connection.dialect.name == "postgresql":
        return sa.func.lower(tickets.c.key) == key.lower()
    return sa.collate(tickets.c.key, "NOCASE") == key


def _held_comments(connection: sa.Connection, keys: Sequence[Key]) -> dict[Key, int]:
    query = (
        sa.select(comments.c.source, comments.c.ticket, sa.func.count().label("held"))
        .where(among(comments, keys, "ticket"), comments.c.deleted.is_(False))
        .group_by(comments.c.source, comments.c.ticket)
    )
    return {(row.source, row.ticket): row.held for row in connection.execute(query)}


def _of_source(connection: sa.Connection, name: str) -> sa.ColumnElement[bool]:
    """On SQLite an expression, which no index knows: it then walks the one that has the order and
    all that is asked, instead of reading all rows of the source to sort them."""
    if connection.dialect.name == "postgresql":
        return tickets.c.source == name
    return tickets.c.source.concat("") == name


def _in_state(state: str) -> sa.ColumnElement[bool]:
    here = tickets.c.fate == "here"
    return ~here if state == "deleted" else sa.and_(here, tickets.c.state == state)


def _labels_called(name: str) -> sa.Select[Any]:
    return sa.select(definitions.c.source, definitions.c.external_id).where(
        definitions.c.kind == "label",
        definitions.c.deleted.is_(False),
        sa.func.lower(definitions.c.name) == name.lower(),
    )


def _people_called(name: str) -> sa.Select[Any]:
    names: Sequence[sa.Column[Any]] = (people.c.login, people.c.name, people.c.external_id)
    return sa.select(people.c.source, people.c.external_id).where(
        sa.or_(*(sa.func.lower(one) == name.lower() for one in names))
    )


def _holds(
    connection: sa.Connection, column: sa.Column[Any], named: sa.Select[Any]
) -> sa.ColumnElement[bool]:
    """The condition that a list of ids has one of those named, each in its source."""
    wanted = by_source((row.source, row.external_id) for row in connection.execute(named))
    holds = _has_any if connection.dialect.name == "postgresql" else _has_any_text
    return sa.or_(
        sa.false(),
        *(
            sa.and_(_of_source(connection, name), holds(column, ids))
            for name, ids in wanted.items()
        ),
    )


def _has_any(column: sa.Column[Any], ids: Sequence[str]) -> sa.ColumnElement[bool]:
    found: sa.ColumnElement[bool] = sa.type_coerce(column, JSONB).has_any(
        sa.cast(ids, ARRAY(sa.Text))
    )
    return found


def _has_any_text(column: sa.Column[Any], ids: Sequence[str]) -> sa.ColumnElement[bool]:
    """The text of the list names nearly all that do not fit without reading it as JSON."""
    each = sa.func.json_each(column).table_valued("value")
    return sa.and_(
        sa.or_(*(sa.func.instr(column, orjson.dumps(one).decode()) > 0 for one in ids)),
        sa.exists(sa.select(1).select_from(each).where(each.c.value.in_(ids))),
    )
