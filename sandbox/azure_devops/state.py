"""What the stand-in organization holds: people, projects, work items, subscriptions."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sandbox.azure_devops.process import KINDS, Kind
from sandbox.backup import Backup
from sandbox.trail import Trail
from sandbox.wire import Json

_SPACE = uuid.UUID("6f1b5f0e-0000-4000-8000-000000000000")


def stamp(moment: datetime) -> str:
    """As the API prints times: UTC with up to milliseconds, no trailing zeros."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3].rstrip("0").rstrip(".")
    return f"{text}Z"


def guid(*parts: object) -> str:
    """A stable GUID for a name."""
    return str(uuid.uuid5(_SPACE, "/".join(map(str, parts))))


@dataclass(eq=False)
class Person:
    id: str
    name: str
    unique: str

    @property
    def text(self) -> str:
        """As service hooks of resource version 1.0 spell people."""
        return f"{self.name} <{self.unique}>"


@dataclass(eq=False)
class Node:
    """An area or iteration; the root has the project's name."""

    id: int
    name: str
    structure: str
    children: list[Node] = field(default_factory=list)
    start: str | None = None
    finish: str | None = None

    def walk(self, above: str = "") -> Iterator[tuple[str, Node]]:
        path = f"{above}\\{self.name}" if above else self.name
        yield path, self
        for child in self.children:
            yield from child.walk(path)


@dataclass(eq=False)
class Comment:
    id: int
    item: Item
    by: Person
    text: str
    format: str
    created: str
    modified: str
    modified_by: Person
    version: int = 1
    deleted: bool = False


@dataclass(eq=False)
class Update:
    id: int
    rev: int
    by: Person
    at: str
    fields: dict[str, tuple[object, object]]
    added: list[Json]
    removed: list[Json]


@dataclass(eq=False)
class Linked:
    """A link that was added or removed, as reports tell it."""

    mark: int
    at: str
    by: Person
    rel: str
    source: Item
    target: Item
    added: bool


@dataclass(eq=False)
class Item:
    id: int
    project: Project
    fields: dict[str, object]
    relations: list[Json] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)
    formats: dict[str, str] = field(default_factory=dict)
    rev: int = 0
    mark: int = 0
    deleted: str | None = None
    deleted_by: Person | None = None
    destroyed: bool = False
    hidden: bool = False
    past: Trail[Item] = field(default_factory=Trail, repr=False)
    """What indexes and replicas that lag still show."""

    @property
    def kind(self) -> Kind:
        return KINDS[str(self.fields["System.WorkItemType"]).lower()]

    @property
    def alive(self) -> bool:
        return self.deleted is None and not self.destroyed

    def as_it_is(self) -> Item:
        """A copy that later changes do not reach."""
        kept = replace(self, fields=dict(self.fields), formats=dict(self.formats), past=Trail())
        kept.relations, kept.updates = list(self.relations), list(self.updates)
        kept.comments = [replace(one) for one in self.comments]
        return kept


@dataclass(eq=False)
class Team:
    id: str
    name: str
    areas: list[str]
    members: list[Person]


@dataclass(eq=False)
class Project:
    id: str
    name: str
    areas: Node
    iterations: Node
    teams: list[Team] = field(default_factory=list)
    locked: bool = False

    def nodes(self, structure: str) -> Iterator[tuple[str, Node]]:
        return (self.areas if structure == "area" else self.iterations).walk()


@dataclass(eq=False)
class Subscription:
    id: str
    body: Json
    by: Person
    created: str
    status: str = "enabled"
    retries: int = 0
    last: int = 0
    notes: list[Json] = field(default_factory=list)


@dataclass(eq=False)
class File:
    id: str
    name: str
    content: bytes


class World:
    """Everything, under one lock."""

    def __init__(self, now: Callable[[], datetime], base: str, organization: str) -> None:
        self.now = now
        self.base = f"{base}/{organization}"
        self.organization = organization
        self.lock = threading.RLock()
        self.people: dict[str, Person] = {}
        self.projects: list[Project] = []
        self.items: dict[int, Item] = {}
        self.saved: dict[int, Item] = {}
        self.linked: list[Linked] = []
        self.kept: Backup | None = None
        self.tags: dict[str, str] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.files: dict[str, File] = {}
        self._ids: dict[str, int] = {"node": 100, "comment": 9000}

    def next_id(self, what: str) -> int:
        self._ids[what] = self._ids.get(what, 0) + 1
        return self._ids[what]

    def moment(self) -> str:
        return stamp(self.now())

    def person(self, unique: str, name: str = "") -> Person:
        """Somebody by unique name; made when new."""
        key = unique.lower()
        if key not in self.people:
            self.people[key] = Person(guid("person", key), name or unique.split("@")[0], unique)
        return self.people[key]

    def find_person(self, text: str) -> Person | None:
        """By unique name, display name, both, or id."""
        wanted = text.strip().lower()
        for one in self.people.values():
            if wanted in (one.unique.lower(), one.name.lower(), one.text.lower(), one.id):
                return one
        return None

    def project(self, name: str) -> Project | None:
        for one in self.projects:
            if name.lower() in (one.name.lower(), one.id):
                return one
        return None

    def add_project(self, name: str) -> Project:
        areas = Node(self.next_id("node"), name, "area")
        iterations = Node(self.next_id("node"), name, "iteration")
        made = Project(guid("project", self.organization, name), name, areas, iterations)
        self.projects.append(made)
        return made

    def add_node(
        self, parent: Node, name: str, start: str | None = None, finish: str | None = None
    ) -> Node:
        made = Node(self.next_id("node"), name, parent.structure, start=start, finish=finish)
        parent.children.append(made)
        return made

    def tag(self, name: str) -> str:
        """The tag as it was first spelt: tags are the same whatever their case."""
        return self.tags.setdefault(name.lower(), name)
