"""Edits: what people typed into files of trackers' tickets, until the tracker has it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.event import EditTold
from schemas.model import Json
from store.keys import Key, among
from store.tables import edits, tickets

COMMENT = "comment"
"""The field of an edit that is a new comment; a ticket may have several of these."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One field, in the words of front matter: what it said when it was edited, and says now.

    `state` is waiting or conflict; `reason` why the last try to write it failed.
    """

    id: int
    field: str
    base: Json
    value: Json
    state: str
    reason: str
    attempts: int
    at: datetime


def keep(connection: sa.Connection, key: Key, told: EditTold, now: datetime) -> int:
    """Takes an edit in; how many fields wait by it. The ticket is due to be written anew.

    A field that waits already keeps its base. Of a list, what was added and removed is carried
    over, so that edits that began with one render do not undo each other.
    """
    held = {one.field: one for one in of(connection, [key]).get(key, []) if one.field != COMMENT}
    for field, value in told.values.items():
        before = held.get(field)
        if before is None:
            _insert(connection, key, field, told.base.get(field), value, now)
            continue
        changed = {"value": _over(before.value, told.base.get(field), value), "state": "waiting"}
        connection.execute(
            edits.update()
            .where(edits.c.id == before.id)
            .values(**changed, at=now, due_at=None, attempts=0, reason="")
        )
    for text in told.comments:
        _insert(connection, key, COMMENT, None, text, now)
    show(connection, [key])
    return len(told.values) + len(told.comments)


def _over(held: Json, base: Json, value: Json) -> Json:
    if not (isinstance(held, list) and isinstance(value, list)):
        return value
    began: list[Json] = base if isinstance(base, list) else []
    kept = [one for one in held if one in value or one not in began]
    return kept + [one for one in value if one not in kept and one not in began]


def _insert(
    connection: sa.Connection, key: Key, field: str, base: Json, value: Json, now: datetime
) -> None:
    row = {"source": key[0], "ticket": key[1], "field": field, "base": base, "value": value}
    connection.execute(edits.insert().values(**row, state="waiting", at=now))


def show(connection: sa.Connection, keys: Iterable[Key]) -> None:
    """The files of these tickets are due: what waits in them changed."""
    connection.execute(
        tickets.update()
        .where(among(tickets, list(keys)))
        .values(render_due=tickets.c.render_due + 1)
    )


def of(connection: sa.Connection, keys: Sequence[Key]) -> dict[Key, list[Edit]]:
    """The edits of tickets that are not at the tracker yet, oldest first."""
    query = (
        sa.select(edits)
        .where(among(edits, keys, "ticket"), edits.c.ended_at.is_(None))
        .order_by(edits.c.id)
    )
    found: dict[Key, list[Edit]] = {}
    for row in connection.execute(query):
        found.setdefault((row.source, row.ticket), []).append(_edit(row))
    return found


def due(connection: sa.Connection, sources: Iterable[str], now: datetime, most: int) -> list[Key]:
    """Tickets with edits whose time has come, the longest waiting first."""
    query = (
        sa.select(edits.c.source, edits.c.ticket)
        .where(
            edits.c.ended_at.is_(None),
            edits.c.state == "waiting",
            edits.c.source.in_(list(sources)),
            sa.or_(edits.c.due_at.is_(None), edits.c.due_at <= now),
        )
        .group_by(edits.c.source, edits.c.ticket)
        .order_by(sa.func.min(edits.c.id))
        .limit(most)
    )
    return [(source, ticket) for source, ticket in connection.execute(query)]


def count(connection: sa.Connection, sources: Iterable[str] | None = None) -> dict[str, int]:
    """How many edits are not at the tracker yet, by source."""
    query = sa.select(edits.c.source, sa.func.count()).where(edits.c.ended_at.is_(None))
    if sources is not None:
        query = query.where(edits.c.source.in_(list(sources)))
    return {row[0]: row[1] for row in connection.execute(query.group_by(edits.c.source))}


def claim(connection: sa.Connection, key: Key, now: datetime, until: datetime) -> list[Edit]:
    """Takes a ticket's waiting edits for one worker until then; none when another has them."""
    statement = (
        edits.update()
        .where(
            edits.c.source == key[0],
            edits.c.ticket == key[1],
            edits.c.ended_at.is_(None),
            edits.c.state == "waiting",
            sa.or_(edits.c.due_at.is_(None), edits.c.due_at <= now),
        )
        .values(due_at=until)
        .returning(*edits.c)
    )
    return sorted(map(_edit, connection.execute(statement)), key=lambda one: one.id)


def end(connection: sa.Connection, done: Iterable[Edit], state: str, now: datetime) -> None:
    """They are `done` (the tracker says so, too) or `dropped`; what was typed since waits on."""
    for one in done:
        connection.execute(
            edits.update().where(*_as_it_was(one)).values(state=state, ended_at=now, reason="")
        )


def park(connection: sa.Connection, one: Edit) -> None:
    """It waits for a person: see the conflict of its field."""
    values = {"state": "conflict", "due_at": None, "reason": ""}
    connection.execute(edits.update().where(*_as_it_was(one)).values(values))


def put_off(
    connection: sa.Connection, some: Iterable[Edit], due_at: datetime, reason: str, tried: int = 1
) -> None:
    """They are tried again later; the reason is shown in the ticket's file."""
    for one in some:
        connection.execute(
            edits.update()
            .where(*_as_it_was(one))
            .values(due_at=due_at, reason=reason, attempts=one.attempts + tried)
        )


def _as_it_was(one: Edit) -> tuple[sa.ColumnElement[bool], ...]:
    """Nothing that was typed meanwhile is ended with what was typed before it."""
    return edits.c.id == one.id, edits.c.state == "waiting", edits.c.at == one.at


def _edit(row: Any) -> Edit:
    return Edit(row.id, row.field, row.base, row.value, row.state, row.reason, row.attempts, row.at)
