"""Render: a ticket as the text of its `ISSUE.md`; the same ticket gives the same bytes.

The file names its own render: a hash of everything else in it. So a file can be told from an edited
one by itself, and an edit can name the state it started from (law 11).
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from schemas.ticket import Comment, Person, Ticket
from store.workspace import frontmatter

_RENDER_LINE = re.compile(rb"^render: ([0-9a-f]{16})$", re.MULTILINE)
_MARKS = ("render: %s\n", "<!-- ticketsync comments %s -->", "<!-- ticketsync end %s -->")


@dataclass(frozen=True, slots=True)
class Rendered:
    """The bytes of a file, its render id, and the values it shows."""

    id: str
    content: bytes
    values: dict[str, Any]


def render(ticket: Ticket) -> Rendered:
    """The file of a ticket with its comments."""
    values = shown(ticket)
    render_id = _digest(_text(ticket, values, "").encode())
    return Rendered(render_id, _text(ticket, values, render_id).encode(), values)


def own_render(content: bytes) -> str | None:
    """The render id of a file nobody edited; None for one that was, or is not ours."""
    found = _RENDER_LINE.search(content)
    if found is None:
        return None
    named = found[1].decode()
    unnamed = content
    for mark in _MARKS:
        unnamed = unnamed.replace((mark % named).encode(), (mark % "").encode(), 1)
    return named if _digest(unnamed) == named else None


def shown(ticket: Ticket) -> dict[str, Any]:
    """The front matter, in its fixed order; empty optional fields are left out."""
    always = {
        "source": ticket.source,
        "key": ticket.key,
        **({} if ticket.number is None else {"number": ticket.number}),
        "title": ticket.title,
        "state": ticket.state,
        "status": ticket.status,
        "status_category": str(ticket.status_category),
        "type": ticket.type,
        "labels": sorted(label.name for label in ticket.labels),
        "assignees": [shown_person(person) for person in ticket.assignees],
        "milestone": ticket.milestone.title if ticket.milestone else None,
        "reporter": shown_person(ticket.reporter) if ticket.reporter else None,
    }
    closing = {
        "comments": len(ticket.comments),
        "created_at": ticket.created_at,
        "updated_at": ticket.updated_at,
        "url": ticket.url,
        "deleted": ticket.sync_status == "deleted",
    }
    return always | _optional(ticket) | closing


def shown_person(person: Person) -> str:
    """How a person is named: login, else name, else id."""
    return person.login or person.name or person.id


def _optional(ticket: Ticket) -> dict[str, Any]:
    fields = {
        "close_reason": ticket.close_reason,
        "closed_at": ticket.closed_at,
        "priority": ticket.priority,
        "severity": ticket.severity,
        "sprint": ticket.sprint.name if ticket.sprint else None,
        "project": ticket.project.name if ticket.project else None,
        "parent": _reference(ticket, "parent"),
        "children": [_target(r.target) for r in ticket.relations if r.kind == "child"],
        "blocked_by": [_target(r.target) for r in ticket.relations if r.kind == "blocked_by"],
        "blocks": [_target(r.target) for r in ticket.relations if r.kind == "blocks"],
        "epic": _target(ticket.epic) if ticket.epic else None,
        "duplicates": [_target(r.target) for r in ticket.relations if r.kind == "duplicates"],
        "relates": [_target(r.target) for r in ticket.relations if r.kind == "relates"],
        "pull_requests": [r.target.url for r in ticket.relations if r.kind == "pull_request"],
        "components": [component.name for component in ticket.components],
        "estimate": ticket.estimate,
        "story_points": ticket.story_points,
        "weight": ticket.weight,
        "time_estimate": ticket.time_estimate,
        "time_spent": ticket.time_spent,
        "due_date": ticket.due_date,
        "customer": ticket.customer,
        "reactions": ticket.reactions,
        "locked": ticket.locked or None,
        "confidential": ticket.confidential,
        "sync_status": None if ticket.sync_status == "synced" else ticket.sync_status,
    }
    return {name: value for name, value in fields.items() if value not in (None, [], {}, ())}


def _reference(ticket: Ticket, kind: str) -> str | None:
    if ticket.parent:
        return _target(ticket.parent)
    return next((_target(r.target) for r in ticket.relations if r.kind == kind), None)


def _target(reference: Any) -> str:
    return str(reference.key or reference.external_id or reference.url or "")


def _text(ticket: Ticket, values: dict[str, Any], render_id: str) -> str:
    front = ["---", *frontmatter.lines(values), f"render: {render_id}", "---"]
    blocks = ["\n".join(front)]
    if ticket.body.strip():
        blocks.append(ticket.body.strip("\n"))
    if ticket.comments:
        blocks += [f"<!-- ticketsync comments {render_id} -->", "## Comments"]
        blocks += [_comment(comment) for comment in ticket.comments]
    blocks.append(f"<!-- ticketsync end {render_id} -->")
    return "\n\n".join(blocks) + "\n"


def _comment(comment: Comment) -> str:
    who = shown_person(comment.author) if comment.author else "somebody"
    when = f"{comment.created_at:%Y-%m-%d %H:%M} UTC" if comment.created_at else ""
    edited = ""
    if comment.updated_at and comment.created_at and comment.updated_at > comment.created_at:
        edited = f", edited {comment.updated_at:%Y-%m-%d %H:%M} UTC"
    private = " (internal)" if comment.internal else ""
    head = f"### {who} · {when}{edited}{private} <!-- comment {comment.id} -->"
    body = comment.body.strip("\n")
    return f"{head}\n\n{body}".rstrip()


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=8).hexdigest()
