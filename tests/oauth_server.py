"""A small OAuth 2.0 server with rotating refresh tokens, on a real socket of 127.0.0.1.

Refresh tokens are good once: a second use is refused, and within `grace` uses answered again, as
trackers do that know of lost answers. `requests` holds what the token endpoint was asked.
"""

import base64
import hashlib
import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from trackers.base import Capabilities, OAuthPlan, Reach
from trackers.github import GitHub

CLIENT_ID = "the-invented-app"
CLIENT_SECRET = "gloas-0123456789abcdefghij"
ENVIRON = {"GITLAB_CLIENT_ID": CLIENT_ID, "GITLAB_CLIENT_SECRET": CLIENT_SECRET}


@dataclass
class OAuthServer:
    """The server's state; tests change it as they like."""

    url: str = ""
    seconds: int = 7200
    grace: int = 0
    pause: float = 0.0
    consent: str | None = None
    """An error code to answer a consent with, instead of a code."""
    stall: threading.Event = field(default_factory=threading.Event)
    """Set: refresh tokens are used up, and the answer never comes."""
    access: set[str] = field(default_factory=set)
    refresh: str = ""
    spent: dict[str, int] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    requests: list[dict[str, str]] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def refreshes(self) -> list[dict[str, str]]:
        return [one for one in self.requests if one.get("grant_type") == "refresh_token"]

    def pair(self) -> dict[str, Any]:
        """A new pair; the access token before is worth nothing any more."""
        number = next(self.numbers)
        self.access = {f"invented-access-token-{number}"}
        self.refresh = f"invented-refresh-token-{number}"
        return {
            "access_token": f"invented-access-token-{number}",
            "refresh_token": self.refresh,
            "expires_in": self.seconds,
            "token_type": "Bearer",
            "scope": "api read_user",
        }

    def consented(self, query: dict[str, str]) -> str:
        """Where a browser is sent after a person said yes or, with `consent`, no."""
        code = f"invented-code-{next(self.numbers)}"
        self.codes[code] = query
        said = {"error": self.consent} if self.consent else {"code": code}
        return f"{query['redirect_uri']}?{urlencode(said | {'state': query['state']})}"

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """An answer of the token endpoint."""
        with self.lock:
            self.requests.append(form)
            if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
                return 401, {"error": "invalid_client"}
            if form.get("grant_type") == "authorization_code":
                return self._exchanged(form)
            given = form.get("refresh_token", "")
            if given != self.refresh:
                if self.spent.get(given, 0) >= self.grace:
                    return 400, {"error": "invalid_grant", "error_description": f"{given} is spent"}
                self.spent[given] += 1
            else:
                self.spent[given] = 0
            return 200, self.pair()

    def _exchanged(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or asked["redirect_uri"] != form.get("redirect_uri"):
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        return 200, self.pair()


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: OAuthServer

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/oauth/authorize":
            self._say(302, {}, Location=self.state.consented(query))
        elif self.headers.get("Authorization", "")[7:] not in self.state.access:
            self._say(401, {"message": "401 Unauthorized"})
        else:
            self._say(200, {"username": "octo"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        if self.path == "/oauth/revoke":
            self.state.revoked.append(form["token"])
            self._say(200, {})
            return
        status, answer = self.state.token(form)
        time.sleep(self.state.pause)
        if self.state.stall.is_set():
            time.sleep(60)
        self._say(status, answer)

    def _say(self, status: int, value: dict[str, Any], **headers: str) -> None:
        body = json.dumps(value).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            for name, text in headers.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(body)
        except OSError:  # who asked was killed, as some tests have it
            self.close_connection = True


@contextmanager
def oauth_server(**state: Any) -> Iterator[OAuthServer]:
    """A running server."""
    made = OAuthServer(**state)
    door = type("Door", (_Door,), {"state": made})
    server = ThreadingHTTPServer(("127.0.0.1", 0), door)
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def look(session_for: Any, site: str) -> Reach:
    """Whose grant it is, as GitLab tells it."""
    return Reach(account=session_for(site).get("/api/v4/user").object["username"])


PLAN = OAuthPlan(
    authorize_url="{site}/oauth/authorize",
    token_url="{site}/oauth/token",
    revoke_url="{site}/oauth/revoke",
    scopes=("api", "read_user"),
    look=look,
)


def a_tracker(plan: OAuthPlan = PLAN) -> GitHub:
    """A tracker that knows OAuth, and else what GitHub knows."""
    return GitHub(name="gitlab", capabilities=Capabilities(oauth=plan))
