"""Ids for changes that a webhook tells under none of the tracker's own."""

from datetime import UTC, datetime
from hashlib import blake2b

import orjson

from schemas.model import Json


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
