"""Numbers of local tickets, and what the edited file of any ticket is compared with."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from schemas.model import Json
from schemas.source import LOCAL
from store import rows, sql
from store.keys import Key
from store.tables import counters, folders, renders, tickets

_NUMBERS = "local"


@dataclass(frozen=True, slots=True)
class Held:
    """A ticket whose file was edited; `base` is what the render showed that the edit began
    with, None for one we never made, `taken` names an edit that is in the store already, `shown`
    is what the file was made to say last."""

    record: Json
    base: dict[str, Any] | None
    taken: str | None
    fate: str = "here"
    shown: dict[str, Any] | None = None


def next_number(connection: sa.Connection) -> int:
    """The next number, for this transaction alone: two processes never get the same one."""
    insert = sql.insert(connection.dialect.name, counters).values(name=_NUMBERS, last=1)
    statement = insert.on_conflict_do_update(
        index_elements=["name"], set_={"last": counters.c.last + 1}
    ).returning(counters.c.last)
    return int(connection.execute(statement).scalar_one())


@dataclass(frozen=True, slots=True)
class Place:
    """A ticket's id, its recorded folder, and the render that was written there last."""

    ticket: str
    folder: str | None
    render: str | None


def places(connection: sa.Connection, source: str) -> dict[str, Place]:
    """Where the files of all tickets of a source are, by key."""
    joined = tickets.outerjoin(
        folders,
        sa.and_(folders.c.source == tickets.c.source, folders.c.ticket == tickets.c.external_id),
    )
    query = (
        sa.select(tickets.c.key, tickets.c.external_id, folders.c.path, folders.c.render)
        .select_from(joined)
        .where(tickets.c.source == source)
    )
    return {key: Place(*place) for key, *place in connection.execute(query)}


def held(connection: sa.Connection, key: Key, render: str) -> Held | None:
    """The ticket, with the render that an edit names; None when it is not held whole."""
    query = (
        sa.select(tickets.c.record, tickets.c.fate, folders.c.taken, folders.c.render)
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
    documents = _documents(connection, key, {render, row.render or ""})
    base, shown = documents.get(render), documents.get(row.render)
    return Held(rows.unpack(row.record), base, row.taken, row.fate, shown)


def _documents(connection: sa.Connection, key: Key, ids: set[str]) -> dict[str, Any]:
    query = sa.select(renders.c.id, renders.c.document).where(
        renders.c.source == key[0], renders.c.ticket == key[1], renders.c.id.in_(ids)
    )
    return {row.id: rows.unpack(row.document) for row in connection.execute(query)}


def take(connection: sa.Connection, key: Key, digest: str) -> None:
    """An edited file is in the store now: it may be replaced, and is due to be."""
    connection.execute(
        folders.update()
        .where(folders.c.source == key[0], folders.c.ticket == key[1])
        .values(taken=digest)
    )
    show(connection, key)


def show(connection: sa.Connection, key: Key) -> None:
    """A ticket's file is due to be written."""
    connection.execute(
        tickets.update()
        .where(tickets.c.source == key[0], tickets.c.external_id == key[1])
        .values(render_due=tickets.c.render_due + 1)
    )


def lives_in(connection: sa.Connection, source: str, folder: str) -> bool:
    """Whether a folder is a ticket's already, or is about to be."""
    query = sa.select(folders.c.ticket).where(folders.c.source == source, folders.c.path == folder)
    return connection.execute(query.limit(1)).first() is not None


def settle_in(connection: sa.Connection, key: Key, folder: str, digest: str) -> None:
    """A ticket that somebody made as a folder lives there; its file is in the store already."""
    values = {"source": key[0], "ticket": key[1], "path": folder, "render": "", "taken": digest}
    sql.upsert(connection, folders, [values])


def looked_at(connection: sa.Connection, folder: str) -> int:
    """Until when (ns) all files of a folder were looked at, and had nothing to say."""
    query = sa.select(counters.c.last).where(counters.c.name == f"looked {folder}")
    return connection.execute(query).scalar_one_or_none() or 0


def looked(connection: sa.Connection, folder: str, until: int) -> None:
    """No later process has to read again what was there by then (ns)."""
    sql.upsert(connection, counters, [{"name": f"looked {folder}", "last": until}])


def naming(connection: sa.Connection, key: str, but: str) -> list[str]:
    """Local tickets whose text may name the one of this key: its digits stand in it."""
    query = sa.select(tickets.c.external_id).where(
        tickets.c.source == LOCAL,
        tickets.c.external_id != but,
        tickets.c.fate == "here",
        tickets.c.body.contains(key.lstrip("0"), autoescape=True),
    )
    return sorted(connection.execute(query).scalars())
