"""Edited files, taken over and sent at the beginning of a `sync`."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from cli.given import program

if TYPE_CHECKING:
    from pathlib import Path

    from cli.context import Opened

PATIENCE_SECONDS = 5.0
"""How long a file that somebody is just saving is waited for."""
LOOK_SECONDS = 0.25


def take_over(here: "Opened", names: Sequence[str], *, accept: bool) -> None:
    """Takes over what people typed into files of these sources; on stderr how many tickets changed,
    and what cannot be taken over."""
    from store.workspace.scan import Seen
    from workers.edits.taking import take_over as take

    _catch_up(here, names)
    seen: Seen = {}
    until = time.monotonic() + PATIENCE_SECONDS
    keys, faults = dict[tuple[str, str], None](), list[str]()
    moving: list[Path] = []
    while True:
        found = take(here.work, seen, consent=accept, only=names)
        here.drain(found.keys)
        here.touched |= found.old
        keys |= dict.fromkeys(found.keys)
        faults += found.faults
        moving = found.moving
        if not moving or time.monotonic() > until:
            break
        here.render()  # what was taken over is no edit any more
        time.sleep(LOOK_SECONDS)
    faults += [f"{path}: is being written; run `{program()} sync` again" for path in moving]
    for fault in faults:
        typer.echo(f"ticketsync: {fault}", err=True)
    here.render()
    for source, changed in Counter(source for source, _ in keys).items():
        typer.echo(f"{source}: {changed} edited", err=True)


def _catch_up(here: "Opened", names: Sequence[str]) -> None:
    """What an earlier process was killed over, or a disk refused."""
    from store import journal

    for name in names:
        source = here.work.sources.get(name)
        if source is not None and source.direction in ("push", "bidirectional"):
            with here.store.read() as connection:
                lanes = journal.open_lanes(connection, name)
            here.drain(lanes)
            here.touched.add(name)


def push(here: "Opened", names: Sequence[str]) -> None:
    """Sends edits of trackers' tickets that wait; on stderr what became of them."""
    from workers.edits.sending import push_edits

    sent = push_edits(here.work, only=names)
    here.touched |= sent.sources
    for fault in sent.faults:
        typer.echo(f"ticketsync: {fault}", err=True)
    if sent.tickets or sent.comments:
        typer.echo(f"edits sent: {sent.tickets} tickets, {sent.comments} comments", err=True)
    if sent.conflicts:
        told = f"{sent.conflicts} edits conflict: {program()} conflicts list"
        typer.echo(f"ticketsync: {told}", err=True)
