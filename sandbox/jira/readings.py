"""Reads the values of `fields` as a client sends them into the things they name.

A value that cannot be read raises WrongValue with the sentence Jira gives back for the field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sandbox.jira import fields
from sandbox.jira.adf import LONGEST, TOO_LONG, NotADocument, accepted
from sandbox.jira.moments import seconds_of
from sandbox.jira.scheme import PRIORITIES, RESOLUTIONS, SECURITY_LEVELS, TYPES
from sandbox.jira.state import Component, Issue, Option, Project, Rich, Sprint, User, Version
from sandbox.jira.unwiki import document
from sandbox.jira.world import World

LONGEST_SUMMARY = 255
LONGEST_LABEL = 255
T = TypeVar("T")


class WrongValue(ValueError):
    """The sentence for one field."""


@dataclass(frozen=True)
class Reading:
    """In which project, in which version of the API; `issue` is None while one is created."""

    world: World
    project: Project
    version: str
    issue: Issue | None = None

    def rich(self, value: Any) -> Rich:
        """A document in version 3, markup in version 2; Data Center keeps the markup."""
        if self.version == "3":
            try:
                return accepted(value)
            except NotADocument as wrong:
                raise WrongValue(str(wrong)) from None
        if value is not None and not isinstance(value, str):
            raise WrongValue("Operation value must be a string")
        if value and len(value) > LONGEST:
            raise WrongValue(TOO_LONG)
        return document(value) if self.world.cloud else (value or None)


def read(reading: Reading, name: str, value: Any) -> Any:
    return READERS[name](reading, value)


def one_of(many: Iterable[T], value: Any, what: str) -> T:
    """By id, or by name in any case."""
    if not isinstance(value, dict):
        raise WrongValue("data was not an object")
    wanted = str(value.get("id") or value.get("name") or "")
    for one in many:
        if wanted and (wanted == one.id or wanted.casefold() == one.name.casefold()):  # type: ignore[attr-defined]
            return one
    raise WrongValue(f"The {what} selected is invalid." if wanted else f"Specify a valid {what}.")


def _summary(_: Reading, value: Any) -> str:
    if not isinstance(value, str):
        raise WrongValue("Operation value must be a string")
    if not value.strip():
        raise WrongValue("You must specify a summary of the issue.")
    if "\n" in value or "\r" in value:
        raise WrongValue("The summary is invalid because it contains newline characters.")
    if len(value) > LONGEST_SUMMARY:
        raise WrongValue("Summary can't exceed 255 characters.")
    return value.strip()


def _priority(_: Reading, value: Any) -> Option | None:
    return None if value is None else one_of(PRIORITIES, value, "priority")


def _resolution(_: Reading, value: Any) -> Option | None:
    return None if value is None else one_of(RESOLUTIONS, value, "resolution")


def _security(_: Reading, value: Any) -> Option | None:
    return None if value is None else one_of(SECURITY_LEVELS, value, "security level")


def person(reading: Reading, value: Any) -> User | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise WrongValue("data was not an object")
    which = value.get("accountId") or value.get("id") if reading.world.cloud else value.get("name")
    if which in ("-1", -1):
        return reading.project.lead
    if which is None and not reading.world.cloud:
        return None
    user = reading.world.users.get(str(which))
    if user is None and not reading.world.cloud:
        user = next((one for one in reading.world.users.values() if one.login == which), None)
    if user is None or not user.active:
        raise WrongValue(f"User '{which}' does not exist.")
    return user


def assignee(reading: Reading, value: Any) -> User | None:
    user = person(reading, value)
    if user is not None and user.kind == "customer":
        raise WrongValue(f"User '{user.account_id}' cannot be assigned issues.")
    return user


def label(_: Reading, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise WrongValue("data was not a string")
    if any(sign.isspace() for sign in value):
        raise WrongValue(f"The label '{value}' contains spaces which is invalid.")
    if len(value) > LONGEST_LABEL:
        raise WrongValue(f"The label '{value}' exceeds the maximum length of 255 characters.")
    return value


def component(reading: Reading, value: Any) -> Component:
    known = reading.project.components.values()
    name = value.get("name") if isinstance(value, dict) else None
    try:
        return one_of(known, value, "component")
    except WrongValue:
        raise WrongValue(f"Component name '{name}' is not valid") from None


def version(reading: Reading, value: Any) -> Version:
    known = reading.project.versions.values()
    name = value.get("name") if isinstance(value, dict) else None
    try:
        return one_of(known, value, "version")
    except WrongValue:
        raise WrongValue(f"Version name '{name}' is not valid") from None


def _many(read_one: Callable[[Reading, Any], T]) -> Callable[[Reading, Any], list[T]]:
    def read_all(reading: Reading, value: Any) -> list[T]:
        if value is None:
            return []
        if not isinstance(value, list):
            raise WrongValue("data was not an array")
        found: list[T] = []
        for each in value:
            one = read_one(reading, each)
            if one not in found:
                found.append(one)
        return found

    return read_all


def _date(_: Reading, value: Any) -> str | None:
    if value is None:
        return None
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(value)):
            raise ValueError
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise WrongValue("Error parsing date string: " + str(value)) from None


def _parent(reading: Reading, value: Any) -> Issue | None:
    if value is None or (isinstance(value, dict) and value.get("none")):
        return None
    which = (value.get("id") or value.get("key")) if isinstance(value, dict) else None
    found = reading.world.issue(which or "")
    if found is None or not found.seen:
        raise WrongValue(f"Could not find valid 'id' or 'key' for parent '{which}'.")
    return found


def _estimate(_: Reading, value: Any) -> int | None:
    if not isinstance(value, dict):
        raise WrongValue("expected Object")
    text = value.get("originalEstimate")
    if text is None:
        seconds = value.get("originalEstimateSeconds")
        return None if seconds is None else int(seconds)
    try:
        return seconds_of(str(text))
    except ValueError:
        raise WrongValue("You must specify a valid time format.") from None


def _number(_: Reading, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongValue("Specify a number")
    return float(value)


def _line(_: Reading, value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise WrongValue("Operation value must be a string")
    if value and len(value) > LONGEST_SUMMARY:
        raise WrongValue("The entered text is too long. It exceeds the allowed limit of 255.")
    return value or None


def _sprints(reading: Reading, value: Any) -> list[Sprint]:
    """Written as one number; closed ones stay with the issue."""
    kept = [one for one in (reading.issue.sprints if reading.issue else ()) if one.complete]
    if value is None:
        return kept
    found = reading.world.sprints.get(int(value)) if str(value).isdigit() else None
    if found is None:
        raise WrongValue(f"Sprint with id '{value}' does not exist")
    return kept if found in kept else [*kept, found]


READERS: dict[str, Callable[[Reading, Any], Any]] = {
    "summary": _summary,
    "description": lambda reading, value: reading.rich(value),
    "issuetype": lambda _, value: one_of(TYPES, value, "issue type"),
    "priority": _priority,
    "resolution": _resolution,
    "security": _security,
    "assignee": assignee,
    "reporter": person,
    "labels": _many(label),
    "components": _many(component),
    "fixVersions": _many(version),
    "versions": _many(version),
    "duedate": _date,
    "parent": _parent,
    "timetracking": _estimate,
    fields.CUSTOMER: _line,
    fields.START_DATE: _date,
    fields.POINTS: _number,
    fields.STEPS_TEXT: lambda reading, value: reading.rich(value),
    fields.SPRINT: _sprints,
}
MEMBERS: dict[str, Callable[[Reading, Any], Any]] = {
    "labels": label,
    "components": component,
    "fixVersions": version,
    "versions": version,
}
