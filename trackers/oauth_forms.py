"""OAuth 2.0 without the network: addresses, requests and answers (RFC 6749, RFC 7636)."""

import base64
import hashlib
import re
from datetime import datetime, timedelta
from urllib.parse import urlencode

from schemas.errors import Denied, Permanent, Transient
from schemas.model import Json
from schemas.origin import origin_of
from schemas.ports import Grant, OAuthApp
from trackers.base import OAuthPlan

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_PASSING = {"temporarily_unavailable", "server_error", "slow_down", "rate_limited"}
_OF_THE_APP = {"invalid_client", "incorrect_client_credentials"}
_LONGEST_SECONDS = 10 * 365 * 86_400


def site_of(plan: OAuthPlan, address: str | None) -> str:
    """The site a grant belongs to: the origin of `address`, empty where the tracker has but one.

    Raises Denied when the plan needs a site and there is none.
    """
    if "{site}" not in plan.authorize_url + plan.token_url:
        return ""
    found = origin_of(address or plan.site)
    if not found:
        raise Denied("this tracker has sites of its own: name one by its https:// address")
    return found


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier (https://www.rfc-editor.org/rfc/rfc7636#section-4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def authorize_address(
    plan: OAuthPlan, app: OAuthApp, *, site: str, redirect: str, state: str, verifier: str
) -> str:
    """The address a person opens to give consent."""
    wanted = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": redirect,
        "scope": plan.separator.join(plan.scopes),
        "state": state,
    }
    if plan.pkce:
        wanted |= {"code_challenge": challenge_of(verifier), "code_challenge_method": "S256"}
    address = plan.authorize_url.replace("{site}", site)
    joined = "&" if "?" in address else "?"
    return f"{address}{joined}{urlencode({**plan.extra, **wanted})}"


def code_request(
    plan: OAuthPlan, app: OAuthApp, *, code: str, redirect: str, verifier: str
) -> dict[str, str]:
    """What the token endpoint is sent for a code."""
    wanted = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}
    if plan.pkce:
        wanted["code_verifier"] = verifier
    return wanted | of_app(app)


def refresh_request(app: OAuthApp, refresh_token: str) -> dict[str, str]:
    """What the token endpoint is sent for a new pair."""
    return {"grant_type": "refresh_token", "refresh_token": refresh_token} | of_app(app)


def of_app(app: OAuthApp) -> dict[str, str]:
    """The app's own proof, in the body: all our trackers take it there."""
    secret = {"client_secret": app.client_secret} if app.client_secret else {}
    return {"client_id": app.client_id} | secret


def granted(
    answer: Json, plan: OAuthPlan, now: datetime, tracker: str, before: Grant | None = None
) -> Grant:
    """The grant in a token endpoint's answer; `before` is the one that was refreshed.

    A refresh that names no new refresh token leaves the old one good
    (https://www.rfc-editor.org/rfc/rfc6749#section-6). Raises what `refusal` says for an error:
    GitHub answers those with HTTP 200.
    """
    found = answer if isinstance(answer, dict) else {}
    if "error" in found:
        raise refusal(found, tracker)
    token, renewal = found.get("access_token"), found.get("refresh_token")
    if not isinstance(token, str) or not _sendable(token):
        raise Permanent(f"{tracker}: the token endpoint answered without an access token")
    fresh = renewal if isinstance(renewal, str) and renewal else None
    scopes = _scopes(found.get("scope"))
    return Grant(
        access_token=token,
        refresh_token=fresh or (before.refresh_token if before else None),
        expires_at=_end(found.get("expires_in"), now),
        scopes=scopes or (before.scopes if before else plan.scopes),
        site=before.site if before else None,
        account=before.account if before else None,
        generation=before.generation + 1 if before else 0,
    )


def refusal(answer: Json, tracker: str) -> Denied | Transient:
    """An error answer as what to do next; only its code is repeated, never its free text."""
    found = answer.get("error") if isinstance(answer, dict) else None
    code = found if isinstance(found, str) and _CODE.fullmatch(found) else "no reason given"
    if code in _PASSING:
        return Transient(f"{tracker}: the token endpoint is busy ({code})")
    if code in _OF_THE_APP:
        return app_refused(tracker)
    return Denied(f"{tracker} refused the grant ({code}): {_again(tracker)}")


def app_refused(tracker: str) -> Denied:
    """The tracker does not know our app, or not this secret of it."""
    prefix = tracker.upper()
    return Denied(
        f"{tracker} does not accept the app: see {prefix}_CLIENT_ID and {prefix}_CLIENT_SECRET; "
        f"if they are right, {_again(tracker)}"
    )


def absent(tracker: str) -> Denied:
    """There is no grant, or none any more."""
    return Denied(f"no grant of {tracker} is stored: {_again(tracker)}")


def over(tracker: str) -> Denied:
    """The grant has ended and cannot be renewed."""
    return Denied(f"the grant of {tracker} has ended and cannot be renewed: {_again(tracker)}")


def _again(tracker: str) -> str:
    return f"run `ticketsync auth {tracker.replace('_', '-')}`"


def _sendable(token: str) -> bool:
    return bool(token) and token.isascii() and token.isprintable() and " " not in token


def _scopes(found: Json) -> tuple[str, ...]:
    """GitHub separates by commas, others by spaces; some answer a list."""
    if isinstance(found, list):
        return tuple(one for one in found if isinstance(one, str))
    return tuple(re.split(r"[\s,]+", found.strip())) if isinstance(found, str) and found else ()


def _end(seconds: Json, now: datetime) -> datetime | None:
    if isinstance(seconds, str) and seconds.isdecimal() and len(seconds) < 12:
        seconds = int(seconds)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds <= 0:
        return None
    return now + timedelta(seconds=min(seconds, _LONGEST_SECONDS))
