"""The nouns of a stand-in Jira. Moments are whole milliseconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.trail import Trail
from sandbox.wire import Json

Rich = Json | str | None
"""Rich text as it is kept: a document (ADF) on Cloud, wiki markup on Data Center."""


@dataclass(frozen=True, slots=True)
class Category:
    id: int
    key: str
    name: str
    color: str


@dataclass(frozen=True, slots=True)
class Status:
    id: str
    name: str
    category: Category


@dataclass(frozen=True, slots=True)
class IssueType:
    id: str
    name: str
    level: int
    text: str

    @property
    def subtask(self) -> bool:
        return self.level < 0


@dataclass(frozen=True, slots=True)
class Option:
    """A priority or a resolution: an id, a name and a sentence."""

    id: str
    name: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class LinkType:
    id: str
    name: str
    inward: str
    outward: str


@dataclass(eq=False, slots=True)
class User:
    account_id: str
    login: str
    name: str
    email: str
    kind: str = "atlassian"
    active: bool = True
    shows_email: bool = False


@dataclass(eq=False, slots=True)
class Component:
    id: str
    name: str
    text: str = ""


@dataclass(eq=False, slots=True)
class Version:
    id: str
    name: str
    text: str = ""
    released: bool = False
    archived: bool = False
    release_date: str | None = None


@dataclass(eq=False, slots=True)
class Sprint:
    id: int
    name: str
    board: int
    state: str = "future"
    goal: str = ""
    start: int | None = None
    end: int | None = None
    complete: int | None = None


@dataclass(eq=False)
class Project:
    id: str
    key: str
    name: str
    lead: User
    former_keys: list[str] = field(default_factory=list)
    counter: int = 0
    components: dict[str, Component] = field(default_factory=dict)
    versions: dict[str, Version] = field(default_factory=dict)
    archived: bool = False
    deleted: bool = False
    hidden: bool = False

    @property
    def readable(self) -> bool:
        return not self.deleted and not self.hidden


@dataclass(eq=False, slots=True)
class Comment:
    id: str
    issue: Issue
    author: User
    body: Rich
    created: int
    updated: int
    editor: User
    properties: Json = field(default_factory=dict)
    visibility: Json | None = None
    internal: bool = False


@dataclass(eq=False, slots=True)
class Worklog:
    id: str
    issue: Issue
    author: User
    comment: Rich
    started: int
    seconds: int
    created: int
    updated: int
    editor: User


@dataclass(eq=False, slots=True)
class Attachment:
    id: str
    issue: Issue
    author: User
    name: str
    kind: str
    content: bytes
    created: int


@dataclass(eq=False, slots=True)
class Link:
    """`source` does it, `target` has it done: source blocks target."""

    id: str
    type: LinkType
    source: Issue
    target: Issue


@dataclass(eq=False, slots=True)
class RemoteLink:
    id: int
    global_id: str
    target: Json
    relationship: str | None = None


@dataclass(slots=True)
class History:
    """One line of the changelog; several fields may have changed in it."""

    id: str
    author: User
    at: int
    items: list[Json]


@dataclass(eq=False)
class Issue:
    id: int
    key: str
    project: Project
    summary: str
    type: IssueType
    status: Status
    creator: User
    reporter: User | None
    created: int
    updated: int
    status_since: int
    description: Rich = None
    priority: Option | None = None
    resolution: Option | None = None
    resolved: int | None = None
    assignee: User | None = None
    labels: list[str] = field(default_factory=list)
    components: list[Component] = field(default_factory=list)
    fix_versions: list[Version] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    sprints: list[Sprint] = field(default_factory=list)
    parent: Issue | None = None
    due: str | None = None
    estimate: int | None = None
    spent: int | None = None
    security: Option | None = None
    rank: str = "0|i00000:"
    custom: dict[str, Any] = field(default_factory=dict)
    archived: bool = False
    hidden: bool = False
    deleted: bool = False
    former_keys: list[str] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    worklogs: list[Worklog] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    remote_links: list[RemoteLink] = field(default_factory=list)
    history: list[History] = field(default_factory=list)
    properties: Json = field(default_factory=dict)
    children: list[Issue] = field(default_factory=list)
    past: Trail[Issue] = field(default_factory=Trail, repr=False)
    """What the search index, or a replica, still shows."""

    @property
    def number(self) -> int:
        return int(self.key.rpartition("-")[2])

    @property
    def seen(self) -> bool:
        """Whether a person with the usual rights gets to see it."""
        return not self.deleted and not self.hidden and self.project.readable

    def as_it_is(self) -> Issue:
        """A copy that later changes do not reach."""
        names = ("labels", "components", "fix_versions", "versions", "sprints")
        more = ("worklogs", "attachments", "links", "history", "children")
        kept = replace(self, custom=dict(self.custom), properties=dict(self.properties))
        kept.past, kept.comments = Trail(), [replace(one) for one in self.comments]
        for name in (*names, *more):
            setattr(kept, name, list(getattr(self, name)))
        return kept
