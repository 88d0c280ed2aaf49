"""Signed events on their way, by the Standard Webhooks rules: one id, every attempt re-stamped.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import uuid
from dataclasses import dataclass, field

import orjson

from sandbox.generic.state import World
from sandbox.outbox import Answer, Letter, Outbox
from sandbox.wire import Json

ATTEMPTS = 3
"""Two more tries at once stand for the hours of a real schedule."""

IN_HOUSE = {
    "ticket.created": "TicketCreated",
    "ticket.updated": "TicketUpdated",
    "project.configured": "ProjectConfigured",
}


@dataclass(slots=True, eq=False)
class Hook:
    """A receiver; a sender that rotates signs with every secret it holds."""

    url: str
    secrets: list[str]
    active: bool = True
    sent: list[Letter] = field(default_factory=list)


class Mail:
    """The sending side; `in_house` gives types and shapes of a tool that has its own names."""

    def __init__(self, world: World, outbox: Outbox, *, in_house: bool = False) -> None:
        self.world = world
        self.outbox = outbox
        self.in_house = in_house
        self.hooks: list[Hook] = []

    def tell(self, kind: str, data: Json, only: Hook | None = None) -> None:
        """An event to every receiver, or to one."""
        for hook in [only] if only else self.hooks:
            if hook.active:
                self._send(hook, kind, self._body(kind, data), f"msg_{uuid.uuid4().hex}", 1)

    def _body(self, kind: str, data: Json) -> bytes:
        told = {"type": kind, "timestamp": self.world.moment(), "data": data}
        if self.in_house and kind in IN_HOUSE:
            nested = {"ticket": data} if kind.startswith("ticket.") else data
            told |= {"type": IN_HOUSE[kind], "data": nested}
        return orjson.dumps(told)

    def _send(self, hook: Hook, kind: str, body: bytes, key: str, attempt: int) -> None:
        def done(answer: Answer) -> None:
            if answer.status == 410:
                hook.active = False
            elif not 200 <= answer.status < 300 and attempt < ATTEMPTS and hook.active:
                self._send(hook, kind, body, key, attempt + 1)

        letter = Letter(hook.url, self._headers(hook.secrets, key, body), body, kind, done)
        letter.forged = lambda: self._forgery(hook, kind, body)
        hook.sent.append(letter)
        self.outbox.post(letter)

    def _headers(self, secrets: list[str], key: str, body: bytes) -> dict[str, str]:
        stamp = str(int(self.world.now().timestamp()))
        signed = [signature(secret, key, stamp, body) for secret in secrets]
        return {
            "Content-Type": "application/json",
            "User-Agent": "in-house-tool/1",
            "webhook-id": key,
            "webhook-timestamp": stamp,
            "webhook-signature": " ".join(signed),
        }

    def _forgery(self, hook: Hook, kind: str, body: bytes) -> Letter:
        """What somebody without the secret would send."""
        changed = orjson.loads(body)
        changed["data"]["title"] = "FORGED"
        forged = orjson.dumps(changed)
        headers = self._headers(["not the secret"], f"msg_{uuid.uuid4().hex}", forged)
        return Letter(hook.url, headers, forged, f"forged {kind}")


def signature(secret: str, key: str, stamp: str, body: bytes) -> str:
    content = b".".join((key.encode(), stamp.encode(), body))
    digest = hmac.new(_key(secret), content, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _key(secret: str) -> bytes:
    """`whsec_` and bare base64 are decoded; any other text is its own key."""
    text = secret.removeprefix("whsec_")
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()
    return raw if secret.startswith("whsec_") or 24 <= len(raw) <= 64 else secret.encode()
