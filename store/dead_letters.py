"""Dead letters: no table, but the one query over rows that were given up on."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from schemas.delivery import Delivery, Outcome
from store import audit, journal
from store.tables import deliveries


def find(
    connection: sa.Connection,
    *,
    ids: Sequence[int] = (),
    source: str | None = None,
    event: str | None = None,
    cause: str | None = None,
    limit: int | None = 50,
    after: int = 0,
) -> list[Delivery]:
    """Dead deliveries, oldest first, by id or by filter; `cause` is a part of the error.

    `after` is the number of one that was seen: those newer than it.
    """
    columns = [c for c in deliveries.c if c.name != "body"]
    query = sa.select(*columns).where(deliveries.c.outcome == str(Outcome.dead))
    if ids:
        query = query.where(deliveries.c.id.in_(ids))
    if source:
        query = query.where(deliveries.c.source == source)
    if event:
        query = query.where(deliveries.c.event == event)
    if after:
        query = query.where(deliveries.c.id > after)
    if cause:
        query = query.where(deliveries.c.reason.contains(cause, autoescape=True))
    rows = connection.execute(query.order_by(deliveries.c.id).limit(limit))
    return [journal.delivery(row) for row in rows]


def drop(connection: sa.Connection, ids: Sequence[int], who: str, now: datetime) -> int:
    """Gives dead letters up for good: ignored, with the name of who said so; how many."""
    dropped = connection.execute(
        deliveries.update()
        .where(deliveries.c.id.in_(ids), deliveries.c.outcome == str(Outcome.dead))
        .values(outcome=str(Outcome.ignored), reason=f"dropped by {who}")
    ).rowcount
    for one in ids:
        audit.note(connection, now, who, "drop", f"delivery {one}")
    return dropped
