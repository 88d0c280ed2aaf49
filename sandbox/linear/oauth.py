"""The consent and the tokens it leaves: access for a day, refresh tokens that rotate.

https://linear.app/developers/oauth-2-0-authentication
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from urllib.parse import parse_qsl, urlencode

from sandbox.linear.accounts import Accounts
from sandbox.wire import Call, Json, Reply, reply_json

CLIENT_ID = "sandbox-app"
CLIENT_SECRET = "sandbox-app-secret"  # noqa: S105 - the well-known secret of a toy
DAY = 24 * 3600


class OAuth:
    """Consents are given at once, by the first person."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._codes: dict[str, Json] = {}
        self._refresh: dict[str, str] = {}

    def answer(self, call: Call) -> Reply:
        """The three addresses of the flow."""
        steps = {"/oauth/authorize": self._authorize, "/oauth/token": self._token,
                 "/oauth/revoke": self._revoke}  # fmt: skip
        step = steps.get(call.path)
        return step(call) if step else Reply(404)

    def _authorize(self, call: Call) -> Reply:
        wish = call.query
        if wish.get("client_id") != CLIENT_ID or wish.get("response_type") != "code":
            return reply_json({"error": "invalid_client"}, 400)
        code = secrets.token_urlsafe(16)
        self._codes[code] = dict(wish)
        back = urlencode({"code": code, "state": wish.get("state", "")})
        return Reply(302, b"", {"location": f"{wish.get('redirect_uri')}?{back}"})

    def _token(self, call: Call) -> Reply:
        form = dict(parse_qsl(call.body.decode()))
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return reply_json({"error": "invalid_client"}, 401)
        if form.get("grant_type") == "refresh_token":
            handle = self._refresh.pop(form.get("refresh_token", ""), None)
            return self._granted(handle, "read,write") if handle else _bad_grant()
        wish = self._codes.pop(form.get("code", ""), None)
        if wish is None or not _proven(wish, form.get("code_verifier", "")):
            return _bad_grant()
        return self._granted(next(iter(self._accounts.world.people)), str(wish.get("scope")))

    def _granted(self, handle: str, scope: str) -> Reply:
        refresh = f"lin_refresh_{secrets.token_hex(16)}"
        self._refresh[refresh] = handle
        return reply_json(
            {
                "access_token": self._accounts.add_grant(handle),
                "token_type": "Bearer",
                "expires_in": DAY - 1,
                "scope": scope.replace(",", " "),
                "refresh_token": refresh,
            }
        )

    def _revoke(self, call: Call) -> Reply:
        form = dict(parse_qsl(call.body.decode()))
        self._accounts.revoke(form.get("token", form.get("access_token", "")))
        return Reply(200)


def _proven(wish: Json, verifier: str) -> bool:
    """PKCE, when the consent was asked for with a challenge."""
    challenge = wish.get("code_challenge")
    if not challenge:
        return True
    digest = hashlib.sha256(verifier.encode()).digest()
    return bool(base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge)


def _bad_grant() -> Reply:
    return reply_json({"error": "invalid_grant"}, 400)
