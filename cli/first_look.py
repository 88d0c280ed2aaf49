"""The end of `add`: is the token good, do the fields fit, and does a first sync bring all?"""

from typing import TYPE_CHECKING

import typer

from cli.given import program
from schemas.errors import ConfigError, Denied, StoreAway, TicketsyncError, Transient

if TYPE_CHECKING:
    from cli.context import Opened
    from schemas.source import Source
    from trackers.base import Client


def first_look(ctx: typer.Context, names: list[str]) -> None:
    """Checks and reads new sources; exit 1 when the tracker refused one of them.

    A tracker out of reach is no fault of the configuration: it is said, and read later.
    """
    from cli.context import opened

    refused = False
    with opened(ctx) as here:
        for name in names:
            refused = not _one(here, here.source(name)) or refused
    if refused:
        raise typer.Exit(1)


def _one(here: "Opened", source: "Source") -> bool:
    try:
        client = here.work.connect(source)
        try:
            _introduce(source, client)
            _fields(source, client)
            seen = _sync(here, source)
            _counts(here, source, client, seen)
        finally:
            client.close()
    except (ConfigError, StoreAway):
        raise
    except Transient as error:
        print(f"later: {source.name} cannot be read now: {error}")
        print(f"       {program()} sync {source.name}   reads it once it can")
    except Denied as error:
        typer.echo(f"ticketsync: {source.name}: {error}", err=True)
        return False
    except TicketsyncError as error:
        typer.echo(f"ticketsync: {source.name}: {error}", err=True)
        return False
    return True


def _introduce(source: "Source", client: "Client") -> None:
    me, project = client.identity(), client.project()
    print(f"token: ok, as {me.login or 'nobody in particular'}; project {project.name} may be read")


def _fields(source: "Source", client: "Client") -> None:
    """Only where people make fields of their own is there anything to check."""
    from cli.fields import faults
    from trackers.registry import tracker_named

    if not tracker_named(source.tracker).capabilities.custom_fields:
        return
    found = faults(source, client.fields())
    for fault in found:
        print(f"field: {fault}")
    if not found:
        print(f"field: ok ({program()} fields suggest {source.name} shows what could be mapped)")


def _sync(here: "Opened", source: "Source") -> int:
    """Reads it once; how many records the tracker listed."""
    from cli.sync import read_once

    return read_once(here, source).report.seen


def _counts(here: "Opened", source: "Source", client: "Client", seen: int) -> None:
    """Both sides counted on their own; a census knows no filter."""
    from store import known

    with here.store.read() as connection:
        ours = len(known.ids_here(connection, source.name))
    if source.filter.get("state") != "all" or set(source.filter) - {"state"}:
        print(f"count: {ours} tickets here, in the filter {source.filter}; {seen} records read")
        return
    theirs = sum(one.place == "here" for page in client.census() for one in page.seen)
    equal = "equal" if ours == theirs else f"NOT equal: see `{program()} deliveries list`"
    print(f"count: {theirs} at the tracker, {ours} here: {equal}")
