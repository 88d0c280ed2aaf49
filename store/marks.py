"""Marks: which tickets carry a mark of ours, so that twins are found again after a restore."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from schemas.change import Marker
from store import sql
from store.keys import Key
from store.tables import markers


@dataclass(frozen=True, slots=True)
class Marked:
    """A ticket that carries a mark; `proven` by our own key."""

    source: str
    ticket: str
    origin: str
    generation: int
    proven: bool


def remember(
    connection: sa.Connection, found: Iterable[tuple[Key, Marker, bool]], now: datetime
) -> None:
    """Keeps marks that records carried: (ticket, mark, whether it is proven)."""
    rows = {
        (key, one.mirror, one.ticket): {
            "source": key[0],
            "ticket": key[1],
            "mirror": one.mirror,
            "origin": one.ticket,
            "installation": one.installation,
            "generation": one.generation,
            "proven": proven,
            "seen_at": now,
        }
        for key, one, proven in found
    }
    sql.upsert(connection, markers, list(rows.values()))


def carrying(connection: sa.Connection, source: str, mirror: str, origin: str) -> list[Marked]:
    """The tickets of a source that say they are the twin of `origin`, oldest id first."""
    query = sa.select(markers).where(
        markers.c.source == source, markers.c.mirror == mirror, markers.c.origin == origin
    )
    found = [
        Marked(row.source, row.ticket, row.origin, row.generation, row.proven)
        for row in connection.execute(query)
    ]
    return sorted(found, key=lambda one: (not one.proven, len(one.ticket), one.ticket))


def on(connection: sa.Connection, key: Key) -> list[tuple[str, str, bool]]:
    """(mirror, origin, proven) of the marks a ticket carries."""
    query = sa.select(markers.c.mirror, markers.c.origin, markers.c.proven).where(
        markers.c.source == key[0], markers.c.ticket == key[1]
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]
