"""Fingerprints: stable hashes of what is synced, so that equal content is seen as equal.

Core, comment and links have one each. Text is LF without trailing blanks, null equals "", sets are
sorted by id, people and definitions count by id alone, and derived values are not hashed
(`reference/cases.md` 20: a renamed label must not change ten thousand tickets).
"""

import hashlib
import json
from collections.abc import Iterable

from schemas.model import Json
from schemas.ticket import Comment, Person, Relation, Ticket

CORE = (
    "title", "body", "type", "state", "status", "close_reason", "priority", "severity", "labels",
    "assignees", "reporter", "milestone", "sprint", "project", "parent", "epic", "components",
    "estimate", "story_points", "weight", "time_estimate", "time_spent", "due_date", "customer",
    "reactions", "custom_fields", "external_fields", "locked", "confidential", "created_at",
    "closed_at", "attachments",
)  # fmt: skip


def core(ticket: Ticket) -> str:
    """The fingerprint of everything a full record says about the ticket itself."""
    return digest({name: value(ticket, name) for name in CORE})


def comment(comment: Comment) -> str:
    """The fingerprint of one comment."""
    author = comment.author.id if comment.author else ""
    return digest([text(comment.body), author, comment.internal])


def links(relations: Iterable[Relation]) -> str:
    """The fingerprint of a ticket's relations, in any order."""
    return digest(sorted([r.kind, r.target.external_id or r.target.url or ""] for r in relations))


def value(ticket: Ticket, name: str) -> Json:
    """One core field in comparable form; unset and empty are the same."""
    raw = getattr(ticket, name)
    if name == "status" and ticket.status_id:
        return ticket.status_id  # a renamed state is no change of its tickets
    if raw is None or isinstance(raw, str):
        return text(raw)
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, tuple):
        return sorted({str(item.id) for item in raw})
    if isinstance(raw, dict):
        return {key: raw[key] for key in sorted(raw) if raw[key] not in (None, "", 0)}
    if isinstance(raw, (int, float)):
        return float(raw)
    return _identity(raw)


def text(raw: str | None) -> str:
    """LF line ends, no trailing blanks, null as ""."""
    if not raw:
        return ""
    if "\r" in raw:
        raw = raw.replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join([line.rstrip() for line in raw.split("\n")]).rstrip()


def _identity(raw: Json) -> Json:
    if isinstance(raw, Person):
        return raw.id
    for name in ("id", "external_id"):
        found = getattr(raw, name, None)
        if found:
            return str(found)
    return raw.isoformat() if hasattr(raw, "isoformat") else str(raw)


_canonical = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode


def digest(value: Json) -> str:
    """A short stable hash of a value."""
    return hashlib.blake2b(_canonical(value).encode("ascii"), digest_size=16).hexdigest()
