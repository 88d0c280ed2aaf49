"""Local tickets in SQL: numbers handed out, and what an edited file is compared with."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from schemas.model import Json
from store import rows, sql
from store.keys import Key
from store.tables import counters, folders, renders, tickets

_NUMBERS = "local"


@dataclass(frozen=True, slots=True)
class Held:
    """A local ticket whose file was edited; `base` is what the render showed that the edit began
    with, None for one we never made, `taken` names an edit that is in the store already."""

    record: Json
    base: dict[str, Any] | None
    taken: str | None


def next_number(connection: sa.Connection) -> int:
    """The next number, for this transaction alone: two processes never get the same one."""
    insert = sql.insert(connection.dialect.name, counters).values(name=_NUMBERS, last=1)
    statement = insert.on_conflict_do_update(
        index_elements=["name"], set_={"last": counters.c.last + 1}
    ).returning(counters.c.last)
    return int(connection.execute(statement).scalar_one())


def keys(connection: sa.Connection, source: str) -> dict[str, tuple[str, str | None]]:
    """(external id, recorded folder) of all tickets of a source, by key."""
    joined = tickets.outerjoin(
        folders,
        sa.and_(folders.c.source == tickets.c.source, folders.c.ticket == tickets.c.external_id),
    )
    query = (
        sa.select(tickets.c.key, tickets.c.external_id, folders.c.path)
        .select_from(joined)
        .where(tickets.c.source == source)
    )
    return {key: (ticket, path) for key, ticket, path in connection.execute(query)}


def held(connection: sa.Connection, key: Key, render: str) -> Held | None:
    """The ticket, with the render that an edit names; None when it is not held whole."""
    query = (
        sa.select(tickets.c.record, folders.c.taken)
        .select_from(
            tickets.outerjoin(
                folders,
                sa.and_(
                    folders.c.source == tickets.c.source, folders.c.ticket == tickets.c.external_id
                ),
            )
        )
        .where(tickets.c.source == key[0], tickets.c.external_id == key[1])
    )
    row = connection.execute(query).one_or_none()
    if row is None or row.record is None:
        return None
    based = sa.select(renders.c.document).where(
        renders.c.source == key[0], renders.c.ticket == key[1], renders.c.id == render
    )
    document: Any = rows.unpack(connection.execute(based).scalar_one_or_none())
    return Held(rows.unpack(row.record), document, row.taken)


def take(connection: sa.Connection, key: Key, digest: str) -> None:
    """An edited file is in the store now: it may be replaced, and is due to be."""
    connection.execute(
        folders.update()
        .where(folders.c.source == key[0], folders.c.ticket == key[1])
        .values(taken=digest)
    )
    connection.execute(
        tickets.update()
        .where(tickets.c.source == key[0], tickets.c.external_id == key[1])
        .values(render_due=tickets.c.render_due + 1)
    )
