"""Files of tickets and where they lie at the other side of a mirror: each is brought there once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.mirror import Side
from store import sql
from store.tables import mapped_files


@dataclass(frozen=True, slots=True)
class MappedFile:
    """A file on `side`, by its full address, and its twin.

    `ticket` is the twin's ticket where files belong to one, else "". `twin_url` None: it is not
    there, for `reason`; what is to be tried again has a time in `due_at`.
    """

    side: Side
    url: str
    ticket: str
    name: str
    twin_url: str | None = None
    reason: str = ""
    due_at: datetime | None = None


def of(
    connection: sa.Connection, mirror: int, side: Side, ticket: str, urls: Collection[str]
) -> dict[str, MappedFile]:
    """What is known of these files of one side, by address."""
    query = sa.select(mapped_files).where(
        mapped_files.c.mirror == mirror,
        mapped_files.c.side == side,
        mapped_files.c.ticket == ticket,
        mapped_files.c.url.in_(urls),
    )
    return {row.url: _file(row) for row in connection.execute(query)}


def twins(
    connection: sa.Connection, mirror: int, side: Side, urls: Collection[str]
) -> dict[str, str]:
    """Which of these addresses are our own twins of files that lie on `side`, and their originals'
    addresses."""
    query = sa.select(mapped_files.c.twin_url, mapped_files.c.url).where(
        mapped_files.c.mirror == mirror,
        mapped_files.c.side == side,
        mapped_files.c.twin_url.in_(urls),
    )
    return {row.twin_url: row.url for row in connection.execute(query)}


def untold(
    connection: sa.Connection, mirror: int, side: Side, ticket: str, reason: str
) -> dict[str, str]:
    """The files of `side` that may have arrived at a ticket, for this reason: name there to their
    own address."""
    query = sa.select(mapped_files.c.name, mapped_files.c.url).where(
        mapped_files.c.mirror == mirror,
        mapped_files.c.side == side,
        mapped_files.c.ticket == ticket,
        mapped_files.c.twin_url.is_(None),
        mapped_files.c.reason == reason,
    )
    return {row.name: row.url for row in connection.execute(query)}


def keep(connection: sa.Connection, mirror: int, file: MappedFile, now: datetime) -> None:
    """Notes what became of a file, in place of what was known."""
    row = {
        "mirror": mirror,
        "side": file.side,
        "url": file.url,
        "ticket": file.ticket,
        "name": file.name,
        "twin_url": file.twin_url,
        "reason": file.reason,
        "due_at": file.due_at,
        "at": now,
    }
    sql.upsert(connection, mapped_files, [row])


def _file(row: Any) -> MappedFile:
    return MappedFile(
        side=row.side,
        url=row.url,
        ticket=row.ticket,
        name=row.name,
        twin_url=row.twin_url,
        reason=row.reason,
        due_at=row.due_at,
    )
