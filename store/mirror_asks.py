"""What people ask of mirrors from outside: one at a time, so that nothing is asked for twice."""

from datetime import datetime

import sqlalchemy as sa

from schemas.mirror import Mirror
from store import mirrors, sessions


def alone(connection: sa.Connection) -> None:
    """Nobody else makes or triggers mirrors until this transaction ends.

    On SQLite every write transaction is alone as it is.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(746168)"))


def trigger(connection: sa.Connection, mirror: Mirror, now: datetime) -> int:
    """The session that a pass over a mirror will have; one that was asked for already if it waits
    or runs. Call `alone` first, and read the mirror after it."""
    if mirror.session is not None:
        found = sessions.look_up(connection, mirror.session)
        if found is not None and found.status == "running":
            return found.id
    made = sessions.begin(connection, mirror.name, "mirror", now)
    mirrors.ask(connection, mirror.id, made, now)
    return made
