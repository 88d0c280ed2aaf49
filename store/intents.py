"""Intents: writes that were announced; what is open after a crash has to be looked up (law 7)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from schemas.change import Marker
from store.tables import intents


@dataclass(frozen=True, slots=True)
class OpenIntent:
    """A write of which nobody knows what became of it."""

    id: int
    mapping: int | None
    source: str
    ticket: str | None
    comment: str | None
    step: str
    creates: Literal["ticket", "comment"] | None
    marker: Marker | None
    sent_at: datetime
    looked_at: datetime | None
    looks: int


def announce(
    connection: sa.Connection,
    *,
    mapping: int | None,
    source: str,
    ticket: str | None,
    step: str,
    now: datetime,
    comment: str | None = None,
    creates: str | None = None,
    marker: Marker | None = None,
    session: int | None = None,
) -> int:
    """Announces one step before it is sent; its number. `comment` is the one it carries."""
    statement = (
        intents.insert()
        .values(
            mapping=mapping,
            source=source,
            ticket=ticket,
            comment=comment,
            step=step,
            creates=creates,
            marker=marker.model_dump(mode="json") if marker else None,
            state="open",
            sent_at=now,
            session=session,
        )
        .returning(intents.c.id)
    )
    return int(connection.execute(statement).scalar_one())


def end(
    connection: sa.Connection,
    intent: int,
    state: Literal["done", "failed", "absent"],
    now: datetime,
    error: str | None = None,
) -> None:
    """It is known what became of it."""
    connection.execute(
        intents.update()
        .where(intents.c.id == intent)
        .values(state=state, ended_at=now, error=error)
    )


def looked(connection: sa.Connection, intent: int, now: datetime, absent: bool) -> None:
    """It was looked up and not found (`absent`), or nobody could tell."""
    looks = intents.c.looks + 1 if absent else intents.c.looks
    connection.execute(
        intents.update().where(intents.c.id == intent).values(looked_at=now, looks=looks)
    )


def opened(connection: sa.Connection, mapping: int) -> list[OpenIntent]:
    """The open intents of a mapping, oldest first."""
    query = (
        sa.select(intents)
        .where(intents.c.mapping == mapping, intents.c.state == "open")
        .order_by(intents.c.id)
    )
    return [_intent(row) for row in connection.execute(query)]


def of_edits(connection: sa.Connection, source: str, ticket: str) -> list[OpenIntent]:
    """The open intents of the edits of a ticket's file, oldest first."""
    query = (
        sa.select(intents)
        .where(
            intents.c.state == "open",
            intents.c.mapping.is_(None),
            intents.c.source == source,
            intents.c.ticket == ticket,
        )
        .order_by(intents.c.id)
    )
    return [_intent(row) for row in connection.execute(query)]


def creating(connection: sa.Connection, source: str) -> int:
    """How many creations of tickets are under way at a source."""
    query = sa.select(sa.func.count()).where(
        intents.c.state == "open", intents.c.source == source, intents.c.creates == "ticket"
    )
    return int(connection.execute(query).scalar_one())


def prune(connection: sa.Connection, before: datetime, most: int) -> int:
    """Drops some announcements that ended before then; open ones stay. How many."""
    old = sa.select(intents.c.id).where(intents.c.state != "open", intents.c.ended_at < before)
    ids = list(connection.execute(old.limit(most)).scalars())
    if ids:
        connection.execute(intents.delete().where(intents.c.id.in_(ids)))
    return len(ids)


def _intent(row: Any) -> OpenIntent:
    return OpenIntent(
        id=row.id,
        mapping=row.mapping,
        source=row.source,
        ticket=row.ticket,
        comment=row.comment,
        step=row.step,
        creates=row.creates,
        marker=Marker(**row.marker) if row.marker else None,
        sent_at=row.sent_at,
        looked_at=row.looked_at,
        looks=row.looks,
    )
