"""Undo: tickets as a session found them, kept by the apply that changes them, to be put back.

A row of `replaced` is written once for each ticket that a delivery of a session changes: the whole
ticket with its comments and links, or nothing at all where the session brought the ticket.
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
import sqlalchemy as sa

from schemas.delivery import Delivery
from schemas.ticket import Ticket
from store import prepared, sql
from store.keys import Key, among, by_source
from store.prepared import Prepared
from store.save import Change
from store.tables import comments, deliveries, history, relations, replaced, tickets
from store.tables.kinds import UtcTime
from store.whole import assemble

Row = dict[str, Any]
OURS = ("render_due", "derive_due", "history_wanted_at", "history_read_at")
"""Columns that tell of our own work, not of the ticket: never put back."""
_COLUMNS = [column for column in tickets.c if column.name not in OURS]
_NAMES = [str(column.name) for column in _COLUMNS]


def _bare(column: sa.Column[Any]) -> Any:
    """Numbers as the drivers have them: what they would be made of is only known with a cursor."""
    return (
        sa.type_coerce(column, sa.types.NullType()) if isinstance(column.type, sa.Float) else column
    )


_ROWS = Prepared(
    lambda dialect: sa.select(*map(_bare, _COLUMNS)).where(
        tickets.c.source == sa.bindparam("of_source"),
        prepared.among(dialect, tickets.c.external_id, "ids"),
    )
)
_NOTES = Prepared(
    lambda dialect: sa.select(*comments.c).where(
        comments.c.source == sa.bindparam("of_source"),
        prepared.among(dialect, comments.c.ticket, "ids"),
    )
)
_LINKS = Prepared(
    lambda dialect: sa.select(*relations.c).where(
        relations.c.source == sa.bindparam("of_source"),
        prepared.among(dialect, relations.c.ticket, "ids"),
    )
)
_KEPT = Prepared(
    lambda dialect: sa.select(replaced.c.session, replaced.c.ticket).where(
        prepared.among(dialect, replaced.c.session, "sessions"),
        replaced.c.source == sa.bindparam("of_source"),
        prepared.among(dialect, replaced.c.ticket, "ids"),
    )
)


@dataclass(frozen=True, slots=True)
class Whole:
    """A ticket by its rows, as they lie in the tables."""

    ticket: Row
    comments: Sequence[Row] = ()
    relations: Sequence[Row] = ()


@dataclass(frozen=True, slots=True)
class Replaced:
    """A ticket as the session found it; `before` None when the session brought it.

    `at` is when it first changed it, `delivery` the last of its deliveries that did.
    """

    key: Key
    at: datetime
    delivery: int
    before: Whole | None


def keep(
    connection: sa.Connection,
    changes: Sequence[Change],
    applied: Sequence[Delivery],
    now: datetime,
) -> None:
    """Keeps what deliveries of sessions are about to replace; call it before `save`."""
    last: dict[Key, dict[int, int]] = {}
    for one in applied:
        if one.session is not None and one.ticket is not None:
            of = last.setdefault((one.source, one.ticket), {})
            of[one.session] = max(one.id, of.get(one.session, 0))
    if not last:
        return
    moved = [one for one in changes if one.key in last and one.after != one.before]
    known = [one.key for one in moved if one.before.ticket is not None]
    kept = _kept(connection, known, {one for key in known for one in last[key]})
    whole = read(connection, [key for key in known if any((n, key) not in kept for n in last[key])])
    values = [
        _values(key, session, delivery, now, whole.get(key))
        for key in sorted(one.key for one in moved)
        for session, delivery in sorted(last[key].items())
    ]
    sql.upsert(connection, replaced, values, keep=("at", "row", "record"))


def _kept(
    connection: sa.Connection, keys: Sequence[Key], of_sessions: Iterable[int]
) -> set[tuple[int, Key]]:
    wanted = sorted(of_sessions)
    return {
        (session, (source, ticket))
        for source, ids in by_source(keys).items()
        for session, ticket in _KEPT.rows(
            connection, {"of_source": source, "ids": ids, "sessions": wanted}
        )
    }


def _values(key: Key, session: int, delivery: int, now: datetime, whole: Whole | None) -> Row:
    return {
        "session": session,
        "source": key[0],
        "ticket": key[1],
        "at": now,
        "delivery": delivery,
        "row": _pack(whole) if whole else None,
        "record": whole.ticket["record"] if whole else None,
    }


def read(connection: sa.Connection, keys: Sequence[Key]) -> dict[Key, Whole]:
    """Tickets by their rows, in three statements a source."""
    found: dict[Key, Whole] = {}
    for source, ids in by_source(keys).items():
        values = {"of_source": source, "ids": ids}
        notes = _grouped(_NOTES.rows(connection, values), comments)
        links = _grouped(_LINKS.rows(connection, values), relations)
        for raw in _ROWS.rows(connection, values):
            row = dict(zip(_NAMES, raw, strict=True))
            one = row["external_id"]
            found[source, one] = Whole(row, notes.get(one, ()), links.get(one, ()))
    return found


def _grouped(raw: Sequence[tuple[Any, ...]], table: sa.Table) -> dict[str, list[Row]]:
    names = [str(column.name) for column in table.c]
    found: dict[str, list[Row]] = {}
    for one in raw:
        row = dict(zip(names, one, strict=True))
        found.setdefault(row["ticket"], []).append(row)
    return found


def _pack(whole: Whole) -> bytes:
    """All but the record, which is packed already and lies beside it."""
    told = {
        "ticket": {name: value for name, value in whole.ticket.items() if name != "record"},
        "comments": whole.comments,
        "relations": whole.relations,
    }
    return zlib.compress(orjson.dumps(told), 1)


def _unpack(blob: bytes | None, record: bytes | None) -> Whole | None:
    if blob is None:
        return None
    told = orjson.loads(zlib.decompress(blob))
    return Whole(
        _typed(told["ticket"], tickets) | {"record": record},
        [_typed(row, comments) for row in told["comments"]],
        [_typed(row, relations) for row in told["relations"]],
    )


def _typed(row: Row, table: sa.Table) -> Row:
    """A row from JSON; columns that are no more are left out."""
    return {name: _value(table.c[name], value) for name, value in row.items() if name in table.c}


def _value(column: sa.Column[Any], value: Any) -> Any:
    if isinstance(value, str):
        if isinstance(column.type, UtcTime):
            return datetime.fromisoformat(value)
        if isinstance(column.type, sa.Date):
            return date.fromisoformat(value)
    return value


def of_session(connection: sa.Connection, session: int) -> list[Key]:
    """The tickets that a session changed and of which that is kept."""
    query = sa.select(replaced.c.source, replaced.c.ticket).where(replaced.c.session == session)
    found = connection.execute(query.order_by(replaced.c.source, replaced.c.ticket))
    return [(source, ticket) for source, ticket in found]


def find(connection: sa.Connection, session: int, keys: Sequence[Key]) -> list[Replaced]:
    """What a session replaced of these tickets."""
    query = sa.select(replaced).where(
        replaced.c.session == session, among(replaced, keys, "ticket")
    )
    return [
        Replaced((row.source, row.ticket), row.at, row.delivery, _unpack(row.row, row.record))
        for row in connection.execute(query.order_by(replaced.c.source, replaced.c.ticket))
    ]


def as_tickets(connection: sa.Connection, whole: Iterable[Whole]) -> dict[Key, Ticket]:
    """Tickets as they were then, named by the definitions of today."""
    return assemble(connection, [one.ticket for one in whole])


def changed_since(
    connection: sa.Connection, session: int, ones: Sequence[Replaced]
) -> dict[Key, str]:
    """Those that something else changed after the session did, with what it was.

    A fetch is no news of its own: it answers what the session, or that something, left in doubt.
    """
    if not ones:
        return {}
    last = {one.key: one.delivery for one in ones}
    query = sa.select(
        deliveries.c.id, deliveries.c.source, deliveries.c.ticket, deliveries.c.via,
        deliveries.c.session,
    ).where(
        deliveries.c.id > min(last.values()),
        among(deliveries, last, "ticket"),
        deliveries.c.outcome == "applied",
        deliveries.c.via != "fetch",
        sa.or_(deliveries.c.session.is_(None), deliveries.c.session != session),
    )  # fmt: skip
    found: dict[Key, str] = {}
    for row in connection.execute(query.order_by(deliveries.c.id)):
        key = (row.source, row.ticket)
        if row.id > last[key]:
            by = f"session {row.session}" if row.session else f"a {row.via}"
            found[key] = f"changed since by {by}"
    return found


def put_back(connection: sa.Connection, ones: Iterable[Whole]) -> None:
    """Restores tickets with their comments and links; render and derived rows become due."""
    wholes = list(ones)
    keys = [(one.ticket["source"], one.ticket["external_id"]) for one in wholes]
    for one in wholes:
        values = {n: v for n, v in one.ticket.items() if n not in ("source", "external_id", *OURS)}
        connection.execute(tickets.update().where(_is(one)).values(**values, **_due()))
    connection.execute(comments.delete().where(among(comments, keys, "ticket")))
    connection.execute(relations.delete().where(among(relations, keys, "ticket")))
    for table, found in (
        (comments, [row for one in wholes for row in one.comments]),
        (relations, [row for one in wholes for row in one.relations]),
    ):
        if found:
            connection.execute(table.insert(), found)


def hide(connection: sa.Connection, keys: Sequence[Key], reason: str, now: datetime) -> None:
    """Hides tickets; the next full record of one brings it back, whatever its revision."""
    if keys:
        connection.execute(
            tickets.update()
            .where(among(tickets, keys))
            .values(
                fate="hidden",
                fate_reason=reason,
                revision=None,
                fingerprint=None,
                confirmed_at=None,
                doubt=None,
                doubt_due_at=None,
                observed_at=now,
                **_due(),
            )
        )


def forget(connection: sa.Connection, session: int, ones: Sequence[Replaced]) -> int:
    """Drops what the session, or a later one, keeps of these tickets, and the changes of theirs
    that were only inferred since; how many of those."""
    since: dict[datetime, list[Key]] = {}
    for one in ones:
        since.setdefault(one.at, []).append(one.key)
    dropped = 0
    for at, keys in since.items():
        inferred = sa.and_(history.c.basis == "inferred", history.c.noted_at >= at)
        gone = history.delete().where(among(history, keys, "ticket"), inferred)
        dropped += connection.execute(gone).rowcount
        later = sa.and_(replaced.c.session >= session, among(replaced, keys, "ticket"))
        connection.execute(replaced.delete().where(later))
    return dropped


def open_deliveries(connection: sa.Connection, session: int) -> int:
    """How many deliveries of a session still wait to be applied."""
    query = sa.select(sa.func.count()).where(
        deliveries.c.session == session, deliveries.c.outcome.is_(None)
    )
    return int(connection.execute(query).scalar_one())


def prune(connection: sa.Connection, before: datetime, limit: int) -> int:
    """Drops what sessions replaced before then, at most so many rows; how many."""
    old = (
        sa.select(replaced.c.session, replaced.c.source, replaced.c.ticket)
        .where(replaced.c.at < before)
        .limit(limit)
    )
    mine = sa.tuple_(replaced.c.session, replaced.c.source, replaced.c.ticket)
    return connection.execute(replaced.delete().where(mine.in_(old))).rowcount


def _due() -> Row:
    return {"render_due": tickets.c.render_due + 1, "derive_due": tickets.c.derive_due + 1}


def _is(one: Whole) -> sa.ColumnElement[bool]:
    return sa.and_(
        tickets.c.source == one.ticket["source"],
        tickets.c.external_id == one.ticket["external_id"],
    )
