"""The source's filter: which issues of the project are ours to keep.

`{"jql": "…"}`, or `{"state": "open" | "closed" | "all", "labels": ["bug", …]}`; open when
nothing is said. A JQL says everything itself, so its default state is all. Beside them
`"pull_requests": true` has the web links read.
"""

import re
from datetime import datetime

from schemas.errors import ConfigError
from schemas.model import Json
from schemas.source import Source
from schemas.ticket import Ticket

_STATES = ("open", "closed", "all")
_KNOWN = ("jql", "state", "labels", "pull_requests")
_ORDER = re.compile(r"order\s+by\b", re.IGNORECASE)
_CLAUSES = {"open": "statusCategory != Done", "closed": "statusCategory = Done", "all": ""}


def jql(source: Source) -> str:
    """The user's JQL without its order; empty when there is none."""
    return split_order(str(source.filter.get("jql") or ""))[0]


def state(source: Source) -> str:
    """`open`, `closed` or `all`."""
    return str(source.filter.get("state") or ("all" if source.filter.get("jql") else "open"))


def labels(source: Source) -> tuple[str, ...]:
    """The labels a ticket must all carry."""
    found = source.filter.get("labels") or ()
    named = found.split(",") if isinstance(found, str) else found
    return tuple(str(name).strip() for name in named if str(name).strip())


def restriction(source: Source) -> str:
    """The filter as one JQL condition, as far as Jira can hold it; empty when everything is wanted.

    Where the source says itself what statuses mean, Jira's categories would leave out the wrong
    ones: all are asked for, and `holds` decides.
    """
    own = jql(source)
    clauses = [f"({own})" if own else "", "" if source.statuses else _CLAUSES[state(source)]]
    clauses += [f"labels = {quoted(name)}" for name in labels(source)]
    return " AND ".join(clause for clause in clauses if clause)


def walk_jql(project: str, *, condition: str = "", since: int | None = None) -> str:
    """What a pass asks for; `project` is a key or an id, `since` is in milliseconds since 1970.

    Epoch milliseconds are free of the user's time zone, in which JQL reads dates, and of its
    minutes. There is never an upper bound.
    """
    clauses = [f"project = {project if project.isdecimal() else quoted(project)}"]
    clauses += [condition] if condition else []
    clauses += [] if since is None else [f"updated >= {since}"]
    order = "created ASC, key ASC" if since is None else "updated ASC, key ASC"
    return f"{' AND '.join(clauses)} ORDER BY {order}"


def millis(moment: datetime | None) -> int | None:
    """A moment as JQL takes it."""
    return None if moment is None else round(moment.timestamp() * 1000)


def split_order(text: str) -> tuple[str, str]:
    """(condition, order) of a JQL; an ORDER BY inside quotes is text."""
    plain = _unquoted(text)
    found = None
    for found in _ORDER.finditer(plain):  # noqa: B007 - the last one counts
        pass
    if found is None or (found.start() and plain[found.start() - 1].isalnum()):
        return text.strip(), ""
    return text[: found.start()].strip(), text[found.start() :].strip()


def quoted(text: str) -> str:
    """A JQL string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def holds(ticket: Ticket, source: Source, inside: Json) -> bool | None:
    """Whether a ticket lies inside; `inside` is what the tracker said of the JQL, if it was asked.

    A partial record may not know its labels.
    """
    present = ticket.present
    if inside is not True and jql(source):
        return False if inside is False else None
    if state(source) != "all":
        if present is not None and "state" not in present:
            return None
        if state(source) != ticket.state:
            return False
    wanted = labels(source)
    if wanted and present is not None and "labels" not in present:
        return None
    carried = {label.name for label in ticket.labels}
    return all(name in carried for name in wanted)


def check(source: Source) -> None:
    """Raises ConfigError naming the key when the filter is not one of ours."""
    where = f"filter of source {source.name!r}"
    unknown = sorted(set(source.filter) - set(_KNOWN))
    if unknown:
        raise ConfigError(f"{where}: {unknown[0]!r} is unknown; known: {', '.join(_KNOWN)}")
    if state(source) not in _STATES:
        raise ConfigError(f"{where}: state is {state(source)!r}; known: {', '.join(_STATES)}")
    named = source.filter.get("labels") or []
    if not isinstance(named, (str, list, tuple)) or not all(isinstance(n, str) for n in named):
        raise ConfigError(f"{where}: labels is a list of names")
    if not isinstance(source.filter.get("pull_requests", False), bool):
        raise ConfigError(f"{where}: pull_requests is true or false")
    text = source.filter.get("jql") or ""
    if not isinstance(text, str) or not _balanced(_unquoted(text)):
        raise ConfigError(f"{where}: jql is no JQL: check its quotes and parentheses")


def _unquoted(text: str) -> str:
    """The text with everything inside quotes blanked, at the same places."""
    shown, quote, escaped = [], "", False
    for letter in text:
        inside = bool(quote)
        if not inside and letter in "\"'":
            quote = letter
        elif inside and not escaped and letter == quote:
            quote = ""
        escaped = inside and letter == "\\" and not escaped
        shown.append(" " if inside or quote else letter)
    return "".join(shown) if not quote else text + "("


def _balanced(plain: str) -> bool:
    """An OR behind a closing parenthesis of the user's must not escape ours."""
    depth = 0
    for letter in plain:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0:
            return False
    return depth == 0
