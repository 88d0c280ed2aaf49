"""A task: one mapping being pushed, with the tools and the tally of the whole push."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from schemas import fingerprint
from schemas.mirror import Mapping, Mirror, PlannedWrite, Side
from schemas.model import Json
from schemas.session import Report
from schemas.source import Source
from store import installation, mappings, receipts, sessions, sources
from store.database import Connection
from store.installation import Installation
from trackers.base import Client
from workers.mirrors.pairs import Pair, read
from workers.redaction import Redactor
from workers.rules.redacting import Redact
from workers.work import Work

LEASE_SECONDS = 150.0
"""Longer than any one step, with its wait for a rate limit; each step prolongs it."""


@dataclass(slots=True)
class Pushed:
    """What a push did: `writes` steps at trackers, of them `created` tickets and `comments`.

    `conflicts` were found, `waiting` mappings come again by themselves, `parked` ones wait for a
    person. `errors` are lines for people.
    """

    writes: int = 0
    created: int = 0
    comments: int = 0
    conflicts: int = 0
    waiting: int = 0
    parked: int = 0
    looked: int = 0
    errors: list[str] = field(default_factory=list)

    def add(self, other: "Pushed") -> None:
        """Both together."""
        for name in (
            "writes", "created", "comments", "conflicts", "waiting", "parked", "looked",
        ):  # fmt: skip
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.errors += other.errors


class Waits(Exception):
    """The mapping has to wait until `at`, and why."""

    def __init__(self, reason: str, at: datetime) -> None:
        super().__init__(reason)
        self.at = at


class Parks(Exception):
    """The mapping waits for a person, and why."""


class Outside(Exception):
    """The ticket is not mirrored, and why; the next change of it is looked at again."""


@dataclass(slots=True)
class Tools:
    """What all mappings of a push share: clients, opened once, and patterns, compiled once."""

    work: Work
    session: int | None = None
    shadow: bool = False
    _open: dict[str, Client] = field(default_factory=dict)
    _redact: dict[int, Redact] = field(default_factory=dict)
    _sessions: dict[int, int] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)
    _self: Installation | None = None

    def client(self, source: str) -> Client:
        """The client of a source."""
        if source not in self._open:
            made = self.work.connect(self._pinned(source))
            self._stack.callback(made.close)
            self._open[source] = made
        return self._open[source]

    def _pinned(self, name: str) -> Source:
        """The source with its project's id, as far as it is known: it need not be asked for."""
        with self.work.store.read() as connection:
            state = sources.state(connection, name)
        known = {"project_id": state.project_id} if state and state.project_id else {}
        return self.work.sources[name].model_copy(update=known)

    def redact(self, mirror: Mirror) -> Redact:
        """What strikes out of a text what may not leave by this mirror."""
        if mirror.id not in self._redact:
            self._redact[mirror.id] = Redactor(mirror.options.redact, mirror.name)
        return self._redact[mirror.id]

    def session_of(self, mirror: Mirror) -> int:
        """The session that what is written belongs to: the one given, the one that runs over the
        mirror, or one of our own, begun when it is first needed."""
        if self.session is not None:
            return self.session
        if mirror.session is not None:
            return mirror.session
        if mirror.id not in self._sessions:
            with self.work.store.write() as connection:
                made = sessions.begin(connection, mirror.name, "mirror", self.work.now())
            self._sessions[mirror.id] = made
        return self._sessions[mirror.id]

    def ourselves(self) -> Installation:
        """Whose marks we make."""
        if self._self is None:
            with self.work.store.write() as connection:
                self._self = installation.of(connection, self.work.now())
        return self._self

    def close(self) -> None:
        """Ends its own sessions, and gives everything back."""
        for session in self._sessions.values():
            with self.work.store.write() as connection:
                steps = receipts.count_of(connection, session)
                sessions.end(connection, session, self.work.now(), Report(changed=steps))
        self._stack.close()


@dataclass(slots=True)
class Task:
    """One mapping on its way. `planned` are what would be written, where nothing may be; `reason`
    is what people read of it once it is done, `again` when it is to be looked at once more;
    `closed` are sides whose ticket may not leave, though the other one may."""

    tools: Tools
    mirror: Mirror
    mapping: Mapping
    done: Pushed = field(default_factory=Pushed)
    planning: bool = False
    reason: str = ""
    again: datetime | None = None
    closed: set[Side] = field(default_factory=set)
    planned: list[PlannedWrite] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)

    @property
    def session(self) -> int:
        """The session that what is written belongs to."""
        return self.tools.session_of(self.mirror)

    @property
    def work(self) -> Work:
        """The tools of the workers."""
        return self.tools.work

    def pair(self) -> Pair:
        """Both tickets as the store holds them now."""
        with self.work.store.read() as connection:
            return read(self.work, connection, self.mirror, self.mapping)

    def hold(self, connection: Connection) -> None:
        """Prolongs the lease in the transaction that announces a step. Raises Waits when another
        worker has the mapping since: this one was asleep for too long."""
        if self.mapping.leased_until is None:
            return
        until = self.work.now() + timedelta(seconds=LEASE_SECONDS)
        if not mappings.renew(connection, self.mapping, until):
            raise self.wait("another worker has it now", 0)
        self.mapping = self.mapping.model_copy(update={"leased_until": until})

    def wait(self, reason: str, seconds: float) -> Waits:
        """Raised, it brings the mapping back after so long."""
        return Waits(reason, self.work.now() + timedelta(seconds=seconds))

    def client(self, side: Side) -> Client:
        """The client of the source on that side."""
        return self.tools.client(self.mirror.at(side))

    def plan(
        self, action: str, side: Side, title: str = "", key: str | None = None, **more: Json
    ) -> None:
        """Notes a write that would be made."""
        self.planned.append(
            PlannedWrite(
                mirror=self.mirror.name,
                mapping=self.mapping.id,
                action=action,
                source=self.mirror.at(side),
                key=key,
                title=title,
                **more,
            )
        )


def digest_of(writes: Sequence[PlannedWrite]) -> str:
    """Names exactly these writes."""
    return fingerprint.digest([one.model_dump(mode="json") for one in writes])
