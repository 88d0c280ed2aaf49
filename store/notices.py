"""Notices: what others are to be told, recorded in the transaction of what it tells.

`store.outbox` is where they wait; `workers.notify` sends them.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Any, Protocol

import orjson
import sqlalchemy as sa
import structlog

from schemas.notice import Notice, NoticeType, status_changed
from schemas.settings import NoticesSettings
from schemas.source import SourceStatus
from store import sources
from store.keys import Key, among
from store.prepared import Prepared
from store.tables import notices, tickets

log = structlog.get_logger(__name__)

_LOGGED: dict[NoticeType, str] = {
    "SyncStarted": "sync_started",
    "SyncCompleted": "sync_completed",
    "SyncError": "sync_error",
    "SyncStatusChanged": "sync_status_changed",
    "ExternalTicketCreated": "ticket_created",
    "ExternalTicketUpdated": "ticket_updated",
    "ConflictDetected": "conflict_detected",
    "ConflictResolved": "conflict_resolved",
}


class Tell(Protocol):
    """Takes note of what happened, in the transaction of what it tells."""

    def __call__(self, connection: sa.Connection, told: Sequence[Notice]) -> None:
        """Logs each notice, and records those somebody listens to."""


@dataclass(frozen=True, slots=True)
class Teller:
    """The one who tells. `types` are those that somebody listens to; by default it only logs.

    A transaction that fails and is tried again logs twice, and records once. `recorded` is set
    once something waits to be sent.
    """

    types: frozenset[NoticeType] = frozenset()
    include_body: bool = False
    recorded: Event = field(default_factory=Event)

    def __call__(self, connection: sa.Connection, told: Sequence[Notice]) -> None:
        """Logs each notice, and records those of its types."""
        for one in told:
            _log(one)
        rows = [self._row(one) for one in told if one.type in self.types]
        if rows:
            _record(connection, rows)
            self.recorded.set()

    @classmethod
    def of(cls, settings: NoticesSettings) -> "Teller":
        """The one the settings ask for: without an address nobody listens."""
        return cls(
            frozenset(settings.types) if settings.url else frozenset(), settings.include_body
        )

    def wants(self, *types: NoticeType) -> bool:
        """Whether somebody listens to one of these, so that it is worth the looking up."""
        return not self.types.isdisjoint(types)

    def cares(self, *types: NoticeType) -> bool:
        """Whether one of these goes anywhere, be it only the log of a debugging operator."""
        return self.wants(*types) or _is_debugging()

    def _row(self, one: Notice) -> dict[str, Any]:
        content = one.content
        if self.include_body and one.body is not None and "ticket" in content:
            content = content | {"ticket": content["ticket"] | {"body": one.body}}
        return {
            "key": one.key,
            "type": one.type,
            "at": one.at,
            "source": one.source,
            "ticket": one.ticket,
            "content": content,
            "due_at": one.at,
        }


def change_status(
    connection: sa.Connection,
    tell: Tell,
    name: str,
    status: SourceStatus,
    reason: str,
    at: datetime,
) -> None:
    """Sets a source's status, and tells it when it is another one than before."""
    before = sources.set_status(connection, name, status, reason)
    if before is not None:
        tell(connection, [status_changed(name, before, status, reason, at)])


def recorded(connection: sa.Connection, keys: Sequence[Key]) -> set[Key]:
    """Those of these tickets whose record we hold, so that they were told of before."""
    if not keys:
        return set()
    query = sa.select(tickets.c.source, tickets.c.external_id)
    found = connection.execute(query.where(among(tickets, keys), tickets.c.record.is_not(None)))
    return {(source, ticket) for source, ticket in found}


_COLUMNS = ("key", "type", "at", "source", "ticket", "content", "due_at")
_ONE_BY_ONE = Prepared(
    lambda _: notices.insert().inline().values({name: sa.bindparam(name) for name in _COLUMNS})
)
_AT_ONCE = sa.text(
    """
    INSERT INTO notices (key, type, at, source, ticket, content, due_at)
    SELECT one->>'key', one->>'type', CAST(one->>'at' AS timestamptz), one->>'source',
           one->>'ticket', one->'content', CAST(one->>'due_at' AS timestamptz)
    FROM jsonb_array_elements(CAST(:rows AS jsonb)) WITH ORDINALITY AS rows (one, place)
    ORDER BY place
    """
)


def _record(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    """All in one statement where each would be a way to the server and back."""
    if connection.dialect.name == "postgresql":
        connection.execute(_AT_ONCE, {"rows": orjson.dumps(rows).decode()})
    else:
        _ONE_BY_ONE.send(connection, rows)


def _is_debugging() -> bool:
    return logging.getLogger(__name__).isEnabledFor(logging.DEBUG)


def _log(one: Notice) -> None:
    """Tickets come by the thousand, so of them only a debugging operator wants to read."""
    if one.ticket is None:
        log.info(_LOGGED[one.type], **one.content)
    elif _is_debugging():
        told = {name: one.content[name] for name in ("fate", "changed") if name in one.content}
        log.debug(_LOGGED[one.type], source=one.source, ticket=one.ticket, **told)
