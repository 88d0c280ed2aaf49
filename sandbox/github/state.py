"""What a GitHub repository remembers, and nothing of how it is asked or told.

Moments are kept as GitHub prints them, `YYYY-MM-DDTHH:MM:SSZ`: they sort as text and carry the
one-second resolution that makes two changes within a second look alike
(GitHub docs: REST API endpoints for issues).
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.backup import Backup
from sandbox.github.shelves import Shelf
from sandbox.trail import Trail

Stamp = str

FIRST_IDS = {
    "person": 4_410_020,
    "repo": 880_010_041,
    "issue": 3_310_000_000,
    "comment": 2_450_000_000,
    "label": 6_100_000,
    "milestone": 5_200_000,
    "event": 17_800_000_000,
    "hook": 520_044_870,
    "delivery": 29_400_000_000,
}

TIMELINE_ONLY = ("cross-referenced", "comment_deleted")
"""GitHub docs: Issue event types. What no list of issue events tells, or is said to tell."""


def stamp(moment: datetime) -> Stamp:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(slots=True, eq=False)
class Person:
    id: int
    login: str
    name: str
    kind: str = "User"
    association: str = "NONE"

    @property
    def assignable(self) -> bool:
        """GitHub docs: List assignees. Only people with push access can be assigned."""
        return self.kind == "User" and self.association != "NONE"


@dataclass(slots=True, eq=False)
class Label:
    id: int
    name: str
    color: str
    description: str | None = None
    default: bool = False


@dataclass(slots=True, eq=False)
class Milestone:
    id: int
    number: int
    title: str
    creator: Person
    created_at: Stamp
    updated_at: Stamp
    description: str | None = None
    state: str = "open"
    due_on: Stamp | None = None
    closed_at: Stamp | None = None
    open_issues: int = 0
    closed_issues: int = 0


@dataclass(frozen=True, slots=True)
class IssueType:
    """GitHub docs: Managing issue types in an organization."""

    id: int
    name: str
    description: str
    color: str


@dataclass(frozen=True, slots=True)
class IssueField:
    """GitHub docs: Managing issue fields in an organization; options by name and id."""

    id: int
    name: str
    kind: str
    options: tuple[tuple[int, str, str], ...] = ()


@dataclass(slots=True, eq=False)
class Comment:
    id: int
    issue: Issue
    author: Person
    body: str
    created_at: Stamp
    updated_at: Stamp
    shelved: Stamp | None = None


@dataclass(slots=True, eq=False)
class Event:
    """One line of an issue's history, as the events and timeline endpoints tell it."""

    id: int
    kind: str
    actor: Person
    created_at: Stamp
    issue: Issue
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Look:
    """How an issue or a comment looks: what lists sort and filter by, its JSON, and its lines.

    `lines` are the issues it hangs together with: parent, children, blockers and blocked ones.
    """

    updated_at: Stamp
    state: str
    rendered: bytes
    lines: tuple[tuple[Issue, ...], ...] = ()


@dataclass(slots=True, eq=False)
class Issue:
    id: int
    number: int
    repo: Repo
    title: str
    body: str | None
    author: Person
    created_at: Stamp
    updated_at: Stamp
    state: str = "open"
    state_reason: str | None = None
    labels: list[Label] = field(default_factory=list)
    assignees: list[Person] = field(default_factory=list)
    milestone: Milestone | None = None
    comments: list[Comment] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    locked: bool = False
    lock_reason: str | None = None
    closed_at: Stamp | None = None
    closed_by: Person | None = None
    is_pull: bool = False
    branch: str = ""
    merged_at: Stamp | None = None
    pinned: bool = False
    type: IssueType | None = None
    values: dict[int, Any] = field(default_factory=dict)
    blocked_by: list[Issue] = field(default_factory=list)
    blocking: list[Issue] = field(default_factory=list)
    parent: Issue | None = None
    children: list[Issue] = field(default_factory=list)
    deleted: bool = False
    hidden: bool = False
    moved_to: Issue | None = None
    version: int = 0
    rendered: tuple[int, int, bytes] | None = None
    shelved: tuple[str, Stamp] | None = None

    @property
    def alive(self) -> bool:
        return not self.deleted and self.moved_to is None

    @property
    def shown(self) -> bool:
        """Whether those who hold a token see it."""
        return self.alive and not self.hidden


@dataclass(slots=True, eq=False)
class Hook:
    id: int
    url: str
    events: list[str]
    created_at: Stamp
    updated_at: Stamp
    content_type: str = "form"
    secret: str | None = None
    insecure_ssl: str = "0"
    active: bool = True
    last_response: tuple[int | None, str, str | None] = (None, "unused", None)
    deliveries: list[Delivery] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Delivery:
    """One attempt; attempts of the same event share the guid (GitHub docs: Webhook headers)."""

    id: int
    guid: str
    event: str
    action: str | None
    payload: bytes
    repo_id: int
    delivered_at: Stamp
    redelivery: bool = False
    request_headers: dict[str, str] = field(default_factory=dict)
    duration: float = 0.0
    status: str = "OK"
    status_code: int = 0
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""


@dataclass(slots=True, eq=False)
class Repo:
    id: int
    owner: Person
    name: str
    created_at: Stamp
    updated_at: Stamp
    private: bool = False
    archived: bool = False
    locked_out: bool = False
    description: str | None = "Everything that is wrong with our shop"
    issues: dict[int, Issue] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    milestones: dict[int, Milestone] = field(default_factory=dict)
    hooks: dict[int, Hook] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    shelves: dict[str, Shelf] = field(
        default_factory=lambda: {"all": Shelf(), "open": Shelf(), "closed": Shelf()}
    )
    comment_shelf: Shelf = field(default_factory=Shelf)
    scans: dict[tuple[object, ...], tuple[int, list[Issue]]] = field(default_factory=dict)
    issue_trails: dict[int, Trail[Look]] = field(default_factory=dict)
    comment_trails: dict[int, Trail[Look]] = field(default_factory=dict)
    trailed: dict[int, Comment] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    last_number: int = 0
    revision: int = 0
    looks: int = 0

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    def next_number(self) -> int:
        """Issues and pull requests share their numbers, and none is given out twice."""
        self.last_number += 1
        return self.last_number

    def shelve(self, issue: Issue) -> None:
        """Put an issue where lists look for it; called after every change."""
        if issue.shelved is not None:
            was_state, was_updated = issue.shelved
            for shelf in (self.shelves["all"], self.shelves[was_state]):
                shelf.drop(issue.number, was_updated)
        issue.shelved = (issue.state, issue.updated_at) if issue.shown else None
        if issue.shelved is not None:
            for shelf in (self.shelves["all"], self.shelves[issue.state]):
                shelf.put(issue.number, issue.updated_at)
        self.revision += 1

    def shelve_comment(self, comment: Comment) -> None:
        """Put a comment where the repository's list looks for it; called after every change."""
        if comment.shelved is not None:
            self.comment_shelf.drop(comment.id, comment.shelved)
        there = comment.id in self.comments and comment.issue.shown
        comment.shelved = comment.updated_at if there else None
        if comment.shelved is not None:
            self.comment_shelf.put(comment.id, comment.shelved)
        self.revision += 1

    def shelve_all(self) -> None:
        """Sort everything once, after seeding; inserting one by one would be quadratic."""
        alive = [issue for issue in self.issues.values() if issue.shown]
        for issue in alive:
            issue.shelved = (issue.state, issue.updated_at)
        for state, shelf in self.shelves.items():
            shelf.fill((i.number, i.updated_at) for i in alive if state in ("all", i.state))
        for comment in self.comments.values():
            comment.shelved = comment.updated_at
        self.comment_shelf.fill((c.id, c.updated_at) for c in self.comments.values())
        self.revision += 1

    def tally(self, issue: Issue, by: int) -> None:
        """Keep a milestone's counts, which show inside every issue that carries it."""
        stone = issue.milestone
        if stone is None or not issue.alive:
            return
        if issue.state == "open":
            stone.open_issues += by
        else:
            stone.closed_issues += by
        self.looks += 1


@dataclass
class World:
    """Everything one sandbox holds, behind one lock."""

    now: Callable[[], datetime]
    base: str = ""
    lock: threading.RLock = field(default_factory=threading.RLock)
    people: dict[str, Person] = field(default_factory=dict)
    repos: dict[int, Repo] = field(default_factory=dict)
    names: dict[str, Repo] = field(default_factory=dict)
    types: list[IssueType] = field(default_factory=list)
    fields: list[IssueField] = field(default_factory=list)
    kept: Backup | None = None
    _ids: dict[str, itertools.count[int]] = field(default_factory=dict)

    def moment(self) -> Stamp:
        return stamp(self.now())

    def next_id(self, kind: str) -> int:
        if kind not in self._ids:
            self._ids[kind] = itertools.count(FIRST_IDS[kind] + 1)
        return next(self._ids[kind])

    def person(
        self, login: str, name: str = "", kind: str = "User", association: str = "NONE"
    ) -> Person:
        """The person of that login, who comes into being when first named."""
        known = self.people.get(login.lower())
        if known is None:
            known = Person(self.next_id("person"), login, name or login, kind, association)
            self.people[login.lower()] = known
        return known

    def add_repo(self, owner: Person, name: str, *, private: bool = False) -> Repo:
        born = self.moment()
        repo = Repo(self.next_id("repo"), owner, name, born, born, private)
        self.repos[repo.id] = repo
        self.names[repo.full_name.lower()] = repo
        return repo

    def repo_named(self, owner: str, name: str) -> Repo | None:
        """Old names still lead to the repository, as GitHub's redirects do."""
        return self.names.get(f"{owner}/{name}".lower())
