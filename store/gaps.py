"""Gaps: what a reconcile found and whether a webhook told of it; and what that says of the hook."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from schemas.model import Model
from schemas.tracker import Part
from store.database import Store
from store.tables import deliveries, gaps, sessions, tickets

Verdict = Literal["polling", "untold", "late", "missed"]
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
FEWEST_MISSES = 3
FEWEST_SESSIONS = 2
LATEST = timedelta(hours=24)
"""A webhook that comes so long after its change was found is not waited for."""
KEPT = timedelta(days=90)
AT_ONCE = 500

_WEBHOOK = deliveries.c.via == sa.literal_column("'webhook'")
"""Spelt out, so that both databases know at once that the partial index serves."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One change that a reconcile found. `told_at` is when a webhook told of it after all.

    `id` is 0 before it is kept.
    """

    ticket: str | None
    part: Part
    changed_at: datetime | None
    found_at: datetime
    verdict: Verdict
    told_at: datetime | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """A webhook of a lane; `outcome` None while it waits."""

    ticket: str | None
    at: datetime
    outcome: str | None


class Coverage(Model):
    """How much of what a source's webhook had to tell in some time it did tell.

    `told` counts webhook deliveries that ended applied, and changes that a poll brought first while
    their webhook came, too. `missed` counts changes that only a reconcile found, each once.
    `known` is False where no session came to its end in that time: nobody could see a miss.
    """

    told: int
    missed: int
    known: bool = True

    @property
    def share(self) -> float | None:
        """told / (told + missed), from 0 to 1; None for nothing to tell, or nobody who compared."""
        every = self.told + self.missed
        return self.told / every if every and self.known else None


def add(connection: sa.Connection, source: str, session: int, found: Sequence[Gap]) -> None:
    """Keeps new gaps of a session."""
    rows = [
        {
            "source": source,
            "session": session,
            "ticket": one.ticket,
            "part": one.part,
            "changed_at": one.changed_at,
            "found_at": one.found_at,
            "verdict": one.verdict,
            "told_at": one.told_at,
        }
        for one in found
    ]
    if rows:
        connection.execute(gaps.insert(), rows)


def judge(
    connection: sa.Connection, gap: int, verdict: Verdict, told_at: datetime | None = None
) -> None:
    """Gives a kept gap another verdict."""
    changed = gaps.update().where(gaps.c.id == gap)
    connection.execute(changed.values(verdict=verdict, told_at=told_at))


def prune(store: Store, before: datetime) -> int:
    """Drops the gaps found before then; how many."""
    with store.write() as connection:
        return connection.execute(gaps.delete().where(gaps.c.found_at < before)).rowcount


def of_lanes(
    connection: sa.Connection, source: str, lanes: Collection[str | None], since: datetime
) -> list[Gap]:
    """The gaps of these lanes found since then."""
    query = sa.select(gaps).where(gaps.c.source == source, gaps.c.found_at >= since)
    return [
        _gap(row)
        for some in _in_lanes(gaps.c.ticket, lanes)
        for row in connection.execute(query.where(some))
    ]


def judged(connection: sa.Connection, source: str, since: datetime) -> list[Gap]:
    """Gaps found since then that a webhook should have told or did tell, oldest first.

    Those that still wait for a verdict are shown for a week.
    """
    undecided = sa.and_(gaps.c.verdict == "late", gaps.c.told_at.is_(None))
    query = (
        sa.select(gaps)
        .where(gaps.c.source == source, gaps.c.found_at >= since - WEEK)
        .where(sa.or_(gaps.c.found_at >= since, undecided))
        .where(gaps.c.verdict.in_(("late", "missed")))
        .order_by(gaps.c.found_at, gaps.c.id)
    )
    return [_gap(row) for row in connection.execute(query)]


def heard(
    connection: sa.Connection, source: str, lanes: Collection[str | None], since: datetime
) -> list[Heard]:
    """The webhooks of these lanes that came since then, oldest first."""
    query = sa.select(deliveries.c.ticket, deliveries.c.received_at, deliveries.c.outcome).where(
        _WEBHOOK, deliveries.c.source == source, deliveries.c.received_at >= since
    )
    found = [
        Heard(row.ticket, row.received_at, row.outcome)
        for some in _in_lanes(deliveries.c.ticket, lanes)
        for row in connection.execute(query.where(some))
    ]
    return sorted(found, key=lambda one: one.at)


def in_doubt(
    connection: sa.Connection, source: str, lanes: Collection[str | None]
) -> set[str | None]:
    """Which of these tickets have to be read again, and will be."""
    query = sa.select(tickets.c.external_id).where(
        tickets.c.source == source, tickets.c.doubt_due_at.is_not(None)
    )
    return {
        one
        for some in _in_lanes(tickets.c.external_id, lanes)
        for (one,) in connection.execute(query.where(some))
    }


def first_webhook(connection: sa.Connection, source: str) -> datetime | None:
    """When the oldest webhook that the journal keeps of a source came."""
    return _webhook(connection, source, deliveries.c.received_at.asc())


def last_webhook(connection: sa.Connection, source: str) -> datetime | None:
    """When a source's newest webhook came, whatever became of it."""
    return _webhook(connection, source, deliveries.c.received_at.desc())


def first_session(connection: sa.Connection, source: str) -> datetime | None:
    """When a source was read to the end for the first time."""
    query = sa.select(sessions.c.ended_at).where(_complete(source)).order_by(sessions.c.id)
    return connection.execute(query.limit(1)).scalar()


def last_session(connection: sa.Connection, source: str) -> datetime | None:
    """When the newest session of a source began that came to its end."""
    query = sa.select(sessions.c.started_at).where(_complete(source))
    return connection.execute(query.order_by(sessions.c.id.desc()).limit(1)).scalar()


def coverage(
    connection: sa.Connection, source: str, now: datetime, window: timedelta = DAY
) -> Coverage:
    """The coverage of a source's webhook over a window that ends now.

    A delivery that came twice has one row; one that concerned another project, or told what another
    had told, is not `applied`; a change that may still be told is counted nowhere yet.
    """
    since = now - window
    counted = sa.select(sa.func.count()).select_from
    applied = counted(deliveries).where(
        _WEBHOOK,
        deliveries.c.source == source,
        deliveries.c.received_at >= since,
        deliveries.c.outcome == "applied",
    )
    by_poll_first = counted(gaps).where(
        gaps.c.source == source,
        gaps.c.found_at >= since - LATEST,
        gaps.c.verdict == "late",
        gaps.c.told_at >= since,
        ~_applied_at_told_at(),
    )
    missed = counted(gaps).where(
        gaps.c.source == source, gaps.c.found_at >= since, gaps.c.verdict == "missed"
    )
    told = connection.execute(applied).scalar_one() + connection.execute(by_poll_first).scalar_one()
    compared = last_session(connection, source)
    return Coverage(
        told=told,
        missed=connection.execute(missed).scalar_one(),
        known=compared is not None and compared >= since,
    )


def silent_since(
    connection: sa.Connection, source: str, *, but: int | None = None
) -> datetime | None:
    """Since when a source's webhook is silent: three misses over two sessions and no webhook since.

    The first of these changes is named. `but` leaves a session out. A hook that had nothing to tell
    is not silent.
    """
    last = last_webhook(connection, source)
    at = sa.func.coalesce(gaps.c.changed_at, gaps.c.found_at)
    query = sa.select(
        sa.func.count(), sa.func.count(gaps.c.session.distinct()), sa.func.min(at)
    ).where(gaps.c.source == source, gaps.c.verdict == "missed")
    if last is not None:
        query = query.where(gaps.c.found_at > last, at > last)
    if but is not None:
        query = query.where(gaps.c.session != but)
    misses, found_by, first = connection.execute(query).one()
    enough = misses >= FEWEST_MISSES and found_by >= FEWEST_SESSIONS
    return first if enough else None


def _applied_at_told_at() -> sa.ColumnElement[bool]:
    """Whether the webhook that told of a gap was applied, and so is counted already."""
    return sa.exists().where(
        _WEBHOOK,
        deliveries.c.source == gaps.c.source,
        deliveries.c.received_at == gaps.c.told_at,
        deliveries.c.ticket.is_not_distinct_from(gaps.c.ticket),
        deliveries.c.outcome == "applied",
    )


def _webhook(
    connection: sa.Connection, source: str, order: sa.UnaryExpression[datetime]
) -> datetime | None:
    query = sa.select(deliveries.c.received_at).where(_WEBHOOK, deliveries.c.source == source)
    return connection.execute(query.order_by(order).limit(1)).scalar()


def _complete(source: str) -> sa.ColumnElement[bool]:
    """A session that only looked at the webhook read nothing."""
    read = sessions.c.kind != "hooks"
    return sa.and_(sessions.c.source == source, sessions.c.status == "complete", read)


def _in_lanes(
    column: sa.ColumnElement[Any], lanes: Collection[str | None]
) -> Iterator[sa.ColumnElement[bool]]:
    """Conditions for all these lanes, some of them at a time."""
    named = sorted(one for one in lanes if one is not None)
    for start in range(0, len(named), AT_ONCE):
        yield column.in_(named[start : start + AT_ONCE])
    if None in lanes:
        yield column.is_(None)


def _gap(row: Any) -> Gap:
    return Gap(
        ticket=row.ticket,
        part=row.part,
        changed_at=row.changed_at,
        found_at=row.found_at,
        verdict=row.verdict,
        told_at=row.told_at,
        id=row.id,
    )
