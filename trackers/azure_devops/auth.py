"""Who asks: a personal access token, an Entra token, or a grant of `ticketsync auth`.

https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate
"""

import base64

from schemas.errors import Denied
from schemas.ports import Credentials
from schemas.source import Source
from trackers.base import OAuthPlan
from trackers.http import Authority, Transport, credential_name
from trackers.oauth import Granted

RESOURCE = "499b84ac-1321-427f-aa17-267ca6975798"
"""Azure DevOps as an application of Entra ID."""

_ENTRA = "https://login.microsoftonline.com/organizations/oauth2/v2.0"

PLAN = OAuthPlan(
    authorize_url=f"{_ENTRA}/authorize",
    token_url=f"{_ENTRA}/token",
    scopes=(f"{RESOURCE}/.default", "offline_access"),
)


class Anonymous:
    """Reads public projects."""

    def __init__(self, base: str) -> None:
        self.credential = credential_name(base, "")

    def header(self) -> str | None:
        return None

    def refused(self) -> bool:
        return False


class Token:
    """A personal access token goes as the password of an empty user, an Entra token as a bearer.

    Entra tokens are JWTs; personal access tokens have no dots.
    """

    def __init__(self, base: str, token: str) -> None:
        if not (token.isascii() and token.isprintable() and " " not in token):
            raise Denied("the token holds characters that no Azure DevOps token has")
        self.credential = credential_name(base, token)
        if token.count(".") == 2:
            self._header = f"Bearer {token}"
        else:
            self._header = f"Basic {base64.b64encode(f':{token}'.encode()).decode()}"

    def header(self) -> str | None:
        return self._header

    def refused(self) -> bool:
        return False


def authority(
    source: Source, credentials: Credentials, base: str, transport: Transport | None
) -> Authority:
    """Who asks for this source."""
    if source.auth == "oauth":
        return Granted(base, source, credentials, PLAN, transport=transport)
    token = (credentials.token(source) or "").strip()
    return Token(base, token) if token else Anonymous(base)
