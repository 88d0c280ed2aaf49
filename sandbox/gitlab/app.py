"""Builds and runs a stand-in GitLab.

`build` gives an ASGI app, `start` one that is being served, `foreground` one for a terminal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox import running, serve
from sandbox.gitlab.accounts import Accounts
from sandbox.gitlab.acts import Acts
from sandbox.gitlab.gate import Gate
from sandbox.gitlab.limits import Limits
from sandbox.gitlab.rest import API
from sandbox.gitlab.seed import Seeding
from sandbox.gitlab.site import Site, switchboard
from sandbox.gitlab.state import OWNER, REPORTER, Hook, World
from sandbox.gitlab.texts import PEOPLE, VISITORS
from sandbox.wire import Json

TOKEN = "glpat-sandbox-token"  # noqa: S105 - the well-known token of a toy


def clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Plan:
    """How a sandbox is to be; every field has a value that suits a first look.

    Limits are requests in `rate_seconds`, a minute there, and off as they are on an instance of
    one's own. `version` decides what it knows: signed webhooks and telling hooks from 19.0, keyset
    paging of issues from 18.3. Without `premium` weights, iterations, epics and several assignees
    are gone.
    """

    namespace: str = "octo/yard"
    project: str = "boats"
    tickets: int = 0
    comments: int = 0
    token: str = TOKEN
    login: str = "sandbox-user"
    access: int = OWNER
    seed: int = 1
    rate_limit: int | None = None
    rate_seconds: int = 60
    anonymous_limit: int | None = None
    notes_per_minute: int | None = None
    private: bool = False
    premium: bool = True
    version: tuple[int, int] = (19, 2)
    webhook_secret: str | None = None
    now: Callable[[], datetime] = clock


def build(plan: Plan, base: str) -> Gate:
    """The app for a plan; `base` is the address it will be reached at."""
    world = World(plan.now, base, plan.premium, plan.version)
    for login, name in PEOPLE:
        world.person(login, name, REPORTER)
    for login, name in VISITORS:
        world.person(login, name)
    home = world.add_project(plan.namespace, plan.project, private=plan.private)
    accounts = Accounts(world)
    accounts.add_token(plan.token, plan.login, plan.access)
    Seeding(world, home, plan.seed).fill(plan.tickets, plan.comments)
    limits = Limits(
        plan.now,
        plan.rate_limit,
        plan.anonymous_limit,
        plan.notes_per_minute,
        plan.rate_seconds,
    )
    somebody = world.person(PEOPLE[0][0])
    return Gate(Site(world, home, somebody, switchboard(plan.seed), accounts, limits, plan.seed))


class Running(running.Running[Plan, Site]):
    """A stand-in GitLab at work."""

    @property
    def url(self) -> str:
        """What a client takes as its API address."""
        return f"{self.root}{API}"

    @property
    def project_url(self) -> str:
        """What a person sees in the browser."""
        return self.site.views.page(self.site.home)

    @property
    def state(self) -> World:
        return self.site.world

    @property
    def acts(self) -> Acts:
        return self.site.acts

    @property
    def accounts(self) -> Accounts:
        return self.site.accounts

    def add_hook(self, url: str, secret: str | None = None) -> Hook:
        """A hook for everything; a secret `whsec_…` signs, any other goes along as it is."""
        return self.acts.add_hook(url, secret)


def start(port: int = 0, **plan: Any) -> Running:
    """Serve a sandbox from a thread of this process; port 0 takes a free one. See `Plan`."""
    return Running(Plan(**plan), build, serve.bind(port))


def announce(one: Running) -> Json:
    """What a script needs to know to use a sandbox, as the one line it prints."""
    return _line(one.plan, one.root)


def foreground(plan: Plan, port: int = 0) -> None:
    """Serve until a signal, after printing the announcement as one JSON line."""
    running.foreground(plan, build, _line, port)


def _line(plan: Plan, base: str) -> Json:
    project = f"{plan.namespace}/{plan.project}"
    return {
        "tracker": "gitlab",
        "api_url": f"{base}{API}",
        "url": f"{base}/{project}",
        "project": project,
        "token": plan.token,
        "webhook_secret": plan.webhook_secret,
        "source": {"deployment": "server"},
        "environment": {},
    }
