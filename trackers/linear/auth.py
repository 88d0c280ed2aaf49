"""Who asks: a personal API key, or an OAuth token.

https://linear.app/developers/graphql#authentication
"""

from collections.abc import Callable

from schemas.errors import Denied
from schemas.ports import Allowance, Credentials
from schemas.source import Source
from trackers.base import OAuthPlan, Reach
from trackers.http import Authority, Session, Transport, credential_name
from trackers.linear import queries
from trackers.linear.address import PUBLIC_API
from trackers.linear.graph import Graph
from trackers.oauth import Granted


def look(session: Callable[[str], Session], site: str) -> Reach:
    """Whose a new grant is."""
    with_token = Graph(session(PUBLIC_API))
    viewer = with_token.ask(queries.VIEWER).need_object("viewer")
    return Reach(account=viewer.text("displayName") or viewer.text("name"))


PLAN = OAuthPlan(
    authorize_url="https://linear.app/oauth/authorize",
    token_url="https://api.linear.app/oauth/token",  # noqa: S106 - an address
    revoke_url="https://api.linear.app/oauth/revoke",
    scopes=("read", "write"),
    separator=",",
    look=look,
)
"""Access tokens live 24 hours, refresh tokens rotate (https://linear.app/developers/oauth-2-0-authentication)."""


class Key:
    """A token somebody gave us: personal keys go as they are, OAuth tokens as Bearer."""

    def __init__(self, base: str, token: str) -> None:
        if not (token.isascii() and token.isprintable() and " " not in token):
            raise Denied("the token holds characters that no Linear key has")
        self.credential = credential_name(base, token)
        self._token = token

    @property
    def granted(self) -> bool:
        """Whether it is an OAuth token."""
        return self._token.startswith("lin_oauth_")

    def header(self) -> str | None:
        return f"Bearer {self._token}" if self.granted else self._token

    def refused(self) -> bool:
        return False


class Missing:
    """No token at all; Linear answers nobody without one."""

    def __init__(self, variable: str) -> None:
        self.credential = "none"
        self._variable = variable

    def header(self) -> str | None:
        raise Denied(f"Linear needs an API key: set {self._variable}")

    def refused(self) -> bool:
        return False


class Nobody:
    """Sends no credential: for storage whose addresses are signed themselves."""

    credential = "uploads"

    def header(self) -> str | None:
        return None

    def refused(self) -> bool:
        return False


def usual(who: Authority) -> Allowance:
    """The hourly requests of a personal key, or of an app's token: the latter has twice as many
    (https://linear.app/developers/rate-limiting)."""
    key = isinstance(who, Key) and not who.granted
    return Allowance(requests=2500 if key else 5000, seconds=3600)


def authority(
    base: str, source: Source, credentials: Credentials, transport: Transport | None
) -> Authority:
    """What the source's configuration asks for."""
    if source.auth == "oauth":
        return Granted(base, source, credentials, PLAN, transport=transport)
    token = (credentials.token(source) or "").strip()
    return Key(base, token) if token else Missing(source.token_env or "LINEAR_API_KEY")
