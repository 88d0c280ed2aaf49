"""Resolution: what came in and what went out, day by day or week by week."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from schemas.ticket import StatusCategory
from store.numbers import question
from store.numbers.daily import start_of
from store.numbers.question import Member, Question, here, joined, member_column
from store.tables import flows

DAYS = 31
"""Longer periods are told by weeks."""

_DONE = str(StatusCategory.done)


@dataclass(frozen=True, slots=True)
class Movement:
    """What happened from `since` to `until`, or to a member; `open` at the end of it.

    Tickets that were closed, opened again and closed anew ended the last time.
    """

    since: date
    until: date
    member: str | None
    created: int
    done: int
    canceled: int
    open: int

    @property
    def net(self) -> int:
        """By how much more came in than went out."""
        return self.created - self.done - self.canceled


def movements(connection: sa.Connection, asked: Question) -> list[Movement]:
    """The movement of each day or week of the period; with `by` of each member in all of it."""
    until = min(asked.until, start_of(asked.now.date() + timedelta(days=1)))
    last = (until - until.resolution).date()
    if asked.by is not None:
        return _by_member(connection, asked, last)
    first = asked.since.date()
    step = timedelta(days=1 if (last - first).days < DAYS else 7)
    counts = (
        _by_day(connection, asked, flows.c.created_at),
        _by_day(connection, asked, flows.c.done_at),
        _by_day(connection, asked, flows.c.ended_at, flows.c.category != _DONE),
    )
    standing = _open_at(connection, asked, asked.since)
    found = []
    while first <= last:
        end = min(first + step - timedelta(days=1), last)
        came, done, gone = (_within(days, first, end) for days in counts)
        standing += came - done - gone
        found.append(Movement(first, end, None, came, done, gone, standing))
        first += step
    return found


def _within(days: dict[date, int], first: date, last: date) -> int:
    return sum(count for day, count in days.items() if first <= day <= last)


def _by_day(
    connection: sa.Connection,
    asked: Question,
    column: sa.Column[datetime],
    *where: sa.ColumnElement[bool],
) -> dict[date, int]:
    if connection.dialect.name == "postgresql":
        day = sa.func.to_char(sa.func.timezone("UTC", column), "YYYY-MM-DD")
    else:
        day = sa.func.substr(sa.cast(column, sa.Text), 1, 10)
    query = (
        sa.select(day, sa.func.count())
        .where(*here(asked), question.during(column, asked), *where)
        .group_by(day)
    )
    return {date.fromisoformat(found): count for found, count in connection.execute(query)}


def _open_at(connection: sa.Connection, asked: Question, at: datetime) -> int:
    query = sa.select(sa.func.count()).where(*here(asked), *_is_open_at(at))
    return int(connection.execute(query).scalar_one())


def _is_open_at(at: datetime) -> Sequence[sa.ColumnElement[bool]]:
    ended = flows.c.ended_at
    return (
        sa.or_(flows.c.created_at.is_(None), flows.c.created_at < at),
        sa.or_(ended.is_(None), ended >= at),
    )


def _by_member(connection: sa.Connection, asked: Question, last: date) -> list[Movement]:
    column = member_column(asked.by)
    during = question.during
    counts = [
        sa.func.count(sa.case((condition, 1)))
        for condition in (
            during(flows.c.created_at, asked),
            during(flows.c.done_at, asked),
            sa.and_(during(flows.c.ended_at, asked), flows.c.category != _DONE),
            sa.and_(*_is_open_at(asked.until)),
        )
    ]
    query = (
        sa.select(flows.c.source, column, *counts)
        .select_from(joined(asked.by))
        .where(*here(asked))
        .group_by(flows.c.source, column)
    )
    raw = connection.execute(query).all()
    members: list[Member] = [(row[0], row[1]) for row in raw]
    named = question.labels(connection, asked, members)
    found: dict[str | None, list[int]] = {}
    for row in raw:
        sums = found.setdefault(named[row[0], row[1]], [0, 0, 0, 0])
        sums[:] = [one + more for one, more in zip(sums, row[2:], strict=True)]
    moved = [
        Movement(asked.since.date(), last, member, *sums)
        for member, sums in found.items()
        if any(sums)
    ]
    return sorted(moved, key=lambda one: (-one.created - one.done, one.member or ""))
