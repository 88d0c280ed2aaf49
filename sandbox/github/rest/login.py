"""The OAuth app's way to a token (GitHub docs: Authorizing OAuth apps): consent is always given."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode

from sandbox.github.ask import Ask
from sandbox.github.refusals import not_found
from sandbox.wire import Json, Reply, reply_json


def rows() -> list[tuple[str, str, Callable[[Ask], Reply]]]:
    return [
        ("GET", "/login/oauth/authorize", authorize),
        ("POST", "/login/oauth/access_token", access_token),
    ]


def authorize(ask: Ask) -> Reply:
    """Sends the browser back at once, with a code that is good for one exchange."""
    accounts, back = ask.site.accounts, ask.query("redirect_uri")
    if ask.query("client_id") != accounts.oauth.client_id or not back:
        raise not_found()
    code = secrets.token_hex(10)
    accounts.codes[code] = (back, ask.query("code_challenge"), ask.query("scope"))
    glue = "&" if "?" in back else "?"
    told = urlencode({"code": code, "state": ask.query("state")})
    return Reply(302, b"", {"location": f"{back}{glue}{told}"})


def access_token(ask: Ask) -> Reply:
    """Faults are told with status 200 and `error`, as GitHub does."""
    given = dict(parse_qsl(ask.call.body.decode(), keep_blank_values=True))
    answer = _exchanged(ask, given)
    if "json" in ask.call.headers.get("accept", ""):
        return reply_json(answer)
    return Reply(
        200, urlencode(answer).encode(), {"content-type": "application/x-www-form-urlencoded"}
    )


def _exchanged(ask: Ask, given: dict[str, str]) -> Json:
    accounts = ask.site.accounts
    app = accounts.oauth
    if (given.get("client_id"), given.get("client_secret")) != (app.client_id, app.client_secret):
        return _fault("incorrect_client_credentials")
    back, challenge, scope = accounts.codes.pop(given.get("code", ""), ("", "", ""))
    if not back or given.get("redirect_uri", back) != back:
        return _fault("bad_verification_code")
    if challenge and challenge != _challenge(given.get("code_verifier", "")):
        return _fault("bad_verification_code")
    token = f"gho_{secrets.token_urlsafe(27)}"
    accounts.add_token(token, app.login)
    return {"access_token": token, "scope": scope.replace(" ", ","), "token_type": "bearer"}


def _fault(word: str) -> Json:
    return {"error": word, "error_description": "The request is refused.", "error_uri": ""}


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
