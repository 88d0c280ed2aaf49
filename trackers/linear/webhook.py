"""The door: proves a delivery and finds the lane it belongs to, in one parse of the body.

https://linear.app/developers/webhooks
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from schemas.delivery import Proof
from schemas.errors import Rejected
from schemas.model import Json
from trackers import signatures, tolerant
from trackers.base import Headers

OLDEST = timedelta(hours=12)
"""Linear tries again after a minute, an hour and six hours; whether such a retry carries a fresh
timestamp is not documented. What is older than a minute is read again, never believed (`late`)."""
_AHEAD = timedelta(minutes=5)
_TRUSTED = timedelta(seconds=60)
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9_-]{1,60}", re.ASCII)
_CARRIED = {
    "Comment": "issueId",
    "Attachment": "issueId",
    "Reaction": "issueId",
    "IssueRelation": "issueId",
}
"""Where the data of an event names the issue it belongs to."""


def verify(headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> Proof:
    """The proof of a delivery; Rejected(401) when it is wrong, absent or far too old.

    `Linear-Signature` is the bare hex HMAC of the raw body, which holds `webhookTimestamp`.
    """
    if not signatures.usable(secrets):
        raise Rejected(401, "no webhook secret is configured")
    claimed = headers.get("linear-signature", "").strip().lower()
    if not claimed:
        raise Rejected(401, "Linear-Signature is missing")
    if not signatures.proves(body, claimed, secrets):
        raise Rejected(401, "Linear-Signature does not match the body")
    content = _content(body)
    sent = sent_at(content, headers)
    if sent is not None and not now - OLDEST <= sent <= now + _AHEAD:
        raise Rejected(401, "webhookTimestamp is too far from our clock")
    kind, action = event_of(headers, content)
    return Proof(
        event=f"{kind}.{action}" if action else kind,
        delivery_key=_delivery_key(headers, body),
        ticket=lane(kind, content.get("data") or content.get("issueData")),
        sent_at=sent,
    )


def event_of(headers: Headers, content: dict[str, Json]) -> tuple[str, str | None]:
    """(type, action); `unknown` when neither body nor header names a type."""
    kind, action = content.get("type"), content.get("action")
    named = kind if isinstance(kind, str) else headers.get("linear-event", "")
    told = action if isinstance(action, str) and _WORD.fullmatch(action) else None
    return named if _WORD.fullmatch(named) else "unknown", told


def sent_at(content: dict[str, Json], headers: Headers) -> datetime | None:
    """When it was sent; the header counts only where the signed body has no time."""
    raw = content.get("webhookTimestamp", headers.get("linear-timestamp"))
    try:
        if raw is None or isinstance(raw, bool):
            return None
        return datetime.fromtimestamp(float(raw) / 1000, UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def late(sent: datetime | None, received: datetime) -> bool:
    """Whether a body is too old to be believed: Linear's own window is a minute."""
    return sent is None or abs(received - sent) > _TRUSTED


def lane(kind: str, about: Json) -> str | None:
    """The issue a delivery is about; None for the source's own lane."""
    if not isinstance(about, dict):
        return None
    if kind in ("Issue", "IssueSLA"):
        return _id(about.get("id"))
    return _id(about.get(_CARRIED[kind])) if kind in _CARRIED else None


def _content(body: bytes) -> dict[str, Json]:
    """A body that cannot be read is proven all the same: it ends as a dead letter with a cause."""
    try:
        content = tolerant.loads(body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _delivery_key(headers: Headers, body: bytes) -> str:
    """Linear's id of the delivery, the same on a retry; without one the body is its own name.

    `webhookId` names the webhook, not the delivery.
    """
    key = headers.get("linear-delivery", "")
    if 0 < len(key) <= 100 and key.isascii() and key.isprintable():
        return key
    return f"body:{hashlib.sha256(body).hexdigest()}"


def _id(value: Json) -> str | None:
    return value if isinstance(value, str) and _ID.fullmatch(value) else None
