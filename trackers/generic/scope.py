"""The source's filter: `{"state": "open" | "closed" | "all", "labels": ["bug", …]}`."""

from schemas.errors import ConfigError
from schemas.source import Source
from schemas.ticket import Ticket

_STATES = ("open", "closed", "all")


def holds(ticket: Ticket, source: Source) -> bool:
    """Whether a ticket lies inside. What a partial one does not tell nobody can be asked about:
    it counts as inside."""
    known = ticket.present
    state = str(source.filter.get("state", "open"))
    if state not in ("all", ticket.state) and (known is None or "state" in known):
        return False
    carried = {label.name.lower() for label in ticket.labels}
    untold = known is not None and "labels" not in known
    return untold or all(name.lower() in carried for name in _labels(source))


def check(source: Source) -> None:
    """Raises ConfigError naming the key when the filter is not one of ours."""
    where = f"filter of source {source.name!r}"
    unknown = sorted(set(source.filter) - {"state", "labels"})
    if unknown:
        raise ConfigError(f"{where}: {unknown[0]!r} is unknown; known: state, labels")
    state = source.filter.get("state", "open")
    if state not in _STATES:
        raise ConfigError(f"{where}: state is {state!r}; known: {', '.join(_STATES)}")
    labels = source.filter.get("labels") or []
    if not isinstance(labels, (list, tuple)) or not all(isinstance(n, str) for n in labels):
        raise ConfigError(f"{where}: labels is a list of names")


def _labels(source: Source) -> tuple[str, ...]:
    return tuple(source.filter.get("labels") or ())
