"""Where a ticket lives: `tickets/<source>/<KEY>_<slug>/ISSUE.md`."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import PurePath

from slugify import slugify

from schemas.ticket import Ticket

FILE = "ISSUE.md"
SLUG_LENGTH = 60
NAME_BYTES = 120
ENDING_BYTES = 12
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$")


def source_folder(name: str) -> str:
    """A source's folder: its name as it is, spaces and all, without what no disk takes."""
    return _safe(name)


def ticket_folder(ticket: Ticket) -> str:
    """`42_implement_api`; the key alone when the title has no letter a slug could keep."""
    slug = slugify(
        ticket.title, separator="_", max_length=SLUG_LENGTH, word_boundary=True, lowercase=True
    )
    key = _safe(ticket.key)
    return f"{key}_{slug}" if slug else key


def file_name(name: str) -> str:
    """An attachment's name as any disk takes it, short, and with its ending."""
    safe = _safe(name)
    if len(name.encode()) <= NAME_BYTES:
        return safe
    ending = PurePath(name.strip(" .")).suffix
    ending = _UNSAFE.sub("-", ending) if len(ending.encode()) <= ENDING_BYTES else ""
    room = NAME_BYTES - len(ending.encode())
    return f"{safe.encode()[:room].decode(errors='ignore')}{ending}"


def of_key(folders: Sequence[str], key: str) -> str | None:
    """The folder that a ticket of this key had under some title, among sorted names."""
    safe = _safe(key)
    for wanted in (safe, f"{safe}_"):
        place = bisect_left(folders, wanted)
        found = folders[place] if place < len(folders) else ""
        if found == safe or found.startswith(f"{safe}_"):
            return found
    return None


def _safe(name: str) -> str:
    cleaned = _UNSAFE.sub("-", name).strip(" .") or "-"
    if _RESERVED.match(cleaned):
        return f"{cleaned}-"
    return cleaned.encode()[:NAME_BYTES].decode(errors="ignore")
