"""Values of custom fields, in plain form."""

import math
import re
from datetime import datetime

from schemas.model import Json
from schemas.source import Source
from schemas.ticket import Sprint
from trackers.fields import Fields
from trackers.jira import marks, texts

_RANK = re.compile(r"\d\|[0-9a-z]+:[0-9a-z]*")
_SERVER_SPRINT = re.compile(r"\[(.*)\]$", re.DOTALL)
_NAMES = ("value", "name", "displayName", "accountId")
_STATES = ("active", "future", "closed")


def plain(value: Json) -> Json:
    """A text, a number, a name or a list of these; None for what has no plain form.

    Ranks, summaries of the development panel and running clocks of service levels move without the
    issue being changed, so they are none.
    """
    if isinstance(value, str):
        return None if _RANK.fullmatch(value) or value.startswith("{") else value or None
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, list):
        found = [one for one in map(plain, value) if one is not None]
        return found or None
    if not isinstance(value, dict) or "completedCycles" in value or "ongoingCycle" in value:
        return None
    if value.get("type") == "doc":
        return texts.read(value)[0] or None
    named = next((value[name] for name in _NAMES if isinstance(value.get(name), str)), None)
    child = value.get("child")
    return f"{named} / {plain(child)}" if named and isinstance(child, dict) else named


def number(value: Json) -> float | None:
    """A number, also as text; what no store takes (`NaN`, `Infinity`) is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def line(value: Json) -> str | None:
    """A text, the name of an option, or several joined."""
    found = plain(value)
    if isinstance(found, list):
        return ", ".join(str(one) for one in found)
    return None if found is None else str(found)


def sprints(fields: Fields, source: Source, found: marks.Found) -> tuple[Sprint, ...]:
    """All sprints of an issue; what is configured or found wins over the usual field."""
    for key in marks.candidates("sprint", source, found):
        value = fields.value.get(key)
        listed = value if isinstance(value, list) else []
        read = [_sprint(item, f"{fields.path}.{key}") for item in listed if item]
        if read:
            return tuple(read)
    return ()


def current(sprints: tuple[Sprint, ...]) -> Sprint | None:
    """The active one, else the next, else the last."""
    for state in _STATES[:2]:
        named = [sprint for sprint in sprints if sprint.state == state]
        if named:
            return named[0]
    return sprints[-1] if sprints else None


def _sprint(item: Json, path: str) -> Sprint:
    """An object, or at Data Center the printed form of a Java object."""
    if isinstance(item, str):
        item = _printed(item)
    sprint = Fields.of(item, path)
    state = sprint.text("state")
    return Sprint(
        id=sprint.need_id("id"),
        name=sprint.text("name") or "",
        state=state.lower() if state else None,
        starts_at=_time(sprint, "startDate"),
        ends_at=_time(sprint, "endDate"),
    )


def _printed(text: str) -> dict[str, Json]:
    """`com.atlassian.greenhopper.service.sprint.Sprint@1[id=7,name=A,…]` as an object."""
    found = _SERVER_SPRINT.search(text)
    pairs = re.split(r",(?=[A-Za-z]+=)", found[1]) if found else []
    named = {name: value for name, _, value in (pair.partition("=") for pair in pairs)}
    return {name: value for name, value in named.items() if value != "<null>"}


def _time(fields: Fields, name: str) -> datetime | None:
    return fields.time(name) if fields.value.get(name) else None
