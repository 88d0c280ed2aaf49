"""Conflicts: both sides changed something since they agreed; both values are kept."""

from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from schemas.mirror import Conflict, Conflicting, Strategy
from schemas.model import Json
from store import audit, mappings
from store.keys import Key
from store.tables import conflicts, edits, tickets

How = Literal["left", "right", "value"]


def open_one(
    connection: sa.Connection,
    *,
    key: Key,
    field: str,
    left: Json,
    right: Json,
    now: datetime,
    base: Json = None,
    kind: Conflicting = "edit",
    strategy: Strategy = "manual",
    mapping: int | None = None,
    mirror: str | None = None,
    other: Key | None = None,
) -> tuple[int, bool]:
    """Opens a conflict, or takes newer values into the one that is open; (number, whether new).

    `key` is the ticket on the left: the mirror's source, or the file. `other` is the twin.
    """
    mine = (
        conflicts.c.settled_at.is_(None),
        conflicts.c.field == field,
        conflicts.c.source == key[0],
        conflicts.c.ticket == key[1],
        conflicts.c.mapping.is_(None) if mapping is None else conflicts.c.mapping == mapping,
    )
    row = connection.execute(sa.select(conflicts).where(*mine)).one_or_none()
    values: dict[str, Any] = {"base": base, "left": left, "right": right}
    if row is not None:
        if (row.left, row.right) != (left, right):
            connection.execute(conflicts.update().where(conflicts.c.id == row.id).values(values))
            _show(connection, key, other)
        return int(row.id), False
    values |= {
        "mapping": mapping,
        "mirror": mirror,
        "kind": kind,
        "field": field,
        "source": key[0],
        "ticket": key[1],
        "other_source": other[0] if other else None,
        "other_ticket": other[1] if other else None,
        "strategy": strategy,
        "detected_at": now,
    }
    made = connection.execute(conflicts.insert().values(values).returning(conflicts.c.id))
    _show(connection, key, other)
    return int(made.scalar_one()), True


def was_overtaken(connection: sa.Connection, mapping: int, field: str, since: datetime) -> bool:
    """Whether it was told already that a write of a field, made then, went over an edit."""
    query = sa.select(conflicts.c.id).where(
        conflicts.c.mapping == mapping,
        conflicts.c.field == field,
        conflicts.c.kind == "overtaken",
        conflicts.c.detected_at >= since,
    )
    return connection.execute(query.limit(1)).first() is not None


def settle(
    connection: sa.Connection, conflict: Conflict, how: How, value: Json, who: str, now: datetime
) -> bool:
    """A person says which value holds; the next push writes it. False when that was said before."""
    values: dict[str, Any] = {"settled_at": now, "settled_by": who, "how": how, "value": value}
    changed = connection.execute(
        conflicts.update()
        .where(conflicts.c.id == conflict.id, conflicts.c.settled_at.is_(None))
        .values(values)
    ).rowcount
    if not changed:
        return False
    if conflict.mapping is not None:
        mappings.wake(connection, [conflict.mapping])
    else:
        connection.execute(
            edits.update()
            .where(
                edits.c.source == conflict.source,
                edits.c.ticket == conflict.ticket,
                edits.c.state == "conflict",
            )
            .values(state="waiting", due_at=None)
        )
    other = (
        (conflict.other_source, conflict.other_ticket)
        if conflict.other_source and conflict.other_ticket
        else None
    )
    _show(connection, (conflict.source, conflict.ticket), other)
    subject = f"conflict {conflict.id} {conflict.field}"
    audit.note(connection, now, who, "conflict.settle", subject, after={"how": how, "value": value})
    return True


def reopen(connection: sa.Connection, conflict: Conflict) -> None:
    """What was to be overwritten is not what the person saw: it is open again."""
    connection.execute(
        conflicts.update()
        .where(conflicts.c.id == conflict.id)
        .values(settled_at=None, settled_by=None, how=None, value=None)
    )


def close(connection: sa.Connection, conflict: Conflict, how: str, who: str, now: datetime) -> None:
    """The sides agree again, or a settlement was carried out."""
    settled = {} if conflict.settled_at else {"settled_at": now, "settled_by": who, "how": how}
    connection.execute(
        conflicts.update().where(conflicts.c.id == conflict.id).values(applied_at=now, **settled)
    )
    other = (
        (conflict.other_source, conflict.other_ticket)
        if conflict.other_source and conflict.other_ticket
        else None
    )
    _show(connection, (conflict.source, conflict.ticket), other)


def of_mapping(connection: sa.Connection, mapping: int) -> list[Conflict]:
    """What is not carried out yet of a mapping: open conflicts, and settled ones to be written."""
    query = sa.select(conflicts).where(
        conflicts.c.mapping == mapping, conflicts.c.applied_at.is_(None)
    )
    return [Conflict(**row._mapping) for row in connection.execute(query.order_by(conflicts.c.id))]


def of_edits(connection: sa.Connection, key: Key) -> list[Conflict]:
    """The same of the edits of a ticket's file."""
    query = sa.select(conflicts).where(
        conflicts.c.mapping.is_(None),
        conflicts.c.source == key[0],
        conflicts.c.ticket == key[1],
        conflicts.c.applied_at.is_(None),
    )
    return [Conflict(**row._mapping) for row in connection.execute(query.order_by(conflicts.c.id))]


def find(
    connection: sa.Connection,
    *,
    source: str | None = None,
    ticket: str | None = None,
    settled: bool = False,
    limit: int = 50,
    after: int = 0,
) -> list[Conflict]:
    """Open conflicts (or settled ones), oldest first, of a ticket on either side if named."""
    state = conflicts.c.settled_at.is_not(None) if settled else conflicts.c.settled_at.is_(None)
    query = sa.select(conflicts).where(state, conflicts.c.id > after)
    if source is not None:
        query = query.where(
            sa.or_(conflicts.c.source == source, conflicts.c.other_source == source)
        )
    if ticket is not None:
        query = query.where(
            sa.or_(
                sa.and_(conflicts.c.source == source, conflicts.c.ticket == ticket),
                sa.and_(conflicts.c.other_source == source, conflicts.c.other_ticket == ticket),
            )
        )
    found = connection.execute(query.order_by(conflicts.c.id).limit(limit))
    return [Conflict(**row._mapping) for row in found]


def get(connection: sa.Connection, conflict: int) -> Conflict | None:
    """One conflict."""
    row = connection.execute(sa.select(conflicts).where(conflicts.c.id == conflict)).one_or_none()
    return Conflict(**row._mapping) if row else None


def count_open(connection: sa.Connection, mirror: str | None = None) -> int:
    """How many wait for a person."""
    query = sa.select(sa.func.count()).where(conflicts.c.settled_at.is_(None))
    if mirror is not None:
        query = query.where(conflicts.c.mirror == mirror)
    return int(connection.execute(query).scalar_one())


def _show(connection: sa.Connection, key: Key, other: Key | None) -> None:
    """The files of both tickets tell of it."""
    for one in (key, other):
        if one is not None:
            connection.execute(
                tickets.update()
                .where(tickets.c.source == one[0], tickets.c.external_id == one[1])
                .values(render_due=tickets.c.render_due + 1)
            )
