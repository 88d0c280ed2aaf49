"""The one SQL form both dialects share but SQLAlchemy spells twice: insert or update.

Statements are built once: building one costs ten times as much as sending it.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert(dialect: str, table: sa.Table) -> Any:
    """A dialect's own insert, which knows ON CONFLICT."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def send(
    connection: sa.Connection, statement: sa.Executable, rows: Sequence[Mapping[str, Any]]
) -> None:
    """A statement for each row; for a single row by the shorter way."""
    connection.execute(statement, rows[0] if len(rows) == 1 else rows)


def upsert(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[dict[str, Any]],
    *,
    keep: Iterable[str] = (),
    newer: str | None = None,
    bump: str | None = None,
) -> None:
    """Inserts rows or updates those with the same primary key.

    Columns in `keep` stay as they are on update, `bump` is raised by one, and with `newer` a row
    is only updated when that column is not smaller than before.
    """
    if rows:
        names = tuple(rows[0])
        send(
            connection,
            _upsert(connection.dialect.name, table, names, tuple(keep), newer, bump),
            rows,
        )


@lru_cache(maxsize=256)
def _upsert(
    dialect: str,
    table: sa.Table,
    names: tuple[str, ...],
    keep: tuple[str, ...],
    newer: str | None,
    bump: str | None,
) -> Any:
    statement = insert(dialect, table).values({name: sa.bindparam(name) for name in names})
    keys = [column.name for column in table.primary_key]
    updated = {
        name: statement.excluded[name] for name in names if name not in keys and name not in keep
    }
    if bump is not None:
        updated[bump] = table.c[bump] + 1
    condition = None if newer is None else statement.excluded[newer] >= table.c[newer]
    return statement.on_conflict_do_update(index_elements=keys, set_=updated, where=condition)
