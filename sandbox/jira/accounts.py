"""Who asks: e-mail and API token, an OAuth access token, or a personal access token.

Atlassian docs: Basic auth for REST APIs; OAuth 2.0 (3LO) apps,
https://developer.atlassian.com/cloud/oauth/getting-started/refresh-tokens/ (rotating).
"""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass, field

from sandbox.jira.state import User
from sandbox.jira.world import World

SCOPES = (
    "read:jira-work write:jira-work read:jira-user manage:jira-webhook "
    "manage:jira-configuration offline_access"
)
REFRESH_IDLE_MS = 90 * 24 * 3600 * 1000


@dataclass(frozen=True)
class Identity:
    """`client_id` is set for an OAuth app; `failed` for a wrong proof that was passed over."""

    user: User | None = None
    key: str = "anonymous"
    client_id: str = ""
    scopes: frozenset[str] = frozenset()
    failed: bool = False


@dataclass
class Grant:
    """What a person allowed an app; the refresh token is good for one use."""

    client_id: str
    user: User
    scopes: str
    refresh: str
    idle_until: int


@dataclass
class App:
    client_id: str
    secret: str


@dataclass
class Code:
    """Between the redirect and the first token."""

    client_id: str
    redirect: str
    scopes: str
    challenge: str = ""


@dataclass
class Accounts:
    """All keys of the site."""

    world: World
    access_seconds: float = 3600.0
    basic: dict[tuple[str, str], User] = field(default_factory=dict)
    personal: dict[str, User] = field(default_factory=dict)
    apps: dict[str, App] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    access: dict[str, tuple[Grant, int]] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    spent: set[str] = field(default_factory=set)

    def add_token(self, user: User, token: str) -> None:
        """An API token on Cloud (with the address), a personal access token on Data Center."""
        self.basic[user.email.casefold(), token] = user
        if not self.world.cloud:
            self.personal[token] = user
            self.basic[user.login.casefold(), token] = user

    def revoke(self, token: str) -> None:
        """From now on the token is refused, whatever kind it is."""
        self.basic = {key: user for key, user in self.basic.items() if key[1] != token}
        self.personal.pop(token, None)
        self.access.pop(token, None)

    def recognise(self, header: str | None) -> Identity:
        """Cloud answers a wrong password like a stranger; a wrong bearer token is refused."""
        scheme, _, value = (header or "").partition(" ")
        if scheme.lower() == "basic":
            return self._basic(value.strip())
        if scheme.lower() == "bearer" and not self.world.cloud:
            user = self.personal.get(value.strip())
            return Identity(user, value) if user else Identity(failed=True)
        return Identity(failed=bool(scheme))

    def _basic(self, value: str) -> Identity:
        try:
            name, _, token = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return Identity(failed=True)
        user = self.basic.get((name.casefold(), token))
        return Identity(user, token) if user else Identity(failed=True)

    def bearer(self, header: str | None) -> Identity | None:
        """Who an access token stands for at the gateway; None if it is no good (any more)."""
        scheme, _, value = (header or "").partition(" ")
        known = self.access.get(value.strip()) if scheme.lower() == "bearer" else None
        if known is None or known[1] <= self.world.ms():
            return None
        grant = known[0]
        scopes = frozenset(grant.scopes.split())
        return Identity(grant.user, grant.client_id, grant.client_id, scopes)

    def grant(self, client_id: str, user: User, scopes: str = SCOPES) -> Grant:
        """Consent given; two for one user and app end the first."""
        for token, old in list(self.grants.items()):
            if old.client_id == client_id and old.user is user:
                del self.grants[token]
                self.spent.add(token)
        grant = Grant(client_id, user, scopes, "", 0)
        self._rotate(grant)
        return grant

    def issue(self, grant: Grant) -> str:
        """A new access token for a grant."""
        token = "access-" + secrets.token_urlsafe(24)
        ends = self.world.ms() + int(self.access_seconds * 1000)
        self.access[token] = (grant, ends)
        return token

    def renew(self, refresh: str, client_id: str) -> Grant | None:
        """Uses a refresh token up; a used, foreign or idle one gives None."""
        grant = self.grants.get(refresh)
        if grant is None or grant.client_id != client_id or grant.idle_until <= self.world.ms():
            return None
        del self.grants[refresh]
        self.spent.add(refresh)
        self._rotate(grant)
        return grant

    def _rotate(self, grant: Grant) -> None:
        grant.refresh = "refresh-" + secrets.token_urlsafe(24)
        grant.idle_until = self.world.ms() + REFRESH_IDLE_MS
        self.grants[grant.refresh] = grant
