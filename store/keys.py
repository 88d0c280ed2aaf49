"""How tickets are named in queries: (source, external id), many at once."""

from collections.abc import Iterable

import sqlalchemy as sa

Key = tuple[str, str]
"""(source, external id)."""


def among(
    table: sa.Table, keys: Iterable[Key], column: str = "external_id"
) -> sa.ColumnElement[bool]:
    """The condition that a row belongs to one of these; false for none."""
    by_source: dict[str, list[str]] = {}
    for source, ticket in keys:
        by_source.setdefault(source, []).append(ticket)
    return sa.or_(
        sa.false(),
        *(
            sa.and_(table.c.source == source, table.c[column].in_(ids))
            for source, ids in by_source.items()
        ),
    )
