"""The audit table: every replay, drop, config change and write to a tracker, and by whom."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.model import Json
from store.tables import audit


def note(
    connection: sa.Connection,
    now: datetime,
    who: str,
    action: str,
    subject: str,
    before: Json = None,
    after: Json = None,
) -> None:
    """One line of the audit: `who` did `action` to `subject`."""
    connection.execute(
        audit.insert().values(
            at=now, who=who, action=action, subject=subject, before=before, after=after
        )
    )


def find(connection: sa.Connection, limit: int = 50) -> Sequence[dict[str, Any]]:
    """The newest lines, newest first."""
    query = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
    return [dict(row._mapping) for row in connection.execute(query)]
