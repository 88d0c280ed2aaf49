"""Builds and runs a stand-in Jira.

`build` gives an ASGI app, `start` one that is being served, `foreground` one for a terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox import running, serve
from sandbox.jira.accounts import SCOPES, Accounts, App, Grant
from sandbox.jira.acts import Acts
from sandbox.jira.gate import Gate
from sandbox.jira.hooks import ADMIN_EVENTS, AdminHook
from sandbox.jira.limits import Limits
from sandbox.jira.seed import Seeding
from sandbox.jira.site import Site, switchboard
from sandbox.jira.texts import PEOPLE
from sandbox.jira.world import CLOUD_ID, World
from sandbox.wire import Json

TOKEN = "sandbox-token"  # noqa: S105 - the well-known token of a toy
CLIENT_ID = "sandbox-client"
CLIENT_SECRET = "sandbox-client-secret-0123456789abcdef"  # noqa: S105 - the well-known secret of a toy
EMAIL = "sandbox@example.com"


def clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Plan:
    """How a sandbox is to be; every field has a value that suits a first look.

    `deployment` is `cloud` or `server`; `zone` is the time zone in the account's profile;
    `rate_limit` requests are served in `rate_seconds`.
    """

    project: str = "PROJ"
    name: str = "Harbour office"
    tickets: int = 0
    comments: int = 0
    token: str = TOKEN
    email: str = EMAIL
    deployment: str = "cloud"
    zone: str = "Europe/Berlin"
    seed: int = 1
    rate_limit: int = 65000
    rate_seconds: int = 3600
    burst: int | None = None
    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    access_seconds: float = 3600.0
    webhook_secret: str | None = None
    now: Callable[[], datetime] = clock


def build(plan: Plan, base: str) -> Gate:
    """The app for a plan; `base` is the address it will be reached at."""
    if plan.deployment not in ("cloud", "server"):
        raise ValueError(f"deployment is cloud or server, not {plan.deployment!r}")
    world = World(plan.now, base, plan.zone, cloud=plan.deployment == "cloud")
    admin = world.add_user("sandbox-user", "Sandbox User", plan.email)
    for login, name in PEOPLE:
        world.add_user(login, name)
    world.add_user("automation", "Automation for Jira", kind="app")
    home = world.add_project(plan.project, plan.name, admin)
    accounts = Accounts(world, plan.access_seconds)
    accounts.add_token(admin, plan.token)
    accounts.apps[plan.client_id] = App(plan.client_id, plan.client_secret)
    Seeding(world, home, plan.seed).fill(plan.tickets, plan.comments)
    limits = Limits(plan.now, plan.rate_limit, plan.burst, plan.rate_seconds)
    somebody = world.user(PEOPLE[0][0]) or admin
    faults = switchboard(plan.seed)
    return Gate(Site(world, home, admin, somebody, faults, accounts, limits, plan.seed))


class Running(running.Running[Plan, Site]):
    """A stand-in Jira at work."""

    @property
    def gateway_url(self) -> str:
        """The same API for OAuth tokens, as under api.atlassian.com."""
        return f"{self.url}/ex/jira/{CLOUD_ID}"

    @property
    def project_url(self) -> str:
        return f"{self.url}/browse/{self.site.home.key}"

    @property
    def state(self) -> World:
        return self.site.world

    @property
    def acts(self) -> Acts:
        return self.site.acts

    @property
    def accounts(self) -> Accounts:
        return self.site.accounts

    def grant(self, scopes: str = SCOPES) -> Grant:
        """Consent of our account to the sandbox's OAuth app: a refresh token to begin with."""
        return self.accounts.grant(self.plan.client_id, self.site.admin, scopes)

    def add_hook(
        self, url: str, secret: str | None = None, events: Iterable[str] = ADMIN_EVENTS
    ) -> AdminHook:
        """An administrator's webhook, signed if a secret is given."""
        with self.state.lock:
            number, now = self.state.next_id("admin_webhook"), self.state.ms()
            owner = self.site.admin
            hook = AdminHook(number, "sandbox", url, list(events), "", owner, now, secret)
            self.site.hooks.admin[number] = hook
            return hook


def start(port: int = 0, **plan: Any) -> Running:
    """Serve a sandbox from a thread of this process; port 0 takes a free one.

    The other arguments are the fields of `Plan`.
    """
    return Running(Plan(**plan), build, serve.bind(port))


def announce(one: Running) -> Json:
    """What a script needs to know to use a sandbox, as the one line it prints."""
    return _line(one.plan, one.url)


def foreground(plan: Plan, port: int = 0) -> None:
    """Serve until a signal, after printing the announcement as one JSON line."""
    running.foreground(plan, build, _line, port)


def _line(plan: Plan, base: str) -> Json:
    source = {"deployment": plan.deployment}
    environment = {}
    if plan.deployment == "cloud":
        source["email_env"] = "JIRA_EMAIL"
        environment["JIRA_EMAIL"] = plan.email
        environment["JIRA_CLIENT_ID"] = plan.client_id
        environment["JIRA_CLIENT_SECRET"] = plan.client_secret
    return {
        "tracker": "jira",
        "api_url": base,
        "url": f"{base}/browse/{plan.project}",
        "project": plan.project,
        "token": plan.token,
        "webhook_secret": plan.webhook_secret,
        "source": source,
        "environment": environment,
    }
