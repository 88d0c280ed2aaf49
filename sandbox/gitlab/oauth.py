"""Signing in with OAuth: consent is always given (GitLab docs: OAuth 2.0 identity provider API)."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qsl, urlencode

from sandbox.gitlab.accounts import Accounts
from sandbox.gitlab.refusals import not_found
from sandbox.wire import Call, Reply, reply_json

PREFIX = "/oauth/"


def answer(accounts: Accounts, call: Call) -> Reply:
    """The three addresses below `/oauth/`."""
    known = {
        ("GET", "/oauth/authorize"): _authorize,
        ("POST", "/oauth/token"): _token,
        ("POST", "/oauth/revoke"): _revoke,
    }
    found = known.get((call.method, call.path))
    if found is None:
        raise not_found()
    return found(accounts, call)


def _authorize(accounts: Accounts, call: Call) -> Reply:
    """Sends the browser back at once, with a code that is good for one exchange."""
    back = call.query.get("redirect_uri", "")
    if call.query.get("client_id") != accounts.oauth.client_id or not back:
        raise not_found()
    code = accounts.code(back, call.query.get("code_challenge", ""))
    glue = "&" if "?" in back else "?"
    told = urlencode({"code": code, "state": call.query.get("state", "")})
    return Reply(302, b"", {"location": f"{back}{glue}{told}"})


def _token(accounts: Accounts, call: Call) -> Reply:
    form = _form(call)
    app = accounts.oauth
    if (form.get("client_id"), form.get("client_secret")) != (app.client_id, app.client_secret):
        return _fault("invalid_client", 401)
    if form.get("grant_type") == "refresh_token":
        told = accounts.refreshed(form.get("refresh_token", ""))
    else:
        back, challenge = accounts.codes.pop(form.get("code", ""), ("", ""))
        right = bool(back) and form.get("redirect_uri") == back
        proven = not challenge or challenge == _challenge(form.get("code_verifier", ""))
        told = accounts.grant(app.login) if right and proven else None
    return reply_json(told) if told else _fault("invalid_grant", 400)


def _revoke(accounts: Accounts, call: Call) -> Reply:
    accounts.revoke(_form(call).get("token", ""))
    return reply_json({})


def _form(call: Call) -> dict[str, str]:
    return dict(parse_qsl(call.body.decode(), keep_blank_values=True))


def _fault(word: str, status: int) -> Reply:
    return reply_json({"error": word, "error_description": "The request is refused."}, status)


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
