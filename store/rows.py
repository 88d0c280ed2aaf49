"""Between shapes and rows: how a ticket lies in its columns."""

import zlib
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson

from schemas.held import Doubt
from schemas.model import Json
from schemas.ticket import Relation, Ticket

PLAIN = (
    "external_id", "key", "number", "native_id", "url", "title", "body", "type", "state", "status",
    "status_id",
    "close_reason", "priority", "severity", "estimate", "story_points", "weight", "time_estimate",
    "time_spent", "due_date", "customer", "reactions", "custom_fields", "external_fields", "locked",
    "confidential", "created_at", "updated_at", "closed_at",
)  # fmt: skip
_MANY = {
    "label_ids": "labels",
    "assignee_ids": "assignees",
    "sprint_ids": "sprints",
    "component_ids": "components",
}
_ONE = {"reporter_id": "reporter", "milestone_id": "milestone", "sprint_id": "sprint"}
_MODELS = ("project", "parent", "epic")


def ticket_row(ticket: Ticket) -> dict[str, Any]:
    """The columns a ticket fills; people and definitions by id only."""
    row = {name: getattr(ticket, name) for name in PLAIN}
    row["status_category"] = str(ticket.status_category)
    row["privacy"] = str(ticket.privacy) if ticket.privacy else None
    for column, name in _MANY.items():
        row[column] = [item.id for item in getattr(ticket, name)]
    for column, name in _ONE.items():
        item = getattr(ticket, name)
        row[column] = item.id if item else None
    for name in _MODELS:
        model = getattr(ticket, name)
        row[name] = model.model_dump(mode="json", exclude_none=True) if model else None
    row["attachments"] = [a.model_dump(mode="json", exclude_none=True) for a in ticket.attachments]
    return row


def reference_of(relation: Relation) -> dict[str, Any]:
    """What is kept of a link: where it leads, and the pull request it is."""
    return {
        **relation.target.model_dump(mode="json", exclude_none=True),
        **relation.model_dump(mode="json", include={"pull_request"}, exclude_none=True),
    }


def relation_of(kind: Any, reference: dict[str, Any]) -> Relation:
    """The link in a row."""
    target = {name: value for name, value in reference.items() if name != "pull_request"}
    return Relation.model_validate(
        {"kind": kind, "target": target, "pull_request": reference.get("pull_request")}
    )


def pack(record: Json) -> bytes | None:
    """The tracker's record, compressed: it is most of a ticket's bytes."""
    return None if record is None else zlib.compress(orjson.dumps(record), 1)


def unpack(blob: bytes | None) -> Json:
    """What `pack` packed."""
    return None if blob is None else orjson.loads(zlib.decompress(blob))


def doubt_row(doubt: Doubt | None) -> dict[str, Any]:
    """The two columns of a doubt."""
    if doubt is None:
        return {"doubt": None, "doubt_due_at": None}
    fields = asdict(doubt) | {"aspects": sorted(doubt.aspects)}
    return {"doubt": fields, "doubt_due_at": doubt.due_at}


def doubt_of(fields: Json) -> Doubt | None:
    """The doubt in a row, None when there is none."""
    if not fields:
        return None
    times = {
        name: datetime.fromisoformat(fields[name])
        for name in ("since", "asked_at", "due_at", "candidate_at")
        if fields[name]
    }
    return Doubt(**(fields | times | {"aspects": frozenset(fields["aspects"])}))
