"""From a change to the steps that carry it out. Pure; what only the team can tell (the id of a
state or label) goes along as words, and the client looks it up.
"""

import uuid

from schemas.change import (
    Change,
    CommentChange,
    DeleteChange,
    LinkChange,
    Marker,
    TicketChange,
    Write,
)
from schemas.model import Json
from schemas.source import Source
from schemas.ticket import Relation, StatusCategory, Ticket
from trackers import markers
from trackers.fields import Fields
from trackers.linear import words

WRITES = frozenset(
    {
        "title", "body", "state", "status", "status_category",
        "labels", "assignees", "priority", "severity", "estimate", "story_points", "due_date",
        "parent", "project", "milestone", "sprint",
    }
)  # fmt: skip
LINKS = frozenset(
    {
        "parent", "child", "blocks", "blocked_by", "duplicates", "duplicated_by", "relates",
        "pull_request",
    }
)  # fmt: skip
_STATE_FIELDS = frozenset({"state", "status", "status_id", "status_category", "close_reason"})
_REFERENCES = {"project": "projectId", "milestone": "projectMilestoneId", "sprint": "cycleId"}
_TYPES = {
    "blocks": ("blocks", False),
    "blocked_by": ("blocks", True),
    "duplicates": ("duplicate", False),
    "duplicated_by": ("duplicate", True),
    "relates": ("related", False),
}
"""Our kind of link: Linear's type, and whether the two ends change places."""


def to_writes(change: Change, source: Source) -> list[Write]:
    """The steps in order; each is one mutation."""
    match change:
        case TicketChange():
            return [_ticket(change, source)]
        case CommentChange():
            return [_comment(change)]
        case LinkChange():
            return [_link(change)]
        case DeleteChange():
            return [Write(step="delete", ticket=change.ticket)]


def _ticket(change: TicketChange, source: Source) -> Write:
    losses: list[str] = []
    wanted, fields = change.wanted, change.fields
    values = _plain(wanted, fields) | _sized(wanted, fields, losses)
    values |= _people(wanted, fields, losses) | _references(wanted, fields, losses)
    if fields & {"priority", "severity"}:
        values["priority"] = words.priority_number(wanted.priority, wanted.severity, source)
    losses += [f"{name} has no place at Linear" for name in sorted(fields - WRITES - _STATE_FIELDS)]
    body: dict[str, Json] = {"input": values}
    if fields & _STATE_FIELDS:
        body["state"] = _state(change)
    if "labels" in fields:
        body["labels"] = _labels(change)
    if change.ticket is None:
        # Linear takes a client's own id: a second try cannot make a second issue.
        body["input"] = values | _own_id(change.marker)
    return Write(
        step="create" if change.ticket is None else "update",
        ticket=change.ticket,
        body=body,
        marker=change.marker,
        losses=tuple(losses),
    )


def _own_id(marker: Marker | None) -> dict[str, Json]:
    return {"id": markers.as_uuid(marker)} if marker else {}


def _plain(wanted: Ticket, fields: frozenset[str]) -> dict[str, Json]:
    values: dict[str, Json] = {}
    if "title" in fields:
        values["title"] = wanted.title
    if "body" in fields:
        values["description"] = wanted.body
    if "due_date" in fields:
        values["dueDate"] = wanted.due_date.isoformat() if wanted.due_date else None
    if "parent" in fields:
        values["parentId"] = (
            (wanted.parent.external_id or wanted.parent.key) if wanted.parent else None
        )
    return values


def _sized(wanted: Ticket, fields: frozenset[str], losses: list[str]) -> dict[str, Json]:
    """Estimates are whole points at Linear."""
    named = [name for name in ("estimate", "story_points") if name in fields]
    if not named:
        return {}
    size = next(
        (found for found in (getattr(wanted, name) for name in named) if found is not None), None
    )
    if size is not None and size != int(size):
        losses.append(f"an estimate of {size:g} points: Linear takes whole ones")
        return {}
    return {"estimate": None if size is None else int(size)}


def _people(wanted: Ticket, fields: frozenset[str], losses: list[str]) -> dict[str, Json]:
    """An issue has one assignee."""
    if "assignees" not in fields:
        return {}
    ours = [person for person in wanted.assignees if _is_id(person.id)]
    losses += [
        f"{one.login or one.name or one.id} is nobody at Linear"
        for one in wanted.assignees
        if one not in ours
    ]
    losses += [f"{one.login or one.name or one.id}: an issue has one assignee" for one in ours[1:]]
    if wanted.assignees and not ours:
        return {}
    return {"assigneeId": ours[0].id if ours else None}


def _references(wanted: Ticket, fields: frozenset[str], losses: list[str]) -> dict[str, Json]:
    """Projects, milestones and cycles are named by their ids; those of others have no place."""
    values: dict[str, Json] = {}
    for name, native in _REFERENCES.items():
        if name not in fields:
            continue
        found = getattr(wanted, name)
        if found is None:
            values[native] = None
        elif _is_id(found.id):
            values[native] = found.id
        else:
            losses.append(f"{name} {getattr(found, 'name', '') or found.id} is none of Linear's")
    return values


def _state(change: TicketChange) -> dict[str, Json]:
    """What the state is to be, by all that was said of it, and what it is now.

    Without a category an unknown name changes nothing: a word of another tracker moves no issue.
    """
    wanted, fields = change.wanted, change.fields
    record = change.record if isinstance(change.record, dict) else {}
    now = record.get("state")
    category = _category(wanted, fields)
    return {
        "id": wanted.status_id if fields & {"status", "status_id"} else None,
        "name": wanted.status if "status" in fields else "",
        "category": str(category) if category else None,
        "now": now.get("id") if isinstance(now, dict) else None,
    }


def _category(wanted: Ticket, fields: frozenset[str]) -> StatusCategory | None:
    """As it was said, else what open and closed mean."""
    if "status_category" in fields:
        return wanted.status_category
    if not fields & {"state", "close_reason"}:
        return None
    if (wanted.state == "closed") == (wanted.status_category in words.ENDED):
        return wanted.status_category
    if wanted.state == "open":
        return words.CATEGORIES["unstarted"]
    return words.CATEGORIES.get(wanted.close_reason or "", words.CATEGORIES["completed"])


def _labels(change: TicketChange) -> dict[str, Json]:
    """The labels wanted, and those the record held: the difference is written, not the whole set,
    so that a label somebody else sets meanwhile stays."""
    had: list[Json] | None = None
    if isinstance(change.record, dict) and change.ticket is not None:
        nodes = change.record.get("labels")
        nodes = nodes.get("nodes") if isinstance(nodes, dict) else nodes
        had = [Fields.of(one, "issue.labels").need_id("id") for one in nodes or []]
    return {
        "wanted": [
            {
                "id": one.id or None,
                "name": one.name,
                "color": one.color,
                "description": one.description,
            }
            for one in change.wanted.labels
        ],
        "had": had,
    }


def _comment(change: CommentChange) -> Write:
    body: dict[str, Json] = {}
    if change.wanted is not None:
        body = {"body": change.wanted.body}
    if change.comment is None:
        body |= _own_id(change.marker)
        step = "comment"
    else:
        step = "edit_comment" if change.wanted is not None else "delete_comment"
    return Write(
        step=step, ticket=change.ticket, comment=change.comment, body=body, marker=change.marker
    )


def _link(change: LinkChange) -> Write:
    relation = change.relation
    step = "unlink" if change.remove else "link"
    return Write(step=step, ticket=change.ticket, body=_link_body(change.ticket, relation))


def _link_body(ticket: str, relation: Relation) -> dict[str, Json]:
    """A relative is a field of the child, a relation a thing of its own, an address attached."""
    target = relation.target
    other = target.external_id or target.key
    if relation.kind in ("parent", "child") and other:
        ends = (ticket, other) if relation.kind == "parent" else (other, ticket)
        return {"form": "parent", "child": ends[0], "parent": ends[1]}
    kind, swapped = _TYPES.get(relation.kind, ("related", False))
    if relation.kind != "pull_request" and target.external_id:
        ends = (other or "", ticket) if swapped else (ticket, other or "")
        return {"form": "relation", "type": kind, "issue": ends[0], "related": ends[1]}
    return {"form": "address", "url": target.url, "title": target.title or target.key or target.url}


def _is_id(key: str) -> bool:
    try:
        return str(uuid.UUID(key)) == key.lower()
    except ValueError:
        return False
