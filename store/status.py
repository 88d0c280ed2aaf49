"""The state of the whole at a glance: what `status`, /metrics and the dashboard show."""

from datetime import datetime

import sqlalchemy as sa

from schemas.model import Model
from store.tables import deliveries, sources, tickets


class SourceOverview(Model):
    """One source. `behind_seconds` is the age of the oldest delivery not yet applied, 0 if none."""

    name: str
    tracker: str
    status: str
    status_reason: str = ""
    behind_seconds: float = 0.0
    open: int = 0
    dead: int = 0
    tickets: int = 0
    in_doubt: int = 0
    oldest_doubt_seconds: float = 0.0
    last_session: datetime | None = None


class Overview(Model):
    """All sources and the journal's counts."""

    total: int
    open: int
    dead: int
    sources: tuple[SourceOverview, ...]


def overview(connection: sa.Connection, now: datetime) -> Overview:
    """Reads the state; a few indexed counts."""
    waiting = _counts(connection, deliveries.c.outcome.is_(None))
    dead = _counts(connection, deliveries.c.outcome == "dead")
    held = _tickets(connection)
    query = sa.select(sources).where(sources.c.removed_at.is_(None)).order_by(sources.c.name)
    rows = [
        SourceOverview(
            name=row.name,
            tracker=row.tracker,
            status=row.status,
            status_reason=row.status_reason,
            open=waiting.get(row.name, (0, None))[0],
            behind_seconds=_age(waiting.get(row.name, (0, None))[1], now),
            dead=dead.get(row.name, (0, None))[0],
            tickets=held.get(row.name, (0, 0, None))[0],
            in_doubt=held.get(row.name, (0, 0, None))[1],
            oldest_doubt_seconds=_age(held.get(row.name, (0, 0, None))[2], now),
            last_session=row.last_session_at,
        )
        for row in connection.execute(query)
    ]
    total = connection.execute(sa.select(sa.func.count()).select_from(deliveries)).scalar_one()
    return Overview(
        total=total,
        open=sum(count for count, _ in waiting.values()),
        dead=sum(count for count, _ in dead.values()),
        sources=tuple(rows),
    )


def _counts(
    connection: sa.Connection, condition: sa.ColumnElement[bool]
) -> dict[str, tuple[int, datetime | None]]:
    query = (
        sa.select(deliveries.c.source, sa.func.count(), sa.func.min(deliveries.c.received_at))
        .where(condition)
        .group_by(deliveries.c.source)
    )
    return {source: (count, oldest) for source, count, oldest in connection.execute(query)}


def _tickets(connection: sa.Connection) -> dict[str, tuple[int, int, datetime | None]]:
    doubt = tickets.c.doubt_due_at.is_not(None)
    query = sa.select(
        tickets.c.source,
        sa.func.count(),
        sa.func.count(tickets.c.doubt_due_at),
        sa.func.min(sa.case((doubt, tickets.c.last_synced_at))),
    ).group_by(tickets.c.source)
    return {row[0]: (row[1], row[2], row[3]) for row in connection.execute(query)}


def _age(moment: datetime | None, now: datetime) -> float:
    return 0.0 if moment is None else max(0.0, (now - moment).total_seconds())
