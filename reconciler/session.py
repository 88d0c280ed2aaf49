"""A session: one bounded reconcile run of one source, from lease to report."""

import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta

from reconciler import (
    asides,
    baseline,
    census,
    contact,
    gaps,
    missing,
    people,
    snapshots,
    watch,
    whole,
)
from reconciler import history as past
from reconciler.contact import Lost
from reconciler.parts import Parts
from reconciler.run import Asking, Run, Stopped
from reconciler.tenure import Busy, tenure
from reconciler.walk import Walk, go, scope_of, start_cursor
from schemas import notice
from schemas.errors import Denied, TicketsyncError, Transient, Unauthorized
from schemas.record import Cursor
from schemas.session import Report, Session
from schemas.source import Source, SourceState, SourceStatus
from store import known, leases, left_out, sessions, sources
from store.database import Connection
from store.leases import Lease
from store.notices import change_status

WIDE_EVERY = timedelta(hours=1)
JOIN_SECONDS = 0.3


def run(
    parts: Parts,
    source: Source,
    *,
    full: bool = False,
    history: bool = False,
    scheduled: bool = False,
    wait_seconds: float = 0.0,
    on_join: Callable[[str], None] | None = None,
) -> Session:
    """Reconciles one source. A tracker that fails ends the session, not the process.

    With `on_join`, one that finds another at work is told its holder and comes back with what that
    one came to, unless more was asked for than it does. Raises Busy when another process has the
    source and nobody wants to join, StoreAway without a database.
    """
    while True:
        try:
            with tenure(parts.store, source.name, parts.holder, wait_seconds) as lease:
                return _run(_begin(parts, source, lease, full, history, scheduled))
        except Busy:
            if on_join is None:
                raise
        joined = _join(parts, source, on_join, full=full, history=history)
        if joined is not None:
            return joined


def _join(
    parts: Parts, source: Source, on_join: Callable[[str], None], *, full: bool, history: bool
) -> Session | None:
    """Waits until nobody holds the source; the session that ran, if it did what we were to do."""
    with parts.store.read() as connection:
        other = sessions.running(connection, source.name)
        holder = leases.holder_of(connection, f"reconcile:{source.name}")
    if holder is not None:
        on_join(holder)
    while holder is not None:
        if parts.stop.wait(JOIN_SECONDS):
            raise Stopped("stopped while another process was reading")
        with parts.store.read() as connection:
            holder = leases.holder_of(connection, f"reconcile:{source.name}")
    if other is None or other.kind == "hooks" or (full and other.kind != "full") or history:
        return None
    with parts.store.read() as connection:
        ended = sessions.get(connection, other.id)
    return None if ended.status == "running" else ended


def _run(this: Run) -> Session:
    began = time.monotonic()
    error: Exception | None = None
    try:
        _reconcile(this)
    except Exception as failure:  # a bug of ours must not leave a session running for ever
        error = failure
    try:
        error = contact.judge(this, error)
    finally:
        ended = _end(this, error, round(time.monotonic() - began, 3))
        this.asking.close()
    if error is not None and not isinstance(error, TicketsyncError):
        raise error
    return ended


def _begin(
    parts: Parts, source: Source, lease: Lease, full: bool, history: bool, scheduled: bool
) -> Run:
    watched = scheduled and source.intake == "webhook"
    kind = "full" if full else "hooks" if watched else "incremental"
    now = parts.now()
    with parts.store.write() as connection:
        sessions.bury(connection, source.name, now)
        parked = sessions.parked_full(connection, source.name) if full else None
        session = sessions.begin(connection, source.name, kind, now)
        state = sources.state(connection, source.name) or SourceState(name=source.name)
        parts.tell(connection, [notice.sync_started(source.name, session, kind, now)])
    first, asking = parked or session, Asking(parts, source)
    return Run(parts, source, asking, lease, session, first, state, full, history, scheduled, now)


def _reconcile(this: Run) -> None:
    """Every pass whose time has come. A source that lives on webhooks alone is only watched."""
    project = contact.make(this)
    watch.look(this)
    baseline.take(this)
    if this.scheduled and this.source.intake == "webhook":
        snapshots.take(this)
        return
    imported = _walk(this, scope_of(this.parts, this.source, project))
    asides.definitions(this, first_import=imported)
    asides.activity(this)
    people.look(this, first_import=imported)
    if not this.full:
        census.look(this)
    past.read(this)
    this.tally.missed += gaps.settle(this.parts, this.source, this.session, this.parts.now()).missed
    snapshots.take(this)


def _walk(this: Run, scope: str) -> bool:
    """An incremental walk; when all is to be read, a whole one after it. Whether all was new.

    The incremental one goes first because tickets that left the filter show only there.
    """
    _forget_outside(this, scope)
    cursor = _cursor(this, scope)
    older = _older_walk(this, cursor) if this.full else None
    if older and whole.was_made(this):
        cursor = older  # and then all is read anew
    if cursor.since is None:
        whole.read(this, scope, cursor, first=not this.full)
        if older:
            _changes(this, scope, older)
        return not this.full
    walk = _changes(this, scope, cursor)
    if this.full:
        if not census.goes_on(this):
            whole.read(this, scope, Cursor(), first=False)
        return False
    whole.settle(this)
    if whole.shifted(this, walk):
        whole.look_for_shifted(this)
    return False


def _older_walk(this: Run, cursor: Cursor) -> Cursor | None:
    """Where changes begin that a whole walk of another run did not see before it was interrupted.

    One that this very run was parked in is as good as one that took its time.
    """
    if cursor.since is not None or cursor.position is None or cursor.watermark is None:
        return None
    if (this.last("whole").session or 0) >= this.first:
        return None
    return Cursor(since=cursor.watermark - _overlap(this))


def _changes(this: Run, scope: str, cursor: Cursor) -> Walk:
    """An incremental walk. It was a wide look, and reached back for a silent webhook, only if it
    came to its end; one that went on began where another had."""
    walk = Walk(this, scope)
    with this.making("tickets"):
        go(walk, cursor)
    watch.was_read(this, cursor.since)
    if not walk.resumed and _wide_is_due(this):
        with this.making("wide"):
            pass
    return walk


def _forget_outside(this: Run, scope: str) -> None:
    """What lay outside another filter, or was hidden from another credential, may be ours now."""
    if this.state.cursor_scope not in (None, scope):
        with this.parts.store.write() as connection:
            left_out.forget(connection, this.source.name, "filter")


def _overlap(this: Run) -> timedelta:
    return timedelta(seconds=this.parts.settings.reconciler.overlap_seconds)


def _cursor(this: Run, scope: str) -> Cursor:
    """Where the walk begins: once an hour with the wide overlap, which catches what lists showed
    late; for a source that starts "now" not before its baseline."""
    overlap = _overlap(this)
    if this.last("wide").began_at is not None and _wide_is_due(this):
        wide = this.parts.settings.reconciler.wide_overlap_minutes
        overlap = max(overlap, timedelta(minutes=wide))
    cursor = start_cursor(this.state, scope, overlap, watch.read_from(this))
    if cursor.since is None and cursor.position is None and this.state.baseline_at:
        return Cursor(since=this.state.baseline_at - overlap)
    return cursor


def _wide_is_due(this: Run) -> bool:
    """Whether an hour has passed since the last wide look."""
    last = this.last("wide").began_at
    return last is None or this.began_at - last >= WIDE_EVERY


def _end(this: Run, error: Exception | None, seconds: float) -> Session:
    """Writes the report and what it means for the source's status; a paused one stays paused."""
    parts, name, now = this.parts, this.source.name, this.parts.now()
    told = _told(this, error)
    resumes_at = _resumes_at(this, error, now)
    with parts.store.write() as connection:
        report = _report(this, connection, seconds)
        sessions.end(connection, this.session, now, report, told, resumes_at=resumes_at)
        sources.note(connection, name, last_session_at=now)
        if told is None or resumes_at:
            parts.tell(connection, [notice.sync_completed(name, this.session, report, now)])
        else:
            parts.tell(connection, [notice.sync_error(name, this.session, told, now)])
        _set_status(this, connection, error, told or "", now)
        return sessions.get(connection, this.session)


def _told(this: Run, error: Exception | None) -> str | None:
    """What went wrong, in the words an operator reads; None when all went well."""
    if error is None:
        return "; ".join(this.errors) or None
    told = str(error) or type(error).__name__
    return f"{told}; {this.parts.remedy(this.source)}" if isinstance(error, Unauthorized) else told


def _resumes_at(this: Run, error: Exception | None, now: datetime) -> datetime | None:
    """When a session goes on that was asked to wait, by the tracker or by our own budget."""
    if isinstance(error, Stopped) and this.parts.stop.is_set():
        return now  # nothing is wrong: whoever comes next goes on at once
    if isinstance(error, Transient) and error.retry_after is not None:
        return now + timedelta(seconds=error.retry_after)
    return None


def _report(this: Run, connection: Connection, seconds: float) -> Report:
    """What the session came to so far: what is still being applied is not counted."""
    found = this.tally.journaled or this.tally.missing
    return Report(
        **asdict(this.tally),
        deleted=known.lost_since(connection, this.source.name, this.began_at) if found else 0,
        failed=sessions.failures(connection, this.session),
        requests=this.asking.requests,
        cached=this.asking.cached,
        seconds=seconds,
        passes=this.seconds,
    )


def _set_status(
    this: Run, connection: Connection, error: Exception | None, told: str, now: datetime
) -> None:
    """Vanished tickets stay an error until a census that came to its end shows them again."""
    name = this.source.name
    state = sources.state(connection, name)
    if state is None or state.status == "paused":
        return
    status: SourceStatus | None = None
    if isinstance(error, Lost):
        status = "disconnected"
    elif isinstance(error, Denied):
        status = "error"
    elif error is None and (this.counted or missing.VANISHED not in state.status_reason):
        status, told = "active", ""
    if status is None:
        return
    change_status(connection, this.parts.tell, name, status, told, now)
