"""A run: what the passes of one session share, and how each is begun, timed and ended."""

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from reconciler import gaps
from reconciler.gaps import Find
from reconciler.parts import Parts
from schemas.errors import Denied, Permanent, StoreAway, Transient
from schemas.model import Json
from schemas.ports import Lane
from schemas.record import Cursor
from schemas.session import Pass, PassName
from schemas.source import Source, SourceState
from store import passes, sources
from store.database import Connection
from store.leases import Lease
from trackers.base import Client

MAIN: frozenset[PassName] = frozenset({"tickets", "whole"})
"""The passes a session is for: what they meet ends it. The others only tell of their trouble."""


class TakenOver(Transient):
    """Our lease ran out and another process reads the source now: it goes on where we stopped."""

    def __init__(self, source: Source) -> None:
        super().__init__(f"{source.name}: another process took this reconcile over")


class Stopped(Transient):
    """We were asked to end; the next session goes on from here."""


class Asking:
    """The clients of a session, one a lane, made when they are first needed."""

    def __init__(self, parts: Parts, source: Source) -> None:
        self._parts = parts
        self._source = source
        self._made: dict[Lane, Client] = {}
        self._open = ExitStack()

    def client(self, lane: Lane = "reconcile") -> Client:
        """The client of a lane. Raises Denied for a credential that cannot be one."""
        if lane not in self._made:
            self._made[lane] = self._parts.connect(self._source, lane)
            self._open.callback(self._made[lane].close)
        return self._made[lane]

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return sum(one.requests for one in self._made.values())

    @property
    def cached(self) -> int:
        """How many of them were answered "not modified"."""
        return sum(one.cached for one in self._made.values())

    def close(self) -> None:
        """Gives all connections back."""
        self._open.close()


@dataclass(slots=True)
class Making:
    """A pass that is being made: as it stood `before`; not `over` when more of it waits."""

    before: Pass
    over: bool = True


@dataclass(slots=True)
class Tally:
    """What a session has counted so far."""

    pages: int = 0
    seen: int = 0
    journaled: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    missing: int = 0
    missed: int = 0


@dataclass(slots=True)
class Run:
    """One session at work. `scheduled` runs keep to what the source's `intake` allows.

    `history` asks for the changelogs of all tickets, not only of those that changed.

    `first` is the session it goes on with, itself for most: a full one that was parked is gone on
    with by the next full one. `counted` says that a census came to its end, `errors` are of passes
    that failed and left the others alone, `seconds` what each took.
    """

    parts: Parts
    source: Source
    asking: Asking
    lease: Lease
    session: int
    first: int
    state: SourceState
    full: bool
    history: bool
    scheduled: bool
    began_at: datetime
    tally: Tally = field(default_factory=Tally)
    counted: bool = False
    errors: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def making(
        self, name: PassName, *, main: bool = False, goes_on: bool = False
    ) -> Iterator[Making]:
        """A pass from its beginning to its end; one that `goes_on` keeps when it began.

        A budget that is used up, or a stop, leaves it pending where its mark is. What a side pass
        meets is noted and told at the end of the session; a source that refuses us ends all.
        """
        main = main or name in MAIN
        made = Making(self.last(name))
        began = time.monotonic()
        with self.parts.store.write() as connection:
            now = self.parts.now()
            passes.begin(connection, self.source.name, name, self.session, now, goes_on=goes_on)
        try:
            yield made
        except StoreAway:
            raise
        except Exception as error:
            self._failed(name, error, main)
            known = isinstance(error, Transient | Permanent) and not _ends_all(error)
            if main or not known:
                raise
        else:
            with self.parts.store.write() as connection:
                if made.over:
                    passes.end(connection, self.source.name, name, self.parts.now())
                else:
                    passes.wait(connection, self.source.name, name)
        finally:
            spent = self.seconds.get(name, 0.0) + time.monotonic() - began
            self.seconds[name] = round(spent, 3)

    def last(self, name: PassName) -> Pass:
        """A pass as it stands."""
        with self.parts.store.read() as connection:
            return passes.find(connection, self.source.name, name)

    def mark(self, connection: Connection, name: PassName, mark: Json) -> None:
        """Notes where a pass goes on, in the caller's transaction. Raises TakenOver (law 4)."""
        if not passes.mark(connection, self.source.name, name, mark, self.lease):
            raise TakenOver(self.source)

    def move_cursor(self, connection: Connection, cursor: Cursor | None, scope: str) -> None:
        """Moves the source's cursor, in the caller's transaction. Raises TakenOver (law 4)."""
        if not sources.move_cursor(connection, self.source.name, cursor, scope, self.lease):
            raise TakenOver(self.source)

    def found(self, connection: Connection, finds: Iterable[Find]) -> None:
        """Has finds classed by the gap meter, in the transaction that journals them."""
        now = self.parts.now()
        self.tally.missed += gaps.note(
            connection, self.parts, self.source, self.session, finds, now
        )

    def check_stop(self) -> None:
        """Raises Stopped once we were asked to end, or somebody paused the source meanwhile."""
        if self.parts.stop.is_set():
            raise Stopped("stopped; the next session goes on from here")
        if self.state.status == "paused":
            return
        with self.parts.store.read() as connection:
            state = sources.state(connection, self.source.name)
        if state is not None and state.status == "paused":
            raise Stopped("paused; once it is resumed, the next session goes on from here")

    def _failed(self, name: PassName, error: Exception, main: bool) -> None:
        waits = isinstance(error, Transient) and (
            isinstance(error, Stopped) or error.retry_after is not None
        )
        told = str(error) or type(error).__name__
        with self.parts.store.write() as connection:
            if waits:
                passes.wait(connection, self.source.name, name)
            else:
                passes.end(connection, self.source.name, name, self.parts.now(), told)
        if not main and not waits:
            self.errors.append(f"{name}: {told}")


def _ends_all(error: Exception) -> bool:
    """A refusal of the whole source, a stop, or a wait that the tracker or the budget asks for."""
    if isinstance(error, Denied | Stopped):
        return True
    return isinstance(error, Transient) and error.retry_after is not None
