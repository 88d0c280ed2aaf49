"""The source's filter: which issues of the project are ours to keep.

`{"state": "open" | "closed" | "all", "labels": [...], "milestone": "title", "types": [...],
"confidential": true | false}`; open when nothing is said. With labels all of them are wanted, as in
GitLab's own lists.
"""

from schemas.errors import ConfigError
from schemas.source import Source
from schemas.ticket import Ticket

KEYS = ("state", "labels", "milestone", "types", "confidential")
_STATES = {"open": "opened", "opened": "opened", "closed": "closed", "all": "all"}


def asked(source: Source) -> dict[str, str]:
    """The filter as parameters of a list (https://docs.gitlab.com/api/issues/)."""
    found = {"state": state(source)}
    if labels(source):
        found["labels"] = ",".join(labels(source))
    if source.filter.get("milestone"):
        found["milestone"] = str(source.filter["milestone"])
    if len(types(source)) == 1:
        found["issue_type"] = types(source)[0]
    if source.filter.get("confidential") is not None:
        found["confidential"] = "true" if source.filter["confidential"] else "false"
    return found


def state(source: Source) -> str:
    """`opened`, `closed` or `all`."""
    return _STATES.get(str(source.filter.get("state", "open")), "opened")


def labels(source: Source) -> tuple[str, ...]:
    """The names of the labels a ticket must all carry."""
    return _names(source, "labels")


def types(source: Source) -> tuple[str, ...]:
    """The issue types that are wanted; empty means all."""
    return _names(source, "types")


def holds(ticket: Ticket, source: Source) -> bool | None:
    """Whether a ticket lies inside; None when a partial one does not tell."""
    told = ticket.present
    verdicts = [
        None if told is not None and field not in told else inside
        for field, inside in _verdicts(ticket, source)
    ]
    if False in verdicts:
        return False
    return None if None in verdicts else True


def check(source: Source) -> None:
    """Raises ConfigError naming the key when the filter is not one of ours."""
    where = f"filter of source {source.name!r}"
    unknown = sorted(set(source.filter) - set(KEYS))
    if unknown:
        raise ConfigError(f"{where}: {unknown[0]!r} is unknown; known: {', '.join(KEYS)}")
    told = str(source.filter.get("state", "open"))
    if told not in _STATES:
        raise ConfigError(f"{where}: state is {told!r}; known: open, closed, all")
    for name in ("labels", "types"):
        named = source.filter.get(name) or []
        if not isinstance(named, (str, list, tuple)) or not all(isinstance(n, str) for n in named):
            raise ConfigError(f"{where}: {name} is a list of names")
    if not isinstance(source.filter.get("confidential", True), bool):
        raise ConfigError(f"{where}: confidential is true or false")


def _verdicts(ticket: Ticket, source: Source) -> list[tuple[str, bool]]:
    """(ticket field, whether it passes) for every part of the filter that is set."""
    wanted, told = state(source), source.filter
    found = []
    if wanted != "all":
        found.append(("state", ticket.state == ("closed" if wanted == "closed" else "open")))
    if labels(source):
        carried = {label.name.lower() for label in ticket.labels}
        found.append(("labels", all(name.lower() in carried for name in labels(source))))
    if told.get("milestone"):
        title = ticket.milestone.title if ticket.milestone else ""
        found.append(("milestone", title.lower() == str(told["milestone"]).lower()))
    if types(source):
        native = {name.lower() for name in types(source)}
        mapped = {ours for name, ours in source.types.items() if name.lower() in native}
        found.append(("type", ticket.type in native | mapped))
    if told.get("confidential") is not None:
        found.append(("confidential", bool(ticket.confidential) == told["confidential"]))
    return found


def _names(source: Source, key: str) -> tuple[str, ...]:
    found = source.filter.get(key) or ()
    given = found.split(",") if isinstance(found, str) else found
    return tuple(name.strip() for name in given if name.strip())
