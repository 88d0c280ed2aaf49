"""A whole reading: every ticket and comment, then a census for what it should have shown."""

from datetime import timedelta

from reconciler import census, hints
from reconciler.run import Run
from reconciler.walk import Walk, go
from schemas.record import Cursor
from store import journal

CLOCKS_DIFFER = timedelta(seconds=30)


def read(run: Run, scope: str, cursor: Cursor, *, first: bool) -> None:
    """Walks everything from `cursor`. A later one than the first import ends with a census.

    The import itself needs none: what it was not shown we do not hold.
    """
    run.parts.settle(run.source.name, run.session)
    with run.making("whole"):
        go(Walk(run, scope, lane="backfill", first=first), cursor)
    settled = run.parts.settle(run.source.name, run.session)
    if first:
        census.taken(run)
    else:
        census.whole(run)
    if settled:
        _recount(run)


def shifted(run: Run, walk: Walk) -> bool:
    """Whether tickets left the filter while it was last walked as a whole.

    Each of them moved all later ones up by one, so one ticket may have slipped over the border
    between two pages; only another whole walk shows which.
    """
    whole = run.last("whole")
    if whole.began_at is None or whole.ended_at is None:
        return False
    first, last = whole.began_at - CLOCKS_DIFFER, whole.ended_at + CLOCKS_DIFFER
    return any(first <= moment <= last for moment in walk.left)


def _recount(run: Run) -> None:
    """Comment counts are compared once all comments of the walk are applied."""
    with run.parts.store.write() as connection:
        journal.keep(connection, [hints.recount(run)])
    run.parts.wake([(run.source.name, None)])
