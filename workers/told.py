"""What others are told of tickets that an apply changed: found before the rows are written."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from schemas import fingerprint
from schemas.held import HeldComment, HeldTicket
from schemas.notice import Notice, NoticeType, ToldFate, ticket_created, ticket_updated
from schemas.source import LOCAL, Source
from schemas.ticket import Ticket
from store.database import Connection
from store.keys import Key
from store.notices import Teller, recorded
from store.save import Change
from store.whole import whole_tickets
from workers.rules.privacy import marked

CREATED: NoticeType = "ExternalTicketCreated"
UPDATED: NoticeType = "ExternalTicketUpdated"


def of_changes(
    connection: Connection,
    tell: Teller,
    changes: Sequence[Change],
    now: datetime,
    sources: Mapping[str, Source],
) -> list[Notice]:
    """Notices about these changes. What they are compared with is only read if somebody listens:
    one who only reads the log is told "core" where others are told the fields. Of local tickets
    nobody is told: they are in no tracker, and do not leave (law 12).
    """
    if not tell.cares(CREATED, UPDATED):
        return []
    moved = [one for one in changes if one.after != one.before and one.key[0] != LOCAL]
    known = _known(connection, moved)
    created = [
        ticket_created(marked(ticket, sources.get(one.key[0])), now)
        for one in moved
        if one.key not in known and (ticket := _first(one.after.ticket)) is not None
    ]
    if not tell.cares(UPDATED):
        return created
    held = [one for one in moved if one.key in known]
    before = _read(connection, held) if tell.wants(UPDATED) else {}
    updated = (_updated(one, before.get(one.key), now, sources.get(one.key[0])) for one in held)
    return created + [one for one in updated if one is not None]


def _known(connection: Connection, changes: Sequence[Change]) -> set[Key]:
    """Those that were held in full before: of no others has anybody been told."""
    sure = {one.key for one in changes if _was_full(one.before.ticket)}
    # One that came back has no revision until it is read anew; it was told of all the same.
    asked = [one.key for one in changes if one.key not in sure and _may_have_been(one)]
    return sure | recorded(connection, asked)


def _was_full(held: HeldTicket | None) -> bool:
    return held is not None and (held.revision, held.fingerprint) != (None, None)


def _may_have_been(one: Change) -> bool:
    return one.before.ticket is not None and one.before.ticket.fate != "unread"


def _first(held: HeldTicket | None) -> Ticket | None:
    """The ticket, when it is here and held in full."""
    if held is None or held.fate != "here" or held.fingerprint is None:
        return None
    return held.ticket


def _read(connection: Connection, changes: Sequence[Change]) -> dict[Key, Ticket]:
    """The tickets as they were, with their links where links were read anew."""
    linked = {one.key for one in changes if one.after.relations is not None}
    plain = [one.key for one in changes if one.key not in linked]
    return whole_tickets(connection, plain) | whole_tickets(connection, sorted(linked), parts=True)


def _updated(
    one: Change, was: Ticket | None, now: datetime, source: Source | None
) -> Notice | None:
    """What changed of a ticket; None when it is nothing that others are told."""
    old, new = one.before.ticket, one.after.ticket
    if old is None or new is None:
        return None
    fields = _fields(old, new, was)
    changed = fields or set()
    if any(_differs(note, one.before.comments.get(id)) for id, note in one.after.comments.items()):
        changed = changed | {"comments"}
    if _other_links(one, was):
        changed = changed | {"links"}
    fate = _fate(old, new)
    if fields is None and not changed and fate is None:
        return None
    shown = new.ticket or was or Ticket(source=one.key[0], external_id=one.key[1], key=one.key[1])
    return ticket_updated(marked(shown, source), now, changed=changed, fate=fate)


def _fields(old: HeldTicket, new: HeldTicket, was: Ticket | None) -> set[str] | None:
    """The core fields that changed, "core" when nobody looked which; None when none did."""
    if new.ticket is None or new.ticket is old.ticket:
        return None
    both = old.fingerprint is not None and new.fingerprint is not None
    if both and old.fingerprint == new.fingerprint:
        return None
    if was is None:
        return {"core"}
    found = {
        name
        for name in fingerprint.CORE
        if fingerprint.value(was, name) != fingerprint.value(new.ticket, name)
    }
    return found if found or both else None


def _differs(note: HeldComment, was: HeldComment | None) -> bool:
    """A deletion of one that nobody knew is nothing to tell."""
    before = (None, True) if was is None else (was.fingerprint, was.deleted)
    return note is not was and (note.fingerprint, note.deleted) != before


def _other_links(one: Change, was: Ticket | None) -> bool:
    found = one.after.relations
    if found is None:
        return False
    return was is None or fingerprint.links(found) != fingerprint.links(was.relations)


def _fate(old: HeldTicket, new: HeldTicket) -> ToldFate | None:
    if old.fate == new.fate:
        return None
    match new.fate:
        case "deleted" | "moved" | "hidden":
            return new.fate
        case "here" if old.fate in ("deleted", "moved", "hidden"):
            return "back"
    return None
