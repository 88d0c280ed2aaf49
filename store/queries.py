"""Questions people ask about tickets: lists by filter, and one by its key."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from schemas.ticket import Ticket
from store.tables import comments, definitions, people, tickets
from store.whole import assemble, whole_tickets

_LISTED = [c for c in tickets.c if c.name not in ("record", "body")]
_EVER_SEEN = sa.or_(tickets.c.fate == "here", tickets.c.record.is_not(None))
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
    held = _held_comments()
    query = sa.select(*_LISTED, sa.literal("").label("body"), held).where(_EVER_SEEN)
    if source:
        query = query.where(tickets.c.source == source)
    if state:
        query = query.where(_in_state(state))
    if label:
        query = query.where(_carries(connection, label))
    if assignee:
        query = query.where(_assigned(connection, assignee))
    newest = (tickets.c.updated_at.desc().nulls_last(), tickets.c.source, tickets.c.number.desc())
    raw = connection.execute(query.order_by(*newest).limit(limit)).mappings().all()
    found = assemble(connection, raw)
    return [(found[row["source"], row["external_id"]], row["held_comments"]) for row in raw]


def by_key(connection: sa.Connection, key: str, source: str | None = None) -> list[Ticket]:
    """The tickets people call so, whole; several when sources share the key.

    A key that went on to another ticket inside a source names the one that is still there.
    """
    query = sa.select(tickets.c.source, tickets.c.external_id, tickets.c.fate)
    query = query.where(_EVER_SEEN, sa.func.lower(tickets.c.key) == key.lower())
    if source:
        query = query.where(tickets.c.source == source)
    best: dict[str, Any] = {}
    for row in connection.execute(query.order_by(tickets.c.source)):
        if row.source not in best or row.fate == "here":
            best[row.source] = row
    keys = [(row.source, row.external_id) for row in best.values()]
    return list(whole_tickets(connection, keys, parts=True).values())


def _held_comments() -> sa.ColumnElement[Any]:
    return (
        sa.select(sa.func.count())
        .select_from(comments)
        .where(
            comments.c.source == tickets.c.source,
            comments.c.ticket == tickets.c.external_id,
            comments.c.deleted.is_(False),
        )
        .scalar_subquery()
        .label("held_comments")
    )


def _in_state(state: str) -> sa.ColumnElement[bool]:
    here = tickets.c.fate == "here"
    return ~here if state == "deleted" else sa.and_(here, tickets.c.state == state)


def _carries(connection: sa.Connection, label: str) -> sa.ColumnElement[bool]:
    one = _each(connection, tickets.c.label_ids)
    return sa.exists(
        sa.select(1)
        .select_from(one)
        .where(
            definitions.c.source == tickets.c.source,
            definitions.c.kind == "label",
            definitions.c.external_id == one.c.value,
            definitions.c.deleted.is_(False),
            sa.func.lower(definitions.c.name) == label.lower(),
        )
    )


def _assigned(connection: sa.Connection, assignee: str) -> sa.ColumnElement[bool]:
    one = _each(connection, tickets.c.assignee_ids)
    names: Sequence[sa.Column[Any]] = (people.c.login, people.c.name, people.c.external_id)
    return sa.exists(
        sa.select(1)
        .select_from(one)
        .where(
            people.c.source == tickets.c.source,
            people.c.external_id == one.c.value,
            sa.or_(*(sa.func.lower(name) == assignee.lower() for name in names)),
        )
    )


def _each(connection: sa.Connection, column: sa.Column[Any]) -> sa.TableValuedAlias:
    """The members of a JSON list as rows with one column, `value`."""
    if connection.dialect.name == "postgresql":
        return sa.func.jsonb_array_elements_text(column).table_valued("value").render_derived()
    return sa.func.json_each(column).table_valued("value")
