"""What all tables share: the types both dialects know, and the one register of tables."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB


class UtcTime(sa.TypeDecorator[datetime]):
    """Aware UTC moments; SQLite would hand them back naive."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Stores UTC; SQLite's text form has no zone."""
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Reads UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


json = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
metadata = sa.MetaData()


def partial_index(name: str, where: Any, *columns: sa.Column[Any]) -> None:
    """An index of the rows of which `where` is true."""
    sa.Index(name, *columns, sqlite_where=where, postgresql_where=where)
