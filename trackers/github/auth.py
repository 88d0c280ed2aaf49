"""Who asks: nobody, a token, or a GitHub App that mints tokens for its installation."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import jwt

from schemas.errors import Denied
from schemas.model import Json
from schemas.ports import Allowance, AppKey
from trackers.answers import Answer
from trackers.fields import Fields
from trackers.http import Session, credential_name
from trackers.oauth import Granted

_RENEW_BEFORE = timedelta(minutes=10)


class Anonymous:
    """Reads public repositories, 60 requests an hour and address."""

    def __init__(self, base: str) -> None:
        self.credential = credential_name(base, "")

    def header(self) -> str | None:
        return None

    def refused(self) -> bool:
        return False


class Token:
    """A personal access token or an installation token somebody else minted."""

    def __init__(self, base: str, token: str) -> None:
        if not (token.isascii() and token.isprintable() and " " not in token):
            raise Denied("the token holds characters that no GitHub token has")
        self.credential = credential_name(base, token)
        self._token = token

    def header(self) -> str | None:
        return f"Bearer {self._token}"

    def refused(self) -> bool:
        return False


@dataclass(slots=True)
class Minted:
    """Installation tokens in memory, by credential; one thread at a time mints."""

    tokens: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class App:
    """A GitHub App on one repository; its tokens live an hour and are renewed 10 minutes before.

    https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app
    """

    def __init__(
        self, base: str, key: AppKey, repository: str, minted: Minted, now: Callable[[], float]
    ) -> None:
        where = key.installation_id or repository
        self.credential = credential_name(base, f"app {key.app_id} {where}")
        self._key = key
        self._repository = repository
        self._minted = minted
        self._now = now
        self._session: Session | None = None

    def join(self, session: Session) -> None:
        """The session that carries our requests for tokens."""
        self._session = session

    def header(self) -> str | None:
        with self._minted.lock:
            token, until = self._minted.tokens.get(self.credential, ("", None))
            if until is None or until - _RENEW_BEFORE <= datetime.fromtimestamp(self._now(), UTC):
                token, until = self._mint()
                self._minted.tokens[self.credential] = (token, until)
            return f"Bearer {token}"

    def refused(self) -> bool:
        """Suspended, removed or expired: a fresh token tells, once for each that was minted."""
        return self._minted.tokens.pop(self.credential, None) is not None

    def ask(self, method: str, path: str) -> Answer:
        """An answer under the App's own JWT; Denied when the App or its installation is gone."""
        if self._session is None:
            raise AssertionError("join a session first")
        authorization = f"Bearer {self._jwt()}"
        answer = self._session.send(method, path, authorization=authorization)
        if not answer.ok:
            raise Denied(f"{answer.asked}: HTTP {answer.status}, the App is not installed there")
        return answer

    def _mint(self) -> tuple[str, datetime]:
        path = f"/app/installations/{self._installation()}/access_tokens"
        minted = Fields.of(self.ask("POST", path).object, "access_token")
        hour = datetime.fromtimestamp(self._now(), UTC) + timedelta(hours=1)
        return minted.need_text("token"), minted.time("expires_at") or hour

    def _installation(self) -> str:
        if self._key.installation_id:
            return self._key.installation_id
        if not self._repository:
            return self._only_installation()
        found = self.ask("GET", f"/repos/{self._repository}/installation").object
        return Fields.of(found, "installation").need_id("id")

    def _only_installation(self) -> str:
        """Where no repository is named yet: the one there is."""
        found = self.ask("GET", "/app/installations").items
        if len(found) != 1:
            wanted = "name one by app_installation_id"
            raise Denied(f"the App has {len(found)} installations: {wanted}")
        return Fields.of(found[0], "installation").need_id("id")

    def _jwt(self) -> str:
        """RS256, back-dated a minute against clock drift, at most ten minutes long."""
        now = int(self._now())
        claims: dict[str, Json] = {"iat": now - 60, "exp": now + 540, "iss": self._key.app_id}
        # A variable often holds the key on one line, with its line ends spelt out.
        pem = self._key.private_key.replace("\\n", "\n")
        try:
            return jwt.encode(claims, pem, algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            raise Denied("the App's private key is no RSA key in PEM form") from None


def allowance(base: str, authority: "Authority") -> Allowance | None:
    """The documented limit, which an App's may exceed; an Enterprise Server has none by itself
    (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api)."""
    host = urlsplit(base).hostname or ""
    if host != "api.github.com" and not host.endswith(".ghe.com"):
        return None
    return Allowance(requests=60 if isinstance(authority, Anonymous) else 5000, seconds=3600)


def wall_clock() -> float:
    """Seconds since 1970; the App's times follow it, whose drift GitHub allows a minute."""
    return time.time()


Authority = Anonymous | Token | App | Granted
