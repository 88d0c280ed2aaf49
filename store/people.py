"""People: accounts at trackers, one row each; tickets and comments name them by id."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from schemas.ticket import Person
from store import sql
from store.tables import people


def remember(connection: sa.Connection, seen: Iterable[tuple[str, Person, datetime]]) -> None:
    """Stores people as seen at a moment; an older sight never undoes a newer one."""
    latest: dict[tuple[str, str], tuple[Person, datetime]] = {}
    for source, person, at in seen:
        key = (source, person.id)
        if key not in latest or at >= latest[key][1]:
            latest[key] = (person, at)
    sql.upsert(
        connection,
        people,
        [
            person.model_dump(exclude={"id"})
            | {"source": source, "external_id": one, "seen_at": at}
            for (source, one), (person, at) in sorted(latest.items())
        ],
        newer="seen_at",
    )
