"""The one SQL form both dialects share but SQLAlchemy spells twice: insert or update.

Statements are built and compiled once: that costs ten times as much as sending one.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from store.prepared import Prepared


def insert(dialect: str, table: sa.Table) -> Any:
    """A dialect's own insert, which knows ON CONFLICT."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def upsert(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[dict[str, Any]],
    *,
    keep: Iterable[str] = (),
    newer: str | None = None,
    bump: tuple[str, ...] = (),
    by: tuple[str, ...] = (),
) -> None:
    """Inserts rows or updates those with the same primary key, or the same values `by` others.

    Columns in `keep` stay as they are on update, those in `bump` are raised by one, and with
    `newer` a row is only updated when that column is not smaller than before.
    """
    if rows:
        _upsert(table, tuple(rows[0]), tuple(keep), newer, bump, by).send(connection, rows)


@lru_cache(maxsize=256)
def _upsert(
    table: sa.Table,
    names: tuple[str, ...],
    keep: tuple[str, ...],
    newer: str | None,
    bump: tuple[str, ...],
    by: tuple[str, ...],
) -> Prepared:
    def build(dialect: str) -> Any:
        given: dict[str, Any] = {name: sa.bindparam(name) for name in names}
        statement = insert(dialect, table).inline().values(given)
        keys = list(by) or [column.name for column in table.primary_key]
        new = statement.excluded
        updated = {name: new[name] for name in names if name not in keys and name not in keep}
        updated |= {name: table.c[name] + 1 for name in bump}
        condition = None if newer is None else new[newer] >= table.c[newer]
        return statement.on_conflict_do_update(index_elements=keys, set_=updated, where=condition)

    return Prepared(build)
