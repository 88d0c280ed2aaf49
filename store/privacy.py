"""Privacy as it was last declared: when it changes, everything that was published is looked at."""

import hashlib
import json
from collections.abc import Sequence

import sqlalchemy as sa

from schemas.source import Source
from store.tables import mappings, sources

_OVER = ("unlinked", "retired")


def note(connection: sa.Connection, declared: Sequence[Source]) -> None:
    """Keeps the privacy of each source; a changed one wakes the mappings of all mirrors.

    Of all, for a ticket may have gone on from its twin by mirrors that know nothing of its source.
    """
    query = sa.select(sources.c.name, sources.c.privacy)
    held = {row.name: row.privacy for row in connection.execute(query)}
    changed = {one.name: seen for one in declared if held.get(one.name) != (seen := _seen(one))}
    for name, seen in changed.items():
        connection.execute(sources.update().where(sources.c.name == name).values(privacy=seen))
    if changed:
        connection.execute(
            mappings.update()
            .where(mappings.c.state.not_in(_OVER))
            .values(push_due=mappings.c.push_due + 1, due_at=None)
        )


def _seen(source: Source) -> str:
    told = source.model_dump(mode="json", include={"privacy", "privacy_rules"})
    return hashlib.blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=8).hexdigest()
