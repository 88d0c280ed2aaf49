"""Doubts: tickets that wait for an answer of their tracker, claimed by whoever asks."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from schemas.held import Doubt
from store import rows
from store.keys import Key, among
from store.tables import tickets

CLAIM = timedelta(seconds=60)
"""How long nobody else asks about a ticket that somebody is asking about."""


def due(
    connection: sa.Connection, sources: Sequence[str], now: datetime, limit: int = 100
) -> list[Key]:
    """Tickets whose doubt is due to be asked about, longest due first."""
    query = (
        sa.select(tickets.c.source, tickets.c.external_id)
        .where(tickets.c.doubt_due_at <= now, tickets.c.source.in_(sources))
        .order_by(tickets.c.doubt_due_at)
        .limit(limit)
    )
    return [(source, ticket) for source, ticket in connection.execute(query)]


def claim(connection: sa.Connection, key: Key, now: datetime) -> Doubt | None:
    """The doubt, if it is due and nobody else took it; it comes due again should we die."""
    statement = (
        tickets.update()
        .where(among(tickets, [key]), tickets.c.doubt_due_at <= now)
        .values(doubt_due_at=now + CLAIM)
        .returning(tickets.c.doubt)
    )
    row = connection.execute(statement).one_or_none()
    return rows.doubt_of(row.doubt) if row else None


def drop(connection: sa.Connection, key: Key) -> None:
    """Gives a doubt up that nobody can answer."""
    connection.execute(
        tickets.update().where(among(tickets, [key])).values(doubt=None, doubt_due_at=None)
    )


def put_off(connection: sa.Connection, key: Key, doubt: Doubt) -> None:
    """Stores when the tracker is asked again, unless a new question came up meanwhile."""
    connection.execute(
        tickets.update()
        .where(among(tickets, [key]), tickets.c.doubt.is_not(None))
        .values(doubt_due_at=doubt.due_at)
    )
