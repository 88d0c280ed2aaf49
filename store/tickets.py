"""What is held of tickets, loaded as heads for the merge rules under the tickets' locks."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from schemas.held import Held, HeldComment, HeldTicket
from store import journal, prepared, rows
from store.keys import Key, by_source
from store.prepared import Prepared
from store.tables import comments, tickets
from store.whole import whole_tickets

_HEAD = (
    tickets.c.source,
    tickets.c.external_id,
    tickets.c.revision,
    tickets.c.fingerprint,
    tickets.c.fate,
    tickets.c.fate_reason,
    tickets.c.observed_at,
    tickets.c.confirmed_at,
    tickets.c.comment_count,
    tickets.c.native_id,
    tickets.c.doubt,
)
_HEADS = Prepared(
    lambda dialect: sa.select(*_HEAD).where(
        tickets.c.source == sa.bindparam("of_source"),
        prepared.among(dialect, tickets.c.external_id, "ids"),
    )
)
_NOTE = sa.select(
    comments.c.source,
    comments.c.ticket,
    comments.c.external_id,
    comments.c.revision,
    comments.c.fingerprint,
    comments.c.deleted,
    comments.c.observed_at,
).where(comments.c.source == sa.bindparam("of_source"))
_ALL_NOTES = Prepared(
    lambda dialect: _NOTE.where(prepared.among(dialect, comments.c.ticket, "ids"))
)
_SOME_NOTES = Prepared(
    lambda dialect: _NOTE.where(prepared.among(dialect, comments.c.external_id, "ids"))
)
_LOCK = Prepared(
    lambda _: sa.text(
        "SELECT pg_advisory_xact_lock(k) FROM unnest(CAST(:keys AS bigint[])) AS k"
    ).columns(sa.column("locked", sa.Text))
)


@dataclass(frozen=True, slots=True)
class Need:
    """What has to be loaded of a ticket beside its head."""

    whole: bool = False
    comments: frozenset[str] = frozenset()
    all_comments: bool = False


def lock(connection: sa.Connection, keys: Iterable[tuple[str, str | None]]) -> None:
    """Takes the tickets' locks until the transaction ends, in one fixed order.

    PostgreSQL only: on SQLite the whole transaction is exclusive. An advisory lock, because a
    ticket that is not there yet has no row to lock.
    """
    if connection.dialect.name != "postgresql":
        return
    _LOCK.rows(connection, _lock_values(keys))


def enter(
    connection: sa.Connection, keys: Iterable[tuple[str, str | None]], ids: Sequence[int]
) -> set[int]:
    """Takes the locks and only then looks which of these deliveries nobody else has finished."""
    pending = prepared.after_lock(
        connection, _LOCK, _lock_values(keys), journal.STILL_PENDING, {"ids": list(ids)}
    )
    return {one for (one,) in pending}


def load(connection: sa.Connection, needs: dict[Key, Need]) -> dict[Key, Held]:
    """What is held of each of these tickets; unknown ones come back empty."""
    heads = _heads(connection, needs)
    whole = [key for key, need in needs.items() if need.whole and key in heads]
    for key, ticket in whole_tickets(connection, whole).items():
        heads[key] = replace(heads[key], ticket=ticket)
    notes = _comment_heads(connection, needs)
    return {key: Held(heads.get(key), notes.get(key, {})) for key in needs}


def _heads(connection: sa.Connection, needs: Iterable[Key]) -> dict[Key, HeldTicket]:
    return {
        key: head
        for source, ids in by_source(needs).items()
        for key, head in map(_head, _HEADS.rows(connection, {"of_source": source, "ids": ids}))
    }


def _head(row: tuple[Any, ...]) -> tuple[Key, HeldTicket]:
    key, state, (observed, confirmed, count, native_id, doubt) = row[:2], row[2:6], row[6:]
    revision, fingerprint, fate, reason = state
    return key, HeldTicket(
        revision=revision,
        fingerprint=fingerprint,
        fate=fate,
        reason=reason,
        observed_at=observed,
        confirmed_at=confirmed,
        comment_count=count,
        native_id=native_id,
        doubt=rows.doubt_of(doubt),
    )


def _comment_heads(
    connection: sa.Connection, needs: dict[Key, Need]
) -> dict[Key, dict[str, HeldComment]]:
    every = by_source(key for key, need in needs.items() if need.all_comments)
    some = by_source((key[0], one) for key, need in needs.items() for one in need.comments)
    found: dict[Key, dict[str, HeldComment]] = {}
    for statement, named in ((_ALL_NOTES, every), (_SOME_NOTES, some)):
        for source, ids in named.items():
            for row in statement.rows(connection, {"of_source": source, "ids": ids}):
                found.setdefault(row[:2], {})[row[2]] = HeldComment(*row[3:])
    return found


def _lock_values(keys: Iterable[tuple[str, str | None]]) -> dict[str, list[int]]:
    return {"keys": sorted({_lock_number(source, ticket) for source, ticket in keys})}


def _lock_number(source: str, ticket: str | None) -> int:
    name = f"{source}\x00{ticket or ''}".encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big", signed=True)
