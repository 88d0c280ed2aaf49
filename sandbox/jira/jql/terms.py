"""The fields that JQL can ask for: what an issue says for each, and how a value is looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sandbox.jira.jql.lexer import JqlError
from sandbox.jira.jql.parse import Function
from sandbox.jira.scheme import CATEGORIES, PRIORITIES, RESOLUTIONS, STATUSES, TYPES
from sandbox.jira.state import Issue, User
from sandbox.jira.world import World

Tags = set[str | int]
Say = Callable[[Issue], Tags]
Find = Callable[["Asking", str], Tags]


@dataclass(frozen=True)
class Asking:
    """Who asks of what."""

    world: World
    user: User | None


def _named(one: object | None) -> Tags:
    return {str(one.id)} if one is not None else set()  # type: ignore[attr-defined]


def _each(many: Iterable[object]) -> Tags:
    return {str(one.id) for one in many}  # type: ignore[attr-defined]


def _who(user: User | None) -> Tags:
    return {user.account_id} if user is not None else set()


SAYS: dict[str, Say] = {
    "project": lambda issue: {issue.project.id},
    "issuekey": lambda issue: {issue.id},
    "status": lambda issue: {issue.status.id},
    "statuscategory": lambda issue: {issue.status.category.id},
    "issuetype": lambda issue: {issue.type.id},
    "priority": lambda issue: _named(issue.priority),
    "resolution": lambda issue: _named(issue.resolution),
    "labels": lambda issue: set(issue.labels),
    "assignee": lambda issue: _who(issue.assignee),
    "reporter": lambda issue: _who(issue.reporter),
    "creator": lambda issue: _who(issue.creator),
    "component": lambda issue: _each(issue.components),
    "fixversion": lambda issue: _each(issue.fix_versions),
    "sprint": lambda issue: _each(issue.sprints),
    "parent": lambda issue: {issue.parent.id} if issue.parent is not None else set(),
}
ALIASES = {
    "key": "issuekey",
    "issue": "issuekey",
    "id": "issuekey",
    "type": "issuetype",
    "createddate": "created",
    "updateddate": "updated",
    "duedate": "due",
    "resolutiondate": "resolved",
    "label": "labels",
    "cf[10020]": "sprint",
}


def plain(field: str) -> str:
    """The one name for a field, in lower case."""
    near = field.strip().lower()
    return ALIASES.get(near, near)


def find(field: str, value: str, asking: Asking) -> Tags:
    """What a value of a clause stands for; Jira refuses one that does not exist."""
    if field == "labels":
        return {value}
    return LOOKUPS[field](asking, value)


def call(field: str, function: Function, asking: Asking) -> Tags:
    if function.name == "currentuser" and field in ("assignee", "reporter", "creator"):
        return _who(asking.user)
    if field == "sprint" and function.name in ("opensprints", "closedsprints", "futuresprints"):
        state = {"opensprints": "active", "closedsprints": "closed"}.get(function.name, "future")
        return _each(one for one in asking.world.sprints.values() if one.state == state)
    raise JqlError(f"Unable to find JQL function '{function.name}()'.")


def absent(field: str, value: str) -> JqlError:
    return JqlError(f"The value '{value}' does not exist for the field '{field}'.")


def _among(field: str, many: Iterable[object]) -> Find:
    known = list(many)

    def look(_: Asking, value: str) -> Tags:
        near = value.casefold()
        hits = {
            str(one.id)  # type: ignore[attr-defined]
            for one in known
            if near in (str(one.id), one.name.casefold())  # type: ignore[attr-defined]
        }
        if not hits:
            raise absent(field, value)
        return set(hits)

    return look


def _category(_: Asking, value: str) -> Tags:
    near = value.casefold()
    hits: Tags = {
        one.id for one in CATEGORIES if near in (str(one.id), one.key, one.name.casefold())
    }
    if not hits:
        raise absent("statusCategory", value)
    return hits


def _project(asking: Asking, value: str) -> Tags:
    found = asking.world.project(value)
    if found is None:
        near = value.casefold()
        many = asking.world.projects.values()
        found = next((one for one in many if one.name.casefold() == near), None)
    if found is None or not found.readable or asking.user is None:
        raise absent("project", value)
    return {found.id}


def _issue(asking: Asking, value: str) -> Tags:
    found = asking.world.issue(value)
    if found is None or not found.seen or asking.user is None:
        raise JqlError(f"An issue with key '{value}' does not exist for field 'key'.")
    return {found.id}


def _user(asking: Asking, value: str) -> Tags:
    return _who(asking.world.user(value))


def _listed(field: str, of: Callable[[World], Iterable[object]]) -> Find:
    return lambda asking, value: _among(field, of(asking.world))(asking, value)


LOOKUPS: dict[str, Find] = {
    "project": _project,
    "issuekey": _issue,
    "parent": _issue,
    "status": _among("status", STATUSES),
    "statuscategory": _category,
    "issuetype": _among("issuetype", TYPES),
    "priority": _among("priority", PRIORITIES),
    "resolution": _among("resolution", RESOLUTIONS),
    "assignee": _user,
    "reporter": _user,
    "creator": _user,
    "component": _listed(
        "component",
        lambda world: (part for one in world.projects.values() for part in one.components.values()),
    ),
    "fixversion": _listed(
        "fixVersion",
        lambda world: (part for one in world.projects.values() for part in one.versions.values()),
    ),
    "sprint": _listed("Sprint", lambda world: world.sprints.values()),
}
