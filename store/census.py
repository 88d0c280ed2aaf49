"""The census: which tickets a round was shown, and which of ours it was not."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from store import sql
from store.tables import census_seen, tickets


def show(connection: sa.Connection, source: str, ids: Iterable[str], number: int) -> None:
    """Notes that round `number` was shown these tickets."""
    rows = [{"source": source, "ticket": one, "round": number} for one in sorted(set(ids))]
    sql.upsert(connection, census_seen, rows)


def unshown(connection: sa.Connection, source: str, number: int, before: datetime) -> list[str]:
    """Tickets that we believe to exist, observed before the round began, that it was not shown."""
    shown = sa.exists().where(
        census_seen.c.source == tickets.c.source,
        census_seen.c.ticket == tickets.c.external_id,
        census_seen.c.round == number,
    )
    query = sa.select(tickets.c.external_id).where(
        tickets.c.source == source,
        tickets.c.fate == "here",
        tickets.c.observed_at < before,
        ~shown,
    )
    return sorted(connection.execute(query).scalars())


def forget(connection: sa.Connection, source: str) -> None:
    """Drops what a round that is over was shown."""
    connection.execute(census_seen.delete().where(census_seen.c.source == source))
