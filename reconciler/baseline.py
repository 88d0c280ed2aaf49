"""Baseline: a source that starts "now" knows its older tickets by id, and leaves them out."""

from reconciler import census
from reconciler.run import Run
from store import left_out, sources


def take(run: Run) -> None:
    """Notes every ticket there is, once, with its revision; an unfinished one begins anew.

    Without it a census would import them, and an event on one could not be told from a new ticket.
    """
    if run.source.start != "now" or run.state.baseline_at is not None:
        return
    began = run.parts.now()
    for page in run.asking.client("backfill").census():
        run.check_stop()
        with run.parts.store.write() as connection:
            shown = {one.ticket: one.revision for one in page.seen if one.place != "trashed"}
            left_out.put(connection, run.source.name, shown.items(), "baseline")
    with run.parts.store.write() as connection:
        sources.note(connection, run.source.name, baseline_at=began)
    census.taken(run)
    run.state = run.state.model_copy(update={"baseline_at": began})
