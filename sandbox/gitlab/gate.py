"""The way every request takes: log, faults, who asks, limits, the route, headers."""

from __future__ import annotations

import asyncio
import hashlib
import threading
import uuid
from email.utils import format_datetime
from urllib.parse import parse_qsl, unquote

from starlette.types import Receive, Scope, Send

from sandbox.control import PREFIX, Control
from sandbox.gitlab import oauth
from sandbox.gitlab.accounts import ANONYMOUS, Identity
from sandbox.gitlab.ask import Ask
from sandbox.gitlab.limits import Budget
from sandbox.gitlab.refusals import Refused, broken, not_found, throttled, too_often
from sandbox.gitlab.rest import API, routes
from sandbox.gitlab.site import Site
from sandbox.gitlab.state import Project
from sandbox.requests import Asked
from sandbox.wire import Call, Reply, hang_up, read_call, write_reply

WRITES = ("POST", "PUT", "DELETE")


class Gate:
    """The ASGI application of one stand-in GitLab."""

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
        # A project's path comes with its slashes encoded, and must stay one part of the address.
        call.path = scope["raw_path"].decode("latin-1").partition("?")[0]
        many = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        await asyncio.sleep(self.site.faults.number("slow"))
        reply = self._answer(call, many)
        if reply is None:
            await hang_up(receive)
        else:
            await write_reply(reply, send)

    def close(self) -> None:
        for timer in self._late:
            timer.cancel()

    def _answer(self, call: Call, many: list[tuple[str, str]]) -> Reply | None:
        """The reply, or None when the connection dies instead."""
        with self.site.world.lock:
            now = self.site.world.now().isoformat()
            asked = self.site.log.add(Asked(call.method, call.path, dict(call.query), at=now))
            if self.site.faults.happens("cut"):
                asked.lost = True
                return None
            if call.method in WRITES and self.site.faults.happens("answer_lost"):
                asked.lost = True
                self._act_unseen(call, many, asked)
                return None
            reply = self._attempt(call, many, asked)
            asked.status = reply.status
            return reply

    def _act_unseen(self, call: Call, many: list[tuple[str, str]], asked: Asked) -> None:
        seconds = self.site.faults.number("late_effect")
        if seconds <= 0:
            self._attempt(call, many, asked)
            return
        timer = threading.Timer(seconds, self._act_late, (call, many, asked))
        timer.daemon = True
        self._late.append(timer)
        timer.start()

    def _act_late(self, call: Call, many: list[tuple[str, str]], asked: Asked) -> None:
        with self.site.world.lock:
            self._attempt(call, many, asked)

    def _attempt(self, call: Call, many: list[tuple[str, str]], asked: Asked) -> Reply:
        identity, budget = ANONYMOUS, self.site.limits.budget(ANONYMOUS)
        try:
            if call.path.startswith(oauth.PREFIX):
                return oauth.answer(self.site.accounts, call)
            identity = self.site.accounts.recognise(call.headers)
            budget = self.site.limits.budget(identity)
            refused = self._refuse(budget)
            asked.refused = refused is not None and refused.status == 429
            reply = refused or self._route(call, many, identity)
        except Refused as no:
            reply = no.reply
        asked.counted = True
        budget.used += 1
        return self._dressed(call, reply, identity, budget)

    def _refuse(self, budget: Budget) -> Reply | None:
        faults = self.site.faults
        if faults.happens("errors"):
            return broken(faults.random.choice((500, 502)))
        spent = budget.remaining == 0
        if faults.happens("rate_limit_next") or spent:
            left = budget.reset - int(self.site.world.now().timestamp())
            wait = left if spent else int(faults.number("retry_after"))
            reply = throttled(wait or None)
            reply.headers |= {
                "ratelimit-remaining": "0",
                "ratelimit-reset": str(budget.reset),
                "ratelimit-resettime": budget.reset_time(),
            }
            return reply
        return too_often() if faults.happens("secondary_next") else None

    def _route(self, call: Call, many: list[tuple[str, str]], identity: Identity) -> Reply:
        found = self._routes.find(call.method, call.path)
        if found is None:
            raise not_found()
        route, params = found
        call.params = {name: unquote(str(value)) for name, value in params.items()}
        project = self._project(call, identity)
        if isinstance(project, Reply):
            return project
        return route(Ask(self.site, call, identity, project, many))

    def _project(self, call: Call, identity: Identity) -> Project | Reply:
        """An old path leads to the number; private ones are hidden from strangers."""
        if "id" not in call.params:
            return self.site.home
        named = call.params["id"]
        project = self.site.world.find(named)
        if project is None or project.locked_out or (project.private and not identity.member):
            raise not_found("Project Not Found")
        if not named.isdecimal() and named.lower() != project.path.lower():
            parts = call.path.split("/")
            parts[4] = str(project.id)
            query = "&".join(f"{name}={value}" for name, value in call.query.items())
            place = f"{self.site.world.base}{'/'.join(parts)}{'?' * bool(query)}{query}"
            return Reply(301 if call.method == "GET" else 308, b"", {"location": place})
        return project

    def _dressed(self, call: Call, reply: Reply, identity: Identity, budget: Budget) -> Reply:
        given = {
            "date": format_datetime(self.site.world.now().replace(microsecond=0), usegmt=True),
            "x-request-id": uuid.uuid4().hex[:26].upper(),
            "x-gitlab-meta": '{"version":"1"}',
            "vary": "Origin",
        }
        if call.path.startswith(API):
            given |= budget.headers(signed_in=identity.person is not None)
        if reply.status == 200 and call.method == "GET":
            given["etag"] = f'W/"{hashlib.blake2b(reply.body, digest_size=16).hexdigest()}"'
        reply.headers = {**given, **reply.headers}
        return reply
