"""What a client is given in tests, in place of the store, the limits and the network."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from schemas.delivery import Delivery, Via
from schemas.ports import AppKey, Grant, OAuthApp, Rate, Validator
from schemas.source import Source

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
SHARED = Path(__file__).resolve().parents[3] / "shared"


def shared(tail: str) -> Path:
    """A path among the shared reference files; skips the test where they are not at hand."""
    path = SHARED / tail
    if not path.exists():
        pytest.skip(f"the shared reference files are absent: {path}")
    return path


@dataclass
class Budget:
    """A limiter that remembers what it was told."""

    waits: list[str] = field(default_factory=list)
    rates: list[Rate] = field(default_factory=list)
    blocks: list[float] = field(default_factory=list)

    def wait(self, credential: str, _usual: object = None) -> None:
        self.waits.append(credential)

    def learn(self, credential: str, rate: Rate) -> None:
        if rate != Rate():
            self.rates.append(rate)

    def block(self, credential: str, seconds: float) -> None:
        self.blocks.append(seconds)


@dataclass
class Memory:
    """Validators in a dict."""

    kept: dict[tuple[str, str], Validator] = field(default_factory=dict)

    def get(self, credential: str, address: str) -> Validator | None:
        return self.kept.get((credential, address))

    def put(self, credential: str, address: str, validator: Validator) -> None:
        self.kept[credential, address] = validator


@dataclass
class Secrets:
    """One token, app or grant for every source; `renewals` counts what `renew` was asked for."""

    value: str | None = "ghp_invented0123456789"
    key: AppKey | None = None
    login: str | None = "sandbox@example.com"
    granted: Grant | None = None
    renewals: int = 0

    def token(self, source: Source) -> str | None:
        return self.value

    def app(self, source: Source) -> AppKey | None:
        return self.key

    def email(self, source: Source) -> str | None:
        return self.login

    def oauth_app(self, source: Source) -> OAuthApp | None:
        return OAuthApp(client_id="invented-app", client_secret="invented-app-secret")

    def grant(self, source: Source) -> Grant | None:
        return self.granted

    def renew(self, source: Source, seen: Grant, refresh: Callable[[Grant], Grant]) -> Grant:
        self.renewals += 1
        self.granted = refresh(seen)
        return self.granted


@dataclass
class Script:
    """A network that answers from a function and remembers what was asked."""

    answer: Callable[[httpx.Request], httpx.Response]
    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answer(request)

    @property
    def lines(self) -> list[str]:
        """`GET /path?query` of each request."""
        return [f"{one.method} {one.url.raw_path.decode()}" for one in self.asked]

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self)


def a_source(tracker: str, url: str, **over: object) -> Source:
    """A source of a tracker with everything at its default."""
    return Source.model_validate(
        {"name": "shop", "slug": "shop", "tracker": tracker, "url": url} | over
    )


def a_delivery(headers: dict[str, str], body: bytes | None, **over: object) -> Delivery:
    """A journal row as it was received."""
    row = {
        "id": 1,
        "source": "shop",
        "via": Via.webhook,
        "event": "",
        "delivery_key": "k",
        "ticket": None,
        "headers": headers,
        "body": body,
        "received_at": NOW,
        "observed_at": NOW,
    }
    return Delivery.model_validate(row | over)
