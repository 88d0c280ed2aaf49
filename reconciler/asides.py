"""Asides: what moves no ticket, as when a label is renamed or a link is drawn."""

from datetime import datetime, timedelta

from reconciler import hints
from reconciler.arrivals import observed
from reconciler.gaps import Find
from reconciler.run import Run
from schemas.event import Aspect, DefinitionsListed
from schemas.tracker import Activity, Part, Touched
from store import journal, known, mirrors, standing

DEFINITIONS_EVERY = timedelta(hours=1)
"""Where each reading counts against the limit; where an unchanged one is free, in every pass."""

_PARTS: dict[Aspect, Part] = {
    "core": "core",
    "comments": "comments",
    "count": "comments",
    "links": "links",
}


def definitions(run: Run, *, first_import: bool) -> None:
    """Reads labels, milestones and their like.

    A first import needs no such reading: its records carry the definitions in use. But what a
    mirror writes to has to be known whole: a ticket may be the first to come to a state.
    """
    last = run.last("definitions")
    free = run.parts.tracker(run.source.tracker).capabilities.conditional
    now = run.parts.now()
    unread = last.mark != standing.LISTED and _is_mirrored(run)
    is_due = last.ended_at is None or now - last.ended_at >= DEFINITIONS_EVERY
    if not (run.full or free or unread or is_due):
        return
    with run.making("definitions") as made:
        if first_import and not unread:
            return
        # An answer that was remembered and then lost with its process would never come again.
        unsure = made.before.status in ("syncing", "error")
        found = run.asking.client().definitions(fresh=run.full or unsure or unread)
        if found is not None:
            listed = DefinitionsListed(kinds=found[0], definitions=found[1])
            _journal_definitions(run, listed, now)


def _is_mirrored(run: Run) -> bool:
    with run.parts.store.read() as connection:
        every = mirrors.every(connection)
    return any(run.source.name in (one.source, one.target) for one in every)


def _journal_definitions(run: Run, listed: DefinitionsListed, began: datetime) -> None:
    name, key = run.source.name, f"poll:{run.session}:definitions"
    arrival = observed(run.source, None, run.session, key, "poll.definitions", began, (listed,))
    with run.parts.store.write() as connection:
        run.mark(connection, "definitions", standing.LISTED)
        journal.keep(connection, [arrival])
    run.parts.wake([(name, None)])


def activity(run: Run) -> None:
    """Looks through the tracker's list of what happened, where it has one."""
    if not run.parts.tracker(run.source.tracker).capabilities.activity:
        return
    with run.making("activity") as made:
        mark = made.before.mark if isinstance(made.before.mark, str) else None
        found = run.asking.client().activity(mark)
        if found is not None:
            _ask(run, found)


def _ask(run: Run, found: Activity) -> None:
    """Questions about tickets we hold, journaled with the mark in one transaction."""
    touched = _unsettled(run, found)
    asked = hints.about(run, dict.fromkeys((t.ticket, t.aspect, t.reason) for t in touched))
    finds = [Find(t.ticket, _PARTS[t.aspect], t.at, known_before=True) for t in touched]
    with run.parts.store.write() as connection:
        run.mark(connection, "activity", found.mark)
        journal.keep(connection, asked)
        run.found(connection, finds)
    run.tally.journaled += len(asked)
    run.parts.wake([(one.source, one.ticket) for one in asked])


def _unsettled(run: Run, found: Activity) -> list[Touched]:
    """What concerns tickets we hold, and was not asked about since it happened."""
    ids = sorted({one.ticket for one in found.touched})
    with run.parts.store.read() as connection:
        confirmed = known.confirmed(connection, run.source.name, ids)
    return [
        one
        for one in found.touched
        if one.ticket in confirmed and not _settled(one.at, confirmed[one.ticket])
    ]


def _settled(at: datetime | None, confirmed: datetime | None) -> bool:
    return at is not None and confirmed is not None and confirmed > at
