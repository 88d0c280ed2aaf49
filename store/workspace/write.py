"""Writing the files of changed tickets: byte-stable, rename-stable, never deleting."""

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from schemas.delivery import Arrival, Via
from schemas.errors import Transient
from schemas.source import Source
from store.database import Store
from store.keys import Key
from store.workspace import due, files, frontmatter, index, layout
from store.workspace.additions import Additions, join, split
from store.workspace.due import Due
from store.workspace.render import own_render
from store.workspace.shelf import Shelf

BATCH = 200
EDITED = "workspace.edited"
MANY, WRITERS = 16, 4
"""From so many files on so many threads: nearly all of the time is the disk's."""


def write_due(
    store: Store,
    root: Path,
    source: Source,
    now: Callable[[], datetime],
    largest: int | None = None,
    indexed: bool = True,
) -> int:
    """Writes every file of a source that is due; how many changed on disk, without the index.

    Attachments up to `largest` bytes are put on the list of those to bring, none without it.
    `indexed` False leaves a changed index to a later call. Raises Transient when the disk refuses;
    the marks stay and the sweep tries again.
    """
    folder = root / layout.source_folder(source.name)
    try:
        total = _write_all(store, folder, source, now, largest)
        if indexed:
            _write_index(store, folder, source, now)
    except OSError as error:
        raise Transient(f"[workspace] path: cannot write {folder}: {error.strerror}") from error
    return total


def _write_all(
    store: Store,
    folder: Path,
    source: Source,
    now: Callable[[], datetime],
    largest: int | None,
) -> int:
    shelf, total = Shelf(folder), 0
    while True:
        with store.read() as connection:
            if not due.marks(connection, source.name, 1):
                return total
        with files.only_writer(folder):
            done, written = _write_some(store, folder, shelf, source, now(), largest)
        total += written
        if done < BATCH:
            return total


def _write_index(store: Store, folder: Path, source: Source, now: Callable[[], datetime]) -> None:
    with store.read() as connection:
        if not index.outdated(connection, source.name):
            return
    with files.only_writer(folder):
        index.write(store, folder, source.name, now())


def _write_some(
    store: Store, folder: Path, shelf: Shelf, source: Source, now: datetime, largest: int | None
) -> tuple[int, int]:
    with store.read() as connection:
        found = due.load(connection, source.name, BATCH, largest, now)
    if any(one.folder is None or not (folder / one.folder).is_dir() for one in found):
        shelf.look()
    placed = [(one, _place(folder, one, shelf)) for one in found]
    done = _write_files(placed, now, hold=source.sends_edits)
    shelf.keep()
    files.settle([*done.folders, folder] if done.folders else [])
    due.note(store, [(one, path.name) for one, path in placed], done.edits, now, done.held)
    return len(found), len(done.folders)


@dataclass(slots=True)
class _Done:
    """The folders that changed, what people had edited there, and what was left for that."""

    folders: list[Path] = field(default_factory=list)
    edits: list[Arrival] = field(default_factory=list)
    held: set[Key] = field(default_factory=set)


def _write_files(placed: Sequence[tuple[Due, Path]], now: datetime, *, hold: bool) -> _Done:
    by_folder: dict[Path, list[Due]] = {}
    for one, path in placed:  # keys that differ only in what no disk takes share a folder
        by_folder.setdefault(path, []).append(one)
    if len(by_folder) < MANY:
        done = [_write_folder(path, ones, now, hold) for path, ones in by_folder.items()]
    else:
        with ThreadPoolExecutor(WRITERS) as pool:
            calls = [
                pool.submit(_write_folder, path, ones, now, hold)
                for path, ones in by_folder.items()
            ]
        done = [call.result() for call in calls]
    return _Done(
        [path for one in done for path in one.folders],
        [edit for one in done for edit in one.edits],
        {key for one in done for key in one.held},
    )


def _write_folder(path: Path, ones: Sequence[Due], now: datetime, hold: bool) -> _Done:
    """With `hold` an edited file stays as it is: the edit is taken over first (law 11)."""
    path.mkdir(parents=True, exist_ok=True)
    done = _Done()
    for one in ones:
        file = path / layout.FILE
        before = file.read_bytes() if file.exists() else b""
        if before == one.rendered.content:
            continue
        added = _added(before)
        wanted = join(one.rendered.content, added)
        if before == wanted:
            continue
        ours = _ours(one, added)
        if hold and before and not ours(before):
            done.held.add(one.key)
            continue
        kept = path / f"ISSUE.edited-{now:%Y%m%dT%H%M%SZ}.md"
        edited = files.replace(file, wanted, ours=ours, kept=kept)
        done.folders = [path]
        if edited is not None:
            done.edits.append(_edit(edited, one, now))
    return done


def _added(content: bytes) -> Additions:
    """What people added to a file's front matter; an edited file's, too, if it can be told."""
    parts = split(content)
    return parts[1] if parts else Additions()


def _ours(one: Due, added: Additions) -> Callable[[bytes], bool]:
    """Whether a file may go: it is in the store, and what was added to it is in the new one.

    A comment that was saved after our look is neither, and has to stay; so has a local ticket that
    a later store than this one wrote.
    """

    def ours(content: bytes) -> bool:
        if one.taken is not None and due.digest(content) == one.taken:
            return True
        render = own_render(content)
        known = render is not None and (one.made is None or render in one.made)
        return known and _added(content) == added

    return ours


def _place(folder: Path, one: Due, shelf: Shelf) -> Path:
    """Where the ticket's folder is, moved along when the title changed; there is never a second.

    A kill between the move and its note leaves a folder that only the disk knows of.
    """
    wanted = folder / layout.ticket_folder(one.ticket)
    before = one.folder
    if before is None or not (folder / before).is_dir():
        before = shelf.find(one.ticket.key)
        if before and not _is_of(folder / before / layout.FILE, one.ticket.key):
            before = None
    if before and before != wanted.name and not wanted.exists():
        (folder / before).rename(wanted)
        shelf.remove(before)
        shelf.add(wanted.name)
    elif before is None:
        shelf.add(wanted.name)
    return wanted


def _is_of(file: Path, key: str) -> bool:
    """Whether a folder whose name fits is this ticket's: T_1_title also begins like one of T."""
    if not file.exists():
        return True
    head = file.read_bytes().partition(b"\n---\n")[0].decode(errors="replace")
    line = f"key: {frontmatter.scalar(key)}"
    return any(re.match(re.escape(line) + r"\s*(#|$)", one) for one in head.splitlines())


def _edit(kept: Path, one: Due, now: datetime) -> Arrival:
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
