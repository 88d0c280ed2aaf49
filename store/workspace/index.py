"""`INDEX.md` of a source: every ticket on a line, grouped by what its status means.

A line shows key, title, state and assignees only, nothing that moves with every change. The lines
lie in the table `folders`; the file is written when one of them is another than before.
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import orjson
import sqlalchemy as sa

from schemas.ticket import Ticket
from store import sql
from store.database import Store
from store.tables import folders, indexes
from store.workspace import files, layout
from store.workspace.render import cell, shown_person

FILE = "INDEX.md"
GROUPS = {
    "in_progress": "In progress",
    "todo": "To do",
    "done": "Done",
    "canceled": "Canceled",
    "away": "Not there any more",
}
_ID = re.compile(rb"^<!-- ticketsync index ([0-9a-f]{16}) -->$", re.MULTILINE)
_DIGITS = re.compile(r"(\d+)")


class Line(NamedTuple):
    """What the index says of a ticket; `group` is a key of GROUPS."""

    group: str
    key: str
    title: str
    state: str
    assignees: str
    folder: str


def line_of(ticket: Ticket, folder: str) -> str:
    """A ticket's line, as the table keeps it."""
    here = ticket.sync_status not in ("deleted", "moved", "hidden")
    names = ", ".join(shown_person(person) for person in ticket.assignees)
    group = str(ticket.status_category) if here else "away"
    state = ticket.state if here else str(ticket.sync_status)
    return orjson.dumps((group, ticket.key, ticket.title, state, names, folder)).decode()


def outdated(connection: sa.Connection, source: str) -> int:
    """The mark of an index that has to be written, or 0."""
    query = sa.select(indexes.c.due).where(indexes.c.source == source)
    return connection.execute(query).scalar_one_or_none() or 0


def mark(connection: sa.Connection, source: str) -> None:
    """A line changed."""
    sql.upsert(connection, indexes, [{"source": source}], bump=("due",))


def write(store: Store, folder: Path, source: str, now: datetime) -> bool:
    """Writes the index below `folder` if a line changed; call it as the folder's only writer."""
    with store.read() as connection:
        mark = outdated(connection, source)
        query = sa.select(folders.c.line).where(
            folders.c.source == source, folders.c.line.is_not(None)
        )
        lines = [Line(*orjson.loads(one)) for one in connection.scalars(query)] if mark else []
    if not mark:
        return False
    content, file = render(source, lines), folder / FILE
    changed = not file.exists() or file.read_bytes() != content
    if changed:
        kept = folder / f"INDEX.edited-{now:%Y%m%dT%H%M%SZ}.md"
        files.replace(file, content, ours=is_ours, kept=kept)
        files.settle([folder])
    with store.write() as connection:
        same = sa.and_(indexes.c.source == source, indexes.c.due == mark)
        connection.execute(indexes.update().where(same).values(due=0))
    return changed


def render(name: str, lines: Iterable[Line]) -> bytes:
    """The file; the same lines in any order give the same bytes."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(line.group, []).append(line)
    blocks = [f"# {cell(name)}"]
    for group, title in GROUPS.items():
        members = sorted(groups.get(group, ()), key=_order)
        if members:
            rows = [_row(line) for line in members]
            head = ["| key | title | state | assignees |", "|---|---|---|---|"]
            blocks += [f"## {title} ({len(members)})", "\n".join([*head, *rows])]
    text = "\n\n".join(blocks)
    return f"{text}\n\n<!-- ticketsync index {_digest(text.encode())} -->\n".encode()


def is_ours(content: bytes) -> bool:
    """Whether nobody edited it."""
    found = _ID.search(content)
    if found is None or content[found.end() :] != b"\n":
        return False
    return _digest(content[: found.start()].removesuffix(b"\n\n")).encode() == found[1]


def _row(line: Line) -> str:
    link = f"[{cell(line.key)}]({quote(line.folder)}/{layout.FILE})"
    return f"| {link} | {cell(line.title)} | {line.state} | {cell(line.assignees)} |"


def _order(line: Line) -> tuple[list[tuple[bool, int, str]], str]:
    """Numbers by their value: PROJ-9 before PROJ-10."""
    parts = [
        (one.isdecimal(), int(one) if one.isdecimal() else 0, one)
        for one in _DIGITS.split(line.key)
    ]
    return parts, line.folder


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=8).hexdigest()
