"""The insert that every webhook waits for, spelt out for each dialect.

SQLAlchemy's own form cost three quarters of the receiver's time (measured: 41 µs a row on SQLite
and 34 on PostgreSQL, against 20 and 7 here), and this is the one statement that bounds intake. It
has to stay one statement: each further one gives the interpreter lock away to the event loop.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson
import sqlalchemy as sa

from schemas.delivery import Arrival

ROWS = 256
"""At most so many at once: SQLite takes 32,766 values in a statement."""

_COLUMNS = (
    "source, via, event, delivery_key, ticket, headers, body, received_at, observed_at, session"
)
# A sender that tries a dead delivery again deserves a new attempt. What we read ourselves revives
# nothing: the same poison record comes with every poll.
_CONFLICT = """
ON CONFLICT (source, delivery_key) DO UPDATE
SET outcome = NULL, reason = '', attempts = 0, due_at = NULL, done_at = NULL,
    woken_at = NULL, body = excluded.body, headers = excluded.headers
WHERE deliveries.outcome = 'dead' AND excluded.via = 'webhook'
RETURNING source, delivery_key"""
# All bodies travel as one value and are cut up by the server: an array of them costs more.
_POSTGRES = f"""
INSERT INTO deliveries ({_COLUMNS})
SELECT m->>0, m->>1, m->>2, m->>3, m->>4, m->5,
       substring(%b::bytea FROM (m->6)::int FOR (m->7)::int),
       (m->>8)::timestamptz, (m->>9)::timestamptz, (m->>10)::bigint
FROM jsonb_array_elements(%t::jsonb) AS rows (m)
{_CONFLICT}"""  # noqa: S608 - no value is part of the text


def insert(connection: sa.Connection, arrivals: Sequence[Arrival]) -> set[tuple[str, str]]:
    """Writes arrivals with distinct keys; (source, delivery key) of those new or revived."""
    if connection.dialect.name == "postgresql":
        found = connection.exec_driver_sql(_POSTGRES, _postgres_values(arrivals))
    else:
        found = connection.exec_driver_sql(_sqlite(len(arrivals)), _sqlite_values(arrivals))
    return {(source, key) for source, key in found}


@cache
def _sqlite(rows: int) -> str:
    places = ",".join(["(?,?,?,?,?,?,?,?,?,?)"] * rows)
    return f"INSERT INTO deliveries ({_COLUMNS}) VALUES {places}{_CONFLICT}"  # noqa: S608


def _sqlite_values(arrivals: Sequence[Arrival]) -> tuple[Any, ...]:
    values: list[Any] = []
    for one in arrivals:
        values += (
            one.source,
            one.via.value,
            one.event,
            one.delivery_key,
            one.ticket,
            orjson.dumps(one.headers).decode(),
            one.body,
            _sqlite_time(one.received_at),
            _sqlite_time(one.observed_at or one.received_at),
            one.session,
        )
    return tuple(values)


def _sqlite_time(moment: datetime) -> str:
    """As `store.tables.UtcTime` writes it."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _postgres_values(arrivals: Sequence[Arrival]) -> tuple[bytes, str]:
    start, rows = 1, []
    for one in arrivals:
        rows.append(
            (
                one.source,
                one.via.value,
                one.event,
                one.delivery_key,
                one.ticket,
                one.headers,
                start,
                len(one.body),
                one.received_at,
                one.observed_at or one.received_at,
                one.session,
            )
        )
        start += len(one.body)
    return b"".join(one.body for one in arrivals), orjson.dumps(rows).decode()
