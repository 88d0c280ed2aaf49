"""What one stand-in Linear holds: a workspace with teams, and all that lies in them.

Times are text, `2026-11-20T09:00:00.123Z`: they sort as they are, as Linear's do.
"""

from __future__ import annotations

import copy
import random
import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.backup import Backup
from sandbox.linear.shelves import Shelf
from sandbox.trail import Trail

Stamp = str


def stamp(moment: datetime) -> Stamp:
    """Milliseconds, UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True, eq=False)
class Thing:
    """What everything has: an id and three times."""

    id: str
    created_at: Stamp
    updated_at: Stamp
    archived_at: Stamp | None = field(default=None, kw_only=True)


@dataclass(slots=True, eq=False)
class Person(Thing):
    handle: str
    name: str
    email: str
    app: bool = False
    admin: bool = False
    active: bool = True


@dataclass(slots=True, eq=False)
class Outsider(Thing):
    """Somebody outside Linear, as integrations bring them in."""

    name: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Bot:
    """An integration or automation that acted."""

    id: str | None
    type: str
    name: str


@dataclass(slots=True, eq=False)
class Team(Thing):
    key: str
    name: str
    private: bool = False
    locked_out: bool = False
    numbers: int = 0
    members: list[Person] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class State(Thing):
    team: Team
    name: str
    type: str
    color: str
    position: float


@dataclass(slots=True, eq=False)
class Label(Thing):
    name: str
    color: str
    team: Team | None = None
    parent: Label | None = None
    is_group: bool = False
    description: str | None = None


@dataclass(slots=True, eq=False)
class Cycle(Thing):
    team: Team
    number: int
    starts_at: Stamp
    ends_at: Stamp
    name: str | None = None
    completed_at: Stamp | None = None


@dataclass(slots=True, eq=False)
class LinearProject(Thing):
    name: str
    slug: str
    teams: list[Team]
    description: str = ""
    milestones: list[Milestone] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Milestone(Thing):
    project: LinearProject
    name: str
    target: str | None = None
    description: str | None = None


@dataclass(slots=True, eq=False)
class Comment(Thing):
    issue: Issue
    author: Person | None
    body: str
    parent: Comment | None = None
    bot: Bot | None = None
    outsider: Outsider | None = None
    edited_at: Stamp | None = None


@dataclass(slots=True, eq=False)
class Relation(Thing):
    issue: Issue
    other: Issue
    type: str


@dataclass(slots=True, eq=False)
class Attachment(Thing):
    issue: Issue
    url: str
    title: str
    subtitle: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    source_type: str | None = "api"


@dataclass(slots=True, eq=False)
class Reaction(Thing):
    issue: Issue
    emoji: str
    person: Person


@dataclass(slots=True, eq=False)
class History(Thing):
    """One line of an issue's history: `told` by the names of Linear's fields."""

    issue: Issue
    actor: Person | None
    told: dict[str, Any]
    bot: Bot | None = None


@dataclass(slots=True, eq=False)
class Issue(Thing):
    team: Team
    number: int
    title: str
    description: str | None
    state: State
    creator: Person | None
    bot: Bot | None = None
    assignee: Person | None = None
    delegate: Person | None = None
    labels: list[Label] = field(default_factory=list)
    priority: int = 0
    estimate: float | None = None
    due: str | None = None
    cycle: Cycle | None = None
    project: LinearProject | None = None
    milestone: Milestone | None = None
    parent: Issue | None = None
    started_at: Stamp | None = None
    completed_at: Stamp | None = None
    canceled_at: Stamp | None = None
    trashed: bool | None = None
    purged: bool = False
    hidden: bool = False
    sort_order: float = 0.0
    previous: list[str] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    history: list[History] = field(default_factory=list)

    @property
    def identifier(self) -> str:
        return f"{self.team.key}-{self.number}"

    def look(self) -> Issue:
        """How it is now, to be shown later; states, labels and people are what they become."""
        told = copy.copy(self)
        told.comments = [copy.copy(one) for one in self.comments]
        told.labels, told.previous = [*self.labels], [*self.previous]
        told.attachments, told.reactions = [*self.attachments], [*self.reactions]
        told.history = [*self.history]
        return told


@dataclass(slots=True, eq=False)
class Webhook(Thing):
    url: str
    secret: str
    resource_types: list[str]
    team: Team | None = None
    all_public: bool = False
    enabled: bool = True
    label: str | None = None
    failed_in_a_row: int = 0
    failures: list[Failure] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Failure(Thing):
    hook: Webhook
    execution: str
    status: int | None
    told: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A letter as it was sent, for whoever wants to look at it or send it again."""

    about: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Upload:
    """A file on its way into the storage, or in it."""

    name: str
    media_type: str
    size: int
    content: bytes | None = None


@dataclass
class World:
    """Everything one sandbox holds, behind one lock."""

    now: Callable[[], datetime]
    base: str = ""
    workspace: str = "acme"
    seed: int = 1
    lock: threading.RLock = field(default_factory=threading.RLock)
    people: dict[str, Person] = field(default_factory=dict)
    teams: list[Team] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    cycles: list[Cycle] = field(default_factory=list)
    projects: list[LinearProject] = field(default_factory=list)
    issues: dict[str, Issue] = field(default_factory=dict)
    comments: dict[str, Comment] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    webhooks: list[Webhook] = field(default_factory=list)
    uploads: dict[str, Upload] = field(default_factory=dict)
    things: dict[str, Thing] = field(default_factory=dict)
    children: dict[str, list[Issue]] = field(default_factory=dict)
    names: dict[str, Issue] = field(default_factory=dict)
    revision: int = 0
    shelves: dict[tuple[object, ...], tuple[int, Shelf]] = field(default_factory=dict)
    trails: dict[str, Trail[Issue]] = field(default_factory=dict)
    lag: Callable[[], float] = lambda: 0.0
    joins: Callable[[], float] = lambda: 0.0
    kept: Backup | None = None

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - repeatable, not secret
        self._last = datetime.fromtimestamp(0, UTC)
        self.organization = self.next_id()
        self.born: Stamp | None = None

    def moment(self) -> Stamp:
        """The present, later than any moment given before: no two changes share a time."""
        if self.born is not None:
            return self.born
        now = self.now().astimezone(UTC)
        self._last = max(now, self._last + timedelta(milliseconds=1))
        return stamp(self._last)

    def next_id(self) -> str:
        """A UUID v4; the same ones in the same order for the same seed."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def person(self, handle: str, name: str = "", *, admin: bool = False) -> Person:
        """The person of that handle, who comes into being when first named."""
        known = self.people.get(handle.lower())
        if known is None:
            born = self.moment()
            email = f"{handle}@acme.example"
            known = Person(self.next_id(), born, born, handle, name or handle, email)
            known.admin = admin
            self.people[handle.lower()] = known
            self.things[known.id] = known
        return known

    def adopt(self, issue: Issue, before: Issue | None, after: Issue | None) -> None:
        """Keeps the lists of sub-issues in step with an issue's parent."""
        if before is not None:
            self.children[before.id].remove(issue)
        if after is not None:
            self.children.setdefault(after.id, []).append(issue)

    def keep(self, thing: Thing) -> None:
        """Makes a thing findable by its id."""
        self.things[thing.id] = thing

    def issue(self, key: str) -> Issue | None:
        """By UUID, or by a present or former identifier."""
        found = self.issues.get(key) or self.names.get(key.upper())
        return found if found is not None and not found.purged else None

    def shelf(self, key: tuple[object, ...], read: Callable[[], Iterable[Any]]) -> Shelf:
        """A list that is kept while nothing changes."""
        known = self.shelves.get(key)
        if known is None or known[0] != self.revision:
            known = self.shelves[key] = (self.revision, Shelf(read()))
        return known[1]

    def look_at(self, issue: Issue, moment: datetime) -> Issue | None:
        """An issue as it was at a moment; None when it was not there yet."""
        trail = self.trails.get(issue.id)
        return trail.at(moment, issue) if trail else issue

    def team_of(self, key: str) -> Team | None:
        """By UUID or key."""
        return next((team for team in self.teams if key in (team.id, team.key)), None)
