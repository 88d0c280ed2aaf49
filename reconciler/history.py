"""History: the changelogs of tickets that changed, and little by little those of all others."""

from collections.abc import Sequence

from reconciler.arrivals import observed
from reconciler.run import Run
from schemas.errors import Spent
from schemas.event import HistoryListed
from schemas.history import History
from store import history, journal

AT_ONCE = 100
"""As many as the widest request for changelogs takes; each batch is journaled before the next."""

CHANGED_A_SESSION, BACKLOG_A_SESSION = 2_000, 200
"""So that a session comes to its end: the rest waits for the next one."""


def read(run: Run) -> None:
    """Reads changelogs of tickets that changed since they were known.

    Those of tickets nobody has changed since the import wait for scheduled sessions, a few at a
    time and in the lane that comes last, or for a session that is asked for all of them. A rate
    budget that is used up ends the pass, not the session: nothing that tickets show depends on it.
    """
    if not run.parts.tracker(run.source.tracker).capabilities.history:
        return
    changed = _wanted(run, CHANGED_A_SESSION, backlog=False)
    rest = BACKLOG_A_SESSION if run.scheduled else None
    older = _wanted(run, rest, backlog=True) if run.scheduled or run.history else []
    if not changed and not older:
        return
    with run.making("history") as made:
        done = 0
        try:
            for some in _batches([*changed, *older]):
                run.check_stop()
                _read_some(run, some)
                done += len(some)
        except Spent:
            made.over = False
        made.over = made.over and done == len(changed) + len(older)


def _wanted(run: Run, limit: int | None, *, backlog: bool) -> list[str]:
    with run.parts.store.read() as connection:
        return history.wanted(connection, run.source.name, limit, backlog=backlog)


def _batches(tickets: Sequence[str]) -> list[Sequence[str]]:
    return [tickets[start : start + AT_ONCE] for start in range(0, len(tickets), AT_ONCE)]


def _read_some(run: Run, tickets: Sequence[str]) -> None:
    """One batch, journaled ticket by ticket: a changelog is a delivery like all the others."""
    began = run.parts.now()
    found = list(run.asking.client("backfill").history(tickets))
    name = run.source.name
    arrivals = [
        observed(
            run.source,
            one.ticket,
            run.session,
            f"history:{run.session}:{one.ticket}:{began.isoformat()}",
            "poll.history",
            began,
            (_listed(one),),
        )
        for one in found
    ]
    unread = sorted(set(tickets) - {one.ticket for one in found})
    with run.parts.store.write() as connection:
        journal.keep(connection, arrivals)
        if unread:
            history.unreadable(connection, name, unread, began)
    run.parts.wake([(name, one.ticket) for one in found])


def _listed(one: History) -> HistoryListed:
    return HistoryListed(ticket=one.ticket, entries=one.entries, complete=one.complete)
