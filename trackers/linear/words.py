"""Linear's words and ours: states, priorities, reactions; and what a source maps otherwise."""

from schemas.errors import Permanent
from schemas.source import Source
from schemas.ticket import StatusCategory
from trackers.fields import Fields

CATEGORIES = {
    "triage": StatusCategory.todo,
    "backlog": StatusCategory.todo,
    "unstarted": StatusCategory.todo,
    "started": StatusCategory.in_progress,
    "completed": StatusCategory.done,
    "canceled": StatusCategory.canceled,
    "duplicate": StatusCategory.canceled,
}
"""The seven types of workflow states (https://linear.app/docs/configuring-workflows)."""

CLOSED_TYPES = ("completed", "canceled", "duplicate")
ENDED = (StatusCategory.done, StatusCategory.canceled)
TYPES = {
    StatusCategory.todo: ("unstarted", "backlog", "triage"),
    StatusCategory.in_progress: ("started",),
    StatusCategory.done: ("completed",),
    StatusCategory.canceled: ("canceled", "duplicate"),
}
"""Which types of states stand for a category, the best first."""

PRIORITIES = ("", "Urgent", "High", "Medium", "Low")
"""By Linear's number; 0 is none at all, not the highest."""


def category(state: Fields, source: Source) -> StatusCategory:
    """What a state means: as the source says by its name, else by its type."""
    word = None
    if source.statuses:
        named = {name.lower(): word for name, word in source.statuses.items()}
        word = named.get((state.text("name") or "").lower())
    if word is not None:
        try:
            return StatusCategory(word)
        except ValueError:
            raise Permanent(f"statuses of {source.name!r}: {word!r} is no category") from None
    return CATEGORIES.get(state.text("type") or "", StatusCategory.todo)


def ending(state: Fields, source: Source) -> str | None:
    """How a ticket ended that is in this state; None while it is open."""
    return state.text("type") if category(state, source) in ENDED else None


def severity(priority: str | None, source: Source) -> str | None:
    """P1 to P4 of a native priority; None for none."""
    if priority is None:
        return None
    if not source.severities:
        return f"P{PRIORITIES.index(priority)}"
    named = {name.lower(): word for name, word in source.severities.items()}
    return named.get(priority.lower(), f"P{PRIORITIES.index(priority)}")


def priority_number(priority: str | None, wanted_severity: str | None, source: Source) -> int:
    """The number to write: of the native word when it is one, else of the severity, else 0."""
    words = {word.lower(): number for number, word in enumerate(PRIORITIES) if number}
    number = words.get((priority or "").lower())
    if number is not None:
        return number
    for number, word in enumerate(PRIORITIES):
        if number and wanted_severity and severity(word, source) == wanted_severity:
            return number
    return 0
