"""A session: one bounded reconcile run of one source, from lease to report."""

import time
from dataclasses import fields, replace
from datetime import datetime, timedelta

import orjson

from reconciler import missing
from reconciler.parts import Parts
from reconciler.tenure import tenure
from reconciler.walk import Tally, Walk, go, scope_of, start_cursor
from schemas.delivery import Arrival, Via
from schemas.errors import Denied, TicketsyncError
from schemas.event import DefinitionsListed
from schemas.record import Cursor, Observation
from schemas.session import Report, Session
from schemas.source import Source, SourceState
from store import journal, sessions, sources
from store.leases import Lease
from trackers.base import Client

DEFINITIONS_EVERY = timedelta(hours=1)
CLOCKS_DIFFER = timedelta(seconds=30)


def run(parts: Parts, source: Source, *, full: bool = False, wait_seconds: float = 0.0) -> Session:
    """Reconciles one source. A tracker that fails ends the session, not the process.

    Raises Busy when another process has the source, StoreAway without a database.
    """
    began = time.monotonic()
    with tenure(parts.store, source.name, parts.holder, wait_seconds) as lease:
        kind = "full" if full else "incremental"
        with parts.store.write() as connection:
            session = sessions.begin(connection, source.name, kind, parts.now())
            state = sources.state(connection, source.name) or SourceState(name=source.name)
        client = parts.connect(source)
        tally, error = Tally(), None
        try:
            _reconcile(parts, source, client, lease, session, state, tally, full)
        except TicketsyncError as failure:
            error = failure
        finally:
            client.close()
        report = Report(
            **{f.name: getattr(tally, f.name) for f in fields(tally) if f.name != "pages"},
            requests=client.requests,
            seconds=round(time.monotonic() - began, 3),
        )
        return _end(parts, source, session, report, error)


def _reconcile(
    parts: Parts,
    source: Source,
    client: Client,
    lease: Lease,
    session: int,
    state: SourceState,
    tally: Tally,
    full: bool,
) -> None:
    """An incremental walk; when all is to be read, a whole one after it.

    The incremental one goes first because tickets that left the filter show only there.
    """
    project = _contact(parts, source, client, state, full)
    walk = Walk(parts, source, client, lease, session, scope_of(parts, source, project), tally)
    overlap = timedelta(seconds=parts.settings.reconciler.overlap_seconds)
    cursor = start_cursor(state, walk.scope, overlap)
    if source.start == "now":
        walk.start = _baseline(parts, source, state)
        if cursor.since is None and not full:
            cursor = Cursor(since=walk.start)
    if full and cursor.since is not None:
        go(walk, cursor)
        parts.settle(source.name, session)
        walk, cursor = replace(walk, tickets=set()), Cursor()
    began = parts.now()
    go(walk, cursor)
    if cursor.since is not None and _shifted(walk, state):
        walk, cursor, began = replace(walk, tickets=set()), Cursor(), parts.now()
        go(walk, cursor)
    whole = cursor.since is None
    if whole:
        settled = parts.settle(source.name, session)
        tally.missing = missing.look(walk, began, recount=settled)
    _definitions(parts, source, client, session, state, full, whole)
    if whole:
        with parts.store.write() as connection:
            sources.note(connection, source.name, full_began_at=began, full_read_at=parts.now())


def _shifted(walk: Walk, state: SourceState) -> bool:
    """Whether tickets left the filter while it was last walked as a whole.

    Each of them moved all later ones up by one, so one ticket may have slipped over the border
    between two pages; only another whole walk shows which.
    """
    if state.full_began_at is None or state.full_read_at is None:
        return False
    first, last = state.full_began_at - CLOCKS_DIFFER, state.full_read_at + CLOCKS_DIFFER
    return any(first <= moment <= last for moment in walk.left)


def _baseline(parts: Parts, source: Source, state: SourceState) -> datetime:
    """The moment a source that starts "now" was first looked at."""
    if state.baseline_at is not None:
        return state.baseline_at
    now = parts.now()
    with parts.store.write() as connection:
        sources.note(connection, source.name, baseline_at=now)
    return now


def _contact(
    parts: Parts, source: Source, client: Client, state: SourceState, full: bool
) -> str | None:
    """Pins the project at first contact; a changed id behind the same address is an error."""
    if state.project_id is not None and state.status == "active" and not full:
        return state.project_id
    project = client.project()
    if state.project_id not in (None, project.id):
        raise Denied(
            f"{source.url} is another project now (id {project.id}, it was {state.project_id}); "
            "if that is meant, add it under a new name"
        )
    with parts.store.write() as connection:
        sources.pin(connection, source.name, project.id, project.name)
    return project.id


def _definitions(
    parts: Parts,
    source: Source,
    client: Client,
    session: int,
    state: SourceState,
    full: bool,
    whole: bool,
) -> None:
    """Reads labels, milestones and their like, whose renaming moves no ticket; once an hour.

    A first import needs no such reading: its records carry the definitions in use.
    """
    now = parts.now()
    read_at = state.definitions_read_at
    first = whole and not full
    if not first and (full or read_at is None or now - read_at >= DEFINITIONS_EVERY):
        found = client.definitions(fresh=full)
        if found is not None:
            _journal_definitions(
                parts, source, session, DefinitionsListed(kinds=found[0], definitions=found[1]), now
            )
    elif not first:
        return
    with parts.store.write() as connection:
        sources.note(connection, source.name, definitions_read_at=now)


def _journal_definitions(
    parts: Parts, source: Source, session: int, listed: DefinitionsListed, began: datetime
) -> None:
    body = orjson.dumps(Observation(events=(listed,)).model_dump(mode="json"))
    arrival = Arrival(
        source=source.name,
        via=Via.poll,
        event="poll.definitions",
        delivery_key=f"poll:{session}:definitions",
        ticket=None,
        body=body,
        received_at=began,
        observed_at=began,
        session=session,
    )
    with parts.store.write() as connection:
        journal.keep(connection, [arrival])
    parts.wake([(source.name, None)])


def _end(
    parts: Parts, source: Source, session: int, report: Report, error: TicketsyncError | None
) -> Session:
    now = parts.now()
    with parts.store.write() as connection:
        sessions.end(connection, session, now, report, str(error) if error else None)
        sources.note(connection, source.name, last_session_at=now)
        state = sources.state(connection, source.name)
        if state is None or state.status == "paused":
            pass
        elif isinstance(error, Denied):
            sources.set_status(connection, source.name, "error", str(error))
        elif error is None:
            sources.set_status(connection, source.name, "active")
        return sessions.get(connection, session)
