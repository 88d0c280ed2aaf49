"""Sessions: one row a reconcile run, with its report."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.session import Report, Session
from store.database import Store
from store.tables import deliveries, sessions

KILLED = "its process ended before it did"


def begin(connection: sa.Connection, source: str, kind: str, now: datetime) -> int:
    """Opens a session; its id."""
    statement = (
        sessions.insert()
        .values(source=source, kind=kind, started_at=now, status="running", report={})
        .returning(sessions.c.id)
    )
    return int(connection.execute(statement).scalar_one())


def end(
    connection: sa.Connection,
    session: int,
    now: datetime,
    report: Report,
    error: str | None = None,
    *,
    resumes_at: datetime | None = None,
) -> None:
    """Closes a session; one that `resumes_at` a time is parked, not failed."""
    status = "parked" if resumes_at else "error" if error else "complete"
    connection.execute(
        sessions.update()
        .where(sessions.c.id == session)
        .values(
            ended_at=now,
            status=status,
            error=error,
            report=report.model_dump(),
            resumes_at=resumes_at,
        )
    )


def running(connection: sa.Connection, source: str) -> Session | None:
    """The session that runs, or that was killed while it ran."""
    query = sa.select(sessions).where(sessions.c.source == source, sessions.c.status == "running")
    row = connection.execute(query.order_by(sessions.c.id.desc()).limit(1)).one_or_none()
    return _session(row) if row else None


def bury(connection: sa.Connection, source: str, now: datetime) -> int:
    """Ends sessions whose process was killed; for the holder of the source's lease. How many."""
    killed = connection.execute(
        sessions.update()
        .where(sessions.c.source == source, sessions.c.status == "running")
        .values(ended_at=now, status="error", error=KILLED)
    )
    return killed.rowcount


def prune(store: Store, before: datetime) -> int:
    """Drops sessions that ended before then, but the first that read a source; how many."""
    complete = sa.and_(sessions.c.status == "complete", sessions.c.kind != "hooks")
    first = sa.select(sa.func.min(sessions.c.id)).where(complete).group_by(sessions.c.source)
    old = sa.and_(sessions.c.ended_at < before, sessions.c.id.not_in(first))
    with store.write() as connection:
        return connection.execute(sessions.delete().where(old)).rowcount


def parked_full(connection: sa.Connection, source: str) -> int | None:
    """The first of the full sessions that were parked one after the other, if the last ones are."""
    query = sa.select(sessions.c.id, sessions.c.kind, sessions.c.status)
    query = query.where(sessions.c.source == source).order_by(sessions.c.id.desc())
    first = None
    for row in connection.execute(query.limit(1_000)):
        if (row.kind, row.status) != ("full", "parked"):
            break
        first = int(row.id)
    return first


def failures(connection: sa.Connection, session: int) -> int:
    """Deliveries of a session that ended as dead letters so far."""
    query = sa.select(sa.func.count()).where(
        deliveries.c.session == session, deliveries.c.outcome == "dead"
    )
    return int(connection.execute(query).scalar_one())


def find(
    connection: sa.Connection,
    source: str | None = None,
    limit: int = 20,
    before: int | None = None,
) -> Sequence[Session]:
    """Sessions, newest first; `before` is the number of one that was seen: those older."""
    query = sa.select(sessions).order_by(sessions.c.id.desc()).limit(limit)
    if source:
        query = query.where(sessions.c.source == source)
    if before is not None:
        query = query.where(sessions.c.id < before)
    return [_session(row) for row in connection.execute(query)]


def get(connection: sa.Connection, session: int) -> Session:
    """One session."""
    query = sa.select(sessions).where(sessions.c.id == session)
    return _session(connection.execute(query).one())


def look_up(connection: sa.Connection, session: int) -> Session | None:
    """One session, if there is one of that number."""
    query = sa.select(sessions).where(sessions.c.id == session)
    row = connection.execute(query).one_or_none()
    return _session(row) if row else None


def _session(row: Any) -> Session:
    return Session(
        id=row.id,
        source=row.source,
        kind=row.kind,
        started_at=row.started_at,
        ended_at=row.ended_at,
        status=row.status,
        error=row.error,
        report=Report(**row.report),
        resumes_at=row.resumes_at,
    )
