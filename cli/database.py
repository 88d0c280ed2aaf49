"""`db`: the schema, retention, and copies."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.given import Json, given

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
    ctx: typer.Context, file: Annotated[Path, typer.Argument(help="A file that is not there yet.")]
) -> None:
    """Copy a SQLite database while it is in use."""
    from store import upkeep

    with _store(ctx, migrate=False) as store:
        upkeep.backup(store, file)
    print(f"copied to {file} ({file.stat().st_size} bytes)")


@contextmanager
def _store(ctx: typer.Context, *, migrate: bool) -> "Iterator[Store]":
    """The store alone: it needs no token, and no file when the environment names it."""
    from cli.unset import load
    from runtime import config, telemetry
    from store.database import open_store

    file = given(ctx).config
    settings = load(config.path_of(file), required=file is not None)
    told = telemetry.start(settings, process="cli")
    try:
        store = open_store(settings.store.url, settings.folder, migrate=migrate)
        try:
            yield store
        finally:
            store.close()
    finally:
        told.close()
