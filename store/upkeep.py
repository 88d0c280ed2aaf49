"""Retention: what is dropped when, in chunks that hold no writer up."""

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa

from store import gaps, intents, outbox, plans, receipts, sessions, undo
from store.database import Store
from store.tables import attempts, deliveries, folders, notices, renders, validators

CHUNK = 500
VALIDATORS_KEPT = timedelta(days=7)
"""The addresses of lists name a moment, so they are soon asked for no more; a validator that would
still have been asked for costs one answer."""

RECEIPTS_KEPT = timedelta(days=60)
"""An echo comes within days; longer, people look up and take back what was written."""
Pruning = Callable[[sa.Connection, datetime, int], int]


def prune(store: Store, now: datetime, *, bodies: timedelta, rows: timedelta) -> dict[str, int]:
    """Drops bodies of done deliveries, then old rows; dead ones and pending ones stay.

    Notices that were sent go with the bodies, all others with the rows.
    """
    done = sa.and_(deliveries.c.outcome.is_not(None), deliveries.c.outcome != "dead")
    old_bodies = sa.and_(done, deliveries.c.body.is_not(None), deliveries.c.done_at < now - bodies)
    old_rows = sa.and_(done, deliveries.c.done_at < now - rows)
    return {
        "bodies": _in_chunks(store, old_bodies, deliveries.update().values(body=None)),
        "rows": _in_chunks(store, old_rows, deliveries.delete()),
        "renders": _prune_renders(store, now - rows),
        "gaps": gaps.prune(store, now - gaps.KEPT),
        "replaced": _prune_replaced(store, now - rows),
        "sessions": sessions.prune(store, now - max(rows, gaps.KEPT)),
        "notices": _prune_notices(store, sent=now - bodies, given_up=now - rows),
        "plans": _prune_plans(store, now - rows),
        "intents": _prune_ended(store, now - max(rows, RECEIPTS_KEPT), intents.prune),
        "receipts": _prune_ended(store, now - max(rows, RECEIPTS_KEPT), receipts.prune),
        "validators": _prune_validators(store, now - VALIDATORS_KEPT),
    }


def _prune_plans(store: Store, before: datetime) -> int:
    with store.write() as connection:
        return plans.prune(connection, before)


def _prune_ended(store: Store, before: datetime, some: Pruning) -> int:
    total = 0
    while True:
        with store.write() as connection:
            done = some(connection, before, CHUNK)
        total += done
        if done < CHUNK:
            return total


def _in_chunks(
    store: Store, condition: sa.ColumnElement[bool], statement: sa.Update | sa.Delete
) -> int:
    total = 0
    while True:
        some = sa.select(deliveries.c.id).where(condition).limit(CHUNK)
        with store.write() as connection:
            ids = list(connection.execute(some).scalars())
            if isinstance(statement, sa.Delete) and ids:
                connection.execute(attempts.delete().where(attempts.c.delivery_id.in_(ids)))
            if ids:
                connection.execute(statement.where(deliveries.c.id.in_(ids)))
        total += len(ids)
        if len(ids) < CHUNK:
            return total


def _prune_validators(store: Store, before: datetime) -> int:
    with store.write() as connection:
        dropped = connection.execute(validators.delete().where(validators.c.seen_at < before))
    return dropped.rowcount


def _prune_renders(store: Store, before: datetime) -> int:
    """Old renders, but for those that files show now: an edit starts from one of these."""
    shown = sa.exists().where(
        folders.c.source == renders.c.source,
        folders.c.ticket == renders.c.ticket,
        folders.c.render == renders.c.id,
    )
    with store.write() as connection:
        return connection.execute(renders.delete().where(renders.c.at < before, ~shown)).rowcount


def _prune_replaced(store: Store, before: datetime) -> int:
    """With the rows of the journal goes what tells who else changed a ticket since."""
    total = 0
    while True:
        with store.write() as connection:
            done = undo.prune(connection, before, CHUNK)
        total += done
        if done < CHUNK:
            return total


def _prune_notices(store: Store, *, sent: datetime, given_up: datetime) -> int:
    """One that still waits so long is for an address that is dead, or is configured no more."""
    unsent = sa.or_(outbox.old("given up", given_up), outbox.old("waiting", given_up))
    old = sa.or_(outbox.old("sent", sent), unsent)
    some, total = sa.select(notices.c.id).where(old).limit(CHUNK), 0
    while True:
        with store.write() as connection:
            ids = list(connection.execute(some).scalars())
            if ids:
                connection.execute(notices.delete().where(notices.c.id.in_(ids)))
        total += len(ids)
        if len(ids) < CHUNK:
            return total
