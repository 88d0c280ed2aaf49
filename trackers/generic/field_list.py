"""The fields a message may fill, as docs/generic.md names them."""

from schemas.source import Source
from schemas.tracker import FieldInfo

_FIELDS: dict[str, str] = {
    "key": "text", "number": "whole number", "title": "text", "body": "Markdown", "type": "text",
    "state": "open or closed", "status": "text", "status_category": "category",
    "close_reason": "text", "priority": "text", "severity": "P1 to P4", "labels": "list",
    "assignees": "list of people", "reporter": "person", "milestone": "milestone",
    "sprint": "sprint", "sprints": "list of sprints", "project": "thing", "parent": "ticket",
    "epic": "ticket", "components": "list", "estimate": "number", "story_points": "number",
    "weight": "whole number", "time_estimate": "seconds", "time_spent": "seconds",
    "due_date": "date", "customer": "text", "reactions": "object", "custom_fields": "object",
    "locked": "boolean", "confidential": "boolean", "privacy": "privacy", "created_at": "time",
    "updated_at": "time", "closed_at": "time", "attachments": "list of files",
}  # fmt: skip
_OPTIONS = {
    "state": ("open", "closed"),
    "status_category": ("todo", "in_progress", "done", "canceled"),
    "severity": ("P1", "P2", "P3", "P4"),
    "privacy": ("local_only", "shareable", "public"),
}


def fields(source: Source) -> list[FieldInfo]:
    """Every field of a ticket, then what the source's own map takes from other names."""
    own = [
        FieldInfo(id=name, name=name, type=kind, options=_OPTIONS.get(name, ()), fills=name)
        for name, kind in _FIELDS.items()
    ]
    mapped = [
        FieldInfo(id=theirs, name=theirs, type="any", custom=True, fills=ours)
        for ours, theirs in sorted(source.fields.items())
    ]
    return [*own, *mapped]
