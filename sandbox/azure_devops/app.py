"""Builds and runs a stand-in Azure DevOps.

`build` gives an ASGI app, `start` one that is being served, `foreground` one for a terminal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox import running, serve
from sandbox.azure_devops.acts import Acts
from sandbox.azure_devops.gate import Gate
from sandbox.azure_devops.process import CUSTOMER
from sandbox.azure_devops.seed import Seeding
from sandbox.azure_devops.site import Site, switchboard
from sandbox.azure_devops.state import World
from sandbox.azure_devops.texts import PEOPLE
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

    `rate_limit` requests are served in `rate_seconds` without delay, each costing
    `units_per_request` of the units that answers tell; 0 knows no limit. With `silent_edits`
    editing a comment does not save its work item, with `silent_links` adding a link does not.
    """

    organization: str = "octo"
    project: str = "Shop"
    tickets: int = 0
    comments: int = 0
    token: str = TOKEN
    login: str = "sandbox@shop.example"
    seed: int = 1
    rate_limit: int = 0
    rate_seconds: int = 300
    units_per_request: float = 0.1
    silent_edits: bool = False
    silent_links: bool = False
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
        plan.silent_links,
        plan.units_per_request,
        plan.rate_seconds,
    )
    seeding = Seeding(world, site.desk, plan.seed)
    seeding.furnish()
    seeding.forget(attic, OLD_ITEM)
    seeding.fill(plan.tickets, plan.comments)
    return Gate(site)


class Running(running.Running[Plan, Site]):
    """A stand-in Azure DevOps at work."""

    @property
    def url(self) -> str:
        """What a client takes as its API address: the organization."""
        return f"{self.root}/{self.plan.organization}"

    @property
    def project_url(self) -> str:
        return f"{self.url}/{self.plan.project}"

    @property
    def state(self) -> World:
        return self.site.world

    @property
    def acts(self) -> Acts:
        return self.site.acts

    def add_hook(self, url: str, secret: str) -> None:
        """A subscription for each event."""
        self.acts.add_hook(url, secret)


def start(port: int = 0, **plan: Any) -> Running:
    """Serve a sandbox from a thread of this process; port 0 takes a free one."""
    return Running(Plan(**plan), build, serve.bind(port))


def announce(one: Running) -> Json:
    """What a script needs to know to use a sandbox, as the one line it prints."""
    return _line(one.plan, one.root)


def foreground(plan: Plan, port: int = 0) -> None:
    """Serve until a signal, after printing the announcement as one JSON line."""
    running.foreground(plan, build, _line, port)


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
