"""Changes that a webhook tells under no id of the tracker's, with ids of ours."""

from datetime import UTC, datetime
from hashlib import blake2b

import orjson

from schemas.history import HistoryEntry
from schemas.model import Json
from schemas.ticket import Person


def told_change(
    ticket: str,
    at: datetime,
    actor: Person | None,
    native: str,
    field: str | None,
    before: Json,
    after: Json,
    *,
    told: bool = True,
    place: int = 0,
) -> HistoryEntry:
    """One change of one field; see `HistoryEntry`, and `told_id` for its id."""
    return HistoryEntry(
        id=told_id(ticket, at, field or native, before, after),
        ticket=ticket,
        at=at,
        actor=actor,
        native_field=native,
        field=field,
        before=before,
        after=after,
        told=told,
        place=place,
    )


def told_id(ticket: str, at: datetime, field: str, before: Json, after: Json) -> str:
    """One id for one act, whichever hook tells of it: ticket, moment, field and both values.

    `at` is the record's own time, `field` ours or the native one, the values in the form of the
    history. What is no JSON goes by what it is printed as.
    """
    said = [ticket, at.astimezone(UTC).isoformat(), field, before, after]
    try:
        content = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a number beyond 64 bits, half a character: trackers do send them
        content = repr(said).encode("utf-8", "backslashreplace")
    return f"told:{blake2b(content, digest_size=12).hexdigest()}"
