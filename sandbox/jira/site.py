"""One stand-in Jira as a whole: its state and everything that works on it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.crowd import Crowd
from sandbox.faults import LAGS, SHARED_CHANCES, TEXTS, Switchboard
from sandbox.jira.accounts import Accounts
from sandbox.jira.acts import Acts, names_of_acts
from sandbox.jira.desk import NoSuch
from sandbox.jira.fields import EVERYTHING, Choice
from sandbox.jira.hooks import Hooks
from sandbox.jira.index import Index
from sandbox.jira.issue_view import issue_view
from sandbox.jira.limits import Limits
from sandbox.jira.mail import Mail
from sandbox.jira.people import Office
from sandbox.jira.prose import markdown
from sandbox.jira.state import Comment, Issue, Project, User
from sandbox.jira.views import Views
from sandbox.jira.world import CLOUD_ID, World
from sandbox.outbox import CHANCES, NUMBERS, Outbox
from sandbox.requests import RequestLog
from sandbox.wire import Json

API_COUNTS = (
    "rate_limit_next",
    "secondary_next",
    "issue_write_next",
    "answer_lost",
    "empty_page",
)
API_NUMBERS = {
    "slow": 0.0,
    "late_effect": 0.0,
    "reset_in": 0.0,
    "retry_after": 1.0,
    "redeliver_after": 300.0,
    "links_move": 1.0,
    "epoch_created": 0.0,
}


def switchboard(seed: int) -> Switchboard:
    """The faults of this tracker: those of the outbox and those of the API."""
    chances = (*CHANCES, *SHARED_CHANCES)
    return Switchboard(chances, API_COUNTS, {**NUMBERS, **LAGS, **TEXTS, **API_NUMBERS}, seed)


@dataclass
class Site:
    """The parts, put together; `home` is the project the sandbox is about."""

    world: World
    home: Project
    admin: User
    somebody: User
    faults: Switchboard
    accounts: Accounts
    limits: Limits
    seed: int = 1
    log: RequestLog = field(default_factory=RequestLog)

    def __post_init__(self) -> None:
        self.hooks = Hooks()
        self.outbox = Outbox(self.faults)
        self.mail = Mail(self.world, self.hooks, self.outbox, self.secret_of, self.redeliver_after)
        self.acts = Acts(self.world, self.home, self.mail, self.somebody, self.lag)
        self.index = Index(self.world, self.lag)
        self.people = Crowd(Office(self.acts, self.seed).step)
        self.gateway_path = f"/ex/jira/{CLOUD_ID}"

    def lag(self) -> float:
        """Seconds that search is behind; a replica that lags has an old index, too."""
        return max(self.faults.number("index_lag"), self.read_lag())

    def read_lag(self) -> float:
        """Seconds that single reads are behind."""
        return self.faults.number("replica_lag")

    def redeliver_after(self) -> float:
        return self.faults.number("redeliver_after")

    def secret_of(self, client_id: str) -> str | None:
        app = self.accounts.apps.get(client_id)
        return app.secret if app is not None else None

    def neutral(self) -> Json:
        """The state in no vendor's words, for comparing with what was synced."""
        with self.world.lock:
            every = self.world.issues.values()
            tickets = [self._ticket(one) for one in every if one.project is self.home]
            tickets += [self._gone(one) for one in every if self._left(one)]
            return {"tickets": tickets, "outbox": self.outbox.as_json()}

    def _left(self, issue: Issue) -> bool:
        """Whether it was here and is in another project now."""
        here = f"{self.home.key}-"
        was = any(key.startswith(here) for key in issue.former_keys)
        return was and issue.project is not self.home

    def _gone(self, issue: Issue) -> Json:
        key = next(one for one in issue.former_keys if one.startswith(f"{self.home.key}-"))
        return {**self._ticket(issue), "key": key, "deleted": True}

    def _ticket(self, issue: Issue) -> Json:
        versions = issue.fix_versions
        return {
            "key": issue.key,
            "number": None,
            "id": str(issue.id),
            "title": issue.summary,
            "body": markdown(issue.description),
            "state": "closed" if issue.status.category.key == "done" else "open",
            "labels": sorted(issue.labels),
            "assignees": [self._called(issue.assignee)] if issue.assignee else [],
            "milestone": versions[0].name if versions else None,
            "updated_at": self.world.stamp(issue.updated),
            "deleted": issue.deleted,
            "hidden": issue.hidden,
            "comments": [
                {"author": self._called(one.author), "body": markdown(one.body), "id": one.id}
                for one in issue.comments
            ],
        }

    def _called(self, user: User) -> str:
        """Cloud tells no user name; Data Center does."""
        return user.name if self.world.cloud else user.login

    def perform(self, name: str, args: Json) -> object:
        """Run one act by its name, as `POST /_sandbox/act` asks."""
        if name not in names_of_acts():
            raise NoSuch(f"no act {name!r}; there are {', '.join(names_of_acts())}")
        act: Callable[..., object] = getattr(self.acts, name)
        given = dict(args)
        if "number" in given:
            given["issue"] = given.pop("number")
        many = [one.name for one in inspect.signature(act).parameters.values() if one.kind == 2]
        spread = given.pop(many[0], []) if many else []
        if many:
            return self._shown(act(given.pop("issue"), *spread, **given))
        return self._shown(act(**given))

    def _shown(self, done: object) -> object:
        views = Views(self.world, "3" if self.world.cloud else "2")
        if isinstance(done, Issue):
            return issue_view(views, done, Choice(EVERYTHING))
        if isinstance(done, Comment):
            return views.comment(done)
        return {"id": getattr(done, "id", None)}
