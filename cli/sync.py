"""`sync`: reads what changed and applies it, here and now, with or without a running `up`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.given import Json, given
from schemas.errors import ConfigError, StoreAway, TicketsyncError

if TYPE_CHECKING:
    from cli.context import Opened, Progress
    from schemas.record import Page
    from schemas.session import Session
    from schemas.source import Source

LEASE_SECONDS = 20.0


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(sync)


def sync(
    ctx: typer.Context,
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Only these; all if none.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Read everything anew.")] = False,
    once: Annotated[bool, typer.Option("--once", hidden=True)] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and compare, but keep nothing.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log each ticket.")] = False,
    json: Json = False,
) -> None:
    """Read what changed, apply it, write the files."""
    from cli.context import opened

    loud = verbose or given(ctx).verbose
    with opened(ctx, verbose=loud) as here:
        wanted = _wanted(here, sources or [])
        if dry_run:
            from cli.preview import preview

            failed = preview(here, wanted, full, json)
        else:
            failed = _run(here, wanted, full, json, bars=not (json or loud))
    if failed:
        raise typer.Exit(1)


def _wanted(here: "Opened", names: list[str]) -> "list[Source]":
    """The sources to read; a paused or disabled one only fails when it was asked for by name."""
    from cli.clients import faults
    from trackers.registry import tracker_named

    chosen = here.chosen(names)
    found = [fault for source in chosen for fault in faults(source, here.secrets)]
    if found:
        raise ConfigError(*found)
    idle = {
        source.name: "disabled in the file" if source.direction == "disabled" else "paused"
        for source in chosen
        if source.direction == "disabled" or here.paused(source.name)
    }
    idle |= {
        source.name: "read by nobody: it lives on what is sent to it"
        for source in chosen
        if not tracker_named(source.tracker).capabilities.polls
    }
    for name, why in idle.items():
        if names:
            raise TicketsyncError(f"{name} is {why}; nothing was read")
        typer.echo(f"ticketsync: {name} is {why}: left out", err=True)
    return [source for source in chosen if source.name not in idle]


def _run(here: "Opened", wanted: "list[Source]", full: bool, as_json: bool, *, bars: bool) -> bool:
    """Reads the sources one after the other; whether any failed."""
    results = []
    with _bars(bars) as progress:
        parts = here.parts(progress)
        for source in wanted:
            result = _one(here, source, parts, full)
            result["files"] = here.render()
            results.append(result)
    if as_json:
        _print_json(results)
    else:
        _print(results)
    return any(result["error"] for result in results)


def _one(here: "Opened", source: "Source", parts: Any, full: bool) -> dict[str, Any]:
    """One source, from lease to files; a failure is told and leaves the other sources alone."""
    from reconciler import session

    try:
        done = session.run(parts, source, full=full, wait_seconds=LEASE_SECONDS)
    except (ConfigError, StoreAway):
        raise
    except TicketsyncError as error:
        return {"source": source.name, "session": None, "error": str(error)}
    here.catch_up(source.name)
    return {"source": source.name, "session": done, "error": done.error}


def read_once(here: "Opened", source: "Source") -> "Session | None":
    """Reads one source with a bar, applies it and writes its files; None when it is being read."""
    with _bars(True) as progress:
        result = _one(here, source, here.parts(progress), full=False)
    here.render()
    session: Session | None = result["session"]
    return session


def _print_json(results: list[dict[str, Any]]) -> None:
    from cli.screen import print_json
    from cli.sessions import as_object

    print_json(
        [
            (as_object(one["session"]) if one["session"] else {"source": one["source"]})
            | {"error": one["error"], "files": one["files"]}
            for one in results
        ]
    )


def _print(results: list[dict[str, Any]]) -> None:
    from cli.screen import print_table

    columns = ("source", ">new", ">changed", ">unchanged", ">files", ">requests", ">seconds")
    print_table(
        columns,
        [(*_counts(one["source"], one["session"], one["files"]),) for one in results],
        empty="no source was read; `add github URL` adds one",
    )
    for one in results:
        if one["error"]:
            typer.echo(f"ticketsync: {one['source']}: {one['error']}", err=True)


def _counts(name: str, done: "Session | None", files: int) -> Iterator[object]:
    report = done.report if done else None
    yield name
    if report is None:
        yield from ("-",) * 6
        return
    yield from (report.new, report.changed, report.unchanged, files, report.requests)
    yield f"{report.seconds:.1f}"


@contextmanager
def _bars(wanted: bool) -> "Iterator[Progress]":
    """A bar for the tickets and one for the comments of each source, on a terminal's stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    shown = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not (wanted and console.is_terminal),
    )
    tasks: dict[str, Any] = {}

    def advance(source: "Source", page: "Page", _seen: int) -> None:
        name = f"{source.name}: {page.kind}"
        task = tasks.get(name)
        if task is None:
            task = tasks[name] = shown.add_task(name, total=page.total)
        shown.update(task, advance=len(page.records))
        if page.total is not None:
            shown.update(task, total=page.total)

    with shown:
        yield advance
        for task in tasks.values():
            shown.update(task, total=shown.tasks[task].completed)
