"""Snapshots: the figures of each day, kept; what later turns out otherwise is found and told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from store import sql
from store.database import Store
from store.keys import Key
from store.numbers.daily import Cell, Figure, end_of, figures, stands, start_of
from store.numbers.flow import flow
from store.numbers.story import Story, unpack
from store.tables import flows, snapshots, stories

MOST_DAYS = 92
"""So far back days are caught up with: a quarter, and each costs a look at every open ticket."""

_FIGURE = ("count", "seconds", "p50", "p85", "inferred")


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that was stored and would come out otherwise now; None is no such figure."""

    source: str
    day: date
    metric: str
    dimension: str
    member: str
    stored: Figure | None
    found: Figure | None


def count(connection: sa.Connection, source: str, day: date) -> dict[Cell, Figure]:
    """The figures of a source for a day, from all that is known now."""
    return figures(_stories(connection, source, day), day)


def take(store: Store, source: str, day: date, now: datetime) -> int:
    """Counts a day and keeps it, in place of what was kept of it before; how many figures.

    What is counted must have been brought up to date before.
    """
    # Counting takes longer than anybody may hold the one write lock of SQLite.
    with store.read() as connection:
        found = count(connection, source, day)
    with store.write() as connection:
        keep(connection, source, day, found, now)
    return len(found)


def keep(
    connection: sa.Connection,
    source: str,
    day: date,
    found: dict[Cell, Figure],
    now: datetime,
) -> None:
    """Keeps the figures of a day in place of those kept before."""
    connection.execute(
        snapshots.delete().where(snapshots.c.source == source, snapshots.c.day == day)
    )
    rows = [
        {
            "source": source,
            "day": day,
            "metric": metric,
            "dimension": dimension,
            "member": member,
            "taken_at": now,
            **{name: getattr(figure, name) for name in _FIGURE},
        }
        for (metric, dimension, member), figure in sorted(found.items())
    ]
    # Another process may count the same day: what both found is written twice, and never refused.
    sql.upsert(connection, snapshots, rows)


def kept(connection: sa.Connection, source: str, day: date) -> dict[Cell, Figure]:
    """The figures of a day as they were kept; none if the day was never counted."""
    query = sa.select(snapshots).where(snapshots.c.source == source, snapshots.c.day == day)
    return {
        (row.metric, row.dimension, row.member): _figure(row) for row in connection.execute(query)
    }


def check(connection: sa.Connection, source: str, day: date) -> list[Difference]:
    """What of a day that was kept would be counted otherwise now. That a change's time became
    exact alone is no difference."""
    before, now = kept(connection, source, day), count(connection, source, day)
    return [
        Difference(source, day, *cell, before.get(cell), now.get(cell))
        for cell in sorted(before.keys() | now.keys())
        if _differ(before.get(cell), now.get(cell))
    ]


def _differ(one: Figure | None, other: Figure | None) -> bool:
    if one is None or other is None:
        return one is not other
    return (one.count, one.seconds, one.p50, one.p85) != (
        other.count, other.seconds, other.p50, other.p85
    )  # fmt: skip


def days_kept(connection: sa.Connection, source: str) -> list[date]:
    """The days of a source that were counted, oldest first."""
    query = sa.select(snapshots.c.day).where(
        snapshots.c.source == source,
        snapshots.c.metric == "open",
        snapshots.c.dimension == "all",
    )
    return list(connection.execute(query.order_by(snapshots.c.day)).scalars())


def lacking(connection: sa.Connection, sources: Sequence[str], day: date) -> list[str]:
    """The sources of which a day was not counted; those that had no ticket then lack nothing, but
    where no source was counted at all."""
    table = snapshots.c
    query = sa.select(table.source).where(
        table.source.in_(sources),
        table.day == day,
        table.metric == "open",
        table.dimension == "all",
    )
    have = set(connection.execute(query).scalars())
    born = sa.select(flows.c.source).distinct().where(
        flows.c.source.in_(sources), flows.c.created_at < end_of(day)
    )  # fmt: skip
    had_any = set(connection.execute(born).scalars()) if have else set(sources)
    return [one for one in sources if one not in have and one in had_any]


def missing(connection: sa.Connection, source: str, until: date, first: date) -> list[date]:
    """The days from `first` to `until` that nobody counted yet, oldest first; none before anything
    is known, nor more than MOST_DAYS back."""
    query = sa.select(flows.c.created_at).where(
        flows.c.source == source, flows.c.created_at.is_not(None)
    )
    known = connection.execute(query.order_by(flows.c.created_at).limit(1)).scalar()
    if known is None:
        return []
    first = max(first, known.date(), until - timedelta(days=MOST_DAYS - 1))
    have = set(days_kept(connection, source))
    days = [first + timedelta(days=n) for n in range((until - first).days + 1)]
    return [day for day in days if day not in have]


def _stories(connection: sa.Connection, source: str, day: date) -> Iterator[tuple[Story, bool]]:
    """All stories but those that had ended for good before that day: they add nothing to it."""
    ended = stories.c.ended_at
    query = sa.select(stories.c.story, stories.c.by_assignment).where(
        stories.c.source == source, sa.or_(ended.is_(None), ended >= start_of(day))
    )
    for row in connection.execute(query):
        yield unpack(row.story), row.by_assignment


def standing(
    connection: sa.Connection, metric: str, sources: Sequence[str], at: datetime
) -> list[Key]:
    """The tickets that counted for a metric of how things stood at a moment, oldest first."""
    ended = stories.c.ended_at
    query = sa.select(stories).where(
        stories.c.source.in_(sources), sa.or_(ended.is_(None), ended > at)
    )
    found: list[tuple[datetime, Key]] = []
    for row in connection.execute(query):
        story = unpack(row.story)
        one = flow(story, at, by_assignment=row.by_assignment)
        if one is not None and stands(metric, one):
            since = story.born_at if metric == "open" else one.started_at or at
            found.append((since, (row.source, row.ticket)))
    return [key for _, key in sorted(found)]


def _figure(row: Any) -> Figure:
    return Figure(*(getattr(row, name) for name in _FIGURE))


def trend(
    connection: sa.Connection,
    metric: str,
    sources: Sequence[str],
    since: date,
    until: date,
    *,
    dimension: str = "all",
) -> list[tuple[str, date, str, Figure]]:
    """(source, day, member, figure) of kept days in a period, both ends included, oldest first."""
    query = sa.select(snapshots).where(
        snapshots.c.metric == metric,
        snapshots.c.dimension == dimension,
        snapshots.c.day.between(since, until),
        snapshots.c.source.in_(sources),
    )
    order = (snapshots.c.day, snapshots.c.source, snapshots.c.member)
    return [
        (row.source, row.day, row.member, _figure(row))
        for row in connection.execute(query.order_by(*order))
    ]
