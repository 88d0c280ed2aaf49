"""Who is asking: access tokens and OAuth grants (GitLab docs: REST API authentication, OAuth 2.0).

A refresh ends both tokens of the old pair.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.datastructures import Headers

from sandbox.gitlab.refusals import invalid_token, unauthorized
from sandbox.gitlab.state import GUEST, MAINTAINER, OWNER, REPORTER, Person, World
from sandbox.wire import Json

OAUTH_LIFE = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Identity:
    """The holder of a token; without a person it is an anonymous reader."""

    key: str
    person: Person | None = None
    access: int = 0
    expires: datetime | None = None
    oauth: bool = False

    @property
    def member(self) -> bool:
        return self.access >= GUEST

    @property
    def reports(self) -> bool:
        return self.access >= REPORTER

    @property
    def maintains(self) -> bool:
        return self.access >= MAINTAINER

    @property
    def owns(self) -> bool:
        return self.access >= OWNER


ANONYMOUS = Identity("anonymous")


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """The application that people may give a token to; whoever consents is `login`."""

    client_id: str = "sandbox-application"
    client_secret: str = "sandbox-client-secret"  # noqa: S105 - the well-known secret of a toy
    login: str = "sandbox-user"


class Accounts:
    """Knows the tokens of one sandbox."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._tokens: dict[str, Identity] = {}
        self._refreshes: dict[str, Identity] = {}
        self.oauth = OAuthApp()
        self.codes: dict[str, tuple[str, str]] = {}

    def add_token(self, token: str, login: str, access: int = OWNER) -> Identity:
        """Another token, with a role of its own."""
        person = self.world.person(login)
        person.access = max(person.access, access)
        identity = Identity(token, person, access)
        self._tokens[token] = identity
        return identity

    def revoke(self, token: str) -> None:
        """Ends a token; a refresh token takes its access token along."""
        pair = self._refreshes.pop(token, None)
        self._tokens.pop(pair.key if pair else token, None)

    def grant(self, login: str, access: int = OWNER) -> Json:
        """A pair of OAuth tokens, as the token endpoint answers."""
        person = self.world.person(login)
        person.access = max(person.access, access)
        token, refresh = secrets.token_hex(32), secrets.token_hex(32)
        until = self.world.now() + OAUTH_LIFE
        identity = Identity(token, person, access, until, oauth=True)
        self._tokens[token] = identity
        self._refreshes[refresh] = identity
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": int(OAUTH_LIFE.total_seconds()),
            "refresh_token": refresh,
            "scope": "api",
            "created_at": int(self.world.now().timestamp()),
        }

    def code(self, back: str, challenge: str) -> str:
        """A code for one exchange, bound to where it was sent."""
        code = secrets.token_hex(16)
        self.codes[code] = (back, challenge)
        return code

    def refreshed(self, refresh: str) -> Json | None:
        """A new pair; None for a refresh token that is used up or unknown."""
        old = self._refreshes.pop(refresh, None)
        if old is None or old.person is None:
            return None
        self._tokens.pop(old.key, None)
        return self.grant(old.person.login, old.access)

    def recognise(self, headers: Headers) -> Identity:
        """`PRIVATE-TOKEN` and a bearer; an OAuth token is none of the former."""
        private = headers.get("private-token")
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        if private is None and not scheme:
            return ANONYMOUS
        identity = self._tokens.get(private if private is not None else bearer.strip())
        if identity is None or (identity.oauth and private is not None):
            raise unauthorized()
        if identity.expires and identity.expires <= self.world.now():
            raise invalid_token()
        return identity
