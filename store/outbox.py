"""The outbox: notices that wait to be sent, claimed by whoever sends them, and what became of them.

A row waits while it has a `due_at`. It was sent when it has a `sent_at`; with neither it was given
up. An address that answered 410 is remembered as a row of its own kind, named by a hash of it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from schemas.model import Json
from store.tables import notices

CLAIM = timedelta(seconds=60)
"""How long nobody else sends what somebody is sending; it comes due again should they die."""

State = Literal["waiting", "sent", "given up"]
_OFF = "AddressOff"


@dataclass(frozen=True, slots=True)
class Letter:
    """A recorded notice; `id` is its place in the order in which they were recorded."""

    id: int
    key: str
    type: str
    at: datetime
    source: str | None
    ticket: str | None
    content: Json
    attempts: int
    due_at: datetime | None
    sent_at: datetime | None
    last_error: str | None

    @property
    def state(self) -> State:
        """What became of it."""
        if self.sent_at is not None:
            return "sent"
        return "given up" if self.due_at is None else "waiting"


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of trying to send: sent, due again, or given up. Not tried keeps its `attempts`."""

    id: int
    attempts: int
    sent_at: datetime | None = None
    due_at: datetime | None = None
    error: str | None = None


def claim(connection: sa.Connection, now: datetime, limit: int) -> list[Letter]:
    """What is due, in order, and from now on ours."""
    some = (
        sa.select(notices.c.id)
        .where(notices.c.due_at <= now)
        .order_by(notices.c.due_at, notices.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(connection.execute(some).scalars())
    if not ids:
        return []
    statement = (
        notices.update().where(notices.c.id.in_(ids)).values(due_at=now + CLAIM).returning(notices)
    )
    return sorted(map(_letter, connection.execute(statement)), key=lambda one: one.id)


def settle(connection: sa.Connection, tried: Sequence[Tried]) -> None:
    """Writes what came of it. A sent one stays sent, whoever else tried it."""
    if not tried:
        return
    statement = (
        notices.update()
        .where(notices.c.id == sa.bindparam("its"), notices.c.sent_at.is_(None))
        .values(
            attempts=sa.bindparam("to_attempts"),
            sent_at=sa.bindparam("to_sent_at"),
            due_at=sa.bindparam("to_due_at"),
            last_error=sa.func.coalesce(sa.bindparam("to_error"), notices.c.last_error),
        )
    )
    rows = [
        {
            "its": one.id,
            "to_attempts": one.attempts,
            "to_sent_at": one.sent_at,
            "to_due_at": one.due_at,
            "to_error": one.error,
        }
        for one in tried
    ]
    connection.execute(statement, rows)


def is_due(connection: sa.Connection, now: datetime) -> bool:
    """Whether anything is to be sent now; cheap, for asking every second."""
    query = sa.select(notices.c.id).where(notices.c.due_at <= now).limit(1)
    return connection.execute(query).first() is not None


def find(
    connection: sa.Connection,
    *,
    state: State | None = None,
    source: str | None = None,
    limit: int = 50,
) -> list[Letter]:
    """Notices, newest first."""
    query = sa.select(notices).where(notices.c.type != _OFF)
    if state is not None:
        query = query.where(_in_state(state))
    if source is not None:
        query = query.where(notices.c.source == source)
    return list(map(_letter, connection.execute(query.order_by(notices.c.id.desc()).limit(limit))))


def get(connection: sa.Connection, number: int) -> Letter | None:
    """One notice by number."""
    query = sa.select(notices).where(notices.c.id == number, notices.c.type != _OFF)
    row = connection.execute(query).one_or_none()
    return _letter(row) if row else None


def retry(connection: sa.Connection, ids: Sequence[int], now: datetime) -> int:
    """Makes these due now with all their attempts before them, unless they were sent; how many."""
    statement = (
        notices.update()
        .where(notices.c.id.in_(ids), notices.c.sent_at.is_(None), notices.c.type != _OFF)
        .values(due_at=now, attempts=0)
    )
    return connection.execute(statement).rowcount


def give_up_due(connection: sa.Connection, now: datetime, error: str) -> int:
    """Gives up everything that is due; how many. They are kept, and can be tried again."""
    statement = (
        notices.update().where(notices.c.due_at <= now).values(due_at=None, last_error=error)
    )
    return connection.execute(statement).rowcount


def switch_off(connection: sa.Connection, url: str, now: datetime) -> None:
    """Remembers that an address wants nothing more."""
    if switched_off(connection, url) is None:
        connection.execute(
            notices.insert().values(key=_off_key(url), type=_OFF, at=now, content={})
        )


def switch_on(connection: sa.Connection, url: str) -> bool:
    """Forgets it: the address took something again. Whether it was off."""
    gone = connection.execute(notices.delete().where(notices.c.key == _off_key(url)))
    return gone.rowcount > 0


def switched_off(connection: sa.Connection, url: str) -> datetime | None:
    """Since when an address wants nothing more; None when it does."""
    query = sa.select(notices.c.at).where(notices.c.key == _off_key(url))
    return connection.execute(query).scalar_one_or_none()


def count(connection: sa.Connection, state: State) -> int:
    """How many are in a state."""
    query = sa.select(sa.func.count()).where(_in_state(state), notices.c.type != _OFF)
    return connection.execute(query).scalar_one()


def old(state: State, before: datetime) -> sa.ColumnElement[bool]:
    """Those of a state that happened before a moment; what retention drops."""
    return sa.and_(_in_state(state), notices.c.at < before, notices.c.type != _OFF)


def _in_state(state: State) -> sa.ColumnElement[bool]:
    sent, waits = notices.c.sent_at.is_not(None), notices.c.due_at.is_not(None)
    return {"sent": sent, "waiting": waits, "given up": sa.and_(~sent, ~waits)}[state]


def _off_key(url: str) -> str:
    # An address may hold a secret, and rows are shown.
    return f"off:{hashlib.blake2b(url.encode(), digest_size=16).hexdigest()}"


def _letter(row: Any) -> Letter:
    return Letter(**row._mapping)
