"""What a status, a resolution and a priority mean across trackers."""

from collections.abc import Mapping

from schemas.errors import ConfigError
from schemas.source import Source
from schemas.ticket import StatusCategory
from trackers.fields import Fields

_CATEGORIES = {
    "new": StatusCategory.todo,
    "undefined": StatusCategory.todo,
    "indeterminate": StatusCategory.in_progress,
    "done": StatusCategory.done,
}
_REASONS = {
    "done": "completed",
    "fixed": "completed",
    "resolved": "completed",
    "complete": "completed",
    "won't do": "not_planned",
    "won't fix": "not_planned",
    "declined": "not_planned",
    "cannot reproduce": "not_planned",
    "not a bug": "not_planned",
    "invalid": "not_planned",
    "canceled": "not_planned",
    "cancelled": "not_planned",
    "duplicate": "duplicate",
}
_UNDONE = ("not_planned", "duplicate")
_SEVERITIES = {
    "critical": "P1",
    "highest": "P1",
    "blocker": "P1",
    "high": "P2",
    "medium": "P3",
    "low": "P4",
    "lowest": "P4",
}


def category(status: Fields, resolution: str | None, source: Source) -> StatusCategory:
    """By the configured name, else by the category's key: its names are localised, keys are not.

    A done status is canceled when its resolution, or its own name, says that nothing was done.
    """
    name = status.text("name")
    named = _mapped(source.statuses, name)
    if named:
        return StatusCategory(named)
    group = status.object("statusCategory")
    found = _CATEGORIES.get((group.text("key") if group else None) or "", StatusCategory.todo)
    undone = any(reason(word) in _UNDONE for word in (resolution, name))
    return StatusCategory.canceled if found is StatusCategory.done and undone else found


def reason(resolution: str | None) -> str | None:
    """Why a ticket was closed: `completed`, `not_planned`, `duplicate`, or Jira's own word."""
    if not resolution:
        return None
    return _REASONS.get(resolution.casefold(), resolution)


def severity(name: str | None, source: Source) -> str | None:
    """P1 to P4 of a priority or of a severity field's value."""
    if not name:
        return None
    return _mapped(source.severities, name) or _SEVERITIES.get(name.casefold())


def type_name(name: str | None, source: Source) -> str:
    """An issue type in lower case, unless the source maps it."""
    if not name:
        return "issue"
    return _mapped(source.types, name) or name.lower()


def check(source: Source) -> None:
    """Raises ConfigError when a status is mapped to no category of ours."""
    known = [str(one) for one in StatusCategory]
    for name, meant in source.statuses.items():
        if meant not in known:
            where = f"statuses of source {source.name!r}"
            raise ConfigError(f"{where}: {name!r} is {meant!r}; known: {', '.join(known)}")


def _mapped(names: Mapping[str, str], name: str | None) -> str | None:
    if not names or not name:
        return None
    folded = name.casefold()
    return next((ours for theirs, ours in names.items() if theirs.casefold() == folded), None)
