"""Who asks: an account with an API token (Cloud) or a personal access token (Data Center)."""

import base64

from schemas.errors import ConfigError, Denied
from schemas.source import Source
from trackers.http import credential_name


class Account:
    """Cloud takes the account's e-mail and a token as a pair
    (https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/)."""

    def __init__(self, base: str, email: str, token: str) -> None:
        _plain(token)
        self.credential = credential_name(base, f"{email}:{token}")
        pair = base64.b64encode(f"{email}:{token}".encode()).decode("ascii")
        self._header = f"Basic {pair}"

    def header(self) -> str | None:
        return self._header

    def refused(self) -> bool:
        return False


class Token:
    """A personal access token of Data Center."""

    def __init__(self, base: str, token: str) -> None:
        _plain(token)
        self.credential = credential_name(base, token)
        self._header = f"Bearer {token}"

    def header(self) -> str | None:
        return self._header

    def refused(self) -> bool:
        return False


class Anonymous:
    """Reads projects that are open to everybody."""

    def __init__(self, base: str) -> None:
        self.credential = credential_name(base, "")

    def header(self) -> str | None:
        return None

    def refused(self) -> bool:
        return False


def email_missing(source: Source) -> ConfigError:
    """Cloud refuses a token without its account, and says only 401 then."""
    named = f"{source.email_env} is not set" if source.email_env else "no e-mail is known"
    return ConfigError(
        f"source {source.name!r}: {named}; Jira Cloud needs the account's e-mail beside its API "
        f"token: set {source.email_env or 'JIRA_EMAIL (or name another variable as email_env)'}"
    )


def _plain(token: str) -> None:
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise Denied("the token holds characters that no Jira token has")
