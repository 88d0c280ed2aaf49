"""A whole reading: every ticket and comment, then a census for what it should have shown."""

from datetime import timedelta

from reconciler import census, hints
from reconciler.run import Run
from reconciler.walk import Walk, go
from schemas.record import Cursor
from store import journal, passes

CLOCKS_DIFFER = timedelta(seconds=30)
LOOKED = "looked"
"""The mark of a whole walk during which tickets left the filter, once a census has looked for what
that hid: their moves are shown by every walk of the next hours."""
WOKEN = 1_000
"""Lanes that are woken at once; the sweep comes by for the rest."""


def read(run: Run, scope: str, cursor: Cursor, *, first: bool) -> None:
    """Walks everything from `cursor`. A later one than the first import ends with a census.

    The import itself needs none: what it was not shown we do not hold. A later one that was
    interrupted and goes on in any session is still a later one.
    """
    _apply_older(run)
    imported = was_made(run)
    _mark(run, None)
    with run.making("whole", goes_on=cursor.position is not None):
        go(Walk(run, scope, lane="backfill", first=first), cursor)
    settled = run.parts.settle(run.source.name, run.session)
    if first and not imported:
        census.taken(run)
    else:
        census.whole(run)
    if settled:
        _recount(run)


def _apply_older(run: Run) -> None:
    """What waits in the journal is older than what is read now: applied after it, it would bring
    back what the reading proves to be gone. So it lies after a source was resumed.
    """
    with run.parts.store.read() as connection:
        lanes = journal.open_lanes(connection, run.source.name)
    run.parts.wake(lanes[:WOKEN])
    run.parts.settle(run.source.name, None)


def was_made(run: Run) -> bool:
    """Whether everything was ever read to the end."""
    return run.last("whole").ended_at is not None


def settle(run: Run) -> None:
    """None is owed any more: what an earlier one met is over, like a token that was wrong."""
    if run.last("whole").status != "complete":
        with run.parts.store.write() as connection:
            passes.settle(connection, run.source.name, "whole")


def shifted(run: Run, walk: Walk) -> bool:
    """Whether tickets left the filter while it was last walked as a whole.

    Each of them moved all later ones up by one, so one ticket may have slipped over the border
    between two pages; a census shows which. (Another whole walk would, too, but where tickets leave
    all the time it would have to be followed by the next.)
    """
    whole = run.last("whole")
    if whole.began_at is None or whole.ended_at is None or whole.mark == LOOKED:
        return False
    first, last = whole.began_at - CLOCKS_DIFFER, whole.ended_at + CLOCKS_DIFFER
    return any(first <= moment <= last for moment in walk.left)


def look_for_shifted(run: Run) -> None:
    """A census for what may have slipped over a border, once for each whole walk."""
    run.parts.settle(run.source.name, run.session)
    census.whole(run)
    _mark(run, LOOKED)


def _mark(run: Run, mark: str | None) -> None:
    with run.parts.store.write() as connection:
        run.mark(connection, "whole", mark)


def _recount(run: Run) -> None:
    """Comment counts are compared once all comments of the walk are applied."""
    with run.parts.store.write() as connection:
        journal.keep(connection, [hints.recount(run)])
    run.parts.wake([(run.source.name, None)])
