"""Consent by browser: `/oauth/{tracker}/start` leads to the tracker, `…/callback` comes back.

Only who holds the code of a request may start, and only the browser that started may end it; so
nobody else's account ever becomes ours.
"""

import re
import secrets as randomness
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from runtime.clock import utc_now
from runtime.credentials import Secrets
from runtime.telemetry.redact import LEARNED
from runtime.usual_names import client_id
from schemas.errors import ConfigError, Denied, TicketsyncError
from schemas.origin import origin_of
from schemas.ports import OAuthApp
from store.database import Store
from store.grant_requests import LASTS, Request, Requests
from store.grants import Grants, Seal
from trackers import oauth_forms as forms
from trackers.base import OAuthPlan, Tracker
from trackers.oauth import Endpoint

COOKIE = "ticketsync_oauth"
_LONGEST = 4096
_CODE = re.compile(r"[\w.-]{1,60}")
_PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


@dataclass(frozen=True, slots=True)
class Consents:
    """What asks for grants and takes them in: for the web, and for the command line."""

    store: Store
    seal: Seal
    secrets: Secrets
    trackers: Mapping[str, Tracker]
    now: Callable[[], datetime] = utc_now

    @property
    def requests(self) -> Requests:
        """The requests under way."""
        return Requests(self.store, self.seal)

    def ask(self, tracker: str, url: str | None, base: str) -> Request:
        """A new request for a site; `base` is the address our own pages have in the browser.

        Raises ConfigError when the tracker knows no OAuth or our app is not configured.
        """
        plan, _ = self._plan(tracker)
        try:
            site = forms.site_of(plan, url)
        except Denied as error:
            raise ConfigError(f"--url: {error}") from None
        redirect = f"{base.rstrip('/')}/oauth/{tracker}/callback"
        return self.requests.make(tracker, site, redirect, self.now())

    def address(self, request: Request) -> str:
        """Where a person consents to a request."""
        plan, app = self._plan(request.tracker)
        return forms.authorize_address(
            plan,
            app,
            site=request.site,
            redirect=request.redirect,
            state=request.state,
            verifier=request.verifier,
        )

    def start(self, tracker: str, code: str, browser: str) -> tuple[str, bool]:
        """(the tracker's address, whether it leads back by https) for the browser that opened it.

        Raises Denied when the request is none, used or over.
        """
        found = self.requests.start(tracker, code, browser, self.now())
        if isinstance(found, str):
            raise Denied(found)
        return self.address(found), found.redirect.startswith("https://")

    def answer(
        self,
        tracker: str,
        given: Mapping[str, str],
        *,
        browser: str | None = None,
        code: str | None = None,
    ) -> str:
        """Takes the tracker's answer in; what came of it in a line. Raises TicketsyncError."""
        state = given.get("state", "")
        found = self.requests.take(tracker, state, self.now(), browser=browser, code=code)
        if isinstance(found, str):
            raise Denied(found)
        LEARNED.add(given.get("code"), found.verifier)  # not before: anybody may send us words
        outcome, granted = "something unforeseen went wrong", False
        try:
            outcome = self._granted(found, given)
            granted = True
            return outcome
        except TicketsyncError as error:
            outcome = _line(error)
            raise
        finally:
            self.requests.end(state, outcome, granted=granted)

    def _granted(self, request: Request, given: Mapping[str, str]) -> str:
        tracker = request.tracker
        if "error" in given:
            error = given["error"] if _CODE.fullmatch(given["error"]) else "no reason given"
            raise Denied(f"{tracker}: no consent was given ({error})")
        if not given.get("code"):
            raise Denied(f"{tracker}: the answer holds no code")
        plan, app = self._plan(tracker)
        endpoint = Endpoint(tracker, plan, app, request.site, now=self.now)
        grant = endpoint.exchanged(
            given["code"], redirect=request.redirect, verifier=request.verifier
        )
        LEARNED.add(grant.access_token, grant.refresh_token)
        reach = endpoint.reach(grant)
        sites = {origin_of(url) or url: id_ for url, id_ in reach.sites.items()}
        kept = Grants(self.store, self.seal)
        kept.save(tracker, request.site, grant, sites, reach.account)
        where = ", ".join(sites) or request.site
        return f"{tracker} is connected{_as(reach.account)}{f' for {where}' if where else ''}"

    def _plan(self, tracker: str) -> tuple[OAuthPlan, OAuthApp]:
        found = self.trackers.get(tracker)
        plan = found.capabilities.oauth if found else None
        if plan is None:
            known = [name for name, one in self.trackers.items() if one.capabilities.oauth]
            raise ConfigError(f"{tracker} knows no OAuth; these do: {', '.join(known) or 'none'}")
        app = self.secrets.oauth_app_at(tracker)
        if app is None:
            raise ConfigError(f"{client_id(tracker)}, the id of your app at {tracker}, is not set")
        return plan, app

    def routes(self) -> list[Route]:
        """The two pages."""
        return [
            Route("/oauth/{tracker}/start", self._start),
            Route("/oauth/{tracker}/callback", self._callback),
        ]

    async def _start(self, request: HttpRequest) -> Response:
        """Sends a browser to the tracker, and gives it what proves later that it was this one."""
        browser = randomness.token_urlsafe(32)
        code = request.query_params.get("request", "")
        begin = partial(self.start, request.path_params["tracker"], code[:_LONGEST], browser)
        try:
            address, secure = await to_thread.run_sync(begin)
        except TicketsyncError as error:
            return _refused(error)
        response = RedirectResponse(address, 302, _PRIVATE)
        response.set_cookie(
            COOKIE,
            browser,
            max_age=int(LASTS.total_seconds()),
            httponly=True,
            secure=secure,
            samesite="lax",
        )
        return response

    async def _callback(self, request: HttpRequest) -> Response:
        """Takes a tracker's answer from the browser that was sent there."""
        given = {name: value[:_LONGEST] for name, value in request.query_params.items()}
        browser = request.cookies.get(COOKIE)
        if not browser or not given.get("state"):
            return _refused(
                Denied("this browser did not ask for a grant; with --paste, copy this address")
            )
        take = partial(self.answer, request.path_params["tracker"], given, browser=browser)
        try:
            line = await to_thread.run_sync(take)
        except TicketsyncError as error:
            return _refused(error)
        return PlainTextResponse(f"{line}; this window may be closed\n", headers=_PRIVATE)


def pages(consents: Consents) -> Starlette:
    """The two pages alone, for a command that waits for one answer."""
    return Starlette(routes=consents.routes())


def _as(account: str | None) -> str:
    return f" as {account}" if account else ""


def _line(error: TicketsyncError) -> str:
    return " ".join(str(error).split())[:300]


def _refused(error: TicketsyncError) -> Response:
    return PlainTextResponse(f"ticketsync: {_line(error)}\n", 400, headers=_PRIVATE)
