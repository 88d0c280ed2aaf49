"""Scan: which files of a source people have edited, and which of those count (law 11).

A file counts when it is whole, parses, stood still for a second, holds no marks of a merge, and
says which ticket it is. Which ticket that is stands in the front matter, not in the folder's name;
of two that claim one ticket the one in the recorded folder counts.
"""

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from schemas.errors import Permanent
from schemas.source import LOCAL
from store.local import Place
from store.workspace import layout
from store.workspace.read import ReadFile, parse, parse_new
from store.workspace.render import own_render

STILL_SECONDS = 1.0
_NAMED = re.compile(rb"^(?:key|render|source): ", re.MULTILINE)
_KEY_LINE = re.compile(r'^key: (".*?"|\S+)', re.MULTILINE)
_MERGE = re.compile(rb"^(<{7}|>{7})(?: |$)", re.MULTILINE)
Sign = tuple[int, int, int]
"""What the disk says of a file: when it was written (ns), its size, its inode."""
Seen = dict[Path, Sign]
"""Files with nothing to take over, as they were looked at: they are not read twice."""


Known = Callable[[], Mapping[str, Place]]
"""Looks the places of a source's tickets up, by key; only asked when there is something to say."""


@dataclass(frozen=True, slots=True)
class EditedFile:
    """An edit that counts; `ticket` is the external id."""

    path: Path
    ticket: str
    content: bytes
    file: ReadFile
    sign: Sign


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file that somebody made for a new ticket: it names no key, and has a title."""

    path: Path
    content: bytes
    values: dict[str, Any]
    body: str
    sign: Sign


@dataclass(slots=True)
class Scan:
    """What a look found: edits, files of new tickets, faults in words, and files that still move.

    `old` are tickets whose file is whole and ours, but not what we wrote last (a checkout); `read`
    counts files.
    """

    edits: list[EditedFile] = field(default_factory=list)
    made: list[MadeFile] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    moving: list[Path] = field(default_factory=list)
    old: list[str] = field(default_factory=list)
    read: int = 0

    @property
    def settled(self) -> bool:
        """Whether files were read, and none of them has anything to say."""
        return self.read > 0 and not (self.edits or self.made or self.faults or self.moving)


def scan(root: Path, source: str, known: Known, seen: Seen, now: datetime, before: int = 0) -> Scan:
    """Looks through a source's folder.

    What did not change since `before` (ns) was looked at by an earlier process. Files without an
    edit, or with a fault, are added to `seen`; edits are not.
    """
    folder = root / layout.source_folder(source)
    look = _Look(source, cache(known), seen, now)
    for path in _files(folder):
        looks = _looks(path)
        if looks is None or seen.get(path) == _sign(looks):
            continue
        if path not in seen and max(looks.st_mtime_ns, looks.st_ctime_ns) < before:
            seen[path] = _sign(looks)
            continue
        look.at(path, _sign(looks))
    for ticket, ones in look.claims.items():
        recorded = next(one.folder for one in look.places().values() if one.ticket == ticket)
        _settle(look.found, ones, recorded, seen)
    return look.found


@dataclass(slots=True)
class _Look:
    source: str
    places: Known
    seen: Seen
    now: datetime
    found: Scan = field(default_factory=Scan)
    claims: dict[str, list[EditedFile]] = field(default_factory=dict)

    def at(self, path: Path, sign: Sign) -> None:
        """Reads one file that nobody looked at as it is now."""
        try:
            content = path.read_bytes()
        except OSError:  # gone or moved while we looked
            return
        self.found.read += 1
        render = own_render(content)
        if render is not None:
            self.seen[path] = sign
            self.found.old += _older(path, content, render, self.places())
        elif self.now.timestamp() - sign[0] / 1e9 < STILL_SECONDS:
            self.found.moving.append(path)
        else:
            try:
                self._note(path, content, sign)
            except Permanent as error:
                self.found.faults.append(str(error))
                self.seen[path] = sign

    def _note(self, path: Path, content: bytes, sign: Sign) -> None:
        """An edit claims its ticket; a file that names none is a new one, where people may make
        them."""
        if _MERGE.search(content):
            raise Permanent(f"{path}: has conflict markers of a merge; resolve them")
        try:
            text = content.decode()
        except UnicodeDecodeError:
            raise Permanent(f"{path}: is not UTF-8 text") from None
        places = self.places()
        if self.source == LOCAL and _is_new(content):
            homes = {one.folder: one.render for one in places.values()}
            if path.parent.name not in homes:
                values, body = parse_new(text, path)
                self.found.made.append(MadeFile(path, content, values, body, sign))
                return
            if homes[path.parent.name] == "":  # taken over, and not written anew yet
                return
        file = parse(text, path)
        key = str(file.values.get("key"))
        if file.values.get("source") != self.source or key not in places:
            told = f"no ticket of {self.source} has the key it names; it is left alone"
            raise Permanent(f"{path}: {told}")
        one = EditedFile(path, places[key].ticket, content, file, sign)
        self.claims.setdefault(one.ticket, []).append(one)


def _is_new(content: bytes) -> bool:
    """Whether a file says of no ticket that it is its."""
    head = content.partition(b"\n---")[0] if content.startswith(b"---") else b""
    return _NAMED.search(head) is None


def _older(path: Path, content: bytes, render: str, places: Mapping[str, Place]) -> list[str]:
    """The ticket, where its recorded file is another render than the one written last."""
    head = content.partition(b"\n---\n")[0].decode()
    key = _KEY_LINE.search(head)
    place = places.get(str(json.loads(key[1]) if key[1][0] == '"' else key[1])) if key else None
    if place is None or place.folder != path.parent.name or place.render in (render, ""):
        return []
    return [place.ticket]


def _looks(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _sign(looks: os.stat_result) -> Sign:
    return looks.st_mtime_ns, looks.st_size, looks.st_ino


def _files(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(one.name for one in entries if one.is_dir() and one.name[0] != ".")
    except OSError:
        return []
    return [folder / name / layout.FILE for name in names]


def _settle(found: Scan, ones: list[EditedFile], recorded: str | None, seen: Seen) -> None:
    """Of several files that claim one ticket one counts, or none; the others are told."""
    own = [one for one in ones if one.path.parent.name == recorded]
    first = ones[0].path
    elsewhere = recorded is not None and (first.parent.parent / recorded / layout.FILE).exists()
    chosen = own[0] if own else ones[0] if len(ones) == 1 and not elsewhere else None
    for one in ones:
        if one is chosen:
            found.edits.append(one)
        else:
            place = recorded or "another folder"
            told = f"is a copy of the ticket in {place}; only that one is read"
            found.faults.append(f"{one.path}: {told}")
            seen[one.path] = one.sign
