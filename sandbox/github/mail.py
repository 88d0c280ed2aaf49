"""Turns an event into signed webhook requests and remembers what came of each.

GitHub docs: Webhook events and payloads (headers); Validating webhook deliveries (signature over
the raw body, also when that body is a form); Redelivering webhooks (same guid, old payload).
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Mapping
from urllib.parse import urlencode

import orjson

from sandbox.github.history_views import hook_view
from sandbox.github.state import Delivery, Hook, Person, Repo, World
from sandbox.github.views import Views
from sandbox.outbox import Answer, Letter, Outbox
from sandbox.wire import Json

LARGEST = 25 * 1024 * 1024
ZEN = "Keep it logically awesome."


class Mail:
    """The sending side of a repository's hooks."""

    def __init__(self, world: World, views: Views, outbox: Outbox) -> None:
        self.world = world
        self.views = views
        self.outbox = outbox

    def tell(
        self, repo: Repo, event: str, action: str, body: Mapping[str, object], by: Person
    ) -> None:
        """Send an event to every hook that subscribed to it, as the state is at this moment."""
        hooks = [hook for hook in repo.hooks.values() if _wants(hook, event)]
        if not hooks:
            return
        payload = orjson.dumps({"action": action, **body, **self._around(repo, by)})
        if len(payload) > LARGEST:
            return  # GitHub docs: Webhook payload object. Too big means never delivered.
        for hook in hooks:
            self._send(repo, hook, self._delivery(repo, event, action, payload))

    def ping(self, repo: Repo, hook: Hook, by: Person) -> None:
        """GitHub docs: ping. Sent when a hook is made and on request; it has no action."""
        body = {"zen": ZEN, "hook_id": hook.id, "hook": hook_view(self.views, repo, hook)}
        payload = orjson.dumps({**body, **self._around(repo, by)})
        self._send(repo, hook, self._delivery(repo, "ping", None, payload))

    def hook_deleted(self, repo: Repo, hook: Hook, by: Person) -> None:
        """GitHub docs: meta. The last thing a hook hears is that it is gone."""
        if _wants(hook, "meta"):
            body = {"hook_id": hook.id, "hook": hook_view(self.views, repo, hook)}
            payload = orjson.dumps({"action": "deleted", **body, **self._around(repo, by)})
            self._send(repo, hook, self._delivery(repo, "meta", "deleted", payload))

    def redeliver(self, repo: Repo, hook: Hook, first: Delivery) -> None:
        """The old snapshot again: same guid, new id, signed with the secret of today."""
        again = self._delivery(repo, first.event, first.action, first.payload)
        again.guid = first.guid
        again.redelivery = True
        self._send(repo, hook, again)

    def _around(self, repo: Repo, by: Person) -> Json:
        around: Json = {"repository": self.views.repo(repo)}
        organization = self.views.organization(repo)
        if organization is not None:
            around["organization"] = organization
        return {**around, "sender": self.views.person(by)}

    def _delivery(self, repo: Repo, event: str, action: str | None, payload: bytes) -> Delivery:
        # Guids are truly random: a restarted sandbox must not repeat a receiver's dedupe keys.
        return Delivery(
            id=self.world.next_id("delivery"),
            guid=str(uuid.uuid4()),
            event=event,
            action=action,
            payload=payload,
            repo_id=repo.id,
            delivered_at=self.world.moment(),
        )

    def _send(self, repo: Repo, hook: Hook, delivery: Delivery) -> None:
        about = f"{delivery.event}.{delivery.action}" if delivery.action else delivery.event
        body = _encode(hook, delivery.payload)
        headers = _headers(repo, hook, delivery.event, delivery.guid, body, hook.secret)
        delivery.request_headers = headers

        def done(answer: Answer) -> None:
            self._record(hook, delivery, answer)

        def forged() -> Letter:
            return _forgery(repo, hook, delivery)

        self.outbox.post(Letter(hook.url, headers, body, about, done, forged))

    def _record(self, hook: Hook, delivery: Delivery, answer: Answer) -> None:
        with self.world.lock:
            delivery.delivered_at = self.world.moment()
            delivery.duration = answer.seconds
            delivery.status = answer.reason
            delivery.status_code = answer.status or (504 if answer.reason == "timed out" else 502)
            delivery.response_headers = answer.headers
            delivery.response_body = answer.body
            hook.deliveries.append(delivery)
            fine = 200 <= answer.status < 400
            hook.last_response = (
                answer.status or None,
                "active" if fine else "failed",
                answer.reason,
            )


def signature(secret: str, body: bytes, algorithm: str = "sha256") -> str:
    digest = hmac.new(secret.encode(), body, getattr(hashlib, algorithm)).hexdigest()
    return f"{algorithm}={digest}"


def _wants(hook: Hook, event: str) -> bool:
    return hook.active and (event in hook.events or "*" in hook.events)


def _encode(hook: Hook, payload: bytes) -> bytes:
    if hook.content_type == "json":
        return payload
    return urlencode({"payload": payload.decode()}).encode()


def _headers(
    repo: Repo, hook: Hook, event: str, guid: str, body: bytes, secret: str | None
) -> dict[str, str]:
    form = "application/x-www-form-urlencoded"
    headers = {
        "Accept": "*/*",
        "Content-Type": "application/json" if hook.content_type == "json" else form,
        "User-Agent": "GitHub-Hookshot/5a4db0x",
        "X-GitHub-Delivery": guid,
        "X-GitHub-Event": event,
        "X-GitHub-Hook-ID": str(hook.id),
        "X-GitHub-Hook-Installation-Target-ID": str(repo.id),
        "X-GitHub-Hook-Installation-Target-Type": "repository",
    }
    if secret is not None:
        headers["X-Hub-Signature"] = signature(secret, body, "sha1")
        headers["X-Hub-Signature-256"] = signature(secret, body)
    return headers


def _forgery(repo: Repo, hook: Hook, delivery: Delivery) -> Letter:
    """What somebody without the secret would send: plausible, changed, wrongly signed."""
    payload = orjson.loads(delivery.payload)
    for key in ("issue", "comment", "label", "milestone"):
        for text in ("title", "name", "body"):
            if isinstance(payload.get(key), dict) and text in payload[key]:
                payload[key][text] = "FORGED"
    body = _encode(hook, orjson.dumps(payload))
    headers = _headers(repo, hook, delivery.event, str(uuid.uuid4()), body, "not the secret")
    return Letter(hook.url, headers, body, f"forged {delivery.event}")
