"""OAuth grants in use: sent with each request, renewed in time by one process for all."""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from schemas.errors import Denied, TicketsyncError, Unauthorized
from schemas.origin import origin_of
from schemas.ports import Allowance, Credentials, Grant, OAuthApp, Rate, Validator
from schemas.source import Source
from trackers import oauth_forms as forms
from trackers.answers import Answer, Manners
from trackers.base import OAuthPlan, Reach
from trackers.http import Session, Transport, credential_name

RENEW_BEFORE = timedelta(minutes=5)
_AGAIN_AFTER = timedelta(seconds=30)
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_ANSWERED = Manners(absent=frozenset({400, 404, 410}))

_log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The wall clock, which tokens follow."""
    return datetime.now(UTC)


class Granted:
    """The Authority of a source with `auth = "oauth"`; one object may serve several threads.

    `site` is what `{site}` in the plan's addresses stands for, by default the origin of the
    source's address. Nothing is read or sent before the first request.
    """

    def __init__(
        self,
        base: str,
        source: Source,
        credentials: Credentials,
        plan: OAuthPlan,
        *,
        site: str = "",
        transport: Transport | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._source = source
        self._credentials = credentials
        self._plan = plan
        self._site = site or origin_of(source.url)
        self._transport = transport
        self._now = now
        self._lock = threading.RLock()
        self._held: Grant | None = None
        self._forced: Grant | None = None
        self._patience: datetime | None = None
        self.credential = credential_name(base, f"oauth {source.tracker} {self._site}")

    @property
    def grant(self) -> Grant:
        """The grant as it is now. Raises Denied, naming the command, when there is none."""
        with self._lock:
            if self._held is None:
                self._held = self._stored()
            return self._held

    def header(self) -> str | None:
        """Renews first what is about to end; a token that is still good outlives a failing try."""
        with self._lock:
            ends, now = self.grant.expires_at, self._now()
            if ends is not None and ends - RENEW_BEFORE <= now:
                self._renew_early(over=ends <= now)
            return f"Bearer {self.grant.access_token}"

    def refused(self) -> bool:
        """Whether there is another token to try: somebody else's, or a fresh one, once.

        A token that was made because of a 401 and meets one itself is not worth a third.
        """
        with self._lock:
            before, self._held = self.grant, self._stored()
            if not _same(before, self._held):
                return True
            if self._held.refresh_token is None or _same(before, self._forced):
                return False
            self._renew()
            self._forced = self._held
            return True

    def _renew_early(self, *, over: bool) -> None:
        now = self._now()
        if not over and self._patience is not None and now < self._patience:
            return
        try:
            self._renew()
        except TicketsyncError as error:
            if over:
                raise
            _log.warning("%s: the grant is not renewed yet: %s", self._source.name, error)
            self._patience = now + _AGAIN_AFTER

    def _renew(self) -> None:
        seen = self.grant
        if seen.refresh_token is None:
            self._held = self._stored()
            if _same(seen, self._held):
                raise forms.over(self._source.tracker)
            return
        self._held = self._credentials.renew(self._source, seen, self._refresh)

    def _refresh(self, grant: Grant) -> Grant:
        app = self._credentials.oauth_app(self._source)
        if app is None:
            raise forms.app_refused(self._source.tracker)
        endpoint = Endpoint(
            self._source.tracker, self._plan, app, self._site, self._transport, self._now
        )
        return endpoint.renewed(grant)

    def _stored(self) -> Grant:
        found = self._credentials.grant(self._source)
        if found is None:
            raise forms.absent(self._source.tracker)
        return found


class Endpoint:
    """A tracker's token endpoint for one app of ours; raises Transient, Permanent, Denied.

    Every call opens a connection and closes it: there is one an hour.
    """

    def __init__(
        self,
        tracker: str,
        plan: OAuthPlan,
        app: OAuthApp,
        site: str,
        transport: Transport | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._tracker = tracker
        self._plan = plan
        self._app = app
        self._site = site
        self._transport = transport
        self._now = now

    def exchanged(self, code: str, *, redirect: str, verifier: str) -> Grant:
        """The grant for a code that a person's consent brought."""
        plan, app = self._plan, self._app
        wanted = forms.code_request(plan, app, code=code, redirect=redirect, verifier=verifier)
        return self._asked(wanted)

    def renewed(self, grant: Grant) -> Grant:
        """A new pair. A Transient may have used up the old one; most trackers take it again for
        some minutes."""
        if not grant.refresh_token:
            raise forms.over(self._tracker)
        return self._asked(forms.refresh_request(self._app, grant.refresh_token), grant)

    def reach(self, grant: Grant) -> Reach:
        """Whose grant it is and for which sites, as far as the tracker has a way to tell."""
        if self._plan.look is None:
            return Reach()
        opened: list[Session] = []

        def session_for(base: str) -> Session:
            bearer = _Bearer(credential_name(base, grant.access_token), grant.access_token)
            opened.append(self._session(base, bearer))
            return opened[-1]

        try:
            return self._plan.look(session_for, self._site)
        finally:
            for session in opened:
                session.close()

    def revoke(self, grant: Grant) -> bool:
        """Gives the grant back (RFC 7009); False where the tracker has no address for that."""
        if self._plan.revoke_url is None:
            return False
        token = grant.refresh_token or grant.access_token
        answer = self._post(self._plan.revoke_url, {"token": token} | forms.of_app(self._app))
        return answer.ok

    def _asked(self, wanted: dict[str, str], before: Grant | None = None) -> Grant:
        answer = self._post(self._plan.token_url, wanted)
        if answer.missing:
            raise Denied(f"{answer.asked}: HTTP {answer.status}, there is no token endpoint")
        return forms.granted(answer.json, self._plan, self._now(), self._tracker, before)

    def _post(self, address: str, wanted: Mapping[str, str]) -> Answer:
        address = address.replace("{site}", self._site)
        session = self._session(address, _Bearer("token endpoint"))
        try:
            if self._plan.token_json:
                return session.send("POST", address, dict(wanted))
            content = urlencode(wanted).encode()
            return session.send("POST", address, content=content, headers=_FORM)
        except Unauthorized:  # about the app (https://www.rfc-editor.org/rfc/rfc6749#section-5.2)
            raise forms.app_refused(self._tracker) from None
        except Denied:  # 403: how Atlassian answers a spent refresh token
            raise forms.refusal({"error": "HTTP-403"}, self._tracker) from None
        finally:
            session.close()

    def _session(self, base: str, authority: "_Bearer") -> Session:
        return Session(
            base,
            authority=authority,
            limiter=_NoLimit(),
            validators=_NoValidators(),
            headers={"Accept": "application/json"},
            manners=_ANSWERED if authority.token is None else None,
            transport=self._transport,
        )


class _Bearer:
    """A token that is tried once, or none at all."""

    def __init__(self, credential: str, token: str | None = None) -> None:
        self.credential = credential
        self.token = token

    def header(self) -> str | None:
        return f"Bearer {self.token}" if self.token else None

    def refused(self) -> bool:
        return False


class _NoLimit:
    """The port Limiter for what is asked once an hour."""

    def wait(self, credential: str, usual: Allowance | None = None) -> None:
        """Never waits."""

    def learn(self, credential: str, rate: Rate) -> None:
        """Learns nothing."""

    def block(self, credential: str, seconds: float) -> None:
        """Blocks nothing."""


class _NoValidators:
    """The port Validators for answers that are secrets: nothing is kept of them."""

    def get(self, credential: str, address: str) -> Validator | None:
        return None

    def put(self, credential: str, address: str, validator: Validator) -> None:
        """Keeps nothing."""


def _same(one: Grant, other: Grant | None) -> bool:
    return other is not None and one.access_token == other.access_token
