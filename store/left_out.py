"""Left out: tickets we know to exist and do not want, so that no census asks about them again."""

from collections.abc import Iterable, Sequence
from typing import Literal

import sqlalchemy as sa

from store import sql
from store.tables import left_out

Reason = Literal["baseline", "filter"]
"""Older than a source that starts "now", or outside its filter as only a fetch could tell."""


def put(
    connection: sa.Connection,
    source: str,
    tickets: Iterable[tuple[str, str | None]],
    reason: Reason,
) -> None:
    """Notes tickets with the revisions they had when they were left out."""
    rows = [
        {"source": source, "ticket": ticket, "revision": revision, "reason": reason}
        for ticket, revision in tickets
    ]
    sql.upsert(connection, left_out, rows)


def of(
    connection: sa.Connection, source: str, tickets: Sequence[str]
) -> dict[str, tuple[str | None, Reason]]:
    """(revision, reason) of those among these tickets that were left out."""
    query = sa.select(left_out.c.ticket, left_out.c.revision, left_out.c.reason).where(
        left_out.c.source == source, left_out.c.ticket.in_(tickets)
    )
    return {row.ticket: (row.revision, row.reason) for row in connection.execute(query)}


def drop(connection: sa.Connection, source: str, tickets: Iterable[str]) -> None:
    """Forgets tickets that are taken in after all."""
    connection.execute(
        left_out.delete().where(left_out.c.source == source, left_out.c.ticket.in_(set(tickets)))
    )


def forget(connection: sa.Connection, source: str, reason: Reason) -> None:
    """Forgets what was left out for a reason that no longer holds."""
    connection.execute(
        left_out.delete().where(left_out.c.source == source, left_out.c.reason == reason)
    )
