"""The way every request takes: log, faults, who asks, limits, the route, headers."""

from __future__ import annotations

import asyncio
import re
import threading
import uuid
from email.utils import format_datetime
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from sandbox.control import PREFIX, Control
from sandbox.jira import oauth
from sandbox.jira.accounts import Identity
from sandbox.jira.ask import Ask
from sandbox.jira.pages import page_for
from sandbox.jira.refusals import Refused, needs_login, no_route, refusal, unauthorized
from sandbox.jira.rest import routes
from sandbox.jira.site import Site
from sandbox.requests import Asked
from sandbox.wire import Call, Reply, hang_up, read_call, reply_json, write_reply

WRITES = ("POST", "PUT", "DELETE")
READING_POSTS = (
    "/search/jql",
    "/search/approximate-count",
    "/jql/match",
    "/jql/parse",
    "/bulkfetch",
    "/comment/list",
    "/worklog/list",
    "/changelog/list",
)
LONGEST_QUERY = 8000
"""A front end refuses longer addresses, so a long JQL has to go as a POST."""

NO_SCOPE = "Unauthorized; scope does not match"
NO_SESSION = {"error": "Failed to parse Connect Session Auth Token"}


class Gate:
    """The ASGI application of one stand-in Jira."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.control = Control(site)
        self._routes = routes(site.world.cloud)
        self._oauth = oauth.routes()
        self._late: list[threading.Timer] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        call = await read_call(scope, receive)
        if call.path.startswith(PREFIX):
            await write_reply(self.control.answer(call), send)
            return
        if len(scope["query_string"]) > LONGEST_QUERY:
            await write_reply(Reply(414, b"URI Too Long", {"content-type": "text/html"}), send)
            return
        call.query = _joined(scope["query_string"].decode("latin-1"))
        await asyncio.sleep(self.site.faults.number("slow"))
        reply = self._answer(call)
        if reply is None:
            await hang_up(receive)
        else:
            await write_reply(reply, send)

    def close(self) -> None:
        for timer in self._late:
            timer.cancel()
        self.site.mail.close()

    def _answer(self, call: Call) -> Reply | None:
        """The reply, or None when the connection dies instead."""
        world = self.site.world
        with world.lock:
            world.changes += call.method in WRITES and not call.path.endswith(READING_POSTS)
            at = world.stamp(world.ms())
            asked = self.site.log.add(Asked(call.method, call.path, dict(call.query), at=at))
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
            self.site.world.changes += 1
            self._attempt(call, asked)

    def _attempt(self, call: Call, asked: Asked) -> Reply:
        identity = Identity()
        try:
            if found := self._oauth.find(call.method, call.path):
                return self._dressed(found[0](self.site, call), identity)
            root = self._strip_gateway(call)
            identity = self._recognise(call, root)
            refused = self._limited(call, identity)
            reply = refused or self._route(call, identity, root)
            asked.counted, asked.refused = refused is None, refused is not None
            if refused is None:
                self.site.limits.count(identity.key)
        except Refused as no:
            reply = no.reply
        return self._dressed(reply, identity)

    def _strip_gateway(self, call: Call) -> str:
        """`/ex/jira/{cloudid}/…` is the same API, for OAuth tokens."""
        path = self.site.gateway_path
        if call.path.startswith("/ex/jira/") and not call.path.startswith(f"{path}/"):
            raise Refused(reply_json({"code": 404, "message": "Not Found"}, 404))
        if not call.path.startswith(f"{path}/"):
            return self.site.world.base
        call.path = call.path.removeprefix(path)
        return self.site.world.base + path

    def _recognise(self, call: Call, root: str) -> Identity:
        accounts, header = self.site.accounts, call.headers.get("authorization")
        if root != self.site.world.base:
            identity = accounts.bearer(header)
            if identity is None:
                raise unauthorized()
            if _scope(call) not in identity.scopes:
                raise unauthorized(NO_SCOPE)
            return identity
        if self.site.world.cloud and (header or "").lower().startswith("bearer "):
            raise Refused(reply_json(NO_SESSION, 403))
        identity = accounts.recognise(header)
        if identity.failed and not self.site.world.cloud:
            raise needs_login()
        return identity

    def _limited(self, call: Call, identity: Identity) -> Reply | None:
        faults, limits = self.site.faults, self.site.limits
        if faults.happens("errors"):
            raise refusal(faults.random.choice((500, 502, 503)), "Internal server error")
        wait = int(faults.number("retry_after"))
        if faults.happens("rate_limit_next"):
            return limits.quota_reply(int(faults.number("reset_in")) or None)
        if faults.happens("secondary_next") or limits.bursting(_endpoint(call)):
            return limits.burst_reply(wait)
        if limits.remaining(identity.key) == 0:
            return limits.quota_reply()
        return self._limited_issue(call, wait)

    def _limited_issue(self, call: Call, wait: int) -> Reply | None:
        hit = re.match(r"/rest/api/\w+/issue/([\w-]+)(/|$)", call.path)
        if call.method not in WRITES or hit is None:
            return None
        issue = self.site.world.issue(hit[1])
        if issue is None:
            return None
        struck = self.site.faults.happens("issue_write_next")
        if struck or self.site.limits.writing(issue.id):
            return self.site.limits.issue_reply(max(wait, 1))
        return None

    def _route(self, call: Call, identity: Identity, root: str) -> Reply:
        found = self._routes.find(call.method, call.path)
        if found is None:
            page = page_for(self.site, call)
            if page is None:
                raise no_route(call.path)
            return page
        route, call.params = found
        version = str(call.params.pop("version", "3" if self.site.world.cloud else "2"))
        known = ("2", "3", "latest") if self.site.world.cloud else ("2", "latest")
        if version not in known:
            raise no_route(call.path)
        return route(Ask(self.site, call, identity, version.replace("latest", "2"), root))

    def _dressed(self, reply: Reply, identity: Identity) -> Reply:
        now = self.site.world.now()
        given = {
            "date": format_datetime(now.replace(microsecond=0), usegmt=True),
            "x-arequestid": uuid.uuid4().hex,
            "atl-traceid": uuid.uuid4().hex,
        }
        if self.site.world.cloud:
            given |= self.site.limits.headers(identity.key)
        if identity.user is not None:
            given["x-aaccountid"] = identity.user.account_id
        if identity.failed:
            given["x-seraph-loginreason"] = "AUTHENTICATED_FAILED"
        reply.headers = {**given, **reply.headers}
        return reply


def _joined(text: str) -> dict[str, str]:
    """`fields=a&fields=b` says the same as `fields=a,b`."""
    query: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    return query


def _scope(call: Call) -> str:
    """The classic scope that a call needs."""
    if re.search(r"/rest/api/\w+/webhook", call.path):
        return "manage:jira-webhook"
    if re.search(r"/rest/api/\w+/(myself|users?(/|$))", call.path):
        return "read:jira-user"
    if call.method == "GET" or call.path.endswith(READING_POSTS):
        return "read:jira-work"
    return "write:jira-work"


def _endpoint(call: Call) -> str:
    return call.method + " " + re.sub(r"/([A-Za-z]\w*-)?\d+(?=/|$)", "/{id}", call.path)
