"""What is due to be written, read in few statements, and what was written, noted in one."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.delivery import Arrival
from schemas.source import LOCAL
from schemas.ticket import Ticket
from store import journal, rows, sql
from store.database import Store
from store.keys import Key, among
from store.tables import folders, renders, tickets
from store.whole import whole_tickets
from store.workspace import attached, index, unsent
from store.workspace.render import Rendered, render


@dataclass(frozen=True, slots=True)
class Due:
    """A ticket whose file is due, with all that the writer has to know of it.

    `ticket` is as the file shows it, with what waits to be sent laid over it. `folder` is where it
    was, `line` what the index said; `taken` names an edit that is in the store already; `made` are
    the renders this store knows, None where the tracker knows better than any file; `new` are its
    attachments that nobody knew of.
    """

    key: Key
    mark: int
    ticket: Ticket
    rendered: Rendered
    folder: str | None = None
    line: str | None = None
    taken: str | None = None
    made: frozenset[str] | None = None
    new: tuple[dict[str, Any], ...] = ()


def marks(connection: sa.Connection, source: str, limit: int) -> dict[Key, int]:
    """Due tickets that were ever seen: a tombstone alone gets no file."""
    shown = sa.exists().where(
        folders.c.source == tickets.c.source, folders.c.ticket == tickets.c.external_id
    )
    query = (
        sa.select(tickets.c.source, tickets.c.external_id, tickets.c.render_due)
        .where(tickets.c.source == source, tickets.c.render_due > 0)
        .where(sa.or_(tickets.c.fate == "here", tickets.c.record.is_not(None), shown))
        .limit(limit)
    )
    return {(name, ticket): mark for name, ticket, mark in connection.execute(query)}


def load(
    connection: sa.Connection, source: str, limit: int, largest: int | None, now: datetime
) -> list[Due]:
    """The next due tickets of a source; `largest` (bytes) when attachments are wanted."""
    marked = marks(connection, source, limit)
    found = whole_tickets(connection, list(marked), parts=True)
    query = sa.select(folders).where(
        folders.c.source == source, folders.c.ticket.in_([key[1] for key in marked])
    )
    places = {(row.source, row.ticket): row for row in connection.execute(query)}
    with_files = [key for key, ticket in found.items() if ticket.attachments]
    beside = attached.of(connection, with_files)
    made = _made(connection, found) if source == LOCAL else {}
    beside_it = unsent.of(connection, found)
    due = []
    for key, mark in marked.items():
        if key not in found:
            continue
        extra = beside_it.get(key, unsent.Unsent())
        place, ticket = places.get(key), unsent.laid_over(found[key], extra)
        known = beside.get(key, {})
        new = attached.unknown(ticket, known, largest, now) if largest is not None else []
        known = known | {row["attachment"]: attached.beside(row) for row in new}
        written = render(ticket, known, unsent.notes(extra, key))
        one = Due(key, mark, ticket, written, made=made.get(key), new=tuple(new))
        if place is not None:
            one = replace(one, folder=place.path, line=place.line, taken=place.taken)
        due.append(one)
    return due


def _made(connection: sa.Connection, keys: Iterable[Key]) -> dict[Key, frozenset[str]]:
    """The renders that the store knows. A file of a local ticket is the only copy of it that may
    be newer than the store, where that was restored from a backup."""
    found: dict[Key, set[str]] = {key: set() for key in keys}
    query = sa.select(renders.c.source, renders.c.ticket, renders.c.id)
    for source, ticket, one in connection.execute(query.where(among(renders, found, "ticket"))):
        found[source, ticket].add(one)
    return {key: frozenset(ones) for key, ones in found.items()}


def note(
    store: Store,
    places: Sequence[tuple[Due, str]],
    edits: Sequence[Arrival],
    now: datetime,
    held: Collection[Key] = (),
) -> None:
    """Remembers folders and renders, and clears the marks that nothing raised meanwhile.

    Those `held` were not written: they are due again once their edits are taken over.
    """
    if not places:
        return
    left = [(one, name) for one, name in places if one.key in held]
    marked, places = places, [(one, name) for one, name in places if one.key not in held]
    lines = [index.line_of(one.ticket, name) for one, name in places]
    with store.write() as connection:
        sql.upsert(
            connection,
            folders,
            [
                _of(one.key) | {"path": name, "render": one.rendered.id, "line": line}
                for (one, name), line in zip(places, lines, strict=True)
            ],
        )
        moved = [_of(one.key) | {"path": name, "render": one.rendered.id} for one, name in left]
        sql.upsert(connection, folders, moved, keep=["render"])
        sql.upsert(connection, renders, [_render(one, now) for one, _ in places])
        attached.enlist(connection, [row for one, _ in places for row in one.new])
        if any(one.line != line for (one, _), line in zip(places, lines, strict=True)):
            index.mark(connection, marked[0][0].key[0])
        if edits:
            journal.keep(connection, edits)
        connection.execute(
            tickets.update()
            .where(
                tickets.c.source == sa.bindparam("its_source"),
                tickets.c.external_id == sa.bindparam("its"),
                tickets.c.render_due == sa.bindparam("mark"),
            )
            .values(render_due=0),
            [{"its_source": o.key[0], "its": o.key[1], "mark": o.mark} for o, _ in marked],
        )


def digest(content: bytes) -> str:
    """How the column `taken` names a file's bytes."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _of(key: Key) -> dict[str, Any]:
    return {"source": key[0], "ticket": key[1]}


def _render(one: Due, now: datetime) -> dict[str, Any]:
    said = {"body": one.ticket.body, "texts": one.rendered.texts, "apart": one.rendered.apart}
    document = rows.pack(one.rendered.values | said)
    return _of(one.key) | {"id": one.rendered.id, "document": document, "at": now}
