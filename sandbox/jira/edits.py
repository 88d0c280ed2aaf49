"""Applies what was read to an issue and says what changed, as the changelog writes it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sandbox.jira import fields
from sandbox.jira.fields import BY_ID
from sandbox.jira.readings import MEMBERS, READERS, Reading, WrongValue, read
from sandbox.jira.refusals import refusal
from sandbox.jira.state import Issue
from sandbox.jira.wiki import wiki
from sandbox.wire import Json

NOT_ON_SCREEN = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."
APART = ("comment", "worklog", "issuelinks", "attachment")
"""Verbs that make something new beside the issue; the desk carries them out."""
IGNORED = ("status",)
"""Atlassian docs, Edit issue: a status in an edit is ignored."""

ATTRIBUTES = {
    "summary": "summary",
    "description": "description",
    "issuetype": "type",
    "priority": "priority",
    "resolution": "resolution",
    "security": "security",
    "assignee": "assignee",
    "reporter": "reporter",
    "labels": "labels",
    "components": "components",
    "fixVersions": "fix_versions",
    "versions": "versions",
    "duedate": "due",
    "parent": "parent",
    "timetracking": "estimate",
    fields.SPRINT: "sprints",
}
NAMES = {
    "components": "Component",
    "fixVersions": "Fix Version",
    "versions": "Version",
    "parent": "IssueParentAssociation",
    "timetracking": "timeoriginalestimate",
}
IDS = {"timetracking": "timeoriginalestimate"}
"""One field to write, several to read: the changelog names the one that was set."""
Values = dict[str, Any]


def read_edit(reading: Reading, wanted: Json, verbs: Json, allowed: set[str]) -> Values:
    """All values by field; refuses with every fault at once, before anything is changed."""
    values: Values = {}
    faults: Json = {}
    for name, value in wanted.items():
        if name not in IGNORED:
            _try(values, faults, name, allowed, partial(read, reading, name, value))
    for name, operations in verbs.items():
        if name in APART or name in IGNORED:
            continue
        if name in values:
            faults[name] = f"Field '{name}' cannot be set twice."
            continue
        _try(values, faults, name, allowed, partial(_verbs, reading, name, operations))
    if faults:
        raise refusal(400, errors=faults)
    return values


def _try(
    values: Values, faults: Json, name: str, allowed: set[str], look: Callable[[], Any]
) -> None:
    if name not in allowed or name not in READERS:
        faults[name] = NOT_ON_SCREEN.format(name)
        return
    try:
        values[name] = look()
    except WrongValue as wrong:
        faults[name] = str(wrong)


def _verbs(reading: Reading, name: str, operations: Any) -> Any:
    """`[{"add": x}, {"remove": y}, {"set": z}]` from the value as it stands."""
    if not isinstance(operations, list) or any(not isinstance(one, dict) for one in operations):
        raise WrongValue("data was not an array")
    value = _current(reading.issue, name) if reading.issue is not None else []
    for operation in operations:
        for verb, given in operation.items():
            value = _verb(reading, name, value, verb, given)
    return value


def _verb(reading: Reading, name: str, value: Any, verb: str, given: Any) -> Any:
    if verb == "set" or (verb == "edit" and name == "timetracking"):
        return read(reading, name, given)
    if name not in MEMBERS or verb not in ("add", "remove"):
        raise WrongValue(f"Field does not support operation '{verb}'")
    one = MEMBERS[name](reading, given)
    without = [each for each in value or () if each != one]
    if verb == "remove":
        return without
    return value if one in value else [*value, one]


def _current(issue: Issue, name: str) -> Any:
    if name in ATTRIBUTES:
        return getattr(issue, ATTRIBUTES[name])
    return issue.custom.get(name)


def put(issue: Issue, name: str, value: Any) -> None:
    if name in ATTRIBUTES:
        if name == "parent":
            _adopt(issue, value)
        setattr(issue, ATTRIBUTES[name], value)
    else:
        issue.custom[name] = value


def _adopt(issue: Issue, parent: Issue | None) -> None:
    if issue.parent is not None and issue in issue.parent.children:
        issue.parent.children.remove(issue)
    if parent is not None:
        parent.children.append(issue)


def assign(issue: Issue, values: Values) -> list[Json]:
    """Set what differs; the items of the changelog line for it."""
    items: list[Json] = []
    for name, value in values.items():
        before = _current(issue, name)
        if before == value or (not before and not value and before != 0 and value != 0):
            continue
        items += differences(name, before, value)
        put(issue, name, value)
    return items


def differences(name: str, before: Any, after: Any) -> list[Json]:
    """One item, but one for each member that came or went of components and versions."""
    if name in ("components", "fixVersions", "versions"):
        gone = [item(name, one.id, one.name, None, None) for one in before if one not in after]
        come = [item(name, None, None, one.id, one.name) for one in after if one not in before]
        return [*gone, *come]
    old, new = _said(name, before), _said(name, after)
    return [item(name, old[0], old[1], new[0], new[1])]


def item(
    name: str, old: str | None, old_text: str | None, new: str | None, new_text: str | None
) -> Json:
    known = BY_ID.get(name)
    custom = known is not None and known.is_custom
    shown: Json = {
        "field": known.name if known is not None and custom else NAMES.get(name, name),
        "fieldtype": "custom" if custom else "jira",
    }
    if known is not None:
        shown["fieldId"] = IDS.get(name, name)
    return {**shown, "from": old, "fromString": old_text, "to": new, "toString": new_text}


def _said(name: str, value: Any) -> tuple[str | None, str | None]:
    """The id and the words for a value; nothing has neither."""
    if value is None:
        return None, None
    if name in SAID:
        return SAID[name](value)
    if hasattr(value, "name"):
        return value.id, value.name
    return None, _plain(value)


def _rich(value: Any) -> tuple[str | None, str | None]:
    return None, wiki(value)


def _person(value: Any) -> tuple[str | None, str | None]:
    return value.account_id, value.name


SAID: dict[str, Callable[[Any], tuple[str | None, str | None]]] = {
    "description": _rich,
    fields.STEPS_TEXT: _rich,
    "labels": lambda value: (None, " ".join(value)),
    fields.SPRINT: lambda value: (
        ", ".join(str(one.id) for one in value),
        ", ".join(one.name for one in value),
    ),
    "assignee": _person,
    "reporter": _person,
    "parent": lambda value: (str(value.id), value.key),
    "duedate": lambda value: (value, f"{value} 00:00:00.0"),
    "timetracking": lambda value: (str(value), str(value)),
}


def _plain(value: Any) -> str:
    """Numbers without a fraction lose their point."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def screen(kind: str) -> set[str]:
    """What may be set when creating or editing; the resolution only on a transition."""
    names = {one.id for one in fields.FIELDS if one.on_screen}
    if kind == "create":
        return names - {"resolution"}
    if kind == "edit":
        return names - {"project", "resolution"}
    return names - {"project", "issuetype"}
