"""Passes: where each reading of a source is, and when it was last made."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.model import Json
from schemas.session import Pass, PassName
from store import leases, sql
from store.tables import passes


def of(connection: sa.Connection, source: str) -> dict[str, Pass]:
    """The passes of a source that were ever made, by name."""
    query = sa.select(passes).where(passes.c.source == source)
    return {row.name: _pass(row) for row in connection.execute(query)}


def find(connection: sa.Connection, source: str, name: PassName) -> Pass:
    """One pass; a pending one when it was never made."""
    return of(connection, source).get(name) or Pass(name=name)


def begin(
    connection: sa.Connection,
    source: str,
    name: PassName,
    session: int,
    now: datetime,
    *,
    goes_on: bool = False,
) -> None:
    """A pass begins; one that `goes_on` where it was left began when it first did."""
    row = {"source": source, "name": name, "status": "syncing", "session": session}
    kept = ("began_at",) if goes_on else ()
    sql.upsert(connection, passes, [{**row, "began_at": now, "error": ""}], keep=kept)


def mark(
    connection: sa.Connection, source: str, name: PassName, mark: Json, lease: leases.Lease
) -> bool:
    """Notes where a pass goes on, if this lease still holds (law 4); also of one never made yet."""
    if not leases.holds(connection, lease):
        return False
    row = {"source": source, "name": name, "status": "pending", "mark": mark}
    sql.upsert(connection, passes, [row], keep=("status",))
    return True


def end(
    connection: sa.Connection, source: str, name: PassName, now: datetime, error: str = ""
) -> None:
    """A pass is complete, or met an error; `ended_at` is of the last complete one."""
    values: dict[str, Any] = {"status": "error", "error": error}
    if not error:
        values = {"status": "complete", "error": "", "ended_at": now}
    connection.execute(passes.update().where(_is(source, name)).values(**values))


def wait(connection: sa.Connection, source: str, name: PassName) -> None:
    """A pass waits to be gone on with."""
    connection.execute(passes.update().where(_is(source, name)).values(status="pending"))


def settle(connection: sa.Connection, source: str, name: PassName) -> None:
    """A pass that was complete once is so again: nobody has to go on with a later attempt."""
    once = passes.c.ended_at.is_not(None)
    values = {"status": "complete", "error": ""}
    connection.execute(passes.update().where(_is(source, name), once).values(**values))


def _is(source: str, name: str) -> sa.ColumnElement[bool]:
    return sa.and_(passes.c.source == source, passes.c.name == name)


def _pass(row: Any) -> Pass:
    return Pass(
        name=row.name,
        status=row.status,
        session=row.session,
        began_at=row.began_at,
        ended_at=row.ended_at,
        mark=row.mark,
        error=row.error,
    )


def whole_since(connection: sa.Connection, source: str, moment: datetime | None) -> bool:
    """Whether everything was read to the end, by a reading that began after that moment."""
    last = find(connection, source, "whole")
    if last.ended_at is None:
        return False
    return moment is None or (last.began_at is not None and last.began_at > moment)
