"""`sync --dry-run`: asks and compares like a sync, and keeps nothing: no delivery, no cursor."""

from collections import Counter
from typing import TYPE_CHECKING, Any

import typer

from schemas.errors import ConfigError, StoreAway, TicketsyncError

if TYPE_CHECKING:
    from cli.context import Opened
    from reconciler.parts import Parts
    from schemas.delivery import Arrival
    from schemas.source import Source
    from store.database import Connection


def preview(here: "Opened", wanted: "list[Source]", full: bool, as_json: bool) -> bool:
    """Shows what a sync would bring from each source; whether any could not be asked."""
    results = []
    parts = here.parts(lambda _source, _page, _seen: None)
    for source in wanted:
        counts: Counter[str] = Counter()
        error = None
        try:
            _look(parts, source, full, counts)
        except (ConfigError, StoreAway):
            raise
        except TicketsyncError as failure:
            error = str(failure)
        found = {kind: counts[kind] for kind in ("new", "changed", "unchanged")}
        results.append({"source": source.name, **found, "dry_run": True, "error": error})
    _show(results, as_json)
    return any(one["error"] for one in results)


def _show(results: list[dict[str, Any]], as_json: bool) -> None:
    from cli.screen import print_json, print_table

    if as_json:
        print_json(results)
        return
    columns = ("source", "new", "changed", "unchanged")
    print_table(
        ("source", ">new", ">changed", ">unchanged"),
        [tuple(one[name] for name in columns) for one in results],
        empty="nothing was read",
    )
    for one in results:
        if one["error"]:
            typer.echo(f"ticketsync: {one['source']}: {one['error']}", err=True)
    print("dry run: tickets and comments as counted here were read, nothing was kept")


def _look(parts: "Parts", source: "Source", full: bool, counts: "Counter[str]") -> None:
    from datetime import timedelta

    from reconciler.walk import scope_of, start_cursor
    from schemas.record import Cursor
    from schemas.source import SourceState
    from store import sources

    with parts.store.read() as connection:
        state = sources.state(connection, source.name) or SourceState(name=source.name)
    overlap = timedelta(seconds=parts.settings.reconciler.overlap_seconds)
    client = parts.connect(source)
    try:
        project = client.project()
        cursor = start_cursor(state, scope_of(parts, source, project.id), overlap)
        shown: set[str] = set()
        for page in client.changed_since(Cursor() if full else cursor):
            if page.kind == "tickets":
                shown |= {record.ticket for record in page.records}
            with parts.store.read() as connection:
                _compare(connection, parts, source, page, shown, counts)
    finally:
        client.close()


def _compare(
    connection: "Connection",
    parts: "Parts",
    source: "Source",
    page: Any,
    shown: set[str],
    counts: "Counter[str]",
) -> None:
    from reconciler import news
    from store import known

    def arrive(record: Any) -> "Arrival":
        return news.arrival(source, record, 0, 0, "dry-run", parts.now())

    def lost(gone: Any) -> "Arrival":
        return news.loss(source, gone, 0, 0, parts.now())

    held = set(known.known(connection, source.name, [record.ticket for record in page.records]))
    tracker = parts.tracker(source.tracker)
    sifted = news.sift(
        connection, page, source, tracker, arrive, lost, lambda ticket: ticket in held | shown
    )
    counts.update(new=sifted.new, changed=sifted.changed, unchanged=sifted.unchanged)
