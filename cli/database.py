"""`db`: the schema, retention, and copies."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.given import Json, given, program, who

if TYPE_CHECKING:
    from store.database import Store

app = typer.Typer(help="The database.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def migrate(ctx: typer.Context) -> None:
    """Bring the schema to this version; a second time changes nothing."""
    from store.migrations import HEAD

    with _store(ctx, migrate=True):
        print(f"the database is at schema {HEAD}")


@app.command()
def prune(ctx: typer.Context, json: Json = False) -> None:
    """Drop what retention says: old bodies first, then old rows. Dead and pending ones stay."""
    from datetime import timedelta

    from cli.context import opened
    from cli.screen import print_json
    from runtime.clock import utc_now
    from store import upkeep

    with opened(ctx) as here:
        keeps = here.settings.journal
        dropped = upkeep.prune(
            here.store,
            utc_now(),
            bodies=timedelta(days=keeps.keep_bodies_days),
            rows=timedelta(days=keeps.keep_rows_days),
        )
    if json:
        print_json(dropped)
    else:
        print("dropped: " + ", ".join(f"{count} {name}" for name, count in dropped.items()))


@app.command()
def backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file that is not there yet.")],
    json: Json = False,
) -> None:
    """Copy the database into one file while it is in use, of SQLite and PostgreSQL alike."""
    from cli.screen import print_json
    from store import backup as backups

    with _store(ctx, migrate=False) as store, _shown(json) as shown:
        copied = backups.write(store, file, shown)
    size = file.stat().st_size
    if json:
        told = {"file": str(file), "bytes": size, "schema": copied.schema, "rows": copied.rows}
        print_json(told | {"tables": copied.tables})
    else:
        print(f"copied to {file} ({copied.rows:,} rows, {size:,} bytes)")


@app.command()
def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="What `db backup` wrote.")],
    json: Json = False,
) -> None:
    """Fill an empty database, of either kind, from a backup."""
    from cli.screen import print_json
    from runtime.clock import utc_now
    from store import backup as backups

    backups.schema_of(file)  # before a database is made for nothing
    with _store(ctx, migrate=True) as store, _shown(json) as shown:
        copied = backups.restore(store, file, who(), utc_now(), shown)
    if json:
        told = {"file": str(file), "schema": copied.schema, "rows": copied.rows}
        print_json(told | {"tables": copied.tables})
        return
    print(f"restored from {file} ({copied.rows:,} rows)")
    print(f"it is as old as that file: read what happened since with `{program()} sync --full`")


@contextmanager
def _shown(as_json: bool) -> "Iterator[Callable[[str, int, int], None]]":
    """How far a copy is: a bar on a terminal, nothing elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}"))
    hidden = as_json or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as bars:
        task = bars.add_task("")

        def show(what: str, done: int, total: int) -> None:
            bars.update(task, description=what, completed=done, total=total)

        yield show


@contextmanager
def _store(ctx: typer.Context, *, migrate: bool) -> "Iterator[Store]":
    """The store alone: it needs no token, and no file when the environment names it."""
    from cli.unset import load
    from runtime import config, telemetry
    from store.database import open_for

    file = given(ctx).config
    settings = load(config.path_of(file), required=file is not None)
    told = telemetry.start(settings, process="cli")
    try:
        store = open_for(settings, migrate=migrate)
        try:
            yield store
        finally:
            store.close()
    finally:
        told.close()
