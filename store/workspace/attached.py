"""Attachments beside their tickets: which are wanted, on their way, here, or not to be had.

A row is made when the ticket's file is written. `due_at` is its mark: what is due is brought, each
once (`claim`), and whoever is killed over it leaves it due again. An attachment never changes under
its id; what a tracker removed stays on the disk and in its row.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import PurePath
from typing import Any

import sqlalchemy as sa

from schemas.ticket import Ticket
from store import sql
from store.database import Store
from store.keys import Key, among
from store.tables import attachments, counters, folders, tickets
from store.workspace import layout
from store.workspace.beside import Beside

CLAIM = timedelta(minutes=10)
"""How long nobody else brings what somebody is bringing."""
_WISH = "attachments"
_SHORT = re.compile(r"[A-Za-z0-9-]{1,40}\Z")


@dataclass(frozen=True, slots=True)
class Wanted:
    """An attachment to bring; `name` is its file's, `attempts` with this one."""

    key: Key
    id: str
    name: str
    url: str
    attempts: int


def of(connection: sa.Connection, keys: Iterable[Key]) -> dict[Key, dict[str, Beside]]:
    """What is known of these tickets' attachments, by id."""
    wanted = list(keys)
    found: dict[Key, dict[str, Beside]] = {}
    if not wanted:
        return found
    query = sa.select(attachments).where(among(attachments, wanted, "ticket"))
    for row in connection.execute(query):
        one = Beside(row.name, row.state == "here", row.reason)
        found.setdefault((row.source, row.ticket), {})[row.attachment] = one
    return found


def beside(row: Mapping[str, Any]) -> Beside:
    """A new row as the file shows it."""
    return Beside(row["name"], row["state"] == "here", row["reason"])


def unknown(
    ticket: Ticket, known: Mapping[str, Beside], largest: int, now: datetime
) -> list[dict[str, Any]]:
    """Rows for a ticket's attachments that are not `known`; those too large are refused at once."""
    names = {one.name.casefold() for one in known.values()}
    made: dict[str, dict[str, Any]] = {}
    for one in ticket.attachments:
        if one.id in known or one.id in made:
            continue
        name = _free(layout.file_name(one.name), one.id, names)
        names.add(name.casefold())
        large = one.size is not None and one.size > largest
        made[one.id] = {
            "source": ticket.source,
            "ticket": ticket.external_id,
            "attachment": one.id,
            "name": name,
            "url": one.url,
            "state": "large" if large else "due",
            "reason": too_large(largest) if large else "",
            "largest": largest if large else None,
            "due_at": None if large else now,
        }
    return list(made.values())


def too_large(largest: int) -> str:
    """Why a large one is not brought, and what to do about it."""
    return f"larger than {largest / 1_000_000:g} MB ([workspace] attachment_max_mb)"


def enlist(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Puts new ones on the list."""
    if rows:
        statement = sql.insert(connection.dialect.name, attachments).on_conflict_do_nothing()
        connection.execute(statement, rows)


def agree(store: Store, sources: Sequence[str], largest: int | None, now: datetime) -> None:
    """At a start: if attachments are wanted otherwise than before, what is held is looked at again.

    `largest` in bytes, None where they are not wanted.
    """
    wish = largest or 0
    query = sa.select(counters.c.last).where(counters.c.name == _WISH)
    with store.read() as connection:
        before = connection.execute(query).scalar_one_or_none() or 0
    if before == wish:
        return
    with store.write() as connection:
        sql.upsert(connection, counters, [{"name": _WISH, "last": wish}])
        if wish:
            look_again(connection, sources, wish, now)


def look_again(
    connection: sa.Connection, sources: Sequence[str], largest: int, now: datetime
) -> None:
    """What was too large may be so no more, and tickets from before are to be gone through."""
    connection.execute(
        attachments.update()
        .where(attachments.c.source.in_(sources), attachments.c.largest < largest)
        .values(state="due", reason="", largest=None, due_at=now)
    )
    listed = sa.exists().where(
        attachments.c.source == tickets.c.source, attachments.c.ticket == tickets.c.external_id
    )
    connection.execute(
        tickets.update()
        .where(tickets.c.source.in_(sources), tickets.c.render_due == 0, ~listed)
        .where(sa.cast(tickets.c.attachments, sa.Text) != "[]")
        .values(render_due=1)
    )


def due(
    connection: sa.Connection, sources: Sequence[str], now: datetime, limit: int = 100
) -> list[tuple[Key, str]]:
    """Attachments that may be brought now, longest due first."""
    query = (
        sa.select(attachments.c.source, attachments.c.ticket, attachments.c.attachment)
        .where(attachments.c.due_at <= now, attachments.c.source.in_(sources))
        .order_by(attachments.c.due_at, attachments.c.ticket, attachments.c.attachment)
        .limit(limit)
    )
    return [((source, ticket), one) for source, ticket, one in connection.execute(query)]


def claim(connection: sa.Connection, key: Key, attachment: str, now: datetime) -> Wanted | None:
    """The attachment, if it is due and nobody else took it."""
    statement = (
        attachments.update()
        .where(_row(key, attachment), attachments.c.due_at <= now)
        .values(due_at=now + CLAIM, attempts=attachments.c.attempts + 1)
        .returning(attachments.c.name, attachments.c.url, attachments.c.attempts)
    )
    row = connection.execute(statement).one_or_none()
    return Wanted(key, attachment, row.name, row.url, row.attempts) if row else None


def folder_of(connection: sa.Connection, key: Key) -> str | None:
    """The ticket's folder, below its source's."""
    query = sa.select(folders.c.path).where(folders.c.source == key[0], folders.c.ticket == key[1])
    return connection.execute(query).scalar_one_or_none()


def arrived(connection: sa.Connection, wanted: Wanted, name: str, now: datetime) -> None:
    """It is on the disk under this name; its ticket's file is due, to say so."""
    _settle(connection, wanted, now, state="here", name=name, reason="")


def refused(
    connection: sa.Connection, wanted: Wanted, reason: str, now: datetime, largest: int | None
) -> None:
    """It is not to be had; `largest` when it is only too large for that many bytes."""
    state = "refused" if largest is None else "large"
    _settle(connection, wanted, now, state=state, reason=reason, largest=largest)


def put_off(connection: sa.Connection, wanted: Wanted, until: datetime) -> None:
    """Nobody could tell; it is asked for again."""
    connection.execute(attachments.update().where(_row(wanted.key, wanted.id)).values(due_at=until))


def _settle(connection: sa.Connection, wanted: Wanted, now: datetime, **columns: Any) -> None:
    connection.execute(
        attachments.update()
        .where(_row(wanted.key, wanted.id))
        .values(due_at=None, ended_at=now, **columns)
    )
    connection.execute(
        tickets.update()
        .where(among(tickets, [wanted.key]))
        .values(render_due=tickets.c.render_due + 1)
    )


def _row(key: Key, attachment: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        attachments.c.source == key[0],
        attachments.c.ticket == key[1],
        attachments.c.attachment == attachment,
    )


def named_apart(name: str, id_: str) -> str:
    """A name that says which of several of one name it is."""
    path = PurePath(name)
    told = id_ if _SHORT.match(id_) else blake2b(id_.encode(), digest_size=4).hexdigest()
    return f"{path.stem}-{told}{path.suffix}"


def _free(name: str, id_: str, names: set[str]) -> str:
    """A name no other file of the ticket has, on no kind of disk."""
    return named_apart(name, id_) if name.casefold() in names else name
