"""Builds and runs a stand-in GitHub.

`build` gives an ASGI app, `start` one that is being served, `foreground` one for a terminal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox import running, serve
from sandbox.github.accounts import Accounts, OAuthApp
from sandbox.github.acts import Acts
from sandbox.github.gate import Gate
from sandbox.github.limits import Limits
from sandbox.github.seed import Seeding
from sandbox.github.site import Site, switchboard
from sandbox.github.state import Hook, IssueField, IssueType, World
from sandbox.github.texts import ISSUE_FIELDS, ISSUE_TYPES, PEOPLE
from sandbox.wire import Json

TOKEN = "sandbox-token"  # noqa: S105 - the well-known token of a toy
REPO_AGE = timedelta(days=400)


def clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Plan:
    """How a sandbox is to be; every field has a value that suits a first look."""

    owner: str = "octo"
    repo: str = "shop"
    tickets: int = 0
    comments: int = 0
    pulls: int = 0
    token: str = TOKEN
    login: str = "sandbox-user"
    seed: int = 1
    rate_limit: int = 5000
    rate_seconds: int = 3600
    anonymous_limit: int = 60
    content_per_minute: int | None = None
    private: bool = False
    webhook_secret: str | None = None
    now: Callable[[], datetime] = clock


def build(plan: Plan, base: str) -> Gate:
    """The app for a plan; `base` is the address it will be reached at."""
    world = World(plan.now, base)
    owner = world.person(plan.owner, kind="Organization")
    for login, name in PEOPLE:
        world.person(login, name, association="MEMBER")
    home = world.add_repo(owner, plan.repo, private=plan.private)
    home.created_at = home.updated_at = _ago(world)
    _define(world)
    accounts = Accounts(world)
    accounts.add_token(plan.token, plan.login)
    Seeding(world, home, plan.seed).fill(plan.tickets, plan.comments, plan.pulls)
    limits = Limits(
        plan.now,
        plan.rate_limit,
        plan.anonymous_limit,
        content_per_minute=plan.content_per_minute,
        seconds=plan.rate_seconds,
    )
    somebody = world.person(PEOPLE[0][0])
    faults = switchboard(plan.seed)
    return Gate(Site(world, home, somebody, faults, accounts, limits, plan.seed))


def _define(world: World) -> None:
    """The organisation's issue types and fields."""
    for number, (name, text, color) in enumerate(ISSUE_TYPES, 410):
        world.types.append(IssueType(number, name, text, color))
    for number, (name, kind, names) in enumerate(ISSUE_FIELDS, 520):
        options = tuple((number * 10 + place, one, "gray") for place, one in enumerate(names))
        world.fields.append(IssueField(number, name, kind, options))


class Running(running.Running[Plan, Site]):
    """A stand-in GitHub at work."""

    @property
    def repo_url(self) -> str:
        return self.site.views.html_url(self.site.home)

    @property
    def project_url(self) -> str:
        """What a person types as the address of the project."""
        return self.repo_url

    def add_hook(self, url: str, secret: str | None = None) -> Hook:
        """A webhook for everything, signed with `secret` or else the plan's."""
        return self.acts.add_hook(url, secret or self.plan.webhook_secret)

    @property
    def state(self) -> World:
        return self.site.world

    @property
    def acts(self) -> Acts:
        return self.site.acts

    @property
    def accounts(self) -> Accounts:
        return self.site.accounts


def start(port: int = 0, **plan: Any) -> Running:
    """Serve a sandbox from a thread of this process; port 0 takes a free one. See `Plan`."""
    return Running(Plan(**plan), build, serve.bind(port))


def announce(one: Running) -> Json:
    """What a script needs to know to use a sandbox, as the one line it prints."""
    return _line(one.plan, one.url)


def foreground(plan: Plan, port: int = 0) -> None:
    """Serve until a signal, after printing the announcement as one JSON line."""
    running.foreground(plan, build, _line, port)


def _line(plan: Plan, base: str) -> Json:
    project, app = f"{plan.owner}/{plan.repo}", OAuthApp()
    return {
        "tracker": "github",
        "api_url": base,
        "url": f"{base}/{project}",
        "project": project,
        "token": plan.token,
        "webhook_secret": plan.webhook_secret,
        "source": {},
        "environment": {
            "GITHUB_CLIENT_ID": app.client_id,
            "GITHUB_CLIENT_SECRET": app.client_secret,
        },
    }


def _ago(world: World) -> str:
    return (world.now() - REPO_AGE).strftime("%Y-%m-%dT%H:%M:%SZ")
