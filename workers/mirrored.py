"""What an apply means for mirrors: mappings that are due, marks that were read, echoes."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from schemas import fingerprint, revision
from schemas.change import Marker
from schemas.delivery import Outcome, Via
from store import installation, mappings, marks, receipts
from store.database import Connection
from store.keys import Key
from store.save import Change, is_whole
from trackers import markers
from workers.ingest import Reading
from workers.rules.facts import TicketFact
from workers.work import Work

ECHO = "our own write"
LOOKED_BACK = timedelta(hours=1)
_COMES_BACK = (Via.webhook, Via.poll)


def notice(
    work: Work,
    connection: Connection,
    changes: Sequence[Change],
    readings: Sequence[Reading],
    outcomes: dict[int, tuple[Outcome, str]],
    now: datetime,
) -> None:
    """Marks what mirrors have to look at, in the transaction of the apply (law 5)."""
    _remember_marks(work, connection, readings, now)
    changed = [one.key for one in changes if _matters(one)]
    if changed:
        mappings.mark(connection, changed, now, waiting=_just_opened(changes, readings))
    _tell_echoes(connection, readings, outcomes)


def look_back(connection: Connection, grown: Collection[Key], now: datetime) -> None:
    """A history that grew may tell of an edit that a write of ours went over."""
    if grown:
        mappings.stir(connection, receipts.writers(connection, grown, now - LOOKED_BACK))


def _matters(one: Change) -> bool:
    """Whether anything a mirror carries may have changed: not merely when it was last confirmed."""
    before, after = one.before.ticket, one.after.ticket
    if is_whole(one) or one.after.comments != one.before.comments:
        return True
    if one.after.relations is not None:
        return True
    if before is None or after is None:
        return before is not after
    return before.fate != after.fate or (before.doubt is None) != (after.doubt is None)


def _just_opened(changes: Sequence[Change], readings: Sequence[Reading]) -> frozenset[Key]:
    """New tickets that only webhooks told of."""
    new = {one.key for one in changes if one.before.ticket is None}
    asked = {
        (one.delivery.source, one.delivery.ticket)
        for one in readings
        if one.delivery.via is not Via.webhook
    }
    return frozenset(new - asked)


def _remember_marks(
    work: Work, connection: Connection, readings: Sequence[Reading], now: datetime
) -> None:
    found: list[tuple[Key, Marker]] = []
    for one in readings:
        name, ticket = one.delivery.source, one.delivery.ticket
        if ticket is None or one.error is not None:
            continue
        tracker = work.tracker(work.sources[name].tracker)
        for fact in one.facts:
            if isinstance(fact, TicketFact) and fact.record is not None:
                found += [((name, ticket), mark) for mark in tracker.marks(fact.record)]
    if found:
        key = installation.of(connection, now).key
        told = [(at, mark, markers.proven(mark, key)) for at, mark in found]
        marks.remember(connection, told, now)


def _tell_echoes(
    connection: Connection,
    readings: Sequence[Reading],
    outcomes: dict[int, tuple[Outcome, str]],
) -> None:
    """An echo has the revision and the fingerprint of a receipt; nobody's name counts (law 9)."""
    seen = {
        one.delivery.id: mark
        for one in readings
        if one.delivery.via in _COMES_BACK
        and outcomes.get(one.delivery.id, (None,))[0] in (Outcome.applied, Outcome.unchanged)
        and (mark := _mark_of(one)) is not None
    }
    if not seen:
        return
    ours = receipts.marks(connection, {(mark[0], mark[1]) for mark in seen.values()})
    for delivery, mark in seen.items():
        unchanged = outcomes[delivery][0] is Outcome.unchanged
        if any(_is_echo(mark, one, unchanged) for one in ours):
            outcomes[delivery] = (Outcome.echo, ECHO)


def _is_echo(
    seen: tuple[str, str, str, str | None], ours: tuple[str, str, str, str], unchanged: bool
) -> bool:
    """A part of a record has no fingerprint; all it says must be what we hold of that revision."""
    if seen[:2] != ours[:2]:
        return False
    if seen[3] is None:
        return unchanged and revision.compare(seen[2] or None, ours[2] or None) == 0
    return seen == ours


def _mark_of(reading: Reading) -> tuple[str, str, str, str | None] | None:
    ticket = reading.delivery.ticket
    for fact in reading.facts:
        if isinstance(fact, TicketFact) and ticket is not None:
            seen = fingerprint.core(fact.ticket) if fact.ticket.full else None
            return reading.delivery.source, ticket, fact.ticket.revision or "", seen
    return None
