"""Builds and runs a stand-in Linear.

`build` gives an ASGI app, `start` one that is being served, `foreground` one for a terminal.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from sandbox import serve
from sandbox.crowd import Crowd
from sandbox.faults import Switchboard
from sandbox.linear.accounts import Accounts
from sandbox.linear.acts import Acts
from sandbox.linear.gate import Gate
from sandbox.linear.limits import Limits
from sandbox.linear.oauth import CLIENT_ID, CLIENT_SECRET
from sandbox.linear.seed import found, furnish
from sandbox.linear.site import Site, switchboard
from sandbox.linear.state import Webhook, World
from sandbox.linear.texts import PEOPLE
from sandbox.outbox import Outbox
from sandbox.requests import RequestLog
from sandbox.wire import Json

TOKEN = "lin_api_sandbox"  # noqa: S105 - the well-known key of a toy


def clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Plan:
    """How a sandbox is to be; every field has a value that suits a first look."""

    workspace: str = "acme"
    team: str = "ENG"
    other: str = "OPS"
    tickets: int = 0
    comments: int = 0
    token: str = TOKEN
    login: str = "sandbox-user"
    seed: int = 1
    rate_limit: int = 2500
    complexity_limit: int = 3_000_000
    webhook_secret: str | None = None
    now: Callable[[], datetime] = clock


def build(plan: Plan, base: str) -> Gate:
    """The app for a plan; `base` is the address it will be reached at."""
    world = World(plan.now, base, plan.workspace, plan.seed)
    home = found(world, plan.team, "Engineering")
    furnish(world, home)
    found(world, plan.other, "Operations")
    accounts = Accounts(world)
    home.members.append(accounts.add_token(plan.token, plan.login).person)
    limits = Limits(plan.now, plan.rate_limit, plan.complexity_limit)
    somebody = world.person(PEOPLE[0][0])
    site = Site(world, home, somebody, switchboard(plan.seed), accounts, limits, plan.seed)
    site.fill(plan.tickets, plan.comments)
    return Gate(site)


class Running:
    """A stand-in Linear at work; a context manager that stops it."""

    def __init__(self, plan: Plan, sock: socket.socket) -> None:
        self.plan = plan
        self._gate = build(plan, serve.url_of(sock))
        self.site = self._gate.site
        self._served = serve.Served(self._gate, sock)

    @property
    def url(self) -> str:
        """What a client takes as its API address; the questions go to `/graphql` there."""
        return self._served.url

    @property
    def project_url(self) -> str:
        """What a person types as the address of the team."""
        return f"{self.url}/{self.plan.workspace}/team/{self.plan.team}"

    @property
    def state(self) -> World:
        return self.site.world

    @property
    def acts(self) -> Acts:
        return self.site.acts

    @property
    def faults(self) -> Switchboard:
        return self.site.faults

    @property
    def outbox(self) -> Outbox:
        return self.site.outbox

    @property
    def people(self) -> Crowd:
        return self.site.people

    @property
    def requests(self) -> RequestLog:
        return self.site.log

    @property
    def accounts(self) -> Accounts:
        return self.site.accounts

    def add_hook(self, url: str, secret: str | None = None) -> Webhook:
        """A webhook of the team for everything, signed with `secret` or else the plan's."""
        return self.acts.add_hook(url, secret or self.plan.webhook_secret or "")

    def neutral(self) -> Json:
        """The same as `GET /_sandbox/state`."""
        return self.site.neutral()

    def stop(self) -> None:
        self.people.stop()
        self._gate.close()
        self._served.stop()
        self.outbox.stop()

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start(port: int = 0, **wishes: Any) -> Running:
    """Serve a sandbox from a thread of this process; port 0 takes a free one.

    `wishes` are fields of `Plan`.
    """
    return Running(Plan(**wishes), serve.bind(port))


def announce(running: Running) -> Json:
    """What a script needs to know to use a sandbox, as the one line it prints."""
    return _line(running.plan, running.url)


def foreground(plan: Plan, port: int = 0) -> None:
    """Serve until a signal, after printing the announcement as one JSON line."""
    sock = serve.bind(port)
    base = serve.url_of(sock)
    gate = build(plan, base)
    try:
        serve.foreground(gate, sock, _line(plan, base))
    finally:
        gate.site.people.stop()
        gate.close()
        gate.site.outbox.stop()


def _line(plan: Plan, base: str) -> Json:
    return {
        "tracker": "linear",
        "api_url": base,
        "url": f"{base}/{plan.workspace}/team/{plan.team}",
        "project": plan.team,
        "token": plan.token,
        "webhook_secret": plan.webhook_secret,
        "source": {},
        "environment": {"LINEAR_CLIENT_ID": CLIENT_ID, "LINEAR_CLIENT_SECRET": CLIENT_SECRET},
    }
