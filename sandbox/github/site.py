"""One stand-in GitHub as a whole: its state and everything that works on it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.crowd import Crowd
from sandbox.faults import LAGS, SHARED_CHANCES, TEXTS, Switchboard
from sandbox.github.accounts import Accounts
from sandbox.github.acts import Acts, names_of_acts
from sandbox.github.desk import NoSuch
from sandbox.github.limits import Limits
from sandbox.github.mail import Mail
from sandbox.github.people import Shopkeepers
from sandbox.github.state import Comment, Issue, Person, Repo, World
from sandbox.github.views import Views
from sandbox.outbox import CHANCES, NUMBERS, Outbox
from sandbox.requests import RequestLog
from sandbox.wire import Json

API_COUNTS = ("rate_limit_next", "secondary_next", "answer_lost")
API_NUMBERS = {
    "slow": 0.0,
    "search_lag": 0.0,
    "late_effect": 0.0,
    "reset_in": 0.0,
    "retry_after": 60.0,
    "limit_status": 403.0,
}


def switchboard(seed: int) -> Switchboard:
    """The faults of this tracker: those of the outbox and those of the API."""
    chances = (*CHANCES, *SHARED_CHANCES)
    return Switchboard(chances, API_COUNTS, {**NUMBERS, **LAGS, **TEXTS, **API_NUMBERS}, seed)


@dataclass
class Site:
    """The parts, put together; `home` is the repository the sandbox is about."""

    world: World
    home: Repo
    somebody: Person
    faults: Switchboard
    accounts: Accounts
    limits: Limits
    seed: int = 1
    log: RequestLog = field(default_factory=RequestLog)

    def __post_init__(self) -> None:
        self.views = Views(self.world)
        self.outbox = Outbox(self.faults)
        self.mail = Mail(self.world, self.views, self.outbox)
        self.acts = self.acts_on(self.home)
        self.people = Crowd(Shopkeepers(self.acts, self.seed).step)

    def acts_on(self, repo: Repo) -> Acts:
        return Acts(self.world, repo, self.views, self.mail, self.somebody, self.list_lag)

    def list_lag(self) -> float:
        """Seconds that lists are behind; a replica that lags has old lists, too."""
        return max(self.faults.number("index_lag"), self.read_lag())

    def read_lag(self) -> float:
        """Seconds that single reads are behind."""
        return self.faults.number("replica_lag")

    def neutral(self) -> Json:
        """The state in no vendor's words, for comparing with what was synced."""
        with self.world.lock:
            issues = [one for one in self.home.issues.values() if not one.is_pull]
            return {"tickets": [_ticket(one) for one in issues], "outbox": self.outbox.as_json()}

    def perform(self, name: str, args: Json) -> object:
        """Run one act by its name, as `POST /_sandbox/act` asks."""
        if name not in names_of_acts():
            raise NoSuch(f"no act {name!r}; there are {', '.join(names_of_acts())}")
        act: Callable[..., object] = getattr(self.acts, name)
        given = dict(args)
        spread = _spread_argument(act)
        if spread in given:
            many = given.pop(spread)
            return self._shown(act(given.pop("number"), *many, **given))
        return self._shown(act(**given))

    def _shown(self, done: object) -> object:
        if isinstance(done, Issue):
            return self.views.issue(done)
        if isinstance(done, Comment):
            return self.views.comment(done)
        return {"id": getattr(done, "id", None)}


def _spread_argument(act: Callable[..., object]) -> str:
    """The name under which JSON gives the `*names` of an act, if it has such."""
    parameters = inspect.signature(act).parameters.values()
    return next((one.name for one in parameters if one.kind is one.VAR_POSITIONAL), "")


def _ticket(issue: Issue) -> Json:
    return {
        "key": str(issue.number),
        "number": issue.number,
        "title": issue.title,
        "body": issue.body,
        "state": issue.state,
        "labels": sorted(label.name for label in issue.labels),
        "assignees": sorted(person.login for person in issue.assignees),
        "milestone": issue.milestone.title if issue.milestone else None,
        "updated_at": issue.updated_at,
        "comments": [
            {"author": one.author.login, "body": one.body, "id": one.id} for one in issue.comments
        ],
        "deleted": not issue.alive,
        "hidden": issue.hidden,
    }
