"""The door: proves a delivery and finds the ticket it is about, in one parse of the body."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.delivery import Proof
from schemas.model import Json
from trackers import tolerant
from trackers.base import Headers
from trackers.generic import signature
from trackers.tolerant import clean_text

_TYPE = re.compile(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*")
_LONGEST_TYPE = 100
_LONGEST_ID = 200
_FRAME = ("type", "timestamp", "data")

KINDS = {
    "TicketCreated": "ticket.created",
    "TicketUpdated": "ticket.updated",
    "TicketClosed": "ticket.closed",
    "TicketReopened": "ticket.reopened",
    "TicketDeleted": "ticket.deleted",
    "TicketRestored": "ticket.restored",
    "TicketMoved": "ticket.moved",
    "CommentCreated": "comment.created",
    "CommentUpdated": "comment.updated",
    "CommentDeleted": "comment.deleted",
    "ProjectConfigured": "project.configured",
}
"""The names an in-house system uses, and what they mean."""


@dataclass(frozen=True, slots=True)
class Message:
    """A body taken apart. `kind` is its type in our words, `told` the type as it was sent.

    `ticket` and `comment` are the objects it is about, each None when there is none; `key` is the
    ticket's id as text.
    """

    told: str
    kind: str
    timestamp: Json
    content: dict[str, Json]
    ticket: dict[str, Json] | None
    comment: dict[str, Json] | None
    key: str | None


def verify(headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> Proof:
    """The proof of a delivery. A body that cannot be read is proven all the same."""
    sent = signature.proven(headers, body, secrets, now)
    try:
        content = tolerant.loads(body)
    except ValueError:
        content = None
    message = taken_apart(content) if isinstance(content, dict) else None
    return Proof(
        event=message.told if message else "unknown",
        delivery_key=sent.id,
        ticket=message.key if message else None,
        sent_at=sent.at,
    )


def taken_apart(body: dict[str, Json]) -> Message:
    """What a body is about; `data` may also be spread over the top level."""
    told = body.get("type")
    named = isinstance(told, str) and len(told) <= _LONGEST_TYPE and _TYPE.fullmatch(told)
    word = str(told) if named else "unknown"
    kind = KINDS.get(word, word)
    data = body.get("data")
    content = data if isinstance(data, dict) else {k: v for k, v in body.items() if k not in _FRAME}
    ticket, comment = _subjects(kind, content)
    return Message(
        told=word,
        kind=kind,
        timestamp=body.get("timestamp"),
        content=content,
        ticket=ticket,
        comment=comment,
        key=_id_of(ticket.get("id")) if ticket else None,
    )


def _subjects(
    kind: str, content: dict[str, Json]
) -> tuple[dict[str, Json] | None, dict[str, Json] | None]:
    """(ticket, comment); a comment names its ticket as an object, or by id alone."""
    inner = content.get("ticket")
    if kind.startswith("ticket."):
        return (inner if isinstance(inner, dict) else content), None
    if not kind.startswith("comment."):
        return None, None
    whole = content.get("comment")
    comment = whole if isinstance(whole, dict) else content
    for place in (comment, content):
        named = place.get("ticket")
        if isinstance(named, dict):
            return named, comment
        key = named if named is not None else place.get("ticket_id")
        if key is not None:
            return {"id": key}, comment
    return None, comment


def _id_of(value: Json) -> str | None:
    """An id as text, as `Fields.id` reads it; None for what is no id."""
    if type(value) is int and abs(value) < 2**63:
        return str(value)
    if isinstance(value, str) and 0 < len(value) <= _LONGEST_ID:
        return clean_text(value)
    return None
