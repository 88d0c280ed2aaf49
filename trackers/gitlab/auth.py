"""Who asks: nobody, or whoever holds a token; OAuth grants have a home of their own."""

from collections.abc import Callable

from schemas.errors import Denied
from trackers.base import OAuthPlan, Reach
from trackers.fields import Fields
from trackers.http import Session, credential_name


def look(opened: Callable[[str], Session], site: str) -> Reach:
    """Whose grant it is; it is good for the one instance."""
    me = opened(f"{site}/api/v4").get("/user")
    return Reach(account=Fields.of(me.object, "user").text("username"))


PLAN = OAuthPlan(
    authorize_url="{site}/oauth/authorize",
    token_url="{site}/oauth/token",  # noqa: S106
    revoke_url="{site}/oauth/revoke",
    site="https://gitlab.com",
    look=look,
    scopes=("api",),
)
"""Tokens live two hours, and a refresh ends both tokens of the pair
(https://docs.gitlab.com/api/oauth2/)."""


class Anonymous:
    """Reads public projects."""

    def __init__(self, base: str) -> None:
        self.credential = credential_name(base, "")

    def header(self) -> str | None:
        return None

    def refused(self) -> bool:
        return False


class Token:
    """A personal, project or group access token, all of which go as a bearer.

    https://docs.gitlab.com/api/rest/authentication/#personalprojectgroup-access-tokens
    """

    def __init__(self, base: str, token: str) -> None:
        if not (token.isascii() and token.isprintable() and " " not in token):
            raise Denied("the token holds characters that no GitLab token has")
        self.credential = credential_name(base, token)
        self._token = token

    def header(self) -> str | None:
        return f"Bearer {self._token}"

    def refused(self) -> bool:
        return False
