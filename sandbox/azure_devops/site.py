"""One stand-in Azure DevOps as a whole: its state and everything that works on it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from sandbox.azure_devops.acts import Acts, names_of_acts
from sandbox.azure_devops.desk import Desk, NoSuch
from sandbox.azure_devops.mail import Mail
from sandbox.azure_devops.people import Shopkeepers
from sandbox.azure_devops.state import Comment, Item, Person, Project, World
from sandbox.azure_devops.texts import as_text
from sandbox.azure_devops.views import Views
from sandbox.azure_devops.wiql import Shelf
from sandbox.crowd import Crowd
from sandbox.faults import LAGS, SHARED_CHANCES, TEXTS, Switchboard
from sandbox.outbox import CHANCES, NUMBERS, Outbox
from sandbox.requests import RequestLog
from sandbox.wire import Json

API_COUNTS = ("rate_limit_next", "secondary_next", "sign_in_next", "answer_lost")
API_NUMBERS = {
    "slow": 0.0,
    "late_effect": 0.0,
    "reset_in": 0.0,
    "retry_after": 28.0,
    "resend": 1.0,
    "probation": 1200.0,
}
_UNITS = 200
"""What is documented as the limit of anybody."""
_STEPS, _DESCRIPTION = "Microsoft.VSTS.TCM.ReproSteps", "System.Description"


def switchboard(seed: int) -> Switchboard:
    """The faults of this tracker; `secondary_next` delays a request, which is still served."""
    chances = (*CHANCES, *SHARED_CHANCES)
    return Switchboard(chances, API_COUNTS, {**NUMBERS, **LAGS, **TEXTS, **API_NUMBERS}, seed)


@dataclass
class Site:
    """The parts, put together; `home` is the project the sandbox is about."""

    world: World
    home: Project
    somebody: Person
    faults: Switchboard
    tokens: dict[str, Person]
    seed: int = 1
    rate_limit: int = 0
    silent_edits: bool = False
    silent_links: bool = False
    units_per_request: float = 0.1
    rate_seconds: int = 300
    log: RequestLog = field(default_factory=RequestLog)

    def __post_init__(self) -> None:
        self.views = Views(self.world)
        self.outbox = Outbox(self.faults)
        self.mail = Mail(self.world, self.views, self.outbox, self.faults)
        silence = (self.silent_edits, self.silent_links)
        self.desk = Desk(self.world, self.home, self.mail, self.somebody, *silence)
        self.acts = Acts(self.world, self.home, self.mail, self.somebody, *silence)
        self.people = Crowd(Shopkeepers(self.acts, self.seed).step)
        self._spent: deque[float] = deque()

    def used_up(self) -> bool:
        """Far above the limit requests are refused."""
        now = self.world.now().timestamp()
        while self._spent and self._spent[0] <= now - self.rate_seconds:
            self._spent.popleft()
        if self.rate_limit and len(self._spent) > 1.5 * self.rate_limit:
            return True
        self._spent.append(now)
        return False

    def slowed(self) -> bool:
        """Above the limit requests are delayed."""
        return 0 < self.rate_limit < len(self._spent)

    def near(self) -> bool:
        """From half of the limit on, answers tell what is left."""
        return 0 < self.rate_limit <= 2 * len(self._spent)

    def units(self) -> int:
        """The limit in units of effort, which is all that answers speak of."""
        return max(1, int(self.rate_limit * self.units_per_request)) if self.rate_limit else _UNITS

    def units_left(self) -> int:
        return int(max(0, self.rate_limit - len(self._spent)) * self.units_per_request)

    def list_lag(self) -> float:
        """Seconds that lists and queries are behind; a replica that lags has old lists, too."""
        return max(self.faults.number("index_lag"), self.read_lag())

    def read_lag(self) -> float:
        """Seconds that single reads are behind."""
        return self.faults.number("replica_lag")

    def listed(self, *, newest_first: bool = False) -> Iterator[Item]:
        """Work items as lists show them; a right that is lost counts at once."""
        lag = self.list_lag()
        limit = self.world.now() - timedelta(seconds=lag)
        every = reversed(self.world.saved.values()) if newest_first else self.world.items.values()
        for item in every:
            look = item.past.at(limit, item) if lag else item
            if look is not None and not item.hidden and not item.project.locked:
                yield look

    def shelf(self) -> Shelf:
        """What queries go through, by id."""
        if self.list_lag():
            return Shelf({item.id: item for item in self.listed()})
        return Shelf(self.world.items)

    def neutral(self) -> Json:
        """The state in no vendor's words, for comparing with what was synced."""
        with self.world.lock:
            items = [one for one in self.world.items.values() if one.project is self.home]
            tickets = [_ticket(one) for one in items if not one.destroyed]
            return {"tickets": tickets, "outbox": self.outbox.as_json()}

    def perform(self, name: str, args: Json) -> object:
        """Run one act by its name, as `POST /_sandbox/act` asks."""
        if name not in names_of_acts():
            raise NoSuch(f"no act {name!r}; there are {', '.join(names_of_acts())}")
        act: Callable[..., object] = getattr(self.acts, name)
        done = act(**args)
        if isinstance(done, Item):
            return self.views.item(done)
        if isinstance(done, Comment):
            return self.views.comment(done)
        return {"id": getattr(done, "id", None)}


def _ticket(item: Item) -> Json:
    native = item.kind.category_of(str(item.fields["System.State"]))
    assigned = item.fields.get("System.AssignedTo")
    body = _STEPS if item.kind.name == "Bug" else _DESCRIPTION
    return {
        "key": str(item.id),
        "number": item.id,
        "title": item.fields["System.Title"],
        "body": _plain(str(item.fields.get(body) or ""), item.formats.get(body, "")),
        "state": "closed" if native in ("Completed", "Removed") else "open",
        "labels": [one for one in str(item.fields.get("System.Tags") or "").split("; ") if one],
        "assignees": [assigned.unique] if isinstance(assigned, Person) else [],
        "milestone": None,
        "deleted": not item.alive,
        "hidden": item.hidden,
        "comments": [
            {"author": one.by.unique, "body": _plain(one.text, one.format), "id": one.id}
            for one in item.comments
            if not one.deleted
        ],
    }


def _plain(text: str, markup: str) -> str:
    return text if markup.lower() == "markdown" else as_text(text)
