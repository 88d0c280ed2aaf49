"""Builds and runs a stand-in for an in-house tool that sends signed events.

It has no API to read: what it answers are the control endpoints and a page for people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.types import Receive, Scope, Send

from sandbox import running, serve
from sandbox.control import PREFIX, Control
from sandbox.crowd import Crowd
from sandbox.faults import Switchboard
from sandbox.generic.acts import Acts, perform
from sandbox.generic.mail import Hook, Mail
from sandbox.generic.people import Staff
from sandbox.generic.state import World
from sandbox.generic.views import neutral
from sandbox.outbox import CHANCES, NUMBERS, Outbox
from sandbox.requests import Asked, RequestLog
from sandbox.wire import Call, Json, Reply, read_call, reply_json, write_reply

TOKEN = "sandbox-token"  # noqa: S105 - asked for by nobody
SECRET = "whsec_c2FuZGJveC1zZWNyZXQtb2YtYS10b3kh"  # noqa: S105 - the well-known secret of a toy


def clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Plan:
    """How a sandbox is to be; `in_house` makes it use type names of its own."""

    tickets: int = 0
    comments: int = 0
    token: str = TOKEN
    seed: int = 1
    webhook_secret: str | None = SECRET
    in_house: bool = False
    now: Callable[[], datetime] = clock


class Site:
    """The tool as a whole, as the control endpoints see it."""

    def __init__(self, plan: Plan, base: str) -> None:
        self.world = World(plan.now, base)
        self.faults = Switchboard(CHANCES, (), NUMBERS, plan.seed)
        self.outbox = Outbox(self.faults)
        self.mail = Mail(self.world, self.outbox, in_house=plan.in_house)
        self.acts = Acts(self.world, self.mail)
        self.log = RequestLog()
        staff = Staff(self.acts, plan.seed)
        staff.fill(plan.tickets, plan.comments)
        self.people = Crowd(staff.step)

    def neutral(self) -> Json:
        with self.world.lock:
            tickets = [neutral(one) for one in self.world.tickets.values()]
        return {"tickets": tickets, "outbox": self.outbox.as_json()}

    def perform(self, name: str, args: Json) -> object:
        return perform(self.acts, name, args)


class Gate:
    """The ASGI application."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.control = Control(site)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        call = await read_call(scope, receive)
        if call.path.startswith(PREFIX):
            await write_reply(self.control.answer(call), send)
            return
        await write_reply(self._answer(call), send)

    def close(self) -> None:
        """Nothing here goes on by itself."""

    def _answer(self, call: Call) -> Reply:
        asked = self.site.log.add(
            Asked(call.method, call.path, dict(call.query), at=self.site.world.moment())
        )
        found = call.method == "GET" and call.path.rstrip("/") == "/shop"
        page = Reply(200, b"An in-house tool without an API.", {"content-type": "text/plain"})
        reply = page if found else reply_json({"error": "there is no API"}, 404)
        asked.status = reply.status
        return reply


def build(plan: Plan, base: str) -> Gate:
    """The app for a plan; `base` is the address it will be reached at."""
    return Gate(Site(plan, base))


class Running(running.Running[Plan, Site]):
    """A stand-in at work."""

    @property
    def project_url(self) -> str:
        return f"{self.url}/shop"

    @property
    def acts(self) -> Acts:
        return self.site.acts

    def add_hook(self, url: str, secret: str | None = None) -> Hook:
        """A receiver; it hears of all tickets there are, then of whatever happens."""
        hook = Hook(url, [secret or self.plan.webhook_secret or SECRET])
        self.site.mail.hooks.append(hook)
        self.acts.resend(hook)
        return hook


def start(port: int = 0, **plan: Any) -> Running:
    """Serve a sandbox from a thread of this process; port 0 takes a free one."""
    return Running(Plan(**plan), build, serve.bind(port))


def announce(one: Running) -> Json:
    """What a script needs to know to use a sandbox, as the one line it prints."""
    return _line(one.plan, one.url)


def foreground(plan: Plan, port: int = 0) -> None:
    """Serve until a signal, after printing the announcement as one JSON line."""
    running.foreground(plan, build, _line, port)


def _line(plan: Plan, base: str) -> Json:
    return {
        "tracker": "generic",
        "api_url": base,
        "url": f"{base}/shop",
        "project": "shop",
        "token": plan.token,
        "webhook_secret": plan.webhook_secret,
        "source": {},
        "environment": {},
    }
