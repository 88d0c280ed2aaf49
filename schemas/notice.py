"""A notice: what we tell others about tickets, sources and sessions, by a webhook of our own.

`docs/notices.md` is the page for those who receive them.
"""

import secrets
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Literal, get_args

from pydantic import Field

from schemas.model import Json, Model
from schemas.session import Report
from schemas.ticket import Privacy, Ticket

NoticeType = Literal[
    "SyncStarted",
    "SyncCompleted",
    "SyncError",
    "SyncStatusChanged",
    "ExternalTicketCreated",
    "ExternalTicketUpdated",
    "ConflictDetected",
    "ConflictResolved",
]
TYPES: tuple[NoticeType, ...] = get_args(NoticeType)

ToldFate = Literal["deleted", "moved", "hidden", "back"]
"""What became of a ticket at its tracker; `back` is one that was lost and is there again."""


def _new_key() -> str:
    """Unique, and later ones sort later: a database finds the place of random ones slowly."""
    return f"msg_{time.time_ns():016x}{secrets.token_hex(8)}"


class Notice(Model):
    """One thing to tell. `content` is its JSON; `key` its `webhook-id`, the same at every attempt.

    `ticket` is the stable id, where it is about one; `body` the ticket's text, which is left out
    unless the settings ask for it.
    """

    type: NoticeType
    at: datetime
    source: str | None = None
    ticket: str | None = None
    content: dict[str, Json] = Field(default_factory=dict)
    body: str | None = Field(default=None, repr=False)
    key: str = Field(default_factory=_new_key)


def sync_started(source: str, session: int, kind: str, at: datetime) -> Notice:
    """A session began; `kind` is incremental or full."""
    content = {"source": source, "session": session, "kind": kind}
    return Notice(type="SyncStarted", at=at, source=source, content=content)


def sync_completed(source: str, session: int, report: Report, at: datetime) -> Notice:
    """A session ended well, with its report."""
    content = {"source": source, "session": session, "report": report.model_dump(mode="json")}
    return Notice(type="SyncCompleted", at=at, source=source, content=content)


def sync_error(source: str, session: int, error: str, at: datetime) -> Notice:
    """A session ended with an error, in the words an operator reads."""
    content = {"source": source, "session": session, "error": error}
    return Notice(type="SyncError", at=at, source=source, content=content)


def status_changed(
    source: str, before: str | None, after: str, reason: str, at: datetime
) -> Notice:
    """A source has another status than before, and why."""
    content = {"source": source, "from": before, "to": after, "reason": reason}
    return Notice(type="SyncStatusChanged", at=at, source=source, content=content)


def ticket_created(ticket: Ticket, at: datetime) -> Notice:
    """A ticket is held in full for the first time."""
    return _about("ExternalTicketCreated", ticket, at, {}, {})


def ticket_updated(
    ticket: Ticket, at: datetime, *, changed: Iterable[str] = (), fate: ToldFate | None = None
) -> Notice:
    """A ticket changed: `changed` names core fields, "comments" and "links"; `fate` what became
    of the whole ticket."""
    told = {"fate": fate} if fate else {}
    return _about("ExternalTicketUpdated", ticket, at, told, {"changed": sorted(changed)})


def conflict_detected(ticket: Ticket, fields: Iterable[str], at: datetime) -> Notice:
    """Both sides of a mirror changed these fields since they last agreed."""
    return _about("ConflictDetected", ticket, at, {}, {"fields": sorted(fields)})


def conflict_resolved(
    ticket: Ticket, fields: Iterable[str], resolution: str, at: datetime
) -> Notice:
    """A conflict is settled; `resolution` is the side or strategy that won."""
    told = {"resolution": resolution}
    return _about("ConflictResolved", ticket, at, told, {"fields": sorted(fields)})


def confidential(ticket: Ticket) -> bool:
    """Whether of a ticket only source, key and type of change may be told.

    Fails closed (law 12): a ticket that nobody said is open to all of its project counts as secret.
    """
    return ticket.confidential is not False or ticket.privacy is Privacy.local_only


def _about(
    kind: NoticeType, ticket: Ticket, at: datetime, told: dict[str, Json], more: dict[str, Json]
) -> Notice:
    """`told` is part of the type of change and always said; `more` only of open tickets."""
    secret = confidential(ticket)
    content = {"source": ticket.source, "key": ticket.key, "confidential": secret, **told}
    if not secret:
        content |= {**more, "ticket": _shown(ticket)}
    return Notice(
        type=kind,
        at=at,
        source=ticket.source,
        ticket=ticket.external_id,
        content=content,
        body=None if secret else ticket.body,
    )


def _shown(ticket: Ticket) -> dict[str, Json]:
    """The ticket without its texts, under the names of the command line's JSON."""
    return {
        "id": ticket.external_id,
        "key": ticket.key,
        "number": ticket.number,
        "title": ticket.title,
        "url": ticket.url,
        "state": ticket.state,
        "status": ticket.status,
        "status_category": str(ticket.status_category),
        "labels": [label.name for label in ticket.labels],
        "assignees": [one.login or one.name or one.id for one in ticket.assignees],
        "milestone": ticket.milestone.title if ticket.milestone else None,
        "created_at": ticket.created_at.isoformat() if ticket.created_at else None,
        "updated_at": ticket.updated_at.isoformat() if ticket.updated_at else None,
    }
