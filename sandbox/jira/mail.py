"""Turns events into webhook requests: signed for admin hooks, with a JWT for an OAuth app's.

Atlassian docs: Webhooks, https://developer.atlassian.com/cloud/jira/platform/webhooks/
(X-Hub-Signature over the raw body; X-Atlassian-Webhook-Identifier, the same on each retry;
X-Atlassian-Webhook-Retry; Primary and Secondary flow).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

import orjson

from sandbox.jira.hooks import AdminHook, DynamicHook, Hooks, filtered
from sandbox.jira.jql.lexer import JqlError
from sandbox.jira.jql.match import compiled
from sandbox.jira.jql.parse import parse
from sandbox.jira.jql.terms import Asking
from sandbox.jira.state import Issue
from sandbox.jira.views import Views
from sandbox.jira.world import World
from sandbox.outbox import Answer, Letter, Outbox
from sandbox.wire import Json

RETRIED = (0, 408, 409, 425, 429)
MOST_RETRIES = 5
JWT_SECONDS = 180


@dataclass(frozen=True)
class News:
    """One event, before it is addressed; `issue` is what a hook's JQL looks at."""

    event: str
    body: Json
    issue: Issue | None = None
    flow: str = "Primary"
    items: Sequence[Json] = ()


@dataclass
class Mail:
    """The sending side. `secrets` tells the secret of an OAuth app by its client id."""

    world: World
    hooks: Hooks
    outbox: Outbox
    secrets: Callable[[str], str | None]
    retry_after: Callable[[], float]
    _timers: list[threading.Timer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.views = Views(self.world, "2", mailed=True)

    def tell(self, news: News) -> None:
        """To everybody who asked for it, with the state as it is at this moment."""
        if news.issue is not None and news.issue.hidden:
            return
        body = {"timestamp": self.world.ms(), "webhookEvent": news.event, **news.body}
        for hook in list(self.hooks.admin.values()):
            if hook.enabled and news.event in hook.events and self._matches(hook.jql, news, hook):
                self._send_admin(hook, news, body)
        self._tell_apps(news, body)

    def _tell_apps(self, news: News, body: Json) -> None:
        """One delivery for all hooks of an app and user that match."""
        self.hooks.bury(self.world.ms())
        matched: dict[tuple[str, str], list[DynamicHook]] = {}
        for hook in self.hooks.dynamic.values():
            if hook.hears(news.event, news.items) and self._matches(hook.jql, news, hook):
                matched.setdefault((hook.client_id, hook.owner.account_id), []).append(hook)
        for many in matched.values():
            self._send_dynamic(many, news, body)

    def _matches(self, jql: str, news: News, hook: AdminHook | DynamicHook) -> bool:
        if not jql or news.issue is None or not filtered(news.event):
            return True
        asking = Asking(self.world, hook.owner)
        try:
            return compiled(parse(jql).where, asking)(news.issue)
        except JqlError:
            return False

    def _send_admin(self, hook: AdminHook, news: News, body: Json) -> None:
        payload = b"" if hook.exclude_body else orjson.dumps(body)
        url = _filled(hook.url, news)

        def letter(raw: bytes, secret: str | None, retry: int, identifier: str) -> Letter:
            headers = self._headers(news, identifier, retry)
            if secret is not None:
                headers["X-Hub-Signature"] = signature(secret, raw)
            return Letter(url, headers, raw, news.event)

        identifier = str(uuid.uuid4())
        self._post(
            lambda retry: letter(payload, hook.secret, retry, identifier),
            lambda: letter(_forged(payload), "not the secret", 0, str(uuid.uuid4())),
        )

    def _send_dynamic(self, hooks: list[DynamicHook], news: News, body: Json) -> None:
        """Query parameters of the address do not arrive on these deliveries."""
        first = hooks[0]
        ids = sorted(hook.id for hook in hooks)
        payload = orjson.dumps({**body, "matchedWebhookIds": ids})
        url = urlunsplit(urlsplit(first.url)._replace(query=""))

        def letter(raw: bytes, secret: str, retry: int, identifier: str) -> Letter:
            headers = self._headers(news, identifier, retry)
            token = web_token(first.client_id, secret, self.world.ms() // 1000)
            headers["Authorization"] = f"Bearer {token}"
            return Letter(url, headers, raw, news.event)

        secret = self.secrets(first.client_id) or ""
        identifier = str(uuid.uuid4())
        self._post(
            lambda retry: letter(payload, secret, retry, identifier),
            lambda: letter(_forged(payload), "not the secret", 0, str(uuid.uuid4())),
        )

    def _headers(self, news: News, identifier: str, retry: int) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "User-Agent": "Atlassian Webhook HTTP Client",
        }
        if self.world.cloud:
            headers["X-Atlassian-Webhook-Identifier"] = identifier
            headers["X-Atlassian-Webhook-Flow"] = news.flow
        if retry:
            headers["X-Atlassian-Webhook-Retry"] = str(retry)
        return headers

    def _post(self, write: Callable[[int], Letter], forge: Callable[[], Letter]) -> None:
        self._post_try(write, 0, forge)

    def _post_try(
        self, write: Callable[[int], Letter], retry: int, forge: Callable[[], Letter] | None
    ) -> None:
        letter = write(retry)

        def done(answer: Answer) -> None:
            again = answer.status in RETRIED or answer.status >= 500
            if again and retry < MOST_RETRIES and self.world.cloud:
                self._later(lambda: self._post_try(write, retry + 1, None))

        letter.done = done
        letter.forged = forge
        self.outbox.post(letter)

    def _later(self, act: Callable[[], None]) -> None:
        timer = threading.Timer(self.retry_after(), act)
        timer.daemon = True
        self._timers = [one for one in self._timers if one.is_alive()]
        self._timers.append(timer)
        timer.start()

    def close(self) -> None:
        for timer in self._timers:
            timer.cancel()


def signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def web_token(issuer: str, secret: str, now: int) -> str:
    """A JWT as Jira signs it for an OAuth app: HS256 with the app's client secret."""
    head = _part({"typ": "JWT", "alg": "HS256"})
    claims = _part({"iss": issuer, "iat": now, "exp": now + JWT_SECONDS})
    digest = hmac.new(secret.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
    return f"{head}.{claims}.{_text(digest)}"


def _part(value: Json) -> str:
    return _text(orjson.dumps(value))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _filled(url: str, news: News) -> str:
    """`{issue.key}` and its like in the address of an admin webhook."""
    issue = news.issue
    if issue is None or "{" not in url:
        return url
    known = {"issue.key": issue.key, "issue.id": str(issue.id), "project.key": issue.project.key}
    for name, value in {**known, "project.id": issue.project.id}.items():
        url = url.replace("{" + name + "}", value)
    return url


def _forged(payload: bytes) -> bytes:
    """What somebody without the secret would send: plausible, and changed."""
    body = orjson.loads(payload or b"{}")
    if isinstance(body.get("comment"), dict):
        body["comment"]["body"] = "FORGED"
    fields = (body.get("issue") or {}).get("fields")
    if isinstance(fields, dict):
        fields["summary"] = "FORGED"
    return orjson.dumps(body)
