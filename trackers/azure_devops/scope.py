"""The source's filter: which work items of the project are ours to keep.

`{"state": "open" | "closed" | "all", "types": ["Bug", …], "labels": ["ui", …], "wiql": "…"}`; open
when nothing is said. `wiql` is what stands behind WHERE in a query, and with a `team` only the area
paths of that team count: both only the tracker can tell, so its answer travels with the record.
"""

import re

from schemas.errors import ConfigError
from schemas.model import Json
from schemas.source import Source
from schemas.ticket import Ticket
from trackers.azure_devops import names

_STATES = ("open", "closed", "all")
_KEYS = ("state", "types", "labels", "wiql")
_ORDER = re.compile(r"\border\s+by\b.*", re.IGNORECASE | re.DOTALL)
_LEAD = re.compile(r"^\s*(?:select\b.*?\bfrom\s+workitems\b\s*)?(?:\bwhere\b)?", re.I | re.DOTALL)
_QUOTED = re.compile(r"'(?:[^']|'')*'")


def state(source: Source) -> str:
    """`open`, `closed` or `all`."""
    return str(source.filter.get("state", "open"))


def named(source: Source, key: str) -> tuple[str, ...]:
    """A list of names in the filter; one text is split at commas."""
    found = source.filter.get(key) or ()
    parts = found.split(",") if isinstance(found, str) else found
    return tuple(str(part).strip() for part in parts if str(part).strip())


def clause(source: Source) -> str:
    """The filter's own condition, without a SELECT before and an ORDER BY behind it."""
    raw = str(source.filter.get("wiql") or "")
    blank = _QUOTED.sub(lambda one: " " * len(one[0]), raw)
    order, lead = _ORDER.search(blank), _LEAD.match(blank)
    return raw[lead.end() if lead else 0 : order.start() if order else len(raw)].strip()


def asks_tracker(source: Source) -> bool:
    """Whether only the tracker can tell if a work item lies inside."""
    return bool(clause(source) or source.team)


def holds(ticket: Ticket, source: Source, record: Json) -> bool | None:
    """Whether a ticket lies inside; None when only the tracker can tell and has not."""
    if not _holds_plainly(ticket, source, record):
        return False
    if not asks_tracker(source):
        return True
    ours = record.get(names.OURS) if isinstance(record, dict) else None
    inside = ours.get("inside") if isinstance(ours, dict) else None
    return inside if isinstance(inside, bool) else None


def check(source: Source) -> None:
    """Raises ConfigError naming the key when the filter is not one of ours."""
    where = f"filter of source {source.name!r}"
    unknown = sorted(set(source.filter) - set(_KEYS))
    if unknown:
        raise ConfigError(f"{where}: {unknown[0]!r} is unknown; known: {', '.join(_KEYS)}")
    if state(source) not in _STATES:
        raise ConfigError(f"{where}: state is {state(source)!r}; known: {', '.join(_STATES)}")
    for key in ("types", "labels"):
        found = source.filter.get(key) or []
        listed = isinstance(found, (list, tuple)) and all(isinstance(one, str) for one in found)
        if not isinstance(found, str) and not listed:
            raise ConfigError(f"{where}: {key} is a list of names")
    if not isinstance(source.filter.get("wiql") or "", str):
        raise ConfigError(f"{where}: wiql is a condition such as [System.AreaPath] UNDER 'Shop'")


def _holds_plainly(ticket: Ticket, source: Source, record: Json) -> bool:
    if state(source) not in ("all", ticket.state):
        return False
    types = {name.casefold() for name in named(source, "types")}
    if types and not types & {ticket.type.casefold(), _native_type(record)}:
        return False
    carried = {label.name.casefold() for label in ticket.labels}
    return all(name.casefold() in carried for name in named(source, "labels"))


def _native_type(record: Json) -> str:
    fields = record.get("fields") if isinstance(record, dict) else None
    found = fields.get(names.TYPE) if isinstance(fields, dict) else None
    return found.casefold() if isinstance(found, str) else ""
