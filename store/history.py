"""History: every change of every field, as it was told or inferred, one row each.

Rows of the tracker's changelog stand under its own ids. A changelog that was read owns what lies
before its end: rows with other origins are replaced there, never matched (`cases.md` 27).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from schemas.history import Basis, HistoryEntry, HistoryRow
from schemas.ticket import Person
from store import sql
from store.keys import Key, among
from store.tables import history, tickets
from store.whole import accounts

LAG = timedelta(minutes=2)
"""So long a tracker's changelog may lack what its webhook told already."""

NOT_WHOLE = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for the reading of a changelog that could not be read, or not all of it: it is not asked
for again until the ticket changes, and owns nothing."""

SAME = timedelta(seconds=1)
"""A record's time of change may lie so far behind the change itself."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A ticket's changelog as it was read. `fields` are those it tells of, all of their changes."""

    key: Key
    entries: tuple[HistoryEntry, ...]
    fields: frozenset[str]
    observed_at: datetime
    complete: bool = True


def of(
    connection: sa.Connection,
    keys: Iterable[Key],
    *,
    after: datetime | None = None,
    basis: Basis | None = None,
    covered: bool = False,
) -> dict[Key, list[HistoryRow]]:
    """The histories of tickets, oldest first; only what came `after` a moment, or what is on one
    `basis`, if such are given."""
    query = sa.select(history).where(among(history, keys, "ticket"))
    if basis is not None:
        query = query.where(history.c.basis == basis)
    return _found(connection, query, after, covered)


def _found(
    connection: sa.Connection, query: sa.Select[Any], after: datetime | None, covered: bool
) -> dict[Key, list[HistoryRow]]:
    if after is not None:
        query = query.where(history.c.at > after)
    if not covered:
        query = query.where(history.c.covered.is_(False))
    order = (history.c.at, history.c.place, history.c.id)
    raw = connection.execute(query.order_by(*order)).all()
    actors = accounts(connection, {(row.source, row.actor_id) for row in raw if row.actor_id})
    found: dict[Key, list[HistoryRow]] = {}
    for row in raw:
        found.setdefault((row.source, row.ticket), []).append(_row(row, actors))
    return found


def _row(row: Any, actors: dict[Key, Person]) -> HistoryRow:
    actor = actors.get((row.source, row.actor_id)) if row.actor_id else None
    return HistoryRow.model_construct(
        source=row.source,
        entry=HistoryEntry.model_construct(
            id=row.entry,
            ticket=row.ticket,
            at=row.at,
            actor=actor or (Person(id=row.actor_id) if row.actor_id else None),
            native_field=row.native_field,
            field=row.field,
            before=row.before,
            after=row.after,
            told=row.told,
            place=row.place,
        ),
        basis=row.basis,
        noted_at=row.noted_at,
        since=row.since,
        seen=tuple(row.seen) if row.seen else None,
        covered=row.covered,
    )


def note(connection: sa.Connection, found: Sequence[HistoryRow]) -> set[Key]:
    """Stores rows; what stands under the same id is overwritten. The tickets concerned."""
    latest = {(one.source, one.entry.id): _values(one) for one in found}
    rows = list(latest.values())
    sql.upsert(connection, history, rows, keep=("noted_at",), by=("source", "entry"))
    return {(one.source, one.entry.ticket) for one in found}


def drop(connection: sa.Connection, found: Sequence[HistoryRow]) -> None:
    """Takes rows away."""
    if found:
        keys = [(one.source, one.entry.id) for one in found]
        connection.execute(history.delete().where(among(history, keys, "entry")))


def own(connection: sa.Connection, listed: Listed, now: datetime) -> bool:
    """Puts a changelog in place of what was held before its end; whether it was news.

    A changelog older than one that was read already changes nothing. One that lacks what a webhook
    told a moment ago may lag: that stays, and the changelog is wanted again.
    """
    if _is_old(connection, listed):
        return False
    source, ticket = listed.key
    held = of(connection, [listed.key], covered=True).get(listed.key, [])
    rows = [
        HistoryRow(source=source, entry=one, basis="changelog", noted_at=now)
        for one in listed.entries
    ]
    young = _settle_others(connection, listed, held)
    before = {one.entry.id: one.entry for one in held if one.basis == "changelog"}
    fresh = [one for one in rows if before.get(one.entry.id) != one.entry]
    note(connection, fresh)
    connection.execute(
        tickets.update()
        .where(tickets.c.source == source, tickets.c.external_id == ticket)
        .values(
            history_read_at=listed.observed_at if listed.complete else NOT_WHOLE,
            history_wanted_at=now if young else _still_wanted(listed.observed_at),
        )
    )
    return bool(fresh) or len(before) != len(rows) or len(held) != len(before)


def _is_old(connection: sa.Connection, listed: Listed) -> bool:
    read_at = connection.execute(
        sa.select(tickets.c.history_read_at).where(among(tickets, [listed.key]))
    ).scalar_one_or_none()
    return read_at is not None and read_at > listed.observed_at


def _still_wanted(observed_at: datetime) -> sa.ColumnElement[Any]:
    """What changed since that reading began asks for another one."""
    wanted = tickets.c.history_wanted_at
    return sa.case((wanted > observed_at, wanted), else_=sa.null())


def _settle_others(connection: sa.Connection, listed: Listed, held: Sequence[HistoryRow]) -> bool:
    """Removes what the changelog replaces; whether something newer than it was left.

    What it tells without values is kept aside, for the values.
    """
    ids = {one.id for one in listed.entries}
    newest = max((one.at for one in listed.entries), default=None)
    untold = {one.field for one in listed.entries if not one.told}
    gone: list[HistoryRow] = []
    covered: list[HistoryRow] = []
    young = False
    for row in held:
        if row.entry.id in ids:
            continue
        if not _concerns(row, listed):
            continue
        if not _is_settled(row, newest, listed.observed_at):
            young = young or row.noted_at < listed.observed_at
        elif row.basis != "changelog" and row.entry.field in untold:
            covered.append(row)
        else:
            gone.append(row)
    drop(connection, gone)
    note(connection, [one.model_copy(update={"covered": True}) for one in covered])
    return young


def _concerns(row: HistoryRow, listed: Listed) -> bool:
    """Whether the changelog says more of this change than the row: one that is not complete, as
    where a list is kept from us, replaces nothing but what it tells itself."""
    if row.basis == "changelog":
        return listed.complete and row.noted_at < listed.observed_at
    if listed.complete:
        return row.entry.field in listed.fields
    since = row.since or row.entry.at - SAME
    return any(
        one.field == row.entry.field and since <= one.at <= row.entry.at + SAME
        for one in listed.entries
    )


def _is_settled(row: HistoryRow, newest: datetime | None, observed_at: datetime) -> bool:
    """Whether the changelog tells of it: it goes further, or it had time enough to.

    What was inferred comes from a record; nobody told that a record is newer than the changelog.
    """
    if newest is not None and row.entry.at <= newest + SAME:
        return True
    if row.noted_at >= observed_at:
        return False
    return row.basis == "inferred" or min(row.entry.at, row.noted_at) < observed_at - LAG


def owned_to(connection: sa.Connection, keys: Collection[Key]) -> dict[Key, datetime]:
    """Until when the changelogs that were read tell all; tickets without one are left out."""
    newest = (
        sa.select(sa.func.max(history.c.at))
        .where(
            history.c.source == tickets.c.source,
            history.c.ticket == tickets.c.external_id,
            history.c.basis == "changelog",
        )
        .scalar_subquery()
    )
    query = sa.select(tickets.c.source, tickets.c.external_id, tickets.c.history_read_at, newest)
    query = query.where(among(tickets, keys), tickets.c.history_read_at > NOT_WHOLE)
    return {
        (source, ticket): max(read_at - LAG, last + SAME if last else read_at - LAG)
        for source, ticket, read_at, last in connection.execute(query)
    }


def want(connection: sa.Connection, keys: Collection[Key], now: datetime) -> None:
    """Marks tickets whose changelog has to be read, since they changed."""
    if keys:
        connection.execute(
            tickets.update().where(among(tickets, keys)).values(history_wanted_at=now)
        )


def touch(connection: sa.Connection, keys: Collection[Key]) -> None:
    """Has everything that is derived from these histories made anew."""
    if keys:
        connection.execute(
            tickets.update().where(among(tickets, keys)).values(derive_due=tickets.c.derive_due + 1)
        )


def wanted(
    connection: sa.Connection, source: str, limit: int | None, *, backlog: bool = False
) -> list[str]:
    """Tickets whose changelog is wanted, longest ago first; those of the `backlog` never changed
    since they were imported, and nobody has read theirs yet."""
    column = tickets.c.history_wanted_at
    query = sa.select(tickets.c.external_id).where(
        tickets.c.source == source, tickets.c.fate == "here"
    )
    if backlog:
        query = query.where(tickets.c.history_read_at.is_(None), column.is_(None))
        query = query.order_by(tickets.c.updated_at.desc(), tickets.c.external_id)
    else:
        query = query.where(column.is_not(None)).order_by(column, tickets.c.external_id)
    return list(connection.execute(query.limit(limit)).scalars())


def unreadable(connection: sa.Connection, source: str, ids: Collection[str], at: datetime) -> None:
    """Notes that these changelogs could not be read: they are asked for after the next change."""
    keys = [(source, one) for one in ids]
    connection.execute(
        tickets.update()
        .where(among(tickets, keys))
        .values(history_read_at=NOT_WHOLE, history_wanted_at=_still_wanted(at))
    )


def _values(row: HistoryRow) -> dict[str, Any]:
    entry = row.entry
    return {
        "source": row.source,
        "ticket": entry.ticket,
        "entry": entry.id,
        "at": entry.at,
        "place": entry.place,
        "actor_id": entry.actor.id if entry.actor else None,
        "native_field": entry.native_field,
        "field": entry.field,
        "before": entry.before,
        "after": entry.after,
        "told": entry.told,
        "basis": row.basis,
        "since": row.since,
        "seen": list(row.seen) if row.seen else None,
        "covered": row.covered,
        "noted_at": row.noted_at,
    }


def row_of(source: str, entry: HistoryEntry, basis: Basis, now: datetime) -> HistoryRow:
    """A row of what was told just now."""
    return HistoryRow(source=source, entry=entry, basis=basis, noted_at=now)
