"""A session: one bounded reconcile run of one source, from lease to report."""

import time
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

import orjson

from reconciler import missing
from reconciler.parts import Parts
from reconciler.tenure import tenure
from reconciler.walk import Tally, Walk, go, scope_of, start_cursor
from schemas.delivery import Arrival, Via
from schemas.errors import Denied, TicketsyncError, Unauthorized
from schemas.event import DefinitionsListed
from schemas.record import Cursor, Observation
from schemas.session import Report, Session
from schemas.source import Source, SourceState
from store import journal, passes, sessions, sources
from store.leases import Lease
from trackers.base import Client

DEFINITIONS_EVERY = timedelta(hours=1)
CLOCKS_DIFFER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class _Run:
    """What the steps of a session share."""

    parts: Parts
    source: Source
    client: Client
    lease: Lease
    session: int
    state: SourceState
    full: bool
    tally: Tally

    def note(self, **columns: datetime | None) -> None:
        """Notes when something was done for the source."""
        with self.parts.store.write() as connection:
            sources.note(connection, self.source.name, **columns)


def run(parts: Parts, source: Source, *, full: bool = False, wait_seconds: float = 0.0) -> Session:
    """Reconciles one source. A tracker that fails ends the session, not the process.

    Raises Busy when another process has the source, StoreAway without a database.
    """
    began = time.monotonic()
    with tenure(parts.store, source.name, parts.holder, wait_seconds) as lease:
        with parts.store.write() as connection:
            kind = "full" if full else "incremental"
            session = sessions.begin(connection, source.name, kind, parts.now())
            state = sources.state(connection, source.name) or SourceState(name=source.name)
        tally, requests = Tally(), 0
        error: Exception | None = None
        try:
            client = parts.connect(source)
            try:
                _reconcile(_Run(parts, source, client, lease, session, state, full, tally))
            finally:
                requests = client.requests
                client.close()
        except Exception as failure:  # a bug of ours must not leave a session running for ever
            error = failure
        seconds = round(time.monotonic() - began, 3)
        report = Report(**asdict(tally), requests=requests, seconds=seconds)
        ended = _end(parts, source, session, report, error, full=full)
        if error is not None and not isinstance(error, TicketsyncError):
            raise error
        return ended


def _reconcile(this: _Run) -> None:
    """An incremental walk; when all is to be read, a whole one after it.

    The incremental one goes first because tickets that left the filter show only there.
    """
    project = _contact(this)
    scope = scope_of(this.parts, this.source, project)
    overlap = timedelta(seconds=this.parts.settings.reconciler.overlap_seconds)
    cursor = start_cursor(this.state, scope, overlap)
    baseline = _baseline(this) if this.source.start == "now" else None
    if baseline and cursor.since is None and not this.full:
        cursor = Cursor(since=baseline)
    walk = Walk(
        this.parts, this.source, this.client, this.lease, this.session, scope, this.tally, baseline
    )
    whole = cursor.since is None
    if not whole:
        go(walk, cursor)
    if whole or this.full or _shifted(walk):
        _read_whole(this, walk, cursor if whole else Cursor())
        whole = True
    _definitions(this, first_import=whole and not this.full)


def _read_whole(this: _Run, before: Walk, cursor: Cursor) -> None:
    """Walks everything, then looks for what the walk should have shown and did not."""
    this.parts.settle(this.source.name, this.session)
    began = this.parts.now()
    with this.parts.store.write() as connection:
        passes.begin(connection, this.source.name, "whole", this.session, began)
    walk = replace(before, tickets=set(), left=[])
    go(walk, cursor)
    settled = this.parts.settle(this.source.name, this.session)
    this.tally.missing = missing.look(walk, began, recount=settled)
    with this.parts.store.write() as connection:
        passes.end(connection, this.source.name, "whole", this.parts.now())


def _contact(this: _Run) -> str | None:
    """Pins the project at first contact; a changed id behind the same address is an error."""
    state, source = this.state, this.source
    if state.project_id is not None and state.status == "active" and not this.full:
        return state.project_id
    project = this.client.project()
    if state.project_id not in (None, project.id):
        raise Denied(
            f"{source.url} is another project now (id {project.id}, it was {state.project_id}); "
            "if that is meant, add it under a new name"
        )
    with this.parts.store.write() as connection:
        sources.pin(connection, source.name, project.id, project.name)
    return project.id


def _baseline(this: _Run) -> datetime:
    """The moment a source that starts "now" was first looked at."""
    if this.state.baseline_at is not None:
        return this.state.baseline_at
    now = this.parts.now()
    this.note(baseline_at=now)
    return now


def _shifted(walk: Walk) -> bool:
    """Whether tickets left the filter while it was last walked as a whole.

    Each of them moved all later ones up by one, so one ticket may have slipped over the border
    between two pages; only another whole walk shows which.
    """
    with walk.parts.store.read() as connection:
        whole = passes.find(connection, walk.source.name, "whole")
    if whole.began_at is None or whole.ended_at is None:
        return False
    first, last = whole.began_at - CLOCKS_DIFFER, whole.ended_at + CLOCKS_DIFFER
    return any(first <= moment <= last for moment in walk.left)


def _definitions(this: _Run, *, first_import: bool) -> None:
    """Reads labels, milestones and their like, whose renaming moves no ticket; once an hour.

    A first import needs no such reading: its records carry the definitions in use.
    """
    now = this.parts.now()
    with this.parts.store.read() as connection:
        read_at = passes.find(connection, this.source.name, "definitions").ended_at
    due = this.full or read_at is None or now - read_at >= DEFINITIONS_EVERY
    if not due:
        return
    if not first_import:
        found = this.client.definitions(fresh=this.full)
        if found is not None:
            _journal_definitions(this, DefinitionsListed(kinds=found[0], definitions=found[1]), now)
    with this.parts.store.write() as connection:
        passes.begin(connection, this.source.name, "definitions", this.session, now)
        passes.end(connection, this.source.name, "definitions", now)


def _journal_definitions(this: _Run, listed: DefinitionsListed, began: datetime) -> None:
    name = this.source.name
    arrival = Arrival(
        source=name,
        via=Via.poll,
        event="poll.definitions",
        delivery_key=f"poll:{this.session}:definitions",
        ticket=None,
        body=orjson.dumps(Observation(events=(listed,)).model_dump(mode="json")),
        received_at=began,
        observed_at=began,
        session=this.session,
    )
    with this.parts.store.write() as connection:
        journal.keep(connection, [arrival])
    this.parts.wake([(name, None)])


def _end(
    parts: Parts,
    source: Source,
    session: int,
    report: Report,
    error: Exception | None,
    *,
    full: bool,
) -> Session:
    """Writes the report and what it means for the source's status; a paused one stays paused."""
    now, name = parts.now(), source.name
    told = None if error is None else str(error) or type(error).__name__
    if isinstance(error, Unauthorized):
        told = f"{told}; {parts.remedy(source)}"
    with parts.store.write() as connection:
        sessions.end(connection, session, now, report, told)
        sources.note(connection, name, last_session_at=now)
        state = sources.state(connection, name)
        if state is not None and state.status != "paused":
            if isinstance(error, Denied):
                sources.set_status(connection, name, "error", told or "")
            elif error is None and (full or missing.VANISHED not in state.status_reason):
                sources.set_status(connection, name, "active")
        return sessions.get(connection, session)
