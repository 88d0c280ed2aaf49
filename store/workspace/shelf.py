"""Shelf: which folders of a source the disk has, looked through once and not for every ticket.

The database knows a ticket's folder, but a kill between a move and its note leaves one that only
the disk knows of. Among 100,000 folders that look has to be cheap.
"""

import os
from bisect import bisect_left, insort
from pathlib import Path

from store.workspace import layout


class Shelf:
    """The folders below `folder`; use it as its only writer, and call `look` on becoming that."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: list[str] = []
        self._as_of: int | None = None

    def look(self) -> None:
        """Reads the names again, if anybody but us changed them since `keep`. Raises OSError."""
        as_of = self._folder.stat().st_mtime_ns
        if as_of == self._as_of:
            return
        with os.scandir(self._folder) as entries:
            self._names = sorted(entry.name for entry in entries if entry.is_dir())
        self._as_of = as_of

    def find(self, key: str) -> str | None:
        """The folder a ticket of this key has under some title."""
        return layout.of_key(self._names, key)

    def add(self, name: str) -> None:
        """We made this folder."""
        insort(self._names, name)

    def remove(self, name: str) -> None:
        """We moved this folder away."""
        place = bisect_left(self._names, name)
        if self._names[place : place + 1] == [name]:
            del self._names[place]

    def keep(self) -> None:
        """Notes that the names are the disk's, before others may write; after our last change."""
        if self._as_of is not None:
            self._as_of = self._folder.stat().st_mtime_ns
