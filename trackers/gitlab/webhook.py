"""The door: proves a delivery and finds the lane it belongs to, in one parse of the body.

https://docs.gitlab.com/user/project/integrations/webhooks/
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from schemas.delivery import Proof
from schemas.errors import Rejected
from schemas.model import Json
from trackers import signatures, tolerant
from trackers.base import Headers

SIGNING = "whsec_"
TOLERANCE_SECONDS = 300
"""How far a signed delivery's clock may be from ours; what libraries for Standard Webhooks take
(https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md)."""

ISSUES = ("issue", "work_item")
_WORD = re.compile(r"[a-z0-9_]{1,60}", re.ASCII)
_LARGEST = 2**31 - 1


def verify(headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> Proof:
    """The proof of a delivery; Rejected(401) when it is wrong or absent, nothing else.

    `webhook-id` and `webhook-timestamp` come with every delivery of GitLab 19, signed or not: the
    signature's own header alone tells. What is signed must verify; the token is no way around it.
    """
    usable = signatures.usable(secrets)
    if not usable:
        raise Rejected(401, "no webhook secret is configured")
    sent_at = None
    if "webhook-signature" in headers:
        sent_at = _signed(headers, body, usable, now)
    else:
        _token(headers, usable)
    return _proof(headers, body, sent_at)


def signing_key(secret: str) -> bytes | None:
    """The key in a `whsec_…` text; None for anything else."""
    if not secret.startswith(SIGNING):
        return None
    try:
        key = base64.b64decode(secret.removeprefix(SIGNING), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if 24 <= len(key) <= 64 else None


def event_of(content: Json) -> tuple[str, str | None]:
    """(kind, action): `object_kind`, or `event_name` of hooks about projects; `unknown` if none."""
    if not isinstance(content, dict):
        return "unknown", None
    kind = content.get("object_kind") or content.get("event_name")
    inner = content.get("object_attributes")
    told = content.get("action") or (inner.get("action") if isinstance(inner, dict) else None)
    action = told if isinstance(told, str) and _WORD.fullmatch(told) else None
    return kind if isinstance(kind, str) and _WORD.fullmatch(kind) else "unknown", action


def _token(headers: Headers, secrets: Sequence[str]) -> None:
    """Every secret is tried even after a match, so that time does not tell which one is live."""
    given = headers.get("x-gitlab-token", "").encode("utf-8", "replace")
    if not given:
        raise Rejected(401, "X-Gitlab-Token is missing: the hook has no secret token")
    matched = False
    for secret in secrets:
        if signing_key(secret) is None:
            own = secret.strip().encode("utf-8", "replace")
            matched = hmac.compare_digest(own, given) or matched
    if not matched:
        raise Rejected(401, "X-Gitlab-Token is not the secret that is configured")


def _signed(headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> datetime:
    """When it was sent. Signed are id, timestamp and raw body, joined by dots."""
    keys = [key for key in map(signing_key, secrets) if key is not None]
    if not keys:
        raise Rejected(401, "the delivery is signed, and no signing token (whsec_…) is configured")
    name, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not name or not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 12):
        raise Rejected(401, "webhook-id or webhook-timestamp is missing")
    content = b".".join([name.encode("utf-8", "replace"), stamp.encode(), body])
    if not _matches(headers["webhook-signature"], content, keys):
        raise Rejected(401, "webhook-signature does not match the body")
    if abs(now.timestamp() - int(stamp)) > TOLERANCE_SECONDS:
        raise Rejected(401, "webhook-timestamp is more than five minutes from our clock")
    return datetime.fromtimestamp(int(stamp), UTC)


def _matches(claimed: str, content: bytes, keys: list[bytes]) -> bool:
    """Whether any of the `v1,…` entries is the signature under any key; all are compared."""
    entries = [one[3:].encode("utf-8", "replace") for one in claimed.split() if one[:3] == "v1,"]
    matched = False
    for key in keys:
        own = base64.b64encode(hmac.digest(key, content, "sha256"))
        for entry in entries[:10]:
            matched = hmac.compare_digest(own, entry) or matched
    return matched


def _proof(headers: Headers, body: bytes, sent_at: datetime | None) -> Proof:
    """A body that cannot be read is proven all the same: it ends as a dead letter with a cause."""
    try:
        content = tolerant.loads(body)
    except ValueError:
        content = None
    kind, action = event_of(content)
    return Proof(
        event=f"{kind}.{action}" if action else kind,
        delivery_key=_delivery_key(headers, body),
        ticket=lane(kind, content) if isinstance(content, dict) else None,
        sent_at=sent_at,
    )


def _delivery_key(headers: Headers, body: bytes) -> str:
    """The same on a resend. `X-Gitlab-Event-UUID` is shared by different events of one act and
    `X-Gitlab-Webhook-UUID` is new each time: neither names a delivery."""
    for name in ("webhook-id", "idempotency-key"):
        key = headers.get(name, "")
        if 0 < len(key) <= 100 and key.isascii() and key.isprintable():
            return key
    return f"body:{hashlib.sha256(body).hexdigest()}"


def lane(kind: str, content: dict[str, Json]) -> str | None:
    """The issue's number in its project; None for what concerns no issue of a project."""
    if kind in ISSUES:
        return _number(content.get("object_attributes")) if content.get("project") else None
    if kind not in ("note", "emoji"):
        return None
    return _number(parent_issue(content))


def parent_issue(content: dict[str, Json]) -> Json:
    """The issue a note or an emoji belongs to; None when that is something else."""
    inner = content.get("object_attributes")
    about = inner if isinstance(inner, dict) else {}
    of = about.get("noteable_type") or about.get("awardable_type")
    if of in ("MergeRequest", "Commit", "Snippet"):
        return None
    return content.get("issue") or content.get("work_item")


def _number(issue: Json) -> str | None:
    number = issue.get("iid") if isinstance(issue, dict) else None
    return str(number) if type(number) is int and 0 < number <= _LARGEST else None
