"""Edited files of local tickets, taken over at the beginning of a `sync`."""

import time
from typing import TYPE_CHECKING

import typer

from cli.given import program
from schemas.source import LOCAL

if TYPE_CHECKING:
    from cli.context import Opened

PATIENCE_SECONDS = 5.0
"""How long a file that somebody is just saving is waited for."""
LOOK_SECONDS = 0.25


def take_over(here: "Opened", *, accept: bool) -> int:
    """Takes over what people typed; how many tickets changed. What cannot be is told on stderr."""
    from store.workspace.scan import Seen
    from workers import local

    here.catch_up(LOCAL)  # also what an earlier process was killed over, or a disk refused
    seen: Seen = {}
    until = time.monotonic() + PATIENCE_SECONDS
    keys, faults = set(), []
    while True:
        found = local.take_over(here.work, seen, consent=accept)
        here.drain(found.keys)
        keys |= {*found.keys}
        faults += found.faults
        if not found.moving or time.monotonic() > until:
            break
        here.render()  # what was taken over is no edit any more
        time.sleep(LOOK_SECONDS)
    faults += [f"{path}: is being written; run `{program()} sync` again" for path in found.moving]
    for fault in faults:
        typer.echo(f"ticketsync: {fault}", err=True)
    here.render()
    return len(keys)
