"""What is derived from tickets, made anew for those that changed: numbers, links, words to find.

Like the files of the workspace it follows a change by a mark and not inside its transaction, so
that no delivery waits for it. The sweep brings it up to date, and so does whoever asks.
"""

import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from schemas.errors import StoreAway
from schemas.source import Source
from store import audit, history, links, search
from store.database import Connection, Store
from store.derivable import Derivable
from store.keys import Key, among
from store.numbers import derive as numbers
from store.tables import tickets
from store.whole import whole_tickets

BATCH = 64
"""A transaction of so many holds up no other writer on SQLite for longer than a quarter second."""

Maker = Callable[[Connection, Sequence[Derivable], datetime], None]
"""Makes what one table derives from these tickets, whatever was derived from them before."""

MAKERS: tuple[Maker, ...] = (links.make, numbers.make, search.make)


def bring_up(
    store: Store,
    sources: Mapping[str, Source],
    now: datetime,
    *,
    most: int | None = None,
    makers: Sequence[Maker] = MAKERS,
) -> int:
    """Derives anew what is due, or `most` of it; of how many tickets.

    One look at an index when nothing is due. Raises StoreAway; the marks stay then.
    """
    total = 0
    while _is_due(store) and (most is None or total < most):
        with store.write() as connection:
            done = _some(connection, sources, now, makers)
        total += done
        if not done:  # another process is at the rest
            break
    return total


def _is_due(store: Store) -> bool:
    with store.read() as connection:
        query = sa.select(tickets.c.source).where(tickets.c.derive_due > 0).limit(1)
        return connection.execute(query).first() is not None


def _some(
    connection: Connection, sources: Mapping[str, Source], now: datetime, makers: Sequence[Maker]
) -> int:
    """Loads and writes in one transaction with the rows locked: what was loaded before another
    process derived from something newer would otherwise overwrite it."""
    query = (
        sa.select(tickets.c.source, tickets.c.external_id)
        .where(tickets.c.derive_due > 0)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    keys: list[Key] = [(name, ticket) for name, ticket in connection.execute(query)]
    if not keys:
        return 0
    _make(connection, _load(connection, _seen(connection, keys), sources), now, makers)
    connection.execute(tickets.update().where(among(tickets, keys)).values(derive_due=0))
    return len(keys)


def _make(
    connection: Connection, batch: Sequence[Derivable], now: datetime, makers: Sequence[Maker]
) -> None:
    """Derives from all of them; if one breaks that, from each alone.

    The one at fault keeps what was derived from it before until it changes, and the audit says why:
    it must not hold up the numbers of all others.
    """
    try:
        with connection.begin_nested():
            for make in makers:
                make(connection, batch, now)
    except (StoreAway, DBAPIError):
        raise
    except Exception as error:
        if len(batch) == 1:
            told = {"error": f"{type(error).__name__}: {error}", "at": _place(error)}
            audit.note(
                connection, now, "ticketsync", "derive.failed", "/".join(batch[0].key), after=told
            )
            return
        for one in batch:
            _make(connection, [one], now, makers)


def _place(error: Exception) -> str:
    """Where in our code it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""


def _seen(connection: Connection, keys: Sequence[Key]) -> list[Key]:
    """Without those that were only heard of: nothing is shown of them, and nothing counted."""
    ever = sa.or_(tickets.c.fate == "here", tickets.c.record.is_not(None))
    query = sa.select(tickets.c.source, tickets.c.external_id).where(among(tickets, keys), ever)
    return [(name, ticket) for name, ticket in connection.execute(query)]


def _load(
    connection: Connection, keys: Sequence[Key], sources: Mapping[str, Source]
) -> list[Derivable]:
    past = history.of(connection, keys)
    return [
        Derivable(key, ticket, tuple(past.get(key, ())), sources.get(key[0]))
        for key, ticket in whole_tickets(connection, keys, parts=True).items()
    ]
