"""What a GitLab project remembers, and nothing of how it is asked or told.

Moments are kept in milliseconds, as the API prints them; some webhooks print whole seconds
(GitLab docs: Webhook events).
"""

from __future__ import annotations

import copy
import itertools
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, TypeVar

from sandbox.backup import Backup
from sandbox.trail import Trail

FIRST_IDS = {
    "person": 310,
    "project": 4200,
    "issue": 90_100,
    "note": 551_000,
    "label": 7000,
    "milestone": 510,
    "iteration": 820,
    "epic": 60,
    "event": 140,
    "hook": 30,
    "delivery": 88_100_000,
    "link": 2200,
    "merge_request": 41_000,
    "award": 4400,
    "upload": 900,
}
TOUCH_INTERVAL = timedelta(minutes=1)
"""A note saved within a minute of the issue's last change does not touch it (GitLab source)."""

SCANS_KEPT = 16
T = TypeVar("T")

GUEST, REPORTER, MAINTAINER, OWNER = 10, 20, 40, 50


@dataclass(slots=True, eq=False)
class Person:
    id: int
    login: str
    name: str
    access: int = 0


@dataclass(slots=True, eq=False)
class Label:
    id: int
    name: str
    color: str
    description: str | None
    born: datetime
    group: bool = False


@dataclass(slots=True, eq=False)
class Milestone:
    id: int
    iid: int
    title: str
    born: datetime
    updated: datetime
    description: str | None = None
    state: str = "active"
    start_date: str | None = None
    due_date: str | None = None


@dataclass(slots=True, eq=False)
class Iteration:
    id: int
    iid: int
    born: datetime
    start_date: str
    due_date: str
    state: int = 2
    title: str | None = None


@dataclass(slots=True, eq=False)
class Epic:
    id: int
    iid: int
    title: str


@dataclass(slots=True, eq=False)
class Note:
    id: int
    issue: Issue
    author: Person
    body: str
    born: datetime
    updated: datetime
    system: bool = False
    internal: bool = False


@dataclass(slots=True, eq=False)
class Change:
    """One resource event; `kind` is state, label, milestone, iteration or weight."""

    id: int
    kind: str
    actor: Person
    at: datetime
    told: dict[str, Any]


@dataclass(slots=True, eq=False)
class MergeRequest:
    id: int
    iid: int
    title: str
    branch: str
    author: Person
    born: datetime
    state: str = "opened"
    merged: datetime | None = None


@dataclass(slots=True, eq=False)
class Link:
    """From `source` to `target`; `kind` is relates_to or blocks."""

    id: int
    source: Issue
    target: Issue
    kind: str
    born: datetime


@dataclass(slots=True, eq=False)
class Issue:
    id: int
    iid: int
    project: Project
    title: str
    description: str | None
    author: Person
    born: datetime
    updated: datetime
    state: str = "opened"
    closed: datetime | None = None
    closed_by: Person | None = None
    labels: list[Label] = field(default_factory=list)
    assignees: list[Person] = field(default_factory=list)
    milestone: Milestone | None = None
    iteration: Iteration | None = None
    epic: Epic | None = None
    weight: int | None = None
    health: str | None = None
    due_date: str | None = None
    kind: str = "issue"
    severity: str = "unknown"
    confidential: bool = False
    locked: bool | None = None
    estimate: int = 0
    spent: int = 0
    notes: list[Note] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    closing: list[MergeRequest] = field(default_factory=list)
    related: list[MergeRequest] = field(default_factory=list)
    awards: dict[tuple[int, str], int] = field(default_factory=dict)
    moved_to: Issue | None = None
    duplicate_of: Issue | None = None
    deleted: bool = False
    hidden: bool = False

    @property
    def alive(self) -> bool:
        return not self.deleted and self.moved_to is None

    def thumbs(self, name: str) -> int:
        return sum(emoji == name for _, emoji in self.awards)

    def look(self) -> Issue:
        """How it is now, to be shown later; labels, milestones and people are what they become."""
        told = copy.copy(self)
        told.notes = [copy.copy(one) for one in self.notes]
        told.labels, told.assignees = [*self.labels], [*self.assignees]
        told.changes, told.links = [*self.changes], [*self.links]
        told.closing, told.related = [*self.closing], [*self.related]
        told.awards = dict(self.awards)
        return told


@dataclass(slots=True, eq=False)
class HookEvent:
    """One call of a hook, as its list of recent events keeps it."""

    id: int
    trigger: str
    key: str
    body: bytes
    headers: dict[str, str]
    at: datetime
    status: str = "internal error"
    seconds: float = 0.0
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""


@dataclass(slots=True, eq=False)
class Hook:
    id: int
    url: str
    born: datetime
    flags: dict[str, bool]
    token: str | None = None
    signing_token: str | None = None
    ssl: bool = True
    template: str | None = None
    failures: int = 0
    disabled_until: datetime | None = None
    events: list[HookEvent] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Upload:
    id: int
    secret: str
    name: str
    media_type: str
    content: bytes


@dataclass(slots=True, eq=False)
class Project:
    id: int
    namespace: str
    name: str
    born: datetime
    private: bool = False
    issues: dict[int, Issue] = field(default_factory=dict)
    notes: dict[int, Note] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    milestones: dict[int, Milestone] = field(default_factory=dict)
    iterations: dict[int, Iteration] = field(default_factory=dict)
    epics: dict[int, Epic] = field(default_factory=dict)
    hooks: dict[int, Hook] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    requests: list[MergeRequest] = field(default_factory=list)
    locked_out: bool = False
    last_iid: int = 0
    revision: int = 0
    scans: dict[tuple[object, ...], tuple[int, list[Any]]] = field(default_factory=dict)
    trails: dict[int, Trail[Issue]] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"{self.namespace}/{self.name}"

    def next_iid(self) -> int:
        """A number that no issue ever had here."""
        self.last_iid = max(self.last_iid + 1, len(self.issues) + 1)
        while self.last_iid in self.issues:
            self.last_iid += 1
        return self.last_iid

    def in_order(self, by: str) -> list[Issue]:
        """All issues that are there, oldest first by `updated` or `born`.

        Sorting begins from the last order: what is nearly in order is sorted fast.
        """

        def found() -> list[Issue]:
            known = self.scans.get((by,))
            last: dict[Issue, None] = dict.fromkeys(known[1] if known else ())
            rows = (*last, *(one for one in self.issues.values() if one not in last))
            there = self.issues.get
            return in_order((one for one in rows if not one.deleted and there(one.iid) is one), by)

        return self.scan((by,), found)

    def scan(self, key: tuple[object, ...], read: Callable[[], list[T]]) -> list[T]:
        """A list that is kept while nothing changes, since walks ask for it page after page."""
        known = self.scans.get(key)
        if known is None or known[0] != self.revision:
            if len(self.scans) >= SCANS_KEPT:
                self.scans.clear()
            known = self.scans[key] = (self.revision, read())
        return known[1]

    def as_of(self, moment: datetime, by: str) -> list[Issue]:
        """The same as it was at a moment, as far as trails were kept."""
        looks = (self.look_at(one, moment) for one in self.issues.values())
        return in_order((one for one in looks if one is not None and not one.deleted), by)

    def look_at(self, issue: Issue, moment: datetime) -> Issue | None:
        """An issue as it was at a moment; None when it was not there yet."""
        trail = self.trails.get(issue.iid)
        return trail.at(moment, issue) if trail else issue


def in_order(issues: Iterable[Issue], by: str) -> list[Issue]:
    """Oldest first by `updated` or `born`."""
    return sorted(issues, key=attrgetter(by, "id"))


@dataclass
class World:
    """Everything one sandbox holds, behind one lock."""

    clock: Callable[[], datetime]
    base: str = ""
    premium: bool = True
    version: tuple[int, int] = (19, 2)
    lock: threading.RLock = field(default_factory=threading.RLock)
    lag: Callable[[], float] = lambda: 0.0
    kept: Backup | None = None
    people: dict[str, Person] = field(default_factory=dict)
    projects: dict[int, Project] = field(default_factory=dict)
    paths: dict[str, Project] = field(default_factory=dict)
    _ids: dict[str, itertools.count[int]] = field(default_factory=dict)

    def now(self) -> datetime:
        found = self.clock().astimezone(UTC)
        return found.replace(microsecond=found.microsecond // 1000 * 1000)

    def next_id(self, kind: str) -> int:
        if kind not in self._ids:
            self._ids[kind] = itertools.count(FIRST_IDS[kind] + 1)
        return next(self._ids[kind])

    def person(self, login: str, name: str = "", access: int = 0) -> Person:
        """The person of that login, who comes into being when first named."""
        known = self.people.get(login.lower())
        if known is None:
            known = Person(self.next_id("person"), login, name or login, access)
            self.people[login.lower()] = known
        return known

    def add_project(self, namespace: str, name: str, *, private: bool = False) -> Project:
        project = Project(self.next_id("project"), namespace, name, self.now(), private)
        self.projects[project.id] = project
        self.paths[project.path.lower()] = project
        return project

    def find(self, named: str) -> Project | None:
        """By number or by path; old paths still lead here."""
        if named.isdecimal():
            return self.projects.get(int(named))
        return self.paths.get(named.lower())
