"""Sources: the file declares them, this table keeps their state. Rows outlive their entry."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.record import Cursor
from schemas.source import Source, SourceState, SourceStatus
from store import leases, privacy, sql
from store.prepared import Prepared
from store.tables import sources


def declare(connection: sa.Connection, declared: Sequence[Source], now: datetime) -> None:
    """Makes a row for each declared source; the others are marked removed, never deleted.

    One declared with another tracker or address loses its project's name: whether it is still the
    project that it is pinned to has to be asked.
    """
    rows = [
        {"name": one.name, "tracker": one.tracker, "url": one.url, "removed_at": None}
        for one in declared
    ]
    for one in declared:
        elsewhere = sa.or_(sources.c.url != one.url, sources.c.tracker != one.tracker)
        connection.execute(
            sources.update().where(sources.c.name == one.name, elsewhere).values(project_name=None)
        )
    sql.upsert(connection, sources, rows)
    connection.execute(
        sources.update()
        .where(sources.c.name.not_in([one.name for one in declared]))
        .where(sources.c.removed_at.is_(None))
        .values(removed_at=now)
    )
    privacy.note(connection, declared)


def state(connection: sa.Connection, name: str) -> SourceState | None:
    """What is known of one source."""
    row = connection.execute(sa.select(sources).where(sources.c.name == name)).one_or_none()
    return _state(row) if row else None


def states(connection: sa.Connection) -> dict[str, SourceState]:
    """What is known of all sources that are not removed."""
    query = sa.select(sources).where(sources.c.removed_at.is_(None)).order_by(sources.c.name)
    return {row.name: _state(row) for row in connection.execute(query)}


_STANDING = Prepared(
    lambda _: sa.select(
        sources.c.name, sources.c.status, sources.c.project_id, sources.c.cursor
    ).where(sources.c.removed_at.is_(None))
)


def standings(connection: sa.Connection) -> dict[str, SourceState]:
    """The same, as little of it as a drain asks for: status, project and how far it was read."""
    return {
        name: SourceState.model_construct(
            name=name, status=status, project_id=project, cursor=_since(cursor)
        )
        for name, status, project, cursor in _STANDING.rows(connection, {})
    }


def _since(cursor: Any) -> Cursor | None:
    since = cursor.get("since") if cursor else None
    return Cursor.model_construct(since=datetime.fromisoformat(since)) if since else None


def set_status(
    connection: sa.Connection, name: str, status: str, reason: str = ""
) -> SourceStatus | None:
    """Sets a source's status with the reason a person reads.

    Returns the status before; None when it was this one already, or there is no such source.
    """
    before = connection.execute(
        sa.select(sources.c.status).where(sources.c.name == name).with_for_update()
    ).scalar_one_or_none()
    connection.execute(
        sources.update().where(sources.c.name == name).values(status=status, status_reason=reason)
    )
    return None if before == status else before


def pin(connection: sa.Connection, name: str, project_id: str, project_name: str) -> None:
    """Pins a source to the tracker's immutable project id; the name may change later."""
    connection.execute(
        sources.update()
        .where(sources.c.name == name)
        .where(sa.or_(sources.c.project_id.is_(None), sources.c.project_id == project_id))
        .values(project_id=project_id, project_name=project_name)
    )


def move_cursor(
    connection: sa.Connection,
    name: str,
    cursor: Cursor | None,
    scope: str,
    lease: leases.Lease,
    **more: Any,
) -> bool:
    """Moves a source's cursor, if this lease still holds (law 4: a stale leader writes nothing)."""
    if not leases.holds(connection, lease):
        return False
    value = cursor.model_dump(mode="json") if cursor else None
    connection.execute(
        sources.update()
        .where(sources.c.name == name)
        .values(cursor=value, cursor_scope=scope, **more)
    )
    return True


def note(connection: sa.Connection, name: str, **columns: datetime | None) -> None:
    """Notes when something was last done for a source."""
    connection.execute(sources.update().where(sources.c.name == name).values(**columns))


def _state(row: Any) -> SourceState:
    return SourceState(
        name=row.name,
        status=row.status,
        status_reason=row.status_reason,
        project_id=row.project_id,
        project_name=row.project_name,
        cursor=Cursor(**row.cursor) if row.cursor else None,
        cursor_scope=row.cursor_scope,
        baseline_at=row.baseline_at,
        last_session_at=row.last_session_at,
        next_session_at=row.next_session_at,
    )
