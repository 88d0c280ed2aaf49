"""Labels and milestones, from an event or a list."""

from schemas.event import Definition
from trackers.fields import Fields


def label(record: Fields) -> Definition:
    """A label's definition; issues carry it by id, so a rename is one row."""
    return Definition(
        kind="label",
        id=record.need_id("id"),
        name=record.need_text("name"),
        color=record.text("color"),
        description=record.text("description"),
    )


def milestone(record: Fields) -> Definition:
    """A milestone's definition; `number` is what a write refers to it by."""
    return Definition(
        kind="milestone",
        id=record.need_id("id"),
        name=record.need_text("title"),
        description=record.text("description"),
        number=record.whole("number"),
        state=record.text("state"),
        due_on=record.text("due_on"),
    )
