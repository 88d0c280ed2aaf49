"""Who is asking: tokens, the GitHub App's JWT, and its tokens that live one hour.

GitHub docs: Authenticating to the REST API; Generating a JSON Web Token for a GitHub App;
Create an installation access token for an app.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from starlette.datastructures import Headers

from sandbox.github.refusals import Refused, bad_credentials, refusal
from sandbox.github.state import Person, World

TOKEN_LIFE = timedelta(hours=1)
JWT_LIFE_SECONDS = 10 * 60
CLOCK_SKEW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Identity:
    """The holder of a token; without a person it is an anonymous reader."""

    key: str
    person: Person | None = None
    push: bool = False
    admin: bool = False
    reads_private: bool = False
    expires: datetime | None = None
    is_app: bool = False
    scopes: str = ""

    @property
    def whose(self) -> str:
        """How GitHub names the holder in the message of a primary limit."""
        if self.person is None:
            return "127.0.0.1"
        kind = "installation" if self.person.kind == "Bot" else "user"
        return f"{kind} ID {self.person.id}"


ANONYMOUS = Identity("anonymous")


@dataclass(frozen=True, slots=True)
class App:
    """The GitHub App that is installed on the sandbox's repository."""

    id: int = 4242
    slug: str = "ticketsync-sandbox"
    installation: int = 61_200_418
    client_id: str = "Iv23liSandbox"


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """The OAuth app that people may give a token to; whoever consents is `login`."""

    client_id: str = "Ov23liSandbox"
    client_secret: str = "sandbox-client-secret"  # noqa: S105 - the well-known secret of a toy
    login: str = "sandbox-user"


class Accounts:
    """Knows the tokens of one sandbox."""

    def __init__(self, world: World, app: App | None = None) -> None:
        self.world = world
        self.app = app or App()
        self.oauth = OAuthApp()
        self.codes: dict[str, tuple[str, str, str]] = {}
        self._tokens: dict[str, Identity] = {}
        self.bot = world.person(f"{self.app.slug}[bot]", kind="Bot")

    def add_token(
        self, token: str, login: str, *, push: bool = True, admin: bool = True, private: bool = True
    ) -> Identity:
        """Another token; without push its writes to labels and the like are silently dropped."""
        association = "MEMBER" if push else "NONE"
        person = self.world.person(login, association=association)
        scopes = "repo, admin:repo_hook" if admin else "public_repo"
        identity = Identity(token, person, push, admin, private, scopes=scopes)
        self._tokens[token] = identity
        return identity

    def revoke(self, token: str) -> None:
        self._tokens.pop(token, None)

    def mint(self) -> tuple[str, datetime]:
        """A token for the installation, in the longer form GitHub gives out since 2026."""
        token = f"ghs_{self.app.id}_{secrets.token_urlsafe(60)}"
        expires = self.world.now() + TOKEN_LIFE
        identity = Identity(token, self.bot, True, True, True, expires)
        self._tokens[token] = identity
        return token, expires

    def recognise(self, headers: Headers) -> Identity:
        """`Bearer` and `token` are both taken; a wrong token is worse than none."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if not scheme:
            return ANONYMOUS
        token = token.strip()
        if scheme.lower() == "basic":
            token = _basic_token(token)
        identity = self._tokens.get(token)
        if identity is None and token.count(".") == 2 and scheme.lower() == "bearer":
            return self._app_identity(token)
        expired = identity and identity.expires and identity.expires <= self.world.now()
        if identity is None or expired:
            raise bad_credentials()
        return identity

    def _app_identity(self, jwt: str) -> Identity:
        """Checks all of a JWT that needs no key: algorithm, issuer and times."""
        header, claims = _unpack(jwt)
        now = self.world.now().timestamp()
        if header.get("alg") != "RS256" or not jwt.rsplit(".", 1)[1]:
            raise _bad_jwt()
        if str(claims.get("iss")) not in (str(self.app.id), self.app.client_id):
            raise refusal(401, "Integration must generate a public key")
        issued, expires = float(claims.get("iat", 0)), float(claims.get("exp", 0))
        if issued > now + CLOCK_SKEW_SECONDS:
            raise refusal(
                401, "'Issued at' claim ('iat') must be an Integer representing a past time"
            )
        if expires <= now:
            raise refusal(401, "'Expiration time' claim ('exp') must be in the future")
        if expires > now + JWT_LIFE_SECONDS + CLOCK_SKEW_SECONDS:
            raise refusal(401, "'Expiration time' claim ('exp') is too far in the future")
        return Identity("app", self.bot, is_app=True)


def _basic_token(text: str) -> str:
    try:
        return base64.b64decode(text).decode().partition(":")[2]
    except ValueError:
        raise bad_credentials() from None


def _bad_jwt() -> Refused:
    return refusal(401, "A JSON web token could not be decoded")


def _unpack(jwt: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        head, body = (
            orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
            for part in jwt.split(".")[:2]
        )
    except ValueError:
        raise _bad_jwt() from None
    if not isinstance(head, dict) or not isinstance(body, dict):
        raise _bad_jwt()
    return head, body
