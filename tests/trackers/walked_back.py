"""A ticket taken back through its changelog, written apart from the code that does it."""

from collections.abc import Iterable, Mapping, Sequence

from schemas.history import SETS, HistoryEntry, shown
from schemas.model import Json
from schemas.ticket import Ticket

Look = dict[str, Json]


def look(ticket: Ticket, fields: Iterable[str]) -> Look:
    """How a ticket looks in some fields."""
    return {name: shown(ticket, name) for name in sorted(fields)}


def undone(last: Mapping[str, Json], entries: Sequence[HistoryEntry]) -> Look:
    """How it looked before these changes, oldest first; "?" is what they do not tell."""
    now = dict(last)
    for one in reversed(entries):
        if one.field not in now:
            continue
        if not one.told:
            now[one.field] = "?"
        elif one.field in SETS:
            held = set(now[one.field] or ()) - set(one.after or ()) | set(one.before or ())
            now[one.field] = sorted(held) or None
        else:
            now[one.field] = one.before
    return now


def agrees(walked: Look, live: Look) -> dict[str, tuple[Json, Json]]:
    """The fields in which they differ; an untold one says nothing."""
    return {
        name: (walked[name], value)
        for name, value in live.items()
        if walked[name] not in ("?", value)
    }
