"""Baseline: a source that starts "now" knows its older tickets by id, and leaves them out."""

from reconciler import census
from reconciler.run import Run
from store import left_out, sources


def take(run: Run) -> None:
    """Notes every ticket there is, once, with its revision; an unfinished one goes on.

    Without it a census would import them, and an event on one could not be told from a new ticket.
    A source that starts with "all" again is read as if for the first time.
    """
    if run.source.start != "now":
        _lift(run)
    elif run.state.baseline_at is None:
        _note(run)


def _note(run: Run) -> None:
    """What is created while it lasts is in it, too: a walk tells that by its date."""
    name = run.source.name
    with run.making("census", main=True) as made:
        this = census.begun(run, made.before.mark, baseline=True)
        for page in run.asking.client("backfill").census(this.at):
            run.check_stop()
            this = this.model_copy(update={"at": page.mark})
            shown = {one.ticket: one.revision for one in page.seen if one.place != "trashed"}
            with run.parts.store.write() as connection:
                census.keep(run, connection, this)
                left_out.put(connection, name, shown.items(), "baseline")
        with run.parts.store.write() as connection:
            census.keep(run, connection, None)
            sources.note(connection, name, baseline_at=this.began_at)
    run.state = run.state.model_copy(update={"baseline_at": this.began_at})


def _lift(run: Run) -> None:
    """Nothing is left out any more, so that all has to be read."""
    if run.state.baseline_at is None:
        return
    name, scope = run.source.name, run.state.cursor_scope or ""
    with run.parts.store.write() as connection:
        left_out.forget(connection, name, "baseline")
        run.move_cursor(connection, None, scope)
        sources.note(connection, name, baseline_at=None)
    run.state = run.state.model_copy(update={"baseline_at": None, "cursor": None})
