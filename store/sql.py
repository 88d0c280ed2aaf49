"""The one SQL form both dialects share but SQLAlchemy spells twice: insert or update."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert(connection: sa.Connection, table: sa.Table) -> Any:
    """A dialect's own insert, which knows ON CONFLICT."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def upsert(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[dict[str, Any]],
    *,
    keep: Iterable[str] = (),
    newer: str | None = None,
    **replaced: Any,
) -> None:
    """Inserts rows or updates those with the same primary key.

    Columns in `keep` stay as they are on update, `replaced` gives others an expression, and
    with `newer` a row is only updated when that column is not smaller than before.
    """
    if not rows:
        return
    statement = insert(connection, table)
    keys = [column.name for column in table.primary_key]
    updated = {
        name: statement.excluded[name]
        for name in rows[0]
        if name not in keys and name not in set(keep)
    } | replaced
    condition = None if newer is None else statement.excluded[newer] >= table.c[newer]
    statement = statement.on_conflict_do_update(index_elements=keys, set_=updated, where=condition)
    connection.execute(statement, list(rows))
