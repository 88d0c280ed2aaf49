"""Labels, states, cycles and milestones, from an event or a list."""

from schemas.event import Definition
from trackers.fields import Fields
from trackers.linear import words
from trackers.linear.translate import sprint_name


def label(record: Fields) -> Definition:
    """A label's definition; issues carry it by id, so a rename is one row."""
    return Definition(
        kind="label",
        id=record.need_id("id"),
        name=record.need_text("name"),
        color=record.text("color"),
        description=record.text("description"),
    )


def cycle(record: Fields) -> Definition:
    """A cycle; Linear has no word for its state but the time it was completed."""
    return Definition(
        kind="sprint",
        id=record.need_id("id"),
        name=sprint_name(record),
        number=record.whole("number"),
        state="closed" if record.text("completedAt") else None,
        starts_on=record.text("startsAt"),
        due_on=record.text("endsAt"),
    )


def milestone(record: Fields) -> Definition:
    """A milestone of a project."""
    return Definition(
        kind="milestone",
        id=record.need_id("id"),
        name=record.need_text("name"),
        description=record.text("description"),
        due_on=record.text("targetDate"),
    )


def state(record: Fields) -> Definition:
    """A workflow state; it belongs to one team."""
    return Definition(
        kind="state",
        id=record.need_id("id"),
        name=record.need_text("name"),
        color=record.text("color"),
        description=record.text("description"),
        state=str(words.CATEGORIES.get(record.text("type") or "", words.CATEGORIES["unstarted"])),
    )
