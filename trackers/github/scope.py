"""The source's filter: which issues of the repository are ours to keep.

`{"state": "open" | "closed" | "all", "labels": ["bug", …]}`; open when nothing is said, and with
labels all of them are wanted, as in GitHub's own lists.
"""

from collections.abc import Iterable

from schemas.errors import ConfigError
from schemas.model import Json
from schemas.source import Source
from schemas.ticket import Ticket

_STATES = ("open", "closed", "all")


def state(source: Source) -> str:
    """`open`, `closed` or `all`."""
    return str(source.filter.get("state", "open"))


def labels(source: Source) -> tuple[str, ...]:
    """The names of the labels a ticket must all carry."""
    found = source.filter.get("labels") or ()
    return tuple(found.split(",")) if isinstance(found, str) else tuple(found)


def holds(ticket: Ticket, source: Source) -> bool:
    """Whether a ticket lies inside; GitHub compares label names without case."""
    return _holds(ticket.state, (label.name for label in ticket.labels), source)


def holds_record(record: dict[str, Json], source: Source) -> bool | None:
    """Whether an issue of a list lies inside; None when its state or its labels cannot be read."""
    told, carried = record.get("state"), record.get("labels")
    if told not in ("open", "closed") or not isinstance(carried, list):
        return None
    names = (one.get("name") if isinstance(one, dict) else one for one in carried)
    return _holds(told, (name for name in names if isinstance(name, str)), source)


def _holds(told: str, carried: Iterable[str], source: Source) -> bool:
    if state(source) not in ("all", told):
        return False
    known = {name.lower() for name in carried}
    return all(name.strip().lower() in known for name in labels(source))


def check(source: Source) -> None:
    """Raises ConfigError naming the key when the filter is not one of ours."""
    where = f"filter of source {source.name!r}"
    unknown = sorted(set(source.filter) - {"state", "labels"})
    if unknown:
        raise ConfigError(f"{where}: {unknown[0]!r} is unknown; known: state, labels")
    if state(source) not in _STATES:
        raise ConfigError(f"{where}: state is {state(source)!r}; known: {', '.join(_STATES)}")
    named = source.filter.get("labels") or []
    if not isinstance(named, (str, list, tuple)) or not all(isinstance(n, str) for n in named):
        raise ConfigError(f"{where}: labels is a list of names")
