"""Comments and their twins, and what both said when they last agreed."""

from typing import Any

import sqlalchemy as sa

from schemas.mirror import MappedComment
from store.keys import Key
from store.tables import comments, mapped_comments, mappings, mirrors


def of(connection: sa.Connection, mapping: int) -> list[MappedComment]:
    """The comments of a mapping, oldest first."""
    query = sa.select(mapped_comments).where(mapped_comments.c.mapping == mapping)
    found = connection.execute(query.order_by(mapped_comments.c.id))
    return [MappedComment(**row._mapping) for row in found]


def join(connection: sa.Connection, **columns: Any) -> int:
    """A comment has a twin now; its row."""
    statement = mapped_comments.insert().values(columns).returning(mapped_comments.c.id)
    return int(connection.execute(statement).scalar_one())


def agree(connection: sa.Connection, row: int, **columns: Any) -> None:
    """What both said when they last agreed."""
    connection.execute(mapped_comments.update().where(mapped_comments.c.id == row).values(columns))


def forget(connection: sa.Connection, row: int) -> None:
    """One of the two is gone, and so it stays."""
    agree(connection, row, deleted=True)


def drop(connection: sa.Connection, row: int) -> None:
    """The comment has no twin any more, and may get a new one."""
    connection.execute(mapped_comments.delete().where(mapped_comments.c.id == row))


def drop_all(connection: sa.Connection, mapping: int) -> None:
    """Nothing is known of a mapping's comments any more."""
    connection.execute(mapped_comments.delete().where(mapped_comments.c.mapping == mapping))


def proven_gone(connection: sa.Connection, key: Key) -> frozenset[str]:
    """The comments of a ticket that were deleted at the tracker."""
    query = sa.select(comments.c.external_id).where(
        comments.c.source == key[0], comments.c.ticket == key[1], comments.c.deleted.is_(True)
    )
    return frozenset(connection.execute(query).scalars())


def born(connection: sa.Connection, key: Key, *, but: int) -> dict[str, str]:
    """Where comments of a ticket that other mappings made were first written: id to source/id."""
    of_ticket = sa.or_(
        sa.and_(mirrors.c.source == key[0], mappings.c.left == key[1]),
        sa.and_(mirrors.c.target == key[0], mappings.c.right == key[1]),
    )
    query = _JOINED.where(mapped_comments.c.mapping != but, of_ticket)
    found: dict[str, str] = {}
    for row in connection.execute(query):
        (home, origin), (away, twin) = _ends(row)
        if twin is not None and origin is not None and away == key[0]:
            found[twin] = _root(connection, home, origin)
    return found


_JOINED = sa.select(mapped_comments, mirrors.c.source, mirrors.c.target).select_from(
    mapped_comments.join(mappings, mappings.c.id == mapped_comments.c.mapping).join(
        mirrors, mirrors.c.id == mappings.c.mirror
    )
)


def _ends(row: Any) -> tuple[tuple[str, str | None], tuple[str, str | None]]:
    """(where it was written, its twin), each as (source, comment)."""
    left, right = (row.source, row.left), (row.target, row.right)
    return (left, right) if row.born == "left" else (right, left)


def _root(connection: sa.Connection, source: str, comment: str) -> str:
    """Up to where it was first written."""
    seen = {(source, comment)}
    while True:
        made = sa.or_(
            sa.and_(mirrors.c.target == source, mapped_comments.c.right == comment),
            sa.and_(mirrors.c.source == source, mapped_comments.c.left == comment),
        )
        above = [
            (home, origin)
            for row in connection.execute(_JOINED.where(made))
            for (home, origin), twin in [_ends(row)]
            if twin == (source, comment) and origin is not None
        ]
        if not above or above[0] in seen:
            return f"{source}/{comment}"
        seen.add(above[0])
        source, comment = above[0]
