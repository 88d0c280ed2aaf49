"""Files that are whole or absent, and never at the cost of what a person typed."""

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

_in_process: dict[Path, Lock] = {}


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """One writer per source folder at a time, over threads and processes."""
    folder.mkdir(parents=True, exist_ok=True)
    with _in_process.setdefault(folder, Lock()), (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def replace(
    path: Path, content: bytes, *, ours: Callable[[bytes], bool], kept: Path
) -> Path | None:
    """Puts `content` at `path`; where an edited file was moved to, None if nobody edited it.

    The old file is linked aside before the rename, so that an edit saved between our last look
    and the rename is still found (law 11). If it is not `ours` it is renamed to `kept`, so that no
    kill at any moment takes it away. Call `settle` for the folders afterwards.
    """
    draft, aside = path.with_name(f".{path.name}.new"), path.with_name(f".{path.name}.old")
    with draft.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    _clear(aside, ours, kept)  # one that was killed here may have left it
    try:
        os.link(path, aside)
    except FileNotFoundError:
        os.replace(draft, path)  # noqa: PTH105 - beside os.link
        return None
    os.replace(draft, path)  # noqa: PTH105 - beside os.link
    return _clear(aside, ours, kept)


def _clear(aside: Path, ours: Callable[[bytes], bool], kept: Path) -> Path | None:
    """Removes what was ours, and gives a person's edit a name that is free."""
    try:
        before = aside.read_bytes()
    except FileNotFoundError:
        return None
    if ours(before):
        aside.unlink()
        return None
    name, number = kept, 1
    while name.exists():
        number += 1
        name = kept.with_stem(f"{kept.stem}-{number}")
    return aside.rename(name)


def settle(folders: Iterable[Path]) -> None:
    """Makes renames in these folders survive a power cut."""
    for folder in sorted(set(folders)):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
