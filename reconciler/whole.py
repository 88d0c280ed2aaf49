"""A whole reading: every ticket and comment, then a census for what it should have shown."""

from datetime import timedelta

from reconciler import census, hints
from reconciler.run import Run
from reconciler.walk import Walk, go
from schemas.record import Cursor
from store import journal, passes

CLOCKS_DIFFER = timedelta(seconds=30)


def read(run: Run, scope: str, cursor: Cursor, *, first: bool) -> None:
    """Walks everything from `cursor`. A later one than the first import ends with a census.

    The import itself needs none: what it was not shown we do not hold. A later one that was
    interrupted and goes on in any session is still a later one.
    """
    run.parts.settle(run.source.name, run.session)
    imported = was_made(run)
    with run.making("whole", goes_on=cursor.position is not None):
        go(Walk(run, scope, lane="backfill", first=first), cursor)
    settled = run.parts.settle(run.source.name, run.session)
    if first and not imported:
        census.taken(run)
    else:
        census.whole(run)
    if settled:
        _recount(run)


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
    if whole.began_at is None or whole.ended_at is None:
        return False
    first, last = whole.began_at - CLOCKS_DIFFER, whole.ended_at + CLOCKS_DIFFER
    return any(first <= moment <= last for moment in walk.left)


def _recount(run: Run) -> None:
    """Comment counts are compared once all comments of the walk are applied."""
    with run.parts.store.write() as connection:
        journal.keep(connection, [hints.recount(run)])
    run.parts.wake([(run.source.name, None)])
