"""Snapshots: once a day, after midnight UTC, the figures of the day that ended are kept.

No request is sent. A day is counted when the source was read beyond its end and all of that is
applied; days nobody was there for are caught up with from the history.
"""

from datetime import date, datetime, timedelta

from reconciler.parts import Parts
from reconciler.run import Run
from schemas.source import Source
from store import derived, history, sources
from store.database import Connection
from store.numbers import snapshots


def take(run: Run) -> None:
    """Counts the days of a source that are over and were not counted yet."""
    _bring_up(run)
    days = _due(run)
    # What this session found has to be applied: it may have happened yesterday.
    if not days or not run.parts.settle(run.source.name, run.session):
        return
    with run.making("snapshots"):
        _bring_up(run)
        for day in days:
            run.check_stop()
            _take(run, day)


def _bring_up(run: Run) -> None:
    derived.bring_up(run.parts.store, run.parts.sources, run.parts.now())


def _take(run: Run, day: date) -> None:
    """Counted outside the transaction, for it takes a second with many open tickets."""
    mark = run.last("snapshots").mark
    with run.parts.store.read() as connection:
        found = snapshots.count(connection, run.source.name, day)
    with run.parts.store.write() as connection:
        run.mark(connection, "snapshots", mark)
        snapshots.keep(connection, run.source.name, day, found, run.parts.now())


def _due(run: Run) -> list[date]:
    now = run.parts.now()
    since = _watched_since(run, now)
    with run.parts.store.read() as connection:
        until = _last_whole_day(connection, run.source, now)
        first = since if _history_is_short(connection, run) else date.min
        return snapshots.missing(connection, run.source.name, until, first)


def _watched_since(run: Run, now: datetime) -> date:
    """The day this was first looked at."""
    mark = run.last("snapshots").mark
    if isinstance(mark, str):
        return date.fromisoformat(mark)
    with run.parts.store.write() as connection:
        run.mark(connection, "snapshots", now.date().isoformat())
    return now.date()


def _history_is_short(connection: Connection, run: Run) -> bool:
    """Whether changelogs are still to be read: without them a ticket seems to have been always what
    it is, so days before we watched would come out wrong."""
    if not run.parts.tracker(run.source.tracker).capabilities.history:
        return False
    name = run.source.name
    return any(history.wanted(connection, name, 1, backlog=backlog) for backlog in (True, False))


def _last_whole_day(connection: Connection, source: Source, now: datetime) -> date:
    """The last day that is over, and that the source was read beyond."""
    state = sources.state(connection, source.name)
    read_to = state.read_to if state else None
    return min(now, read_to or now).date() - timedelta(days=1)


def of_unread(parts: Parts) -> None:
    """The same for sources that live on what they are sent and so have no sessions."""
    now = parts.now()
    unread = [
        one.name
        for one in parts.sources.values()
        if not parts.tracker(one.tracker).capabilities.polls
    ]
    if not unread:
        return
    derived.bring_up(parts.store, parts.sources, now)
    for name in unread:
        with parts.store.read() as connection:
            yesterday = now.date() - timedelta(days=1)
            days = snapshots.missing(connection, name, yesterday, date.min)
        for day in days:
            snapshots.take(parts.store, name, day, now)
