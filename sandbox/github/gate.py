"""The way every request takes: log, faults, who asks, limits, the route, 304, headers.

GitHub docs: Rate limits for the REST API; Best practices for using the REST API (conditional
requests; redirects).
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import threading
import uuid
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime

from starlette.types import Receive, Scope, Send

from sandbox.control import PREFIX, Control
from sandbox.github.accounts import ANONYMOUS, Identity
from sandbox.github.ask import Ask
from sandbox.github.limits import Budget
from sandbox.github.pages import page_for
from sandbox.github.refusals import (
    Refused,
    broken,
    limit_reached,
    moved,
    not_found,
    refusal,
    secondary_limit,
)
from sandbox.github.rest import routes
from sandbox.github.site import Site
from sandbox.github.state import Repo
from sandbox.requests import Asked
from sandbox.wire import Call, Reply, hang_up, read_call, write_reply

ENTERPRISE_PREFIX = "/api/v3"
WRITES = ("POST", "PATCH", "PUT", "DELETE")
API_VERSION = "2022-11-28"


class Gate:
    """The ASGI application of one stand-in GitHub."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.control = Control(site)
        self._routes = routes()
        self._late: list[threading.Timer] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        call = await read_call(scope, receive)
        if call.path.startswith(PREFIX):
            await write_reply(self.control.answer(call), send)
            return
        await asyncio.sleep(self.site.faults.number("slow"))
        reply = self._answer(call)
        if reply is None:
            await hang_up(receive)
        else:
            await write_reply(reply, send)

    def close(self) -> None:
        for timer in self._late:
            timer.cancel()

    def _answer(self, call: Call) -> Reply | None:
        """The reply, or None when the connection dies instead."""
        with self.site.world.lock:
            asked = self.site.log.add(
                Asked(call.method, call.path, dict(call.query), at=self.site.world.moment())
            )
            if self.site.faults.happens("cut"):
                asked.lost = True
                return None
            if call.method in WRITES and self.site.faults.happens("answer_lost"):
                asked.lost = True
                self._act_unseen(call, asked)
                return None
            reply = self._attempt(call, asked)
            asked.status = reply.status
            return reply

    def _act_unseen(self, call: Call, asked: Asked) -> None:
        seconds = self.site.faults.number("late_effect")
        if seconds <= 0:
            self._attempt(call, asked)
            return
        timer = threading.Timer(seconds, self._act_late, (call, asked))
        timer.daemon = True
        self._late.append(timer)
        timer.start()

    def _act_late(self, call: Call, asked: Asked) -> None:
        with self.site.world.lock:
            self._attempt(call, asked)

    def _attempt(self, call: Call, asked: Asked) -> Reply:
        root = self._strip_prefix(call)
        identity, budget = ANONYMOUS, self.site.limits.budget(ANONYMOUS)
        try:
            identity = self.site.accounts.recognise(call.headers)
            resource = "search" if call.path.startswith("/search/") else "core"
            budget = self.site.limits.budget(identity, resource)
            refused = self._refuse(call, identity, budget)
            reply = refused or self._route(call, identity, root)
            asked.refused = refused is not None and refused.status < 500
            self._count(call, reply, asked, identity, budget, refused is not None)
        except Refused as no:
            reply = no.reply
            self._count(call, reply, asked, identity, budget, False)
        return self._dressed(reply, identity, budget)

    def _strip_prefix(self, call: Call) -> str:
        """Enterprise clients ask under `/api/v3`; they are answered with links that stay there."""
        if call.path.startswith(f"{ENTERPRISE_PREFIX}/"):
            call.path = call.path.removeprefix(ENTERPRISE_PREFIX)
            return self.site.world.base + ENTERPRISE_PREFIX
        return self.site.world.base

    def _refuse(self, call: Call, identity: Identity, budget: Budget) -> Reply | None:
        faults = self.site.faults
        status = int(faults.number("limit_status"))
        if faults.happens("errors"):
            return broken(faults.random.choice((500, 502)))
        if faults.happens("rate_limit_next"):
            reset_in = faults.number("reset_in")
            now = int(self.site.world.now().timestamp())
            spent = Budget("core", budget.limit, budget.reset, budget.limit)
            spent.reset = now + int(reset_in) if reset_in else budget.reset
            reply = limit_reached(identity.whose, status)
            reply.headers.update(spent.headers())
            return reply
        creates = call.method == "POST" and call.path.endswith(("/issues", "/comments"))
        busy = creates and self.site.limits.content_refused(identity)
        if faults.happens("secondary_next") or busy:
            return secondary_limit(int(faults.number("retry_after")), status)
        if budget.remaining == 0 and call.path != "/rate_limit":
            return limit_reached(identity.whose, status)
        return None

    def _route(self, call: Call, identity: Identity, root: str) -> Reply:
        if not call.headers.get("user-agent"):
            raise refusal(403, "Please make sure your request has a User-Agent header")
        self._name_repo(call)
        found = self._routes.find(call.method, call.path)
        if found is None:
            page = page_for(self.site, call)
            if page is None:
                raise not_found()
            return page
        route, call.params = found
        repo = self._repo(call, identity, root)
        reply = route(Ask(self.site, call, identity, repo, root))
        if root != self.site.world.base:
            reply.body = self._for_enterprise(reply.body)
        return _conditional(call, reply, identity) if call.method == "GET" else reply

    def _for_enterprise(self, body: bytes) -> bytes:
        """An Enterprise server's API addresses all carry the prefix; its pages do not."""
        base = self.site.world.base
        for room in ("repos", "users", "orgs"):
            plain = f"{base}/{room}/"
            body = body.replace(plain.encode(), f"{base}{ENTERPRISE_PREFIX}/{room}/".encode())
        return body

    def _name_repo(self, call: Call) -> None:
        """GitHub's own links name a repository by its number; that leads to the same routes."""
        numbered = re.match(r"/repositories/(\d+)(/.*)?$", call.path)
        if numbered is None:
            return
        repo = self.site.world.repos.get(int(numbered[1]))
        if repo is None:
            raise not_found()
        call.path = f"/repos/{repo.full_name}{numbered[2] or ''}"

    def _repo(self, call: Call, identity: Identity, root: str) -> Repo:
        if "repo" not in call.params:
            return self.site.home
        owner, name = call.params["owner"], call.params["repo"]
        repo = self.site.world.repo_named(owner, name)
        private = repo is not None and repo.private
        if repo is None or repo.locked_out:
            raise not_found()
        if private and not identity.reads_private and not identity.is_app:
            raise not_found()
        if repo.full_name.lower() != f"{owner}/{name}".lower():
            rest = call.path.removeprefix(f"/repos/{owner}/{name}")
            raise moved(f"{root}/repositories/{repo.id}{rest}", safe=call.method == "GET")
        return repo

    def _count(
        self,
        call: Call,
        reply: Reply,
        asked: Asked,
        identity: Identity,
        budget: Budget,
        refused: bool,
    ) -> None:
        """A 304 is free to those who are logged in; so is asking for the limits."""
        free = reply.status == 304 and identity.person is not None
        asked.conditional = "if-none-match" in call.headers or "if-modified-since" in call.headers
        asked.counted = not (free or refused or call.path == "/rate_limit")
        if asked.counted:
            budget.used += 1

    def _dressed(self, reply: Reply, identity: Identity, budget: Budget) -> Reply:
        given = {
            "date": _http_date(self.site.world.now()),
            "x-github-request-id": uuid.uuid4().hex[:24].upper(),
            "x-github-media-type": "github.v3; format=json",
            "x-github-api-version-selected": API_VERSION,
            "vary": "Accept, Authorization, Cookie, X-GitHub-OTP",
            **budget.headers(),
        }
        if identity.scopes:
            given |= {"x-oauth-scopes": identity.scopes, "x-accepted-oauth-scopes": ""}
        reply.headers = {**given, **reply.headers}
        modified = reply.headers.get("last-modified")
        if modified and modified.endswith("Z"):
            reply.headers["last-modified"] = _http_date(datetime.fromisoformat(modified))
        return reply


def _conditional(call: Call, reply: Reply, identity: Identity) -> Reply:
    """GitHub docs: Use conditional requests if appropriate. The tag differs per token."""
    if reply.status != 200:
        return reply
    digest = hashlib.blake2b(reply.body, digest_size=20, key=identity.key.encode()[:64])
    digest.update(reply.headers.get("link", "").encode())
    etag = f'W/"{digest.hexdigest()}"'
    reply.headers["etag"] = etag
    reply.headers["cache-control"] = "private, max-age=60, s-maxage=60"
    known = call.headers.get("if-none-match")
    if known is not None:
        fresh = etag.removeprefix("W/") in known or known.strip() == "*"
    else:
        fresh = _unmodified(call.headers.get("if-modified-since"), reply)
    return Reply(304, b"", reply.headers) if fresh else reply


def _unmodified(since: str | None, reply: Reply) -> bool:
    modified = reply.headers.get("last-modified")
    if since is None or modified is None:
        return False
    try:
        return datetime.fromisoformat(modified) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False


def _http_date(moment: datetime) -> str:
    return format_datetime(moment.replace(microsecond=0), usegmt=True)
