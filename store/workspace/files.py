"""Files that are whole or absent, and never at the cost of what a person typed."""

import fcntl
import os
from collections.abc import Iterable, Iterator
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


def replace(path: Path, content: bytes) -> bytes | None:
    """Puts `content` at `path`; returns what it replaced, None when there was no file.

    The old file is linked aside before the rename, so that an edit saved between our last look
    and the rename is still read (law 11). Call `settle` for the folders afterwards.
    """
    draft, aside = path.with_name(f".{path.name}.new"), path.with_name(f".{path.name}.old")
    with draft.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    aside.unlink(missing_ok=True)
    try:
        os.link(path, aside)
    except FileNotFoundError:
        os.replace(draft, path)  # noqa: PTH105 - beside os.link
        return None
    os.replace(draft, path)  # noqa: PTH105 - beside os.link
    before = aside.read_bytes()
    aside.unlink()
    return before


def settle(folders: Iterable[Path]) -> None:
    """Makes renames in these folders survive a power cut."""
    for folder in sorted(set(folders)):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
