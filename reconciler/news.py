"""News: which records of a page differ from what we hold, and so have to be journaled (law 3)."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import orjson

from schemas import fingerprint
from schemas.delivery import Arrival, Via
from schemas.errors import Permanent
from schemas.event import CommentSeen, Event, TicketSeen
from schemas.record import Observation, Page, Record
from schemas.source import Source
from store import known
from store.database import Connection
from trackers.base import Tracker


@dataclass(slots=True)
class Sifted:
    """A page, sifted: what is new or changed, what is not, and when tickets left the filter."""

    arrivals: list[Arrival]
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    left: list[datetime] = field(default_factory=list)


def sift(
    connection: Connection,
    page: Page,
    source: Source,
    tracker: Tracker,
    arrive: Callable[[Record], Arrival],
    held: Callable[[str], bool],
    start: datetime | None = None,
) -> Sifted:
    """Journals a record when its revision *or* its fingerprint differs, or it is not held.

    `held` says whether a comment's ticket is known or on its way; other comments belong to pull
    requests or to tickets outside the filter. Unknown tickets untouched since `start` are left out.
    """
    if page.kind == "tickets":
        return _tickets(connection, page, source, tracker, arrive, start)
    return _comments(connection, page, source, tracker, arrive, held)


def arrival(
    source: Source, record: Record, session: int, place: int, event: str, began: datetime
) -> Arrival:
    """A record as a delivery; its key is its own observation, never its content."""
    seen: Event
    if record.kind == "ticket":
        seen = TicketSeen(ticket=record.ticket, record=record.body)
    else:
        seen = CommentSeen(ticket=record.ticket, record=record.body)
    return Arrival(
        source=source.name,
        via=Via.poll,
        event=event,
        delivery_key=f"poll:{session}:{place}:{record.kind}:{record.external_id}",
        ticket=record.ticket,
        body=orjson.dumps(Observation(events=(seen,)).model_dump(mode="json")),
        received_at=began,
        observed_at=began,
        session=session,
    )


def _tickets(
    connection: Connection,
    page: Page,
    source: Source,
    tracker: Tracker,
    arrive: Callable[[Record], Arrival],
    start: datetime | None,
) -> Sifted:
    ours = known.known(connection, source.name, [record.ticket for record in page.records])
    sifted = Sifted([])
    for record in page.records:
        before = ours.get(record.ticket)
        try:
            ticket = tracker.to_ticket(record.body, source)
        except Permanent:
            sifted.arrivals.append(_poison(arrive(record), tracker))
            continue
        if before is None and start is not None and (ticket.updated_at or start) < start:
            sifted.unchanged += 1
            continue
        inside = tracker.holds(ticket, source)
        if not inside and ticket.updated_at:
            sifted.left.append(ticket.updated_at)
        if before is None and not inside:
            sifted.unchanged += 1
            continue
        now = (ticket.revision, fingerprint.core(ticket), ticket.comment_count, "here")
        _sort(sifted, record, before, before == now, arrive)
    return sifted


def _comments(
    connection: Connection,
    page: Page,
    source: Source,
    tracker: Tracker,
    arrive: Callable[[Record], Arrival],
    held: Callable[[str], bool],
) -> Sifted:
    ids: Sequence[str] = [record.external_id for record in page.records]
    ours = known.known_comments(connection, source.name, ids)
    sifted = Sifted([])
    for record in page.records:
        before = ours.get(record.external_id)
        if before is None and not held(record.ticket):
            sifted.unchanged += 1
            continue
        try:
            comment = tracker.to_comment(record.body, source)
        except Permanent:
            sifted.arrivals.append(_poison(arrive(record), tracker))
            continue
        now = (comment.revision, fingerprint.comment(comment), False)
        _sort(sifted, record, before, before == now, arrive)
    return sifted


def _poison(arrived: Arrival, tracker: Tracker) -> Arrival:
    """A record we cannot read becomes one dead letter, however often it is read.

    Its key is its content and our translator's version: the next version tries it again.
    """
    digest = hashlib.blake2b(arrived.body, digest_size=8).hexdigest()
    version = tracker.capabilities.translator_version
    key = f"poison:{arrived.ticket}:{digest}:{version}"
    return replace(arrived, delivery_key=key)


def _sort(
    sifted: Sifted,
    record: Record,
    before: object,
    same: bool,
    arrive: Callable[[Record], Arrival],
) -> None:
    if same:
        sifted.unchanged += 1
        return
    if before is None:
        sifted.new += 1
    else:
        sifted.changed += 1
    sifted.arrivals.append(arrive(record))
