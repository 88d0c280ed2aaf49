"""One stand-in Linear as a whole: its state and everything that works on it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.crowd import Crowd
from sandbox.faults import LAGS, SHARED_CHANCES, TEXTS, Switchboard
from sandbox.linear.accounts import Accounts
from sandbox.linear.acts import Acts, names_of_acts
from sandbox.linear.desk import NoSuch
from sandbox.linear.limits import Limits
from sandbox.linear.mail import Mail
from sandbox.linear.people import Shopkeepers
from sandbox.linear.refusals import Refused
from sandbox.linear.seed import Seeding
from sandbox.linear.state import Comment, Issue, Person, Team, World
from sandbox.linear.views import Views
from sandbox.outbox import CHANCES, NUMBERS, Outbox
from sandbox.requests import RequestLog
from sandbox.wire import Json

API_CHANCES = ("partial",)
API_COUNTS = ("rate_limit_next", "answer_lost")
API_NUMBERS = {
    "slow": 0.0,
    "late_effect": 0.0,
    "reset_in": 60.0,
    "retry_seconds": 0.0,
    "disable_after": 0.0,
    "join_seconds": 0.0,
}
"""`retry_seconds` is the pause before a failed delivery is sent again (0: it is not). Edits by one
person within `join_seconds` of each other are one line of an issue's history."""


def switchboard(seed: int) -> Switchboard:
    """The faults of this tracker: those of the outbox and those of the API."""
    chances = (*CHANCES, *SHARED_CHANCES, *API_CHANCES)
    return Switchboard(chances, API_COUNTS, {**NUMBERS, **LAGS, **TEXTS, **API_NUMBERS}, seed)


@dataclass
class Site:
    """The parts, put together; `home` is the team the sandbox is about."""

    world: World
    home: Team
    somebody: Person
    faults: Switchboard
    accounts: Accounts
    limits: Limits
    seed: int = 1
    log: RequestLog = field(default_factory=RequestLog)

    def __post_init__(self) -> None:
        self.world.lag = self.list_lag
        self.world.joins = lambda: self.faults.number("join_seconds")
        self.views = Views(self.world)
        self.outbox = Outbox(self.faults)
        self.mail = Mail(self.world, self.views, self.outbox)
        self.acts = Acts(self.world, self.home, self.views, self.mail, self.somebody)
        self.people = Crowd(Shopkeepers(self.acts, self.seed).step)

    def fill(self, tickets: int, comments: int) -> None:
        """A past for the home team."""
        Seeding(self.acts, self.seed).fill(tickets, comments)

    def list_lag(self) -> float:
        """Seconds that lists are behind; a replica that lags has old lists, too."""
        return max(self.faults.number("index_lag"), self.read_lag())

    def read_lag(self) -> float:
        """Seconds that single reads are behind."""
        return self.faults.number("replica_lag")

    def neutral(self) -> Json:
        """The state in no vendor's words, for comparing with what was synced."""
        with self.world.lock:
            issues = [one for one in self.world.issues.values() if self._concerns(one)]
            return {
                "tickets": [self._ticket(one) for one in issues],
                "outbox": self.outbox.as_json(),
            }

    def perform(self, name: str, args: Json) -> object:
        """Run one act by its name, as `POST /_sandbox/act` asks."""
        if name not in names_of_acts():
            raise NoSuch(f"no act {name!r}; there are {', '.join(names_of_acts())}")
        act: Callable[..., object] = getattr(self.acts, name)
        given = dict(args)
        spread = _spread_argument(act)
        try:
            if spread in given:
                many = given.pop(spread)
                return self._shown(act(given.pop("key"), *many, **given))
            return self._shown(act(**given))
        except Refused as refused:
            raise ValueError(str(refused)) from None

    def _shown(self, done: object) -> object:
        if isinstance(done, Issue):
            return self.views.issue(done)
        if isinstance(done, Comment):
            return self.views.comment(done)
        return {"id": getattr(done, "id", None)}

    def _concerns(self, issue: Issue) -> bool:
        return issue.team is self.home or self._former_key(issue) is not None

    def _former_key(self, issue: Issue) -> str | None:
        prefix = f"{self.home.key}-"
        return next((one for one in reversed(issue.previous) if one.startswith(prefix)), None)

    def _ticket(self, issue: Issue) -> Json:
        """An issue that moved to another team is gone from here, under the key it had."""
        here = issue.team is self.home
        ended = issue.state.type in ("completed", "canceled", "duplicate")
        return {
            "key": issue.identifier if here else self._former_key(issue),
            "number": issue.number,
            "title": issue.title,
            "body": issue.description or "",
            "state": "closed" if ended else "open",
            "status": issue.state.name,
            "labels": sorted(label.name for label in issue.labels),
            "assignees": [issue.assignee.handle] if issue.assignee else [],
            "milestone": issue.milestone.name if issue.milestone else None,
            "updated_at": issue.updated_at,
            "comments": [
                {"author": _author(one), "body": one.body, "id": one.id} for one in issue.comments
            ],
            "deleted": not here or bool(issue.trashed) or issue.purged,
            "hidden": issue.hidden,
        }


def _author(comment: Comment) -> str:
    if comment.author:
        return comment.author.handle
    told = comment.outsider or comment.bot
    return told.name if told else ""


def _spread_argument(act: Callable[..., object]) -> str:
    """The name under which JSON gives the `*names` of an act, if it has such."""
    parameters = inspect.signature(act).parameters.values()
    return next((one.name for one in parameters if one.kind is one.VAR_POSITIONAL), "")
