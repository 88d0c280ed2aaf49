"""Standard Webhooks: who sent a body, and when.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from schemas.errors import Rejected
from trackers.base import Headers
from trackers.signatures import usable

WINDOW_SECONDS = 300
"""How far the time of an attempt may lie from ours, in both directions; retries are re-stamped."""

_MOST_ENTRIES = 20
_LONGEST_ID = 200
_PREFIXES = ("webhook", "svix")


@dataclass(frozen=True, slots=True)
class Sent:
    """What was proven: the event's id, the same on every retry, and the time of this attempt."""

    id: str
    at: datetime


def proven(headers: Headers, body: bytes, secrets: Sequence[str], now: datetime) -> Sent:
    """The proof of a body; Rejected(401) when it is wrong, absent or out of time."""
    live = usable(secrets)
    if not live:
        raise Rejected(401, "no webhook secret is configured")
    prefix = next((one for one in _PREFIXES if f"{one}-signature" in headers), "webhook")
    found = [headers.get(f"{prefix}-{part}", "") for part in ("id", "timestamp", "signature")]
    key, stamp, signatures = found
    if not all(found):
        raise Rejected(401, "webhook-id, webhook-timestamp and webhook-signature are needed")
    if len(key) > _LONGEST_ID or not key.isascii() or not key.isprintable() or "." in key:
        raise Rejected(401, "webhook-id is no id: up to 200 printable characters without a dot")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 12):
        raise Rejected(401, "webhook-timestamp is no number of seconds")
    if abs(now.timestamp() - int(stamp)) > WINDOW_SECONDS:
        raise Rejected(401, "webhook-timestamp is more than five minutes off")
    if not _signed(b"%s.%s.%s" % (key.encode(), stamp.encode(), body), signatures, live):
        raise Rejected(401, "no signature in webhook-signature fits the body")
    return Sent(key, datetime.fromtimestamp(int(stamp), UTC))


def _signed(content: bytes, signatures: str, secrets: Sequence[str]) -> bool:
    """Whether any entry fits any secret; all are tried, so that time tells nothing."""
    own = [hmac.digest(key, content, "sha256") for key in map(_key, secrets) if key]
    public = list(filter(None, map(_public_key, secrets)))
    found = False
    for version, given in _entries(signatures):
        if version == "v1":
            for one in own:
                found = hmac.compare_digest(one, given) or found
        elif version == "v1a":
            for whose in public:
                found = _verifies(whose, given, content) or found
    return found


def _entries(signatures: str) -> Iterator[tuple[str, bytes]]:
    """(version, signature) of each entry that can be read; others are skipped, never an error."""
    for entry in signatures.split()[:_MOST_ENTRIES]:
        version, comma, text = entry.partition(",")
        given = _decoded(text) if comma else None
        if given:
            yield version, given


def _key(secret: str) -> bytes | None:
    """The bytes of a symmetric secret: `whsec_` and base64, bare base64, or else a plain text.

    The specification wants 24 to 64 bytes of base64; a text that is none of that is taken as it is.
    """
    text = secret.strip()
    if text.startswith("whpk_"):
        return None
    if text.startswith("whsec_"):
        return _decoded(text.removeprefix("whsec_"))
    bare = _decoded(text)
    return bare if bare and 24 <= len(bare) <= 64 else text.encode("utf-8", "replace")


def _public_key(secret: str) -> Ed25519PublicKey | None:
    text = secret.strip()
    raw = _decoded(text.removeprefix("whpk_")) if text.startswith("whpk_") else None
    return Ed25519PublicKey.from_public_bytes(raw) if raw and len(raw) == 32 else None


def _verifies(key: Ed25519PublicKey, given: bytes, content: bytes) -> bool:
    try:
        key.verify(given, content)
    except InvalidSignature:
        return False
    return True


def _decoded(text: str) -> bytes | None:
    """Standard base64 with or without its padding; None for anything else."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True) or None
    except (binascii.Error, ValueError):
        return None
