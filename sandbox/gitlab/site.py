"""One stand-in GitLab as a whole: its state and everything that works on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.crowd import Crowd
from sandbox.faults import LAGS, SHARED_CHANCES, TEXTS, Switchboard
from sandbox.gitlab.accounts import Accounts
from sandbox.gitlab.acts import Acts, names_of_acts
from sandbox.gitlab.desk import NoSuch
from sandbox.gitlab.limits import Limits
from sandbox.gitlab.mail import Mail
from sandbox.gitlab.people import Shopkeepers
from sandbox.gitlab.state import Issue, Note, Person, Project, World
from sandbox.gitlab.views import Views
from sandbox.outbox import CHANCES, NUMBERS, Outbox
from sandbox.requests import RequestLog
from sandbox.wire import Json

API_COUNTS = ("rate_limit_next", "secondary_next", "answer_lost")
API_NUMBERS = {"slow": 0.0, "late_effect": 0.0, "retry_after": 31.0}


def switchboard(seed: int) -> Switchboard:
    """The faults of this tracker: those of the outbox and those of the API.

    A `retry_after` of 0 leaves the header out, as many instances do.
    """
    chances = (*CHANCES, *SHARED_CHANCES)
    return Switchboard(chances, API_COUNTS, {**NUMBERS, **LAGS, **TEXTS, **API_NUMBERS}, seed)


@dataclass
class Site:
    """The parts, put together; `home` is the project the sandbox is about."""

    world: World
    home: Project
    somebody: Person
    faults: Switchboard
    accounts: Accounts
    limits: Limits
    seed: int = 1
    log: RequestLog = field(default_factory=RequestLog)

    def __post_init__(self) -> None:
        self.world.lag = self.list_lag
        self.views = Views(self.world)
        self.outbox = Outbox(self.faults)
        self.mail = Mail(self.world, self.outbox)
        self.acts = self.acts_on(self.home)
        self.people = Crowd(Shopkeepers(self.acts, self.seed).step)

    def acts_on(self, project: Project) -> Acts:
        return Acts(self.world, project, self.mail, self.somebody)

    def list_lag(self) -> float:
        """Seconds that lists are behind; a replica that lags has old lists, too."""
        return max(self.faults.number("index_lag"), self.read_lag())

    def read_lag(self) -> float:
        """Seconds that single reads are behind."""
        return self.faults.number("replica_lag")

    def neutral(self) -> Json:
        """The state in no vendor's words, for comparing with what was synced."""
        with self.world.lock:
            issues = sorted(self.home.issues.values(), key=lambda one: one.iid)
            return {"tickets": [_ticket(one) for one in issues], "outbox": self.outbox.as_json()}

    def perform(self, name: str, args: Json) -> object:
        """Run one act by its name, as `POST /_sandbox/act` asks."""
        if name not in names_of_acts():
            raise NoSuch(f"no act {name!r}; there are {', '.join(names_of_acts())}")
        act: Callable[..., object] = getattr(self.acts, name)
        return self._shown(act(**args))

    def _shown(self, done: object) -> object:
        if isinstance(done, Issue):
            return self.views.issue(done)
        if isinstance(done, Note):
            return self.views.note(done)
        return {"id": getattr(done, "id", None)}


def _ticket(issue: Issue) -> Json:
    notes = [one for one in issue.notes if not one.system]
    return {
        "key": str(issue.iid),
        "number": issue.iid,
        "title": issue.title,
        "body": issue.description or "",
        "state": "open" if issue.state == "opened" else "closed",
        "labels": sorted(label.name for label in issue.labels),
        "assignees": sorted(person.login for person in issue.assignees),
        "milestone": issue.milestone.title if issue.milestone else None,
        "comments": [{"author": one.author.login, "body": one.body, "id": one.id} for one in notes],
        "deleted": not issue.alive,
        "hidden": issue.hidden,
    }
