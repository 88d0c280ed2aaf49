"""Builds and runs a stand-in Azure DevOps.

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
from sandbox.azure_devops.acts import Acts
from sandbox.azure_devops.gate import Gate
from sandbox.azure_devops.process import CUSTOMER
from sandbox.azure_devops.seed import Seeding
from sandbox.azure_devops.site import Site, switchboard
from sandbox.azure_devops.state import World
from sandbox.azure_devops.texts import PEOPLE
from sandbox.crowd import Crowd
from sandbox.faults import Switchboard
from sandbox.outbox import Outbox
from sandbox.requests import RequestLog
from sandbox.wire import Json

TOKEN = "sandbox-token"  # noqa: S105 - the well-known token of a toy
OTHER_PROJECT = "Attic"
OLD_ITEM = 90_001
"""A work item of the other project, which those of this one may have for a parent."""


def clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Plan:
    """How a sandbox is to be; every field has a value that suits a first look.

    `units_per_request` is what each request costs of the `rate_limit` units in five minutes;
    0 knows no limit. With `silent_edits` editing a comment does not save its work item.
    """

    organization: str = "octo"
    project: str = "Shop"
    tickets: int = 0
    comments: int = 0
    token: str = TOKEN
    login: str = "sandbox@shop.example"
    seed: int = 1
    rate_limit: int = 200
    units_per_request: float = 0.0
    silent_edits: bool = False
    webhook_secret: str | None = None
    now: Callable[[], datetime] = clock


def build(plan: Plan, base: str) -> Gate:
    """The app for a plan; `base` is the address it will be reached at."""
    world = World(plan.now, base, plan.organization)
    home = world.add_project(plan.project)
    attic = world.add_project(OTHER_PROJECT)
    somebody = world.person(*PEOPLE[0])
    tokens = {plan.token: world.person(plan.login, "Sandbox User")}
    site = Site(
        world,
        home,
        somebody,
        switchboard(plan.seed),
        tokens,
        plan.seed,
        plan.rate_limit,
        plan.silent_edits,
        plan.units_per_request,
    )
    seeding = Seeding(world, site.desk, plan.seed)
    seeding.furnish()
    seeding.forget(attic, OLD_ITEM)
    seeding.fill(plan.tickets, plan.comments)
    return Gate(site)


class Running:
    """A stand-in Azure DevOps at work; a context manager that stops it."""

    def __init__(self, plan: Plan, sock: socket.socket) -> None:
        self.plan = plan
        self._gate = build(plan, serve.url_of(sock))
        self.site = self._gate.site
        self._served = serve.Served(self._gate, sock)

    @property
    def url(self) -> str:
        """What a client takes as its API address: the organization."""
        return f"{self._served.url}/{self.plan.organization}"

    @property
    def project_url(self) -> str:
        return f"{self.url}/{self.plan.project}"

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

    def neutral(self) -> Json:
        """The same as `GET /_sandbox/state`."""
        return self.site.neutral()

    def add_hook(self, url: str, secret: str) -> None:
        """A subscription for each event."""
        self.acts.add_hook(url, secret)

    def stop(self) -> None:
        self.people.stop()
        self._gate.close()
        self.site.mail.stop()
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


def start(port: int = 0, **plan: Any) -> Running:
    """Serve a sandbox from a thread of this process; port 0 takes a free one."""
    return Running(Plan(**plan), serve.bind(port))


def announce(running: Running) -> Json:
    """What a script needs to know to use a sandbox, as the one line it prints."""
    return _line(running.plan, running.url.rpartition("/")[0])


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
        gate.site.mail.stop()
        gate.site.outbox.stop()


def _line(plan: Plan, base: str) -> Json:
    organization = f"{base}/{plan.organization}"
    return {
        "tracker": "azure_devops",
        "api_url": organization,
        "url": f"{organization}/{plan.project}",
        "project": plan.project,
        "token": plan.token,
        "webhook_secret": plan.webhook_secret,
        "source": {"fields": {"customer": CUSTOMER}},
        "environment": {},
    }
