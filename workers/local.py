"""Local tickets: made by a command or as a folder, edited in files; all by the journal (law 3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from schemas.delivery import Arrival, Via
from schemas.event import TicketSeen
from schemas.model import Json
from schemas.record import Observation
from schemas.source import LOCAL
from store import journal, local, tickets
from store.database import Connection
from store.keys import Key
from store.workspace import due, frontmatter, layout
from store.workspace.scan import MadeFile
from store.workspace.shelf import Shelf
from trackers.local import record as records
from trackers.local.record import Record
from trackers.local.translate import key_of
from workers.work import Work

Values = Mapping[str, Json]
_KEYS = frozenset(frontmatter.ORDER) - {"render"}
CREATED, EDITED = "local.created", "local.edited"


@dataclass(frozen=True, slots=True)
class Wish:
    """A ticket to be made."""

    title: str
    body: str = ""
    type: str = "issue"
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    reporter: str | None = None
    privacy: str = "local_only"


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
            privacy=wish.privacy,
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


def record_edit(
    connection: Connection, ticket: str, held: Record, changed: Values, digest: str, now: datetime
) -> None:
    """Journals what was changed in the file of a local ticket; `digest` names the file's bytes.

    Raises Permanent that names the key that cannot be so.
    """
    record = records.edited(held, changed, now)
    # The same bytes may come again later, when what they undo was taken over meanwhile.
    name = f"local:{ticket}:{digest}:{held['updated_at']}"
    journal.keep(connection, [_arrival(EDITED, int(ticket), record, name, now)])


def record_made(connection: Connection, root: Path, made: MadeFile, now: datetime) -> Key | None:
    """Journals the ticket that somebody made as a folder; it keeps that folder. None if it was
    journaled before.

    Raises Permanent for a value that cannot be so, or a key of ours that nobody gives.
    """
    folder = made.path.parent.name
    tickets.lock(connection, [(LOCAL, folder)])
    if local.lives_in(connection, LOCAL, folder):
        return None
    given = {name: value for name, value in made.values.items() if name in _KEYS}
    number = _free_number(connection, root)
    first = records.new(number, str(given.get("title") or ""), now)
    record = records.edited(first, given | {"body": made.body}, now)
    record |= {"created_at": first["created_at"], "updated_at": first["created_at"]}
    key, digest = (LOCAL, str(number)), due.digest(made.content)
    journal.keep(connection, [_arrival(CREATED, number, record, f"local:{number}:created", now)])
    local.settle_in(connection, key, folder, digest)
    return key


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
