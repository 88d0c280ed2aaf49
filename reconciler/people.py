"""People who may work on a project: read so that they are known before they are first seen."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from reconciler.run import Run
from schemas.errors import Denied, Unauthorized
from schemas.ticket import Person
from store import passes, people, persons

EVERY = timedelta(days=1)
_AT_ONCE = 500


def look(run: Run, *, first_import: bool) -> None:
    """Reads the list of people once a day, and whenever all is read.

    Not in a first import, whose records carry along whoever is at work, nor when a person waits for
    a `sync`. A tracker that keeps its list to itself is no trouble of the session: what it says
    stands with the pass.
    """
    if first_import or not _is_due(run):
        return
    began, refused = run.parts.now(), None
    with run.making("people") as made:
        try:
            listed = list(run.asking.client().users())
        except Unauthorized:
            raise
        except Denied as denied:
            refused, made.over = str(denied), False
        else:
            _keep(run, listed, began)
    if refused is not None:
        with run.parts.store.write() as connection:
            passes.end(connection, run.source.name, "people", run.parts.now(), refused)


def _is_due(run: Run) -> bool:
    if run.full:
        return True
    if not run.scheduled:
        return False
    last = run.last("people")
    if last.status in ("pending", "syncing") or last.began_at is None:
        return True
    return run.parts.now() - last.began_at >= EVERY


def _keep(run: Run, listed: Sequence[Person], at: datetime) -> None:
    """In several transactions: none may hold up the others for long."""
    name = run.source.name
    for start in range(0, len(listed), _AT_ONCE):
        with run.parts.store.write() as connection:
            people.remember(
                connection, [(name, one, at) for one in listed[start : start + _AT_ONCE]]
            )
    persons.bring_up(run.parts.store, run.parts.now())
