"""Sessions: one row a reconcile run, with its report."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.session import Report, Session
from store.tables import sessions


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
) -> None:
    """Closes a session."""
    connection.execute(
        sessions.update()
        .where(sessions.c.id == session)
        .values(
            ended_at=now,
            status="error" if error else "complete",
            error=error,
            report=report.model_dump(),
        )
    )


def find(
    connection: sa.Connection, source: str | None = None, limit: int = 20
) -> Sequence[Session]:
    """Sessions, newest first."""
    query = sa.select(sessions).order_by(sessions.c.id.desc()).limit(limit)
    if source:
        query = query.where(sessions.c.source == source)
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
    )
