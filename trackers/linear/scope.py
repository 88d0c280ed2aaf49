"""The source's filter: which issues of the team are ours to keep.

`{"state": "open" | "closed" | "all", "labels": ["Bug", …], "filter": {…}}`; open when nothing is
said; with labels all of them are wanted. `filter` is an IssueFilter in Linear's own form
(https://linear.app/developers/filtering), as a custom view has one; only Linear can judge it.
"""

from schemas.errors import ConfigError
from schemas.model import Json
from schemas.source import Source
from schemas.ticket import Ticket
from trackers.linear.words import CLOSED_TYPES

_STATES = ("open", "closed", "all")
MARK = "ticketsyncInside"
"""What a record read with the native filter carries: whether Linear said that it is inside."""


def state(source: Source) -> str:
    """`open`, `closed` or `all`."""
    return str(source.filter.get("state", "open"))


def labels(source: Source) -> tuple[str, ...]:
    """The names of the labels a ticket must all carry."""
    found = source.filter.get("labels") or ()
    return tuple(found.split(",")) if isinstance(found, str) else tuple(found)


def native(source: Source) -> dict[str, Json] | None:
    """The filter in Linear's own form, if there is one."""
    return source.filter.get("filter") or None


def holds(ticket: Ticket, source: Source, record: Json = None) -> bool | None:
    """Whether a ticket lies inside; None when it hangs on the native filter alone."""
    if state(source) not in ("all", ticket.state):
        return False
    carried = {label.name.lower() for label in ticket.labels}
    if not all(name.strip().lower() in carried for name in labels(source)):
        return False
    if native(source) is None:
        return True
    told = record.get(MARK) if isinstance(record, dict) else None
    return told if isinstance(told, bool) else None


def wanted(source: Source) -> list[dict[str, Json]]:
    """The filter as Linear's; states that the source names otherwise are sifted here instead."""
    parts: list[dict[str, Json]] = []
    if state(source) != "all" and not source.statuses:
        test = "nin" if state(source) == "open" else "in"
        parts.append({"state": {"type": {test: list(CLOSED_TYPES)}}})
    return [*parts, *beside_state(source)]


def beside_state(source: Source) -> list[dict[str, Json]]:
    """The filter's labels and its native part as Linear's."""
    named = [name.strip() for name in labels(source)]
    parts: list[dict[str, Json]] = [
        {"labels": {"some": {"name": {"eqIgnoreCase": name}}}} for name in named
    ]
    own = native(source)
    return [*parts, own] if own else parts


def check(source: Source) -> None:
    """Raises ConfigError naming the key when the filter is not one of ours."""
    where = f"filter of source {source.name!r}"
    unknown = sorted(set(source.filter) - {"state", "labels", "filter"})
    if unknown:
        raise ConfigError(f"{where}: {unknown[0]!r} is unknown; known: state, labels, filter")
    if state(source) not in _STATES:
        raise ConfigError(f"{where}: state is {state(source)!r}; known: {', '.join(_STATES)}")
    named = source.filter.get("labels") or []
    if not isinstance(named, (str, list, tuple)) or not all(isinstance(n, str) for n in named):
        raise ConfigError(f"{where}: labels is a list of names")
    if not isinstance(source.filter.get("filter") or {}, dict):
        raise ConfigError(f"{where}: filter is a table, Linear's own IssueFilter")
