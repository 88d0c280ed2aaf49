"""Labels, milestones and iterations, from an event or a list."""

from schemas.event import Definition
from trackers.fields import Fields
from trackers.gitlab import values

ITERATION_STATES = {1: "upcoming", 2: "current", 3: "closed"}
"""https://docs.gitlab.com/api/iterations/"""


def label(record: Fields) -> Definition:
    """A label of the project or of a group above it."""
    return Definition(
        kind="label",
        id=record.need_id("id"),
        name=values.named(record),
        color=values.colour(record),
        description=record.text("description"),
    )


def milestone(record: Fields) -> Definition:
    """A milestone; issues and writes refer to it by its global id."""
    return Definition(
        kind="milestone",
        id=record.need_id("id"),
        name=record.need_text("title"),
        description=record.text("description"),
        number=values.count(record, "iid"),
        state=record.text("state"),
        starts_on=record.text("start_date"),
        due_on=record.text("due_date"),
    )


def iteration(record: Fields) -> Definition:
    """An iteration, which is a sprint here."""
    return Definition(
        kind="sprint",
        id=record.need_id("id"),
        name=iteration_name(record),
        description=record.text("description"),
        number=values.count(record, "iid"),
        state=iteration_state(record),
        starts_on=record.text("start_date"),
        due_on=record.text("due_date"),
    )


def iteration_name(record: Fields) -> str:
    """Its title; those of an automatic cadence have none and are known by their days."""
    days = " - ".join(filter(None, (record.text("start_date"), record.text("due_date"))))
    return record.text("title") or days


def iteration_state(record: Fields) -> str | None:
    """The state in words; it is printed as a number."""
    return ITERATION_STATES.get(values.count(record, "state") or 0)
