"""The OAuth 2.0 (3LO) side: consent, tokens that rotate, and the sites they are good for.

Atlassian docs: OAuth 2.0 (3LO) apps, https://developer.atlassian.com/cloud/jira/platform/
oauth-2-3lo-apps/
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode

import orjson

from sandbox.jira.accounts import Code, Grant
from sandbox.jira.refusals import Refused, unauthorized
from sandbox.jira.site import Site
from sandbox.jira.world import CLOUD_ID
from sandbox.wire import Call, Json, Reply, Routes, reply_json

Endpoint = Callable[[Site, Call], Reply]


def routes() -> Routes[Endpoint]:
    return Routes(
        [
            ("GET", "/authorize", authorize),
            ("POST", "/oauth/token", token),
            ("GET", "/oauth/token/accessible-resources", resources),
        ]
    )


def _denied(status: int, error: str, why: str) -> Refused:
    return Refused(reply_json({"error": error, "error_description": why}, status))


def authorize(site: Site, call: Call) -> Reply:
    """The person says yes at once and is sent back with a code."""
    app = site.accounts.apps.get(call.query.get("client_id", ""))
    redirect = call.query.get("redirect_uri", "")
    if app is None or not redirect or call.query.get("response_type") != "code":
        raise _denied(400, "invalid_request", "client_id, redirect_uri or response_type is wrong")
    code = secrets.token_urlsafe(18)
    challenge = call.query.get("code_challenge", "")
    scopes = call.query.get("scope", "")
    site.accounts.codes[code] = Code(app.client_id, redirect, scopes, challenge)
    answer = urlencode({"code": code, "state": call.query.get("state", "")})
    joint = "&" if "?" in redirect else "?"
    return Reply(302, b"", {"location": f"{redirect}{joint}{answer}"})


def token(site: Site, call: Call) -> Reply:
    """Takes JSON, as documented, and a form, as OAuth has it."""
    wish = _wish(call)
    app = site.accounts.apps.get(str(wish.get("client_id")))
    given = str(wish.get("client_secret") or "")
    if app is None or not hmac.compare_digest(app.secret.encode(), given.encode()):
        raise _denied(401, "access_denied", "Unauthorized")
    kind = wish.get("grant_type")
    if kind == "authorization_code":
        return _granted(site, _exchange(site, wish))
    if kind == "refresh_token":
        grant = site.accounts.renew(str(wish.get("refresh_token")), app.client_id)
        if grant is None:
            raise _denied(403, "unauthorized_client", "refresh_token is invalid")
        return _granted(site, grant)
    raise _denied(400, "unsupported_grant_type", f"{kind} is not supported")


def _wish(call: Call) -> Json:
    if "json" in call.headers.get("content-type", ""):
        value = orjson.loads(call.body or b"{}")
        return value if isinstance(value, dict) else {}
    return dict(parse_qsl(call.body.decode()))


def _exchange(site: Site, wish: Json) -> Grant:
    """A code is good once, for the address it was sent to, and for who knows the verifier."""
    code = site.accounts.codes.pop(str(wish.get("code")), None)
    if code is None or code.client_id != wish.get("client_id"):
        raise _denied(403, "invalid_grant", "Invalid authorization code")
    if code.redirect != wish.get("redirect_uri"):
        raise _denied(403, "invalid_grant", "redirect_uri does not match")
    if code.challenge and _challenge(str(wish.get("code_verifier", ""))) != code.challenge:
        raise _denied(403, "invalid_grant", "code_verifier does not match")
    return site.accounts.grant(code.client_id, site.admin, code.scopes)


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _granted(site: Site, grant: Grant) -> Reply:
    """Without `offline_access` there is nothing to refresh with."""
    body: Json = {
        "access_token": site.accounts.issue(grant),
        "expires_in": int(site.accounts.access_seconds),
        "token_type": "Bearer",
        "scope": grant.scopes,
    }
    if "offline_access" in grant.scopes.split():
        body["refresh_token"] = grant.refresh
    return reply_json(body)


def resources(site: Site, call: Call) -> Reply:
    """Which sites a token is good for, with their cloud ids."""
    identity = site.accounts.bearer(call.headers.get("authorization"))
    if identity is None:
        raise unauthorized()
    scopes = sorted(identity.scopes - {"offline_access"})
    avatar = f"{site.world.base}/avatar/site.png"
    one = {"id": CLOUD_ID, "url": site.world.base, "name": "harbour", "scopes": scopes}
    return reply_json([{**one, "avatarUrl": avatar}])
