"""One stand-in Azure DevOps as a whole: its state and everything that works on it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.azure_devops.acts import Acts, names_of_acts
from sandbox.azure_devops.desk import Desk, NoSuch
from sandbox.azure_devops.mail import Mail
from sandbox.azure_devops.people import Shopkeepers
from sandbox.azure_devops.state import Comment, Item, Person, Project, World
from sandbox.azure_devops.texts import as_text
from sandbox.azure_devops.views import Views
from sandbox.crowd import Crowd
from sandbox.faults import Switchboard
from sandbox.outbox import CHANCES, NUMBERS, Outbox
from sandbox.requests import RequestLog
from sandbox.wire import Json

API_CHANCES = ("errors",)
API_COUNTS = ("rate_limit_next", "secondary_next", "sign_in_next", "answer_lost")
API_NUMBERS = {
    "slow": 0.0,
    "list_lag": 0.0,
    "late_effect": 0.0,
    "reset_in": 0.0,
    "retry_after": 28.0,
    "resend": 1.0,
    "probation": 1200.0,
}
_WINDOW = 300.0
_STEPS, _DESCRIPTION = "Microsoft.VSTS.TCM.ReproSteps", "System.Description"


def switchboard(seed: int) -> Switchboard:
    """The faults of this tracker; `secondary_next` delays a request, which is still served."""
    chances = (*CHANCES, *API_CHANCES)
    return Switchboard(chances, API_COUNTS, {**NUMBERS, **API_NUMBERS}, seed)


@dataclass
class Site:
    """The parts, put together; `home` is the project the sandbox is about."""

    world: World
    home: Project
    somebody: Person
    faults: Switchboard
    tokens: dict[str, Person]
    seed: int = 1
    rate_limit: int = 200
    silent_edits: bool = False
    units_per_request: float = 0.0
    log: RequestLog = field(default_factory=RequestLog)

    def __post_init__(self) -> None:
        self.views = Views(self.world)
        self.outbox = Outbox(self.faults)
        self.mail = Mail(self.world, self.views, self.outbox, self.faults)
        self.desk = Desk(self.world, self.home, self.mail, self.somebody, self.silent_edits)
        self.acts = Acts(self.world, self.home, self.mail, self.somebody, self.silent_edits)
        self.people = Crowd(Shopkeepers(self.acts, self.seed).step)
        self._spent: deque[float] = deque()

    def used_up(self) -> bool:
        """Far above the limit requests are refused; each one costs some units."""
        now = self.world.now().timestamp()
        while self._spent and self._spent[0] <= now - _WINDOW:
            self._spent.popleft()
        if self._units() > 1.5 * self.rate_limit:
            return True
        self._spent.append(now)
        return False

    def slowed(self) -> bool:
        """Above the limit requests are delayed."""
        return self._units() > self.rate_limit

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

    def _units(self) -> float:
        return len(self._spent) * self.units_per_request


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
        "comments": [
            {"author": one.by.unique, "body": _plain(one.text, one.format), "id": one.id}
            for one in item.comments
            if not one.deleted
        ],
    }


def _plain(text: str, markup: str) -> str:
    return text if markup.lower() == "markdown" else as_text(text)
