"""Render: a ticket as the text of its `ISSUE.md`; the same ticket gives the same bytes.

The file names its own render: a hash of everything else that we wrote into it. So a file can be
told from an edited one by itself, and an edit can name the state it started from (law 11). What
people add to the front matter (`additions`) is no part of it.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schemas.ticket import Attachment, Comment, Person, Ticket
from store.workspace import frontmatter
from store.workspace.additions import split
from store.workspace.beside import Beside
from store.workspace.read import squeezed

_RENDER_LINE = re.compile(rb"^render: ([0-9a-f]{16})$", re.MULTILINE)
_MARKS = (
    "render: %s\n",
    "<!-- ticketsync notes %s -->",
    "<!-- ticketsync attachments %s -->",
    "<!-- ticketsync comments %s -->",
    "<!-- ticketsync end %s -->",
)
_LIKE_HEAD = re.compile(
    r"^(?=\\*### (?:.* <!-- comment \S+ -->|new comment[ \t]*)$)", re.MULTILINE | re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """The bytes of a file, its render id, and the values it shows.

    `texts` are the comments by id and `apart` what else we say below the text, both as digests.
    """

    id: str
    content: bytes
    values: dict[str, Any]
    texts: dict[str, str]
    apart: str


def render(ticket: Ticket, beside: Mapping[str, Beside] | None = None, notes: str = "") -> Rendered:
    """The file of a ticket with its comments; `beside` are its attachments by id.

    `notes` are Markdown below its text: what people have to know of it, and edit nowhere.
    """
    known = beside or {}
    values, files = shown(ticket, known), _files(ticket, known)
    render_id = _digest(_text(ticket, values, files, notes, "").encode())
    return Rendered(
        render_id,
        _text(ticket, values, files, notes, render_id).encode(),
        values,
        {one.id: digest_of(_comment_text(one)) for one in ticket.comments},
        digest_of(squeezed(notes, files, "## Comments" if ticket.comments else "")),
    )


def digest_of(text: str) -> str:
    """A text as a render is compared with a file by it; blanks at its ends do not count."""
    return _digest(text.strip().encode())


def own_render(content: bytes) -> str | None:
    """The render id of a file nobody edited; None for one that was, or is not ours.

    Comments and keys that people added to the front matter are no edit.
    """
    parts = split(content)
    if parts is None:
        return None
    ours, _ = parts
    found = _RENDER_LINE.search(ours)
    if found is None:
        return None
    named, unnamed = found[1].decode(), ours
    for mark in _MARKS:
        unnamed = unnamed.replace((mark % named).encode(), (mark % "").encode(), 1)
    return named if _digest(unnamed) == named else None


def shown(ticket: Ticket, beside: Mapping[str, Beside] | None = None) -> dict[str, Any]:
    """The front matter, in its fixed order; empty optional fields are left out.

    Attachments that lie `beside` the file are named by their path there, others by their address.
    """
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
        **({"sync_status": ticket.sync_status} if ticket.sync_status else {}),
    }
    return always | _optional(ticket, beside or {}) | closing


def shown_person(person: Person) -> str:
    """How a person is named: login, else name, else id."""
    return person.login or person.name or person.id


def _optional(ticket: Ticket, beside: Mapping[str, Beside]) -> dict[str, Any]:
    fields = {
        "close_reason": ticket.close_reason,
        "closed_at": ticket.closed_at,
        "priority": ticket.priority,
        "severity": ticket.severity,
        "sprint": ticket.sprint.name if ticket.sprint else None,
        "project": ticket.project.name if ticket.project else None,
        "parent": _reference(ticket, "parent"),
        "children": _linked(ticket, "child"),
        "blocked_by": _linked(ticket, "blocked_by"),
        "blocks": _linked(ticket, "blocks"),
        "epic": _target(ticket.epic) if ticket.epic else None,
        "duplicates": _linked(ticket, "duplicates"),
        "duplicated_by": _linked(ticket, "duplicated_by"),
        "relates": _linked(ticket, "relates"),
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
        "attachments": [_where(one, beside) for one in ticket.attachments],
        "locked": ticket.locked or None,
        "confidential": ticket.confidential,
        "privacy": str(ticket.privacy) if ticket.privacy else None,
    }
    return {name: value for name, value in fields.items() if value not in (None, [], {}, ())}


def _linked(ticket: Ticket, kind: str) -> list[str]:
    return [_target(r.target) for r in ticket.relations if r.kind == kind]


def _where(attachment: Attachment, beside: Mapping[str, Beside]) -> str:
    known = beside.get(attachment.id)
    return known.path if known and known.here else attachment.url


def _reference(ticket: Ticket, kind: str) -> str | None:
    if ticket.parent:
        return _target(ticket.parent)
    return next((_target(r.target) for r in ticket.relations if r.kind == kind), None)


def _target(reference: Any) -> str:
    return str(reference.key or reference.external_id or reference.url or "")


def _text(ticket: Ticket, values: dict[str, Any], files: str, notes: str, render_id: str) -> str:
    front = ["---", *frontmatter.lines(values), f"render: {render_id}", "---"]
    blocks = ["\n".join(front)]
    if ticket.body.strip():
        blocks.append(ticket.body.strip("\n"))
    if notes:
        blocks += [f"<!-- ticketsync notes {render_id} -->", notes]
    if files:
        blocks += [f"<!-- ticketsync attachments {render_id} -->", files]
    if ticket.comments:
        blocks += [f"<!-- ticketsync comments {render_id} -->", "## Comments"]
        blocks += [_comment(comment) for comment in ticket.comments]
    blocks.append(f"<!-- ticketsync end {render_id} -->")
    return "\n\n".join(blocks) + "\n"


def _files(ticket: Ticket, beside: Mapping[str, Beside]) -> str:
    missing = [(one, beside[one.id].reason) for one in ticket.attachments if _missing(one, beside)]
    return f"## Attachments\n\n{_table(missing)}" if missing else ""


def _missing(attachment: Attachment, beside: Mapping[str, Beside]) -> bool:
    return attachment.id in beside and bool(beside[attachment.id].reason)


def _table(missing: list[tuple[Attachment, str]]) -> str:
    """The attachments that are not beside the file, and why."""
    rows = [f"| [{cell(one.name)}](<{cell(one.url)}>) | {cell(why)} |" for one, why in missing]
    return "\n".join(["| attachment | why it is not here |", "|---|---|", *rows])


def cell(text: str) -> str:
    """Text that stays inside its cell of a Markdown table."""
    return re.sub(r"([\\|\[\]<>`])", r"\\\1", " ".join(text.split()))


def _comment(comment: Comment) -> str:
    who = shown_person(comment.author) if comment.author else "somebody"
    when = f"{comment.created_at:%Y-%m-%d %H:%M} UTC" if comment.created_at else ""
    edited = ""
    if comment.updated_at and comment.created_at and comment.updated_at > comment.created_at:
        edited = f", edited {comment.updated_at:%Y-%m-%d %H:%M} UTC"
    private = " (internal)" if comment.internal else ""
    head = f"### {who} · {when}{edited}{private} <!-- comment {comment.id} -->"
    body = _LIKE_HEAD.sub(r"\\", _comment_text(comment))  # no comment may pose as another one
    return f"{head}\n\n{body}".rstrip()


def _comment_text(comment: Comment) -> str:
    return comment.body.strip("\n")


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=8).hexdigest()
