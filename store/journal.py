"""The journal: append-only deliveries with their outcome. It is the truth; the queue is a hint.

A row is pending while `outcome` is NULL. Work is always found by state, never by "id > last seen":
PostgreSQL's sequence ids commit out of order.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from schemas.delivery import Arrival, Attempt, Delivery, Outcome, Via
from store import keeping, prepared
from store.prepared import Prepared
from store.tables import attempts, deliveries

Lane = tuple[str, str | None]
"""(source, ticket): what is drained together; ticket None is the source's own lane."""


_COLUMNS = tuple(column for column in deliveries.c if column.name != "woken_at")
_NAMES = tuple(column.name for column in _COLUMNS)
_PENDING = (
    sa.select(*_COLUMNS)
    .where(deliveries.c.outcome.is_(None))
    .where(sa.or_(deliveries.c.due_at.is_(None), deliveries.c.due_at <= sa.bindparam("now")))
    .order_by(deliveries.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_PENDING_TICKETS = Prepared(
    lambda dialect: _PENDING.where(
        deliveries.c.source == sa.bindparam("of_source"),
        prepared.among(dialect, deliveries.c.ticket, "tickets"),
    )
)
STILL_PENDING = Prepared(
    lambda dialect: sa.select(deliveries.c.id).where(
        prepared.among(dialect, deliveries.c.id, "ids"), deliveries.c.outcome.is_(None)
    )
)
_DONE = (
    deliveries.update()
    .where(deliveries.c.id == sa.bindparam("row"))
    .values(
        outcome=sa.bindparam("to_outcome"),
        reason=sa.bindparam("to_reason"),
        done_at=sa.bindparam("now"),
    )
)
_FINISH = Prepared(lambda _: _DONE)
_FINISH_BARE = Prepared(lambda _: _DONE.values(body=sa.null()))


@dataclass(frozen=True, slots=True)
class Finished:
    """A delivery that is done; `keep_body` False drops the body (the record is on the ticket)."""

    id: int
    outcome: Outcome
    reason: str = ""
    keep_body: bool = True


@dataclass(frozen=True, slots=True)
class Failed:
    """A failed attempt, the `number`-th since the row was kept; without `next_at` it is dead."""

    id: int
    number: int
    error: str
    traceback: str
    next_at: datetime | None


def keep(connection: sa.Connection, arrivals: Sequence[Arrival]) -> list[bool]:
    """Writes deliveries; True where one is new, or revives a dead one, False for a duplicate."""
    if not arrivals:
        return []
    first: dict[tuple[str, str], int] = {}
    for index, arrival in enumerate(arrivals):
        first.setdefault((arrival.source, arrival.delivery_key), index)
    kept: set[tuple[str, str]] = set()
    indexes = list(first.values())
    for start in range(0, len(indexes), keeping.ROWS):
        some = [arrivals[index] for index in indexes[start : start + keeping.ROWS]]
        kept |= keeping.insert(connection, some)
    return [
        (a.source, a.delivery_key) in kept and first[a.source, a.delivery_key] == index
        for index, a in enumerate(arrivals)
    ]


def pending(
    connection: sa.Connection, lanes: Iterable[Lane], now: datetime, limit: int = 1_000
) -> list[Delivery]:
    """The deliveries of these lanes that may be applied now, oldest first."""
    given = list(lanes)
    names = {source for source, _ in given}
    tickets = [ticket for _, ticket in given if ticket is not None]
    if len(names) == 1 and len(tickets) == len(given):
        values = {"now": now, "most": limit, "of_source": names.pop(), "tickets": tickets}
        found = _PENDING_TICKETS.rows(connection, values)
        return [_delivery(dict(zip(_NAMES, row, strict=True))) for row in found]
    query = _PENDING.where(_in_lanes(given))
    return [delivery(row) for row in connection.execute(query, {"now": now, "most": limit})]


def still_pending(connection: sa.Connection, ids: Sequence[int]) -> set[int]:
    """Which of these rows nobody else has finished meanwhile; call it under the lanes' lock."""
    return {one for (one,) in STILL_PENDING.rows(connection, {"ids": list(ids)})}


def finish(connection: sa.Connection, done: Sequence[Finished], now: datetime) -> None:
    """Gives rows their outcome."""
    for keeps, statement in ((True, _FINISH), (False, _FINISH_BARE)):
        rows = [
            {"row": one.id, "to_outcome": one.outcome.value, "to_reason": one.reason, "now": now}
            for one in done
            if one.keep_body is keeps
        ]
        statement.send(connection, rows)


def fail(connection: sa.Connection, failures: Sequence[Failed], now: datetime) -> None:
    """Notes failed attempts; a row without a next attempt is dead from here on."""
    for failed in failures:
        dead = failed.next_at is None
        connection.execute(
            attempts.insert().values(
                delivery_id=failed.id,
                at=now,
                error=failed.error,
                traceback=failed.traceback,
                next_at=failed.next_at,
            )
        )
        connection.execute(
            deliveries.update()
            .where(deliveries.c.id == failed.id)
            .values(
                attempts=failed.number,
                due_at=failed.next_at,
                last_error=failed.error,
                outcome=str(Outcome.dead) if dead else None,
                reason=failed.error if dead else "",
                done_at=now if dead else None,
            )
        )


def stuck(
    connection: sa.Connection,
    sources: Sequence[str],
    now: datetime,
    *,
    older_than: timedelta,
    woken_before: timedelta = timedelta(seconds=60),
    limit: int = 1_000,
) -> list[Lane]:
    """Lanes with pending, due deliveries that nobody woke of late; marks them woken.

    Webhook deliveries come first: a backfill must not hold up the news.
    """
    waiting = sa.and_(
        deliveries.c.outcome.is_(None),
        deliveries.c.source.in_(sources),
        sa.or_(deliveries.c.due_at.is_(None), deliveries.c.due_at <= now),
        deliveries.c.received_at <= now - older_than,
        sa.or_(
            deliveries.c.woken_at.is_(None),
            deliveries.c.woken_at <= now - woken_before,
            deliveries.c.woken_at <= deliveries.c.due_at,
        ),
    )
    rank = sa.func.min(sa.case((deliveries.c.via == str(Via.webhook), 0), else_=1))
    query = (
        sa.select(deliveries.c.source, deliveries.c.ticket)
        .where(waiting)
        .group_by(deliveries.c.source, deliveries.c.ticket)
        .order_by(rank, sa.func.min(deliveries.c.id))
        .limit(limit)
    )
    lanes: list[Lane] = [(source, ticket) for source, ticket in connection.execute(query)]
    for start in range(0, len(lanes), 200):
        some = _in_lanes(lanes[start : start + 200])
        connection.execute(deliveries.update().where(waiting, some).values(woken_at=now))
    return lanes


def waiting(connection: sa.Connection, source: str, tickets: Sequence[str]) -> set[str]:
    """Those of these tickets of which a delivery is pending."""
    query = sa.select(deliveries.c.ticket).where(
        deliveries.c.source == source,
        deliveries.c.ticket.in_(tickets),
        deliveries.c.outcome.is_(None),
    )
    return set(connection.execute(query).scalars())


def open_lanes(connection: sa.Connection, source: str, session: int | None = None) -> list[Lane]:
    """All lanes of a source with pending deliveries, of one session or of any origin."""
    query = sa.select(deliveries.c.source, deliveries.c.ticket).distinct()
    query = query.where(deliveries.c.source == source, deliveries.c.outcome.is_(None))
    if session is not None:
        query = query.where(deliveries.c.session == session)
    return [(name, ticket) for name, ticket in connection.execute(query)]


def reopen(connection: sa.Connection, ids: Sequence[int]) -> int:
    """Makes rows pending again with a fresh count of attempts; how many rows it were."""
    statement = (
        deliveries.update()
        .where(deliveries.c.id.in_(ids))
        .values(outcome=None, reason="", due_at=None, attempts=0, done_at=None, woken_at=None)
    )
    return connection.execute(statement).rowcount


def get(connection: sa.Connection, delivery_id: int) -> Delivery | None:
    """One row of the journal."""
    query = sa.select(deliveries).where(deliveries.c.id == delivery_id)
    row = connection.execute(query).one_or_none()
    return delivery(row) if row else None


def find(
    connection: sa.Connection,
    *,
    source: str | None = None,
    ticket: str | None = None,
    outcome: str | None = None,
    event: str | None = None,
    limit: int = 50,
    with_body: bool = False,
    before: int | None = None,
) -> list[Delivery]:
    """Deliveries, newest first; outcome `pending` selects those that have none yet.

    `before` is the number of one that was seen: those older than it.
    """
    wanted = deliveries.c if with_body else [c for c in deliveries.c if c.name != "body"]
    query = sa.select(*wanted).order_by(deliveries.c.id.desc()).limit(limit)
    if source:
        query = query.where(deliveries.c.source == source)
    if ticket:
        query = query.where(deliveries.c.ticket == ticket)
    if event:
        query = query.where(deliveries.c.event == event)
    if before is not None:
        query = query.where(deliveries.c.id < before)
    if outcome == "pending":
        query = query.where(deliveries.c.outcome.is_(None))
    elif outcome:
        query = query.where(deliveries.c.outcome == outcome)
    return [delivery(row) for row in connection.execute(query)]


def count(connection: sa.Connection, source: str, via: str) -> int:
    """How many deliveries of a source came this way."""
    query = sa.select(sa.func.count()).where(deliveries.c.source == source, deliveries.c.via == via)
    return connection.execute(query).scalar_one()


def attempts_of(connection: sa.Connection, delivery_id: int) -> list[Attempt]:
    """All failed attempts of a delivery, first to last."""
    query = sa.select(attempts).where(attempts.c.delivery_id == delivery_id)
    return [
        Attempt(
            number=number,
            at=row.at,
            error=row.error,
            traceback=row.traceback,
            next_at=row.next_at,
        )
        for number, row in enumerate(connection.execute(query.order_by(attempts.c.id)), 1)
    ]


def delivery(row: Any) -> Delivery:
    """A journal row as a delivery; the body may be left out of the query."""
    return _delivery(row._mapping)


def _delivery(fields: Mapping[str, Any]) -> Delivery:
    return Delivery.model_construct(
        id=fields["id"],
        source=fields["source"],
        via=Via(fields["via"]),
        event=fields["event"],
        delivery_key=fields["delivery_key"],
        ticket=fields["ticket"],
        headers=fields["headers"],
        body=fields.get("body"),
        received_at=fields["received_at"],
        observed_at=fields["observed_at"],
        session=fields["session"],
        attempts=fields["attempts"],
        due_at=fields["due_at"],
        outcome=Outcome(fields["outcome"]) if fields["outcome"] else None,
        reason=fields["reason"],
        last_error=fields["last_error"],
        done_at=fields["done_at"],
    )


def _in_lanes(lanes: Iterable[Lane]) -> sa.ColumnElement[bool]:
    by_source: dict[str, list[str]] = {}
    own: list[str] = []
    for source, ticket in lanes:
        if ticket is None:
            own.append(source)
        else:
            by_source.setdefault(source, []).append(ticket)
    parts = [
        sa.and_(deliveries.c.source == source, deliveries.c.ticket.in_(ids))
        for source, ids in by_source.items()
    ]
    if own:
        parts.append(sa.and_(deliveries.c.source.in_(own), deliveries.c.ticket.is_(None)))
    return sa.or_(sa.false(), *parts)
