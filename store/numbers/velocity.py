"""Velocity: what was in each sprint when it began, and what of it was done in it by its end."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import Any

import sqlalchemy as sa

from store.numbers import question
from store.numbers.daily import end_of, start_of
from store.numbers.question import Member, Question, joined, member_column
from store.tables import definitions, flows, stays

NEWEST = 12
"""So many sprints of a source are told when nobody names a period."""


@dataclass(frozen=True, slots=True)
class Sprint:
    """A sprint as defined, with all names it ever had. One with days instead of times begins with
    the end of its first day: what was planned on that day is committed."""

    source: str
    name: str
    names: frozenset[str]
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Velocity:
    """Story points and tickets of a sprint. Committed is None for a sprint nobody knows the
    beginning of; tickets without points count as tickets alone."""

    sprint: Sprint
    member: str | None
    committed: float | None
    completed: float
    committed_tickets: int | None
    completed_tickets: int


def velocity(connection: sa.Connection, asked: Question, *, every: bool = False) -> list[Velocity]:
    """The velocity of sprints that began before the period's end and ended after its beginning,
    oldest first; with `every` False only of the newest of each source."""
    found: list[Velocity] = []
    for one in chosen(connection, asked, every=every):
        found += _of(connection, asked, one)
    return found


def sprints(connection: sa.Connection, sources: Iterable[str]) -> list[Sprint]:
    """The sprints of sources, oldest first; those without a beginning at last."""
    query = sa.select(definitions).where(
        definitions.c.source.in_(sorted(sources)),
        definitions.c.kind == "sprint",
        definitions.c.deleted.is_(False),
    )
    found = [
        Sprint(
            row.source,
            row.name,
            frozenset((row.name, *(row.former or ()))),
            _moment(row.starts_on),
            _moment(row.due_on),
        )
        for row in connection.execute(query)
    ]
    return sorted(found, key=_order)


def _order(one: Sprint) -> tuple[bool, str, str, str]:
    started = one.starts_at.isoformat() if one.starts_at else ""
    return (one.starts_at is None, started, one.source, one.name)


def chosen(connection: sa.Connection, asked: Question, *, every: bool = False) -> list[Sprint]:
    """The sprints of a period, as `velocity` tells them: one that is still to come has none."""
    known = sprints(connection, asked.names)
    here = [
        one
        for one in known
        if (one.starts_at is None or one.starts_at < min(asked.until, asked.now))
        and (one.ends_at is None or one.ends_at >= asked.since)
    ]
    if every:
        return here
    newest: list[Sprint] = []
    for source in {one.source for one in here}:
        newest += [one for one in here if one.source == source][-NEWEST:]
    return sorted(newest, key=_order)


def _of(connection: sa.Connection, asked: Question, one: Sprint) -> list[Velocity]:
    end = min(one.ends_at or asked.now, asked.now)
    begun = _sums(connection, asked, one, _at(one.starts_at)) if one.starts_at else None
    since = one.starts_at if one.starts_at and one.starts_at <= end else None
    done = [stays.c.done_at.is_not(None), *_at(end)]
    if since is not None:
        done.append(stays.c.done_at >= _first(one.starts_at))
    ended = _sums(connection, asked, one, done)
    members = sorted({*(begun or {}), *ended}, key=lambda name: name or "")
    if asked.by is None:
        members = [None]
    found = []
    for member in members:
        points, tickets = (begun or {}).get(member, (0.0, 0))
        done_points, done_tickets = ended.get(member, (0.0, 0))
        told = Velocity(one, member, points, done_points, tickets, done_tickets)
        unknown = replace(told, committed=None, committed_tickets=None)
        found.append(unknown if begun is None else told)
    return found


def _first(moment: datetime | None) -> datetime:
    """The first moment of a sprint's first day: what is done on it is done in it."""
    return start_of(moment.date()) if moment else datetime.min.replace(tzinfo=UTC)


def _at(moment: datetime) -> list[sa.ColumnElement[bool]]:
    left = stays.c.left_at
    return [stays.c.entered_at <= moment, sa.or_(left.is_(None), left > moment)]


def _sums(
    connection: sa.Connection,
    asked: Question,
    one: Sprint,
    where: Iterable[sa.ColumnElement[bool]],
) -> dict[str | None, tuple[float, int]]:
    """Story points and tickets by label."""
    column = member_column(asked.by)
    of: Any = stays
    if asked.by not in (None, "source", "team"):
        both = sa.and_(stays.c.source == flows.c.source, stays.c.ticket == flows.c.ticket)
        of = joined(asked.by, stays.join(flows, both))
    query = (
        sa.select(column, sa.func.coalesce(sa.func.sum(stays.c.points), 0.0), sa.func.count())
        .select_from(of)
        .where(stays.c.source == one.source, stays.c.sprint.in_(sorted(one.names)), *where)
        .group_by(column)
    )
    raw: list[Any] = list(connection.execute(query).all())
    members: list[Member] = [(one.source, row[0]) for row in raw]
    named = question.labels(connection, asked, members)
    found: dict[str | None, tuple[float, int]] = {}
    for member, points, tickets in raw:
        label = named[one.source, member]
        before = found.get(label, (0.0, 0))
        found[label] = (before[0] + float(points), before[1] + int(tickets))
    return found


def _moment(told: str | None) -> datetime | None:
    """A sprint's beginning or end; of a day, or of its midnight, the end of that day."""
    if not told:
        return None
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        return None
    found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    return end_of(found.date()) - datetime.resolution if found.time() == time() else found
