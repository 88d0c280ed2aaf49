"""What usual words for status and severity mean, wherever a source says nothing else. Pure."""

from schemas.ticket import StatusCategory

_TODO = ("todo", "to do", "open", "new", "backlog", "triage", "ready", "planned", "reopened")
_DOING = (
    "in progress", "in_progress", "doing", "started", "active", "in review", "review", "testing",
    "blocked", "on hold", "waiting",
)  # fmt: skip
_DONE = ("done", "closed", "resolved", "fixed", "complete", "completed", "released", "shipped")
_CANCELED = (
    "canceled", "cancelled", "wontfix", "won't fix", "won't do", "rejected", "duplicate",
    "not planned", "not_planned", "invalid",
)  # fmt: skip

CATEGORIES: dict[str, StatusCategory] = {
    **dict.fromkeys(_TODO, StatusCategory.todo),
    **dict.fromkeys(_DOING, StatusCategory.in_progress),
    **dict.fromkeys(_DONE, StatusCategory.done),
    **dict.fromkeys(_CANCELED, StatusCategory.canceled),
}
SEVERITIES = {
    **{f"p{number}": f"P{number}" for number in range(1, 5)},
    "urgent": "P1", "critical": "P1", "highest": "P1", "blocker": "P1", "high": "P2",
    "major": "P2", "medium": "P3", "normal": "P3", "low": "P4", "lowest": "P4", "minor": "P4",
}  # fmt: skip


def category_of(status: str) -> str | None:
    """The category of a usual word; None for others."""
    found = CATEGORIES.get(status.strip().lower())
    return str(found) if found else None
