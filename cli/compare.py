"""The tracker against our two copies, field by field: what the demo's last word rests on."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.fingerprint import text
from schemas.ticket import Ticket
from store.workspace.layout import FILE
from store.workspace.read import ReadFile, read
from store.workspace.render import shown_person

Neutral = Mapping[str, Any]
"""A ticket reduced to what all sides can say: key, title, body, state, labels, …"""

FIELDS = ("title", "body", "state", "labels", "assignees", "milestone", "comments")


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of one ticket that is not the same on both sides."""

    key: str
    place: str
    field: str
    tracker: Any
    ours: Any


def from_tracker(ticket: Neutral) -> dict[str, Any]:
    """A ticket as the sandbox states it, in comparable form."""
    return {
        "title": ticket["title"],
        "body": text(ticket["body"]),
        "state": ticket["state"],
        "labels": sorted(ticket["labels"]),
        "assignees": sorted(ticket["assignees"]),
        "milestone": ticket["milestone"],
        "comments": sorted((c["author"], text(c["body"])) for c in ticket["comments"]),
    }


def from_store(ticket: Ticket) -> dict[str, Any]:
    """A ticket as SQL holds it."""
    return {
        "title": ticket.title,
        "body": text(ticket.body),
        "state": ticket.state,
        "labels": sorted(label.name for label in ticket.labels),
        "assignees": sorted(shown_person(person) for person in ticket.assignees),
        "milestone": ticket.milestone.title if ticket.milestone else None,
        "comments": sorted(
            (shown_person(c.author) if c.author else "", text(c.body)) for c in ticket.comments
        ),
    }


def from_file(file: ReadFile) -> dict[str, Any]:
    """A ticket as its Markdown file shows it."""
    values = file.values
    return {
        "title": values["title"],
        "body": text(file.body),
        "state": values["state"],
        "labels": sorted(values["labels"]),
        "assignees": sorted(values["assignees"]),
        "milestone": values["milestone"],
        "comments": sorted((c.author, text(c.body)) for c in file.comments),
    }


def files_by_key(folder: Path) -> dict[str, ReadFile]:
    """All ticket files of a source that are not marked deleted or gone elsewhere."""
    found = (read(path) for path in sorted(folder.glob(f"*/{FILE}")))
    return {
        str(file.values["key"]): file
        for file in found
        if not file.values["deleted"] and file.values["sync_status"] == "synced"
    }


def differences(
    tracker: Iterable[Neutral], stored: Iterable[Ticket], files: Mapping[str, ReadFile]
) -> Iterator[Difference]:
    """Everything that differs, in SQL and in the files, tickets too many or too few included."""
    theirs = {t["key"]: from_tracker(t) for t in tracker if not t.get("deleted")}
    in_sql = {t.key: from_store(t) for t in stored}
    in_files = {key: from_file(file) for key, file in files.items()}
    for place, ours in (("SQL", in_sql), ("front matter", in_files)):
        for key in sorted(theirs.keys() | ours.keys()):
            left, right = theirs.get(key), ours.get(key)
            if left is None or right is None:
                yield Difference(key, place, "existence", left is not None, right is not None)
                continue
            for field in FIELDS:
                a, b = left[field], right[field]
                if (a.strip() if field == "body" else a) != (b.strip() if field == "body" else b):
                    yield Difference(key, place, field, a, b)
