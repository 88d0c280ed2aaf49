"""The door: proves a delivery by one of two schemes and finds the lane it belongs to.

Admin webhooks sign the body (`X-Hub-Signature`), those an OAuth app registers bring a JWT under the
app's client secret (https://developer.atlassian.com/cloud/jira/platform/webhooks/).
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from datetime import datetime

from schemas.delivery import Proof
from schemas.errors import Rejected
from schemas.model import Json
from trackers import signatures, tolerant
from trackers.base import Headers

_WORD = re.compile(r"(?:jira:)?[a-z_]{1,60}", re.ASCII)
_COMMENT_OF = re.compile(r".*/issue/(\d{1,19})/comment/\d+")
_SKEW = 60
"""Seconds that the two clocks may differ."""


def verify(headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> Proof:
    """The proof of a delivery; Rejected(401) when it is wrong or absent, nothing else."""
    if not signatures.usable(secrets):
        raise Rejected(401, "no webhook secret is configured")
    signature = headers.get("x-hub-signature", "")
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if signature:
        _signed(signature, body, secrets)
    elif scheme.lower() == "bearer" and token:
        _granted(token.strip(), secrets, now)
    else:
        raise Rejected(401, "neither X-Hub-Signature nor a token: the webhook has no secret")
    return _proof(headers, body)


def event_of(content: Json) -> str:
    """`webhookEvent`, or `unknown` when it is no word."""
    event = content.get("webhookEvent") if isinstance(content, dict) else None
    return event if isinstance(event, str) and _WORD.fullmatch(event) else "unknown"


def lane(event: str, content: dict[str, Json]) -> str | None:
    """The issue id a delivery is about; None for what concerns several or none.

    Comments of Data Center name their issue in their own address only.
    """
    if event.startswith("worklog"):
        return _id(content.get("worklog"), "issueId")
    if event.startswith(("jira:issue_", "comment_")) and isinstance(content.get("issue"), dict):
        return _id(content.get("issue"), "id")
    comment = content.get("comment") if event.startswith("comment_") else None
    if isinstance(comment, dict):
        found = _COMMENT_OF.fullmatch(str(comment.get("self") or ""))
        return found[1] if found else None
    return None


def _signed(signature: str, body: bytes, secrets: Sequence[str]) -> None:
    method, _, claimed = signature.partition("=")
    if method != "sha256" or not claimed:
        raise Rejected(401, "X-Hub-Signature is not of the form sha256=…")
    if not signatures.proves(body, claimed.lower(), secrets):
        raise Rejected(401, "X-Hub-Signature does not match the body")


def _granted(token: str, secrets: Sequence[str], now: datetime) -> None:
    """A JWT by HS256 alone: a token may not choose its own proof. Times are optional."""
    signed, _, given = token.rpartition(".")
    head, _, told = signed.partition(".")
    header, claims, signature = _part(head), _part(told), _bytes(given)
    if header.get("alg") != "HS256":
        raise Rejected(401, "the token in Authorization is no JWT by HS256")
    if not signatures.proves(signed.encode(), signature.hex(), secrets):
        raise Rejected(401, "the token in Authorization is not signed with the client secret")
    moment = now.timestamp()
    early = any(_number(claims.get(name), 0) - _SKEW > moment for name in ("nbf", "iat"))
    if early or _number(claims.get("exp"), moment) + _SKEW < moment:
        raise Rejected(401, "the token in Authorization is of another time")


def _part(text: str) -> dict[str, Json]:
    """A part of a JWT as an object; an empty one when it is none."""
    try:
        found = tolerant.loads(_bytes(text))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:
        return b""


def _proof(headers: Headers, body: bytes) -> Proof:
    """A body that cannot be read is proven all the same: it ends as a dead letter with a cause."""
    try:
        content = tolerant.loads(body)
    except ValueError:
        content = None
    event = event_of(content)
    return Proof(
        event=event,
        delivery_key=_delivery_key(headers, body),
        ticket=lane(event, content) if isinstance(content, dict) else None,
    )


def _delivery_key(headers: Headers, body: bytes) -> str:
    """The same on every retry; Data Center sends none, there the body is its own name."""
    given = headers.get("x-atlassian-webhook-identifier", "")
    if 0 < len(given) <= 100 and given.isascii() and given.isprintable():
        return given
    return f"body:{hashlib.sha256(body).hexdigest()}"


def _id(record: Json, name: str) -> str | None:
    found = record.get(name) if isinstance(record, dict) else None
    text = str(found) if isinstance(found, (str, int)) else ""
    return text if text.isascii() and text.isdecimal() and len(text) < 20 else None


def _number(claim: Json, default: float) -> float:
    return claim if isinstance(claim, (int, float)) and not isinstance(claim, bool) else default
