"""Writing the files of changed tickets: byte-stable, rename-stable, never deleting."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from schemas.delivery import Arrival, Via
from schemas.errors import Transient
from schemas.source import Source
from schemas.ticket import Ticket
from store import journal, rows, sql
from store.database import Store
from store.keys import Key
from store.tables import folders, renders, tickets
from store.whole import whole_tickets
from store.workspace import files, layout
from store.workspace.render import Rendered, own_render, render
from store.workspace.shelf import Shelf

BATCH = 200
EDITED = "workspace.edited"
MANY, WRITERS = 16, 4
"""From so many files on so many threads: nearly all of the time is the disk's."""


@dataclass(frozen=True, slots=True)
class _Due:
    key: Key
    mark: int
    ticket: Ticket
    rendered: Rendered
    folder: str | None


def write_due(store: Store, root: Path, source: Source, now: Callable[[], datetime]) -> int:
    """Writes every file of a source that is due; how many changed on disk.

    Raises Transient when the disk refuses; the marks stay and the sweep tries again.
    """
    folder = root / layout.source_folder(source.name)
    shelf = Shelf(folder)
    total = 0
    try:
        while True:
            with store.read() as connection:
                if not _marks(connection, source.name, 1):
                    return total
            with files.only_writer(folder):
                done, written = _write_some(store, folder, shelf, source, now())
            total += written
            if done < BATCH:
                return total
    except OSError as error:
        raise Transient(f"[workspace] path: cannot write {folder}: {error.strerror}") from error


def _write_some(
    store: Store, folder: Path, shelf: Shelf, source: Source, now: datetime
) -> tuple[int, int]:
    with store.read() as connection:
        due = _due(connection, source.name)
    if any(one.folder is None or not (folder / one.folder).is_dir() for one in due):
        shelf.look()
    placed = [(one, _place(folder, one, shelf)) for one in due]
    written, edits = _write_files(placed, now)
    shelf.keep()
    files.settle([*written, folder] if written else [])
    _note(store, [(one, path.name) for one, path in placed], edits, now)
    return len(due), len(written)


def _write_files(
    placed: Sequence[tuple[_Due, Path]], now: datetime
) -> tuple[list[Path], list[Arrival]]:
    """The folders that changed, and what people had edited in them."""
    by_folder: dict[Path, list[_Due]] = {}
    for one, path in placed:  # keys that differ only in what no disk takes share a folder
        by_folder.setdefault(path, []).append(one)
    if len(by_folder) < MANY:
        done = [_write_folder(path, ones, now) for path, ones in by_folder.items()]
    else:
        with ThreadPoolExecutor(WRITERS) as pool:
            calls = [
                pool.submit(_write_folder, path, ones, now) for path, ones in by_folder.items()
            ]
        done = [call.result() for call in calls]
    written = [path for path, (changed, _) in zip(by_folder, done, strict=True) if changed]
    return written, [edit for _, edits in done for edit in edits]


def _write_folder(path: Path, ones: Sequence[_Due], now: datetime) -> tuple[bool, list[Arrival]]:
    path.mkdir(parents=True, exist_ok=True)
    changed, edits = False, []
    for one in ones:
        file = path / layout.FILE
        if file.exists() and file.read_bytes() == one.rendered.content:
            continue
        kept = path / f"ISSUE.edited-{now:%Y%m%dT%H%M%SZ}.md"
        edited = files.replace(file, one.rendered.content, ours=_is_ours, kept=kept)
        changed = True
        if edited is not None:
            edits.append(_edit(edited, one, now))
    return changed, edits


def _due(connection: sa.Connection, source: str) -> list[_Due]:
    marks = _marks(connection, source, BATCH)
    found = whole_tickets(connection, list(marks), parts=True)
    query = sa.select(folders).where(
        folders.c.source == source, folders.c.ticket.in_([key[1] for key in marks])
    )
    paths = {(row.source, row.ticket): row.path for row in connection.execute(query)}
    return [
        _Due(key, mark, found[key], render(found[key]), paths.get(key))
        for key, mark in marks.items()
        if key in found
    ]


def _marks(connection: sa.Connection, source: str, limit: int) -> dict[Key, int]:
    """Due tickets that were ever seen: a tombstone alone gets no file."""
    shown = sa.exists().where(
        folders.c.source == tickets.c.source, folders.c.ticket == tickets.c.external_id
    )
    query = (
        sa.select(tickets.c.source, tickets.c.external_id, tickets.c.render_due)
        .where(tickets.c.source == source, tickets.c.render_due > 0)
        .where(sa.or_(tickets.c.fate == "here", tickets.c.record.is_not(None), shown))
        .limit(limit)
    )
    return {(name, ticket): mark for name, ticket, mark in connection.execute(query)}


def _place(folder: Path, one: _Due, shelf: Shelf) -> Path:
    """Where the ticket's folder is, moved along when the title changed; there is never a second.

    A kill between the move and its note leaves a folder that only the disk knows of.
    """
    wanted = folder / layout.ticket_folder(one.ticket)
    before = one.folder
    if before is None or not (folder / before).is_dir():
        before = shelf.find(one.ticket.key)
    if before and before != wanted.name and not wanted.exists():
        (folder / before).rename(wanted)
        shelf.remove(before)
        shelf.add(wanted.name)
    elif before is None:
        shelf.add(wanted.name)
    return wanted


def _is_ours(content: bytes) -> bool:
    return own_render(content) is not None


def _edit(kept: Path, one: _Due, now: datetime) -> Arrival:
    """A person's edit, kept beside the file under a name of its own, for the journal."""
    return Arrival(
        source=one.key[0],
        via=Via.workspace,
        event=EDITED,
        delivery_key=f"workspace:{one.key[1]}:{one.rendered.id}:{kept.stem}",
        ticket=one.key[1],
        body=kept.read_bytes(),
        received_at=now,
    )


def _note(
    store: Store, places: Sequence[tuple[_Due, str]], edits: Sequence[Arrival], now: datetime
) -> None:
    """Remembers folders and renders, and clears the marks that nothing raised meanwhile."""
    if not places:
        return
    with store.write() as connection:
        sql.upsert(
            connection,
            folders,
            [
                {
                    "source": one.key[0],
                    "ticket": one.key[1],
                    "path": name,
                    "render": one.rendered.id,
                }
                for one, name in places
            ],
        )
        sql.upsert(
            connection,
            renders,
            [
                {
                    "id": one.rendered.id,
                    "source": one.key[0],
                    "ticket": one.key[1],
                    "document": rows.pack(one.rendered.values | {"body": one.ticket.body}),
                    "at": now,
                }
                for one, _ in places
            ],
        )
        if edits:
            journal.keep(connection, edits)
        connection.execute(
            tickets.update()
            .where(
                tickets.c.source == sa.bindparam("its_source"),
                tickets.c.external_id == sa.bindparam("its"),
                tickets.c.render_due == sa.bindparam("mark"),
            )
            .values(render_due=0),
            [{"its_source": o.key[0], "its": o.key[1], "mark": o.mark} for o, _ in places],
        )
