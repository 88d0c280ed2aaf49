"""Where a ticket stands for mirrors: whether we know it, and all that was said of it (law 12)."""

from datetime import datetime

import sqlalchemy as sa

from schemas.held import Fate
from store import passes
from store.backup import restored_at
from store.keys import Key
from store.tables import deliveries, history, tickets

LISTED = "listed"
"""The mark of a source whose states, labels and their like were read whole."""


def of(connection: sa.Connection, key: Key) -> tuple[Fate | None, bool]:
    """(fate, settled): settled is a full record without a doubt and with nothing pending."""
    query = sa.select(tickets.c.fate, tickets.c.fingerprint, tickets.c.doubt_due_at).where(
        tickets.c.source == key[0], tickets.c.external_id == key[1]
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None, False
    whole = row.fingerprint is not None and row.doubt_due_at is None
    return row.fate, whole and not pending(connection, key)


def pending(connection: sa.Connection, key: Key) -> bool:
    """Whether a delivery of this ticket waits to be applied."""
    query = sa.select(deliveries.c.id).where(
        deliveries.c.source == key[0],
        deliveries.c.outcome.is_(None),
        deliveries.c.ticket == key[1],
    )
    return connection.execute(query.limit(1)).first() is not None


def lane_pending(connection: sa.Connection, source: str) -> bool:
    """Whether a delivery about a source as a whole waits to be applied."""
    query = sa.select(deliveries.c.id).where(
        deliveries.c.source == source,
        deliveries.c.outcome.is_(None),
        deliveries.c.ticket.is_(None),
    )
    return connection.execute(query.limit(1)).first() is not None


def changed_at(connection: sa.Connection, key: Key) -> dict[str, datetime]:
    """When each field was last changed, as far as the tracker told exactly."""
    query = (
        sa.select(history.c.field, sa.func.max(history.c.at).label("at"))
        .where(
            history.c.source == key[0],
            history.c.ticket == key[1],
            history.c.basis != "inferred",
            history.c.field.is_not(None),
        )
        .group_by(history.c.field)
    )
    return {row.field: row.at for row in connection.execute(query)}


def read_whole(connection: sa.Connection, source: str) -> bool:
    """Whether a source was read fully once since this store was born, or restored (law 7).

    Until then a twin may exist there that we have not seen.
    """
    return passes.whole_since(connection, source, restored_at(connection))


def definitions_known(connection: sa.Connection, source: str) -> bool:
    """Whether a source's states, labels and their like were read whole, and are drained.

    A source that refuses to list them is taken as it is.
    """
    last = passes.find(connection, source, "definitions")
    if last.mark != LISTED:
        return last.status == "error"
    query = sa.select(deliveries.c.id).where(
        deliveries.c.source == source,
        deliveries.c.outcome.is_(None),
        deliveries.c.ticket.is_(None),
    )
    return connection.execute(query.limit(1)).first() is None
