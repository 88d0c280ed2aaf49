"""What a state means: by the source's map, by the category the process gives it, by its name.

https://learn.microsoft.com/azure/devops/boards/work-items/workflow-and-state-categories
"""

from schemas.model import Json
from schemas.source import Source
from schemas.ticket import StatusCategory

CATEGORIES = {
    "proposed": StatusCategory.todo,
    "inprogress": StatusCategory.in_progress,
    "resolved": StatusCategory.in_progress,
    "completed": StatusCategory.done,
    "removed": StatusCategory.canceled,
}

_USUAL = {
    **dict.fromkeys(("new", "to do", "proposed", "approved", "open", "requested", "design",
                     "inactive"), StatusCategory.todo),
    **dict.fromkeys(("active", "committed", "doing", "in progress", "resolved", "accepted",
                     "in review", "ready"), StatusCategory.in_progress),
    **dict.fromkeys(("closed", "done", "completed"), StatusCategory.done),
    **dict.fromkeys(("removed", "cut"), StatusCategory.canceled),
}  # fmt: skip
"""The states of the four processes Azure DevOps brings, for records without a category."""

_UNDONE = {
    "duplicate", "obsolete", "cut", "abandoned", "deferred", "as designed", "cannot reproduce",
    "not a bug", "won't fix", "will not fix", "rejected", "removed from the backlog", "overtaken",
}  # fmt: skip
"""Reasons of a completed state that say that the work was not done."""


def category(source: Source, state: str, native: str | None, reason: str) -> StatusCategory:
    """Ours, where the source's map wins; `native` is the category of the process."""
    mapped = _mapped(source, state)
    if mapped:
        return mapped
    found = CATEGORIES.get((native or "").casefold()) or _USUAL.get(state.casefold())
    if found is StatusCategory.done and reason.casefold() in _UNDONE:
        return StatusCategory.canceled
    return found or StatusCategory.todo


def outcome(found: StatusCategory, reason: str) -> str | None:
    """Why a closed one is closed, in the words other trackers have for it."""
    if found is StatusCategory.done:
        return "completed"
    if found is StatusCategory.canceled:
        return "duplicate" if reason.casefold() == "duplicate" else "not_planned"
    return None


def chosen(
    states: list[dict[str, Json]], source: Source, wanted: dict[str, Json], now: str
) -> str | None:
    """The state of a type that `wanted` ({status, category}) means: by name, then by category.

    The state of now stays when it is of that category. Of several the first is taken, as the
    process orders them, and one of the category "Resolved" only when there is no other. Where work
    cannot be dropped it is completed.
    """
    named = {str(one.get("name")): str(one.get("category") or "") for one in states}
    status = str(wanted.get("status") or "").casefold()
    for name in named:
        if name.casefold() == status:
            return name
    goals = [str(wanted.get("category"))]
    goals += ["done"] if goals == ["canceled"] else []
    for goal in goals:
        fitting = [
            (name.casefold() != now.casefold(), native.casefold() == "resolved", place, name)
            for place, (name, native) in enumerate(named.items())
            if category(source, name, native, "") == goal
        ]
        if fitting:
            return min(fitting)[3]
    return None


def _mapped(source: Source, state: str) -> StatusCategory | None:
    for name, ours in source.statuses.items():
        if name.casefold() == state.casefold() and ours in set(StatusCategory):
            return StatusCategory(ours)
    return None
