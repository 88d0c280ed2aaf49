"""How tickets are named in queries: (source, external id), many at once."""

from collections.abc import Iterable

import sqlalchemy as sa

Key = tuple[str, str]
"""(source, external id)."""


def by_source(keys: Iterable[Key]) -> dict[str, list[str]]:
    """The ids of each source."""
    found: dict[str, list[str]] = {}
    for source, ticket in keys:
        found.setdefault(source, []).append(ticket)
    return found


def among(
    table: sa.Table, keys: Iterable[Key], column: str = "external_id"
) -> sa.ColumnElement[bool]:
    """The condition that a row belongs to one of these; false for none."""
    places = by_source(keys)
    if len(places) == 1:
        ((source, ids),) = places.items()
        if len(ids) == 1:  # nearly always, and a third of the time that a list takes
            return sa.and_(table.c.source == source, table.c[column] == ids[0])
    return sa.or_(
        sa.false(),
        *(
            sa.and_(table.c.source == source, table.c[column].in_(ids))
            for source, ids in places.items()
        ),
    )
