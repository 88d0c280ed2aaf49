"""Builds and runs a stand-in Linear.

`build` gives an ASGI app, `start` one that is being served, `foreground` one for a terminal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox import running, serve
from sandbox.linear.accounts import Accounts
from sandbox.linear.acts import Acts
from sandbox.linear.gate import Gate
from sandbox.linear.limits import Limits
from sandbox.linear.oauth import CLIENT_ID, CLIENT_SECRET
from sandbox.linear.seed import found, furnish
from sandbox.linear.site import Site, switchboard
from sandbox.linear.state import Webhook, World
from sandbox.linear.texts import PEOPLE
from sandbox.wire import Json

TOKEN = "lin_api_sandbox"  # noqa: S105 - the well-known key of a toy


def clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Plan:
    """How a sandbox is to be; every field has a value that suits a first look.

    Requests and points of complexity are limited in `rate_seconds`, an hour there.
    """

    workspace: str = "acme"
    team: str = "ENG"
    other: str = "OPS"
    tickets: int = 0
    comments: int = 0
    token: str = TOKEN
    login: str = "sandbox-user"
    seed: int = 1
    rate_limit: int = 2500
    rate_seconds: int = 3600
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
    limits = Limits(plan.now, plan.rate_limit, plan.complexity_limit, plan.rate_seconds)
    somebody = world.person(PEOPLE[0][0])
    site = Site(world, home, somebody, switchboard(plan.seed), accounts, limits, plan.seed)
    site.fill(plan.tickets, plan.comments)
    return Gate(site)


class Running(running.Running[Plan, Site]):
    """A stand-in Linear at work."""

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
    def accounts(self) -> Accounts:
        return self.site.accounts

    def add_hook(self, url: str, secret: str | None = None) -> Webhook:
        """A webhook of the team for everything, signed with `secret` or else the plan's."""
        return self.acts.add_hook(url, secret or self.plan.webhook_secret or "")


def start(port: int = 0, **wishes: Any) -> Running:
    """Serve a sandbox from a thread of this process; port 0 takes a free one.

    `wishes` are fields of `Plan`.
    """
    return Running(Plan(**wishes), build, serve.bind(port))


def announce(one: Running) -> Json:
    """What a script needs to know to use a sandbox, as the one line it prints."""
    return _line(one.plan, one.url)


def foreground(plan: Plan, port: int = 0) -> None:
    """Serve until a signal, after printing the announcement as one JSON line."""
    running.foreground(plan, build, _line, port)


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
