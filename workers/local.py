"""Local tickets: made by a command, edited in their files; both come in by the journal (law 3)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import orjson

from schemas.delivery import Arrival, Via
from schemas.errors import Permanent
from schemas.event import TicketSeen
from schemas.model import Json
from schemas.record import Observation
from schemas.source import LOCAL
from store import journal, local
from store.database import Connection
from store.keys import Key
from store.workspace import due, frontmatter, layout
from store.workspace.scan import EditedFile, Seen, scan
from store.workspace.shelf import Shelf
from trackers.local import record as records
from trackers.local.translate import key_of
from workers.work import Work

_KEYS = frozenset(frontmatter.ORDER) - {"render"}
CREATED, EDITED = "local.created", "local.edited"
AT_ONCE = 20
"""More edited files than this at once are rather a checkout than somebody's typing."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A ticket to be made."""

    title: str
    body: str = ""
    type: str = "issue"
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    reporter: str | None = None


@dataclass(slots=True)
class Taken:
    """What a look at the files brought: lanes to drain, lines for people, and what still moves."""

    keys: list[Key] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    moving: list[Path] = field(default_factory=list)


def create(work: Work, wish: Wish) -> tuple[Key, str]:
    """Journals a new ticket; (where it drains, its key). Raises Permanent for an empty title."""
    now = work.now()
    with work.store.write() as connection:
        number = _free_number(connection, work.workspace)
        record = records.new(
            number,
            wish.title,
            now,
            body=wish.body,
            kind=wish.type,
            labels=wish.labels,
            assignees=wish.assignees,
            reporter=wish.reporter,
        )
        name = f"local:{number}:created"
        journal.keep(connection, [_arrival(CREATED, number, record, name, now)])
    return (LOCAL, str(number)), key_of(number)


def _free_number(connection: Connection, root: Path | None) -> int:
    """The next number; none that the disk knows of, as after a restore of an older store."""
    number = local.next_number(connection)
    folder = None if root is None else root / layout.source_folder(LOCAL)
    if folder is None or not folder.is_dir():
        return number
    shelf = Shelf(folder)
    shelf.look()
    while shelf.find(key_of(number)):
        number = local.next_number(connection)
    return number


def take_over(work: Work, seen: Seen, *, consent: bool = False) -> Taken:
    """Journals what people changed in the files of local tickets; drain its `keys` then.

    A text that was emptied, or many files at once, wait for `consent`. `seen` is the memory of this
    process; what waits or has a fault stays as it is.
    """
    if work.workspace is None or LOCAL not in work.sources:
        return Taken()
    if not (work.workspace / LOCAL).is_dir():
        return Taken()
    with work.store.read() as connection:
        known = local.keys(connection, LOCAL)
    found = scan(work.workspace, LOCAL, known, seen, work.now())
    taken = Taken(faults=found.faults, moving=found.moving)
    if len(found.edits) > AT_ONCE and not consent:
        many = f"{len(found.edits)} edited files at once wait for consent"
        taken.faults.append(f"{work.workspace / LOCAL}: {many}: sync local --accept")
        seen |= {one.path: one.sign for one in found.edits}
        return taken
    for one in found.edits:
        try:
            with work.store.write() as connection:
                if _take(connection, one, work.now(), consent):
                    taken.keys.append((LOCAL, one.ticket))
                else:
                    seen[one.path] = one.sign
        except Permanent as error:
            taken.faults.append(f"{one.path}: {error}")
            seen[one.path] = one.sign
    return taken


def _take(connection: Connection, one: EditedFile, now: datetime, consent: bool) -> bool:
    """Whether the ticket changes by it, or has to be written anew."""
    key, digest = (LOCAL, one.ticket), due.digest(one.content)
    held = local.held(connection, key, str(one.file.values.get("render", "")))
    if held is None or not isinstance(held.record, dict):
        raise Permanent("its ticket is not held; it is left alone")
    if held.taken == digest:
        return False
    if held.base is None:
        raise Permanent("names a render that this store never made; it is left alone")
    changed = _changed(held.base, one)
    if changed.get("body") == "" and not consent:
        raise Permanent("its text was emptied; that waits for consent: sync local --accept")
    if changed:
        record = records.edited(held.record, changed, now)
        # The same bytes may come again later, when what they undo was taken over meanwhile.
        name = f"local:{one.ticket}:{digest}:{held.record['updated_at']}"
        journal.keep(connection, [_arrival(EDITED, int(one.ticket), record, name, now)])
    local.take(connection, key, digest)
    return True


def _changed(base: Mapping[str, Json], one: EditedFile) -> dict[str, Json]:
    """What the file says otherwise than the render it began with; a missing key is no edit.

    Keys of a person's own are no business of ours; one of ours is, also where the render had none.
    """
    changed = {
        name: value
        for name, value in one.file.values.items()
        if name in _KEYS and _plain(value) != _plain(base.get(name))
    }
    text = str(base.get("body") or "")
    if one.file.body.strip("\n") != (text.strip("\n") if text.strip() else ""):
        changed["body"] = one.file.body
    return changed


def _plain(value: Json) -> Json:
    """A value as comparable as YAML and JSON allow; nothing, empty and false are the same."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(one) for one in value] or ""
    if not value and value != 0:
        return ""
    return re.sub(r"Z\Z", "+00:00", str(value)) if value else ""


def _arrival(event: str, number: int, record: records.Record, name: str, now: datetime) -> Arrival:
    seen = TicketSeen(ticket=str(number), record=record)
    return Arrival(
        source=LOCAL,
        via=Via.workspace,
        event=event,
        delivery_key=name,
        ticket=str(number),
        body=orjson.dumps(Observation(events=(seen,)).model_dump(mode="json")),
        received_at=now,
        observed_at=now,
    )
