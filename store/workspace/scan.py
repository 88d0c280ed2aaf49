"""Scan: which files of a source people have edited, and which of those count (law 11).

A file counts when it is whole, parses, stood still for a second, holds no marks of a merge, and
says which ticket it is. Which ticket that is stands in the front matter, not in the folder's name;
of two that claim one ticket the one in the recorded folder counts.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from schemas.errors import Permanent
from store.workspace import layout
from store.workspace.read import ReadFile, parse
from store.workspace.render import own_render

STILL_SECONDS = 1.0
_MERGE = re.compile(rb"^(<{7}|>{7})(?: |$)", re.MULTILINE)
Sign = tuple[int, int, int]
"""What the disk says of a file: when it was written (ns), its size, its inode."""
Seen = dict[Path, Sign]
"""Files with nothing to take over, as they were looked at: they are not read twice."""


@dataclass(frozen=True, slots=True)
class EditedFile:
    """An edit that counts; `ticket` is the external id."""

    path: Path
    ticket: str
    content: bytes
    file: ReadFile
    sign: Sign


@dataclass(slots=True)
class Scan:
    """What a look found: edits, files with a fault in words, and files that still move."""

    edits: list[EditedFile] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    moving: list[Path] = field(default_factory=list)


def scan(
    root: Path,
    source: str,
    known: Mapping[str, tuple[str, str | None]],
    seen: Seen,
    now: datetime,
) -> Scan:
    """Looks through a source's folder; `known` are (external id, recorded folder) by key.

    Files without an edit, or with a fault, are added to `seen`; edits are not.
    """
    found, claims = Scan(), dict[str, list[EditedFile]]()
    for path in _files(root / layout.source_folder(source)):
        sign = _sign(path)
        if sign is None or seen.get(path) == sign:
            continue
        try:
            content = path.read_bytes()
        except OSError:  # gone or moved while we looked
            continue
        if own_render(content) is not None:
            seen[path] = sign
        elif now.timestamp() - sign[0] / 1e9 < STILL_SECONDS:
            found.moving.append(path)
        else:
            try:
                one = _edited(path, source, content, known, sign)
                claims.setdefault(one.ticket, []).append(one)
            except Permanent as error:
                found.faults.append(str(error))
                seen[path] = sign
    for ticket, ones in claims.items():
        _settle(found, ones, next(place for its, place in known.values() if its == ticket), seen)
    return found


def _sign(path: Path) -> Sign | None:
    try:
        looks = path.stat()
    except OSError:
        return None
    return looks.st_mtime_ns, looks.st_size, looks.st_ino


def _files(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(one.name for one in entries if one.is_dir() and one.name[0] != ".")
    except OSError:
        return []
    return [folder / name / layout.FILE for name in names]


def _edited(
    path: Path,
    source: str,
    content: bytes,
    known: Mapping[str, tuple[str, str | None]],
    sign: Sign,
) -> EditedFile:
    if _MERGE.search(content):
        raise Permanent(f"{path}: has conflict markers of a merge; resolve them")
    try:
        file = parse(content.decode(), path)
    except UnicodeDecodeError:
        raise Permanent(f"{path}: is not UTF-8 text") from None
    key = str(file.values.get("key"))
    if file.values.get("source") != source or key not in known:
        raise Permanent(f"{path}: no ticket of {source} has the key it names; it is left alone")
    return EditedFile(path, known[key][0], content, file, sign)


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
