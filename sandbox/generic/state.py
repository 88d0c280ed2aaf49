"""What the in-house tool remembers of its tickets."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

PROJECT = "SHOP"
LABELS = ("bug", "wish", "urgent", "café", "warehouse")
MILESTONES = ("Spring sale", "Checkout rework")
PEOPLE = (
    ("mara", "Mara Lind"),
    ("tomasz", "Tomasz Wrona"),
    ("aiko", "林 愛子"),
    ("jurgen", "Jürgen Koch"),
    ("noor", "Noor Haddad"),
)
STATUSES = {"open": "In progress", "closed": "Done"}


FIRST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True, eq=False)
class Comment:
    id: str
    author: str
    body: str
    created_at: str
    updated_at: str


@dataclass(slots=True, eq=False)
class Ticket:
    number: int
    title: str
    body: str
    author: str
    created_at: str
    updated_at: str
    state: str = "open"
    closed_at: str | None = None
    labels: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    milestone: str | None = None
    comments: list[Comment] = field(default_factory=list)
    deleted: bool = False
    moved: bool = False

    @property
    def key(self) -> str:
        """What people say; the id is another one on purpose."""
        return f"{PROJECT}-{self.number}"

    @property
    def id(self) -> str:
        return f"T{100_000 + self.number}"

    @property
    def alive(self) -> bool:
        return not self.deleted and not self.moved


@dataclass
class World:
    """All tickets behind one lock; `moment` never repeats, so that every change has its own."""

    now: Callable[[], datetime]
    base: str = ""
    lock: threading.RLock = field(default_factory=threading.RLock)
    tickets: dict[int, Ticket] = field(default_factory=dict)
    labels: list[str] = field(default_factory=lambda: list(LABELS))
    milestones: list[str] = field(default_factory=lambda: list(MILESTONES))
    _comment_ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _last: datetime = FIRST

    def moment(self) -> str:
        """Now, to the microsecond, and later than whatever was told before."""
        self._last = max(self.now().astimezone(UTC), self._last + timedelta(microseconds=1))
        return self._last.isoformat(timespec="microseconds").replace("+00:00", "Z")

    def comment_id(self) -> str:
        return f"C{next(self._comment_ids)}"
