"""Versions, components, states and sprints, from an event or a list."""

from schemas.event import Definition
from schemas.source import Source
from trackers.fields import Fields
from trackers.jira import states


def version(record: Fields) -> Definition:
    """A version, which is what a milestone is here."""
    return Definition(
        kind="milestone",
        id=record.need_id("id"),
        name=record.text("name") or "",
        description=record.text("description") or None,
        state=version_state(record),
        due_on=record.text("releaseDate") or None,
    )


def version_state(record: Fields) -> str:
    """`archived`, `released` or `unreleased`."""
    if record.flag("archived"):
        return "archived"
    return "released" if record.flag("released") else "unreleased"


def sprint(record: Fields) -> Definition:
    """A sprint as events tell it."""
    return Definition(
        kind="sprint",
        id=record.need_id("id"),
        name=record.text("name") or "",
        state=record.text("state"),
        starts_on=record.text("startDate") or None,
        due_on=record.text("endDate") or None,
    )


def component(record: Fields) -> Definition:
    """A component of the project."""
    return Definition(
        kind="component",
        id=record.need_id("id"),
        name=record.text("name") or "",
        description=record.text("description") or None,
    )


def state(record: Fields, source: Source) -> Definition:
    """A status; its state is what it means across trackers."""
    return Definition(
        kind="state",
        id=record.need_id("id"),
        name=record.text("name") or "",
        state=str(states.category(record, None, source)),
    )
