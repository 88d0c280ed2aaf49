"""Turns an event into signed webhook requests, and tries again as Linear does.

https://linear.app/developers/webhooks: anything but 200 counts as a failure; three retries, all
under the same `Linear-Delivery`. Here their pauses are a switch, since nobody waits six hours.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import uuid
from collections.abc import Iterable

import orjson

from sandbox.linear.state import (
    Bot,
    Delivery,
    Failure,
    Person,
    Team,
    Webhook,
    World,
)
from sandbox.linear.views import Views
from sandbox.outbox import Answer, Letter, Outbox
from sandbox.wire import Json

RETRIES = 3
FAILURES_KEPT = 50


class Mail:
    """The sending side of a workspace's webhooks."""

    def __init__(self, world: World, views: Views, outbox: Outbox) -> None:
        self.world = world
        self.views = views
        self.outbox = outbox
        self._timers: list[threading.Timer] = []

    def tell(
        self,
        kind: str,
        action: str,
        about: Json,
        by: Person | Bot | None,
        *,
        teams: Iterable[Team],
        url: str | None = None,
        before: Json | None = None,
    ) -> None:
        """Send an event to every hook of these teams; no team means the whole workspace."""
        named = list(teams)
        hooks = [hook for hook in self.world.webhooks if _wants(hook, kind, named)]
        if not hooks:
            return
        payload: Json = {
            "action": action,
            "actor": self.views.actor(by),
            "createdAt": self.world.moment(),
            "data": about,
            "url": url,
            "type": kind,
            "organizationId": self.world.organization,
        }
        if before is not None:
            payload["updatedFrom"] = before
        for hook in hooks:
            self._send(hook, kind, {**payload, "webhookId": hook.id})

    def stop(self) -> None:
        """Forgets the retries that are still to come."""
        for timer in self._timers:
            timer.cancel()

    def _send(self, hook: Webhook, kind: str, payload: Json) -> None:
        sent = int(self.world.now().timestamp() * 1000)
        body = orjson.dumps({**payload, "webhookTimestamp": sent})
        about = f"{kind}.{payload['action']}"
        # Deliveries are truly random: a restarted sandbox must not repeat a receiver's keys.
        headers = _headers(kind, str(uuid.uuid4()), sent, body, hook.secret)
        delivery = Delivery(about, headers, body)
        hook.deliveries.append(delivery)
        self._post(hook, delivery, RETRIES)

    def _post(self, hook: Webhook, delivery: Delivery, tries: int) -> None:
        def done(answer: Answer) -> None:
            self._judge(hook, delivery, answer, tries)

        def forged() -> Letter:
            return _forgery(hook, delivery)

        letter = Letter(hook.url, delivery.headers, delivery.body, delivery.about, done, forged)
        self.outbox.post(letter)

    def _judge(self, hook: Webhook, delivery: Delivery, answer: Answer, tries: int) -> None:
        with self.world.lock:
            if answer.status == 200:
                hook.failed_in_a_row = 0
                return
            self._note(hook, delivery, answer)
            pause = self.outbox.faults.number("retry_seconds")
            limit = int(self.outbox.faults.number("disable_after"))
            if limit and hook.failed_in_a_row >= limit:
                hook.enabled = False
            elif tries and pause > 0:
                self._again(hook, delivery, tries, pause)

    def _note(self, hook: Webhook, delivery: Delivery, answer: Answer) -> None:
        hook.failed_in_a_row += 1
        born = self.world.moment()
        execution = delivery.headers["Linear-Delivery"]
        told = (answer.body or answer.reason)[:1000]
        failure = Failure(
            self.world.next_id(), born, born, hook, execution, answer.status or None, told
        )
        hook.failures.insert(0, failure)
        del hook.failures[FAILURES_KEPT:]

    def _again(self, hook: Webhook, delivery: Delivery, tries: int, pause: float) -> None:
        timer = threading.Timer(pause, self._post, (hook, delivery, tries - 1))
        timer.daemon = True
        self._timers.append(timer)
        timer.start()


def signature(secret: str, body: bytes) -> str:
    """Bare hex, nothing before it."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _wants(hook: Webhook, kind: str, teams: list[Team]) -> bool:
    """A hook for all teams hears of public ones alone."""
    if not hook.enabled or kind not in hook.resource_types:
        return False
    public = any(not team.private for team in teams)
    return not teams or hook.team in teams or (hook.all_public and public)


def _headers(kind: str, delivery: str, sent: int, body: bytes, secret: str) -> dict[str, str]:
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Linear-Webhook",
        "Linear-Delivery": delivery,
        "Linear-Event": kind,
        "Linear-Timestamp": str(sent),
        "Linear-Signature": signature(secret, body),
    }


def _forgery(hook: Webhook, delivery: Delivery) -> Letter:
    """What somebody without the secret would send: plausible, changed, wrongly signed."""
    payload = orjson.loads(delivery.body)
    for text in ("title", "name", "body"):
        if text in payload["data"]:
            payload["data"][text] = "FORGED"
    body = orjson.dumps(payload)
    kind, sent = payload["type"], payload["webhookTimestamp"]
    headers = _headers(kind, str(uuid.uuid4()), sent, body, "not the secret")
    return Letter(hook.url, headers, body, f"forged {delivery.about}")
