"""The form in which a notice goes out: Standard Webhooks, signed with every live secret.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

import orjson

from schemas.model import Json

PREFIX = "whsec_"


def body_of(kind: str, at: datetime, content: Json) -> bytes:
    """The JSON body; `at` is when it happened, whenever it is sent."""
    return orjson.dumps({"type": kind, "timestamp": at, "data": content}, option=orjson.OPT_UTC_Z)


def headers_of(key: str, body: bytes, secrets: Sequence[str], now: datetime) -> dict[str, str]:
    """The headers of one attempt; `secrets` are `whsec_…`, each signs."""
    stamp = str(int(now.timestamp()))
    content = b"%s.%s.%s" % (key.encode(), stamp.encode(), body)
    return {
        "content-type": "application/json",
        "user-agent": "ticketsync",
        "webhook-id": key,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(_signature(content, one) for one in secrets),
    }


def _signature(content: bytes, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return f"v1,{base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()}"
