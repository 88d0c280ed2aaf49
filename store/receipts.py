"""Receipts: what each step of our own writes left at a tracker."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.mirror import Receipt
from schemas.model import Json
from store.keys import Key, among
from store.tables import receipts


def keep(
    connection: sa.Connection,
    *,
    mapping: int | None,
    source: str,
    ticket: str,
    step: str,
    revision: str | None,
    fingerprint: str | None,
    now: datetime,
    comment: str | None = None,
    fields: dict[str, tuple[Json, Json]] | None = None,
    origins: dict[str, str] | None = None,
    read_at: datetime | None = None,
    session: int | None = None,
) -> int:
    """Keeps what a step left; its number. `fields` are (before, after), `read_at` when the ticket
    was read before it."""
    statement = (
        receipts.insert()
        .values(
            mapping=mapping,
            source=source,
            ticket=ticket,
            comment=comment,
            step=step,
            revision=revision,
            fingerprint=fingerprint,
            fields={name: list(pair) for name, pair in (fields or {}).items()},
            origins=origins or {},
            read_at=read_at,
            at=now,
            session=session,
        )
        .returning(receipts.c.id)
    )
    return int(connection.execute(statement).scalar_one())


def marks(connection: sa.Connection, keys: Iterable[Key]) -> set[tuple[str, str, str, str]]:
    """(source, ticket, revision, fingerprint) of all that our writes left at these tickets."""
    wanted = list(keys)
    found: set[tuple[str, str, str, str]] = set()
    for start in range(0, len(wanted), 200):
        where = among(receipts, wanted[start : start + 200], "ticket")
        query = sa.select(
            receipts.c.source, receipts.c.ticket, receipts.c.revision, receipts.c.fingerprint
        ).where(where, receipts.c.fingerprint.is_not(None), receipts.c.comment.is_(None))
        found |= {(row[0], row[1], row[2] or "", row[3]) for row in connection.execute(query)}
    return found


def origins(connection: sa.Connection, key: Key) -> dict[str, tuple[str, Json]]:
    """By field: the edit our last write of it stems from, and the value it wrote."""
    query = (
        sa.select(receipts.c.fields, receipts.c.origins)
        .where(receipts.c.source == key[0], receipts.c.ticket == key[1])
        .order_by(receipts.c.id.desc())
        .limit(50)
    )
    found: dict[str, tuple[str, Json]] = {}
    for fields, stems in connection.execute(query):
        for field, stem in stems.items():
            if field not in found and field in fields:
                found[field] = (stem, fields[field][1])
    return found


def count_since(connection: sa.Connection, mapping: int, moment: datetime) -> int:
    """How many steps a mapping has written to tickets since then."""
    query = sa.select(sa.func.count()).where(
        receipts.c.mapping == mapping, receipts.c.at >= moment, receipts.c.comment.is_(None)
    )
    return int(connection.execute(query).scalar_one())


def count_of(connection: sa.Connection, session: int) -> int:
    """How many steps a session has written."""
    query = sa.select(sa.func.count()).where(receipts.c.session == session)
    return int(connection.execute(query).scalar_one())


def of_mapping(connection: sa.Connection, mapping: int, limit: int = 50) -> list[Receipt]:
    """What a mapping wrote, newest first."""
    query = sa.select(receipts).where(receipts.c.mapping == mapping)
    return _found(connection.execute(query.order_by(receipts.c.id.desc()).limit(limit)).all())


def of_session(connection: sa.Connection, session: int) -> list[Receipt]:
    """What a session wrote, newest first."""
    query = sa.select(receipts).where(receipts.c.session == session)
    return _found(connection.execute(query.order_by(receipts.c.id.desc())).all())


def since(connection: sa.Connection, mapping: int, moment: datetime) -> list[Receipt]:
    """What a mapping wrote to its tickets since then, oldest first."""
    query = sa.select(receipts).where(
        receipts.c.mapping == mapping, receipts.c.at >= moment, receipts.c.comment.is_(None)
    )
    return _found(connection.execute(query.order_by(receipts.c.id)).all())


def writers(connection: sa.Connection, keys: Iterable[Key], moment: datetime) -> set[int]:
    """The mappings that wrote to any of these tickets since then."""
    wanted, found = list(keys), set[int]()
    for start in range(0, len(wanted), 200):
        where = among(receipts, wanted[start : start + 200], "ticket")
        query = sa.select(receipts.c.mapping).where(
            where, receipts.c.at >= moment, receipts.c.mapping.is_not(None)
        )
        found |= set(connection.execute(query.distinct()).scalars())
    return found


def prune(connection: sa.Connection, before: datetime, most: int) -> int:
    """Drops some receipts of before then; how many.

    The newest of a ticket stays: what a value stems from keeps rings of mirrors at rest.
    """
    newer = receipts.alias()
    later = sa.exists().where(
        newer.c.source == receipts.c.source,
        newer.c.ticket == receipts.c.ticket,
        newer.c.id > receipts.c.id,
        newer.c.comment.is_(None),
    )
    old = sa.select(receipts.c.id).where(receipts.c.at < before, later).limit(most)
    ids = list(connection.execute(old).scalars())
    if ids:
        connection.execute(receipts.delete().where(receipts.c.id.in_(ids)))
    return len(ids)


def _found(found: Sequence[Any]) -> list[Receipt]:
    return [Receipt(**{k: v for k, v in row._mapping.items() if k != "read_at"}) for row in found]
