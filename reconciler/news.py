"""News: which records of a page differ from what we hold, and so have to be journaled (law 3)."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from reconciler.arrivals import observed
from reconciler.gaps import Find
from schemas import fingerprint
from schemas.delivery import Arrival
from schemas.errors import Permanent
from schemas.event import (
    CommentSeen,
    CommentsListed,
    Doubtful,
    Event,
    LinksListed,
    TicketGone,
    TicketSeen,
)
from schemas.record import Gone, Page, Record
from schemas.source import Source
from schemas.ticket import Ticket
from schemas.tracker import Part
from store import known, left_out
from store.database import Connection
from trackers.base import Tracker

Baseline = Mapping[str, tuple[str | None, left_out.Reason]]
"""(revision, reason) of tickets that were left out."""


@dataclass(slots=True)
class Sifted:
    """A page, sifted: what is new or changed, what is not, and when tickets left the filter.

    `finds` are what no webhook had told us yet.
    """

    arrivals: list[Arrival]
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    left: list[datetime] = field(default_factory=list)
    finds: list[Find] = field(default_factory=list)


def sift(
    connection: Connection,
    page: Page,
    source: Source,
    tracker: Tracker,
    arrive: Callable[[Record], Arrival],
    lost: Callable[[Gone], Arrival],
    held: Callable[[str], bool],
    baseline: Baseline | None = None,
    started: datetime | None = None,
) -> Sifted:
    """Journals a record when its revision *or* its fingerprint differs, or it is not held.

    `held` says whether a comment's ticket is known or on its way; other comments belong to pull
    requests or to tickets outside the filter. Tickets of the `baseline` stay out until something
    happens to them, or for good; what happened since the source `started` did so while the
    baseline was still being taken.
    """
    if page.kind == "tickets":
        return _tickets(connection, page, source, tracker, arrive, lost, baseline or {}, started)
    return _comments(connection, page, source, tracker, arrive, held)


def arrival(
    source: Source, record: Record, session: int, place: int, event: str, began: datetime
) -> Arrival:
    """A record as a delivery; its key is its own observation, never its content."""
    key = f"poll:{session}:{place}:{record.kind}:{record.external_id}"
    return observed(source, record.ticket, session, key, event, began, _events(record))


def loss(source: Source, gone: Gone, session: int, place: int, began: datetime) -> Arrival:
    """A proof of deletion that came with a page, as a delivery."""
    key = f"poll:{session}:{place}:gone:{gone.ticket}"
    seen = TicketGone(ticket=gone.ticket, proof=gone.proof)
    return observed(source, gone.ticket, session, key, "poll.gone", began, (seen,))


def _events(record: Record) -> tuple[Event, ...]:
    """A record, with the parts its list brought along."""
    if record.kind == "comment":
        return (CommentSeen(ticket=record.ticket, record=record.body),)
    events: list[Event] = [TicketSeen(ticket=record.ticket, record=record.body)]
    if record.comments is not None:
        events.append(CommentsListed(ticket=record.ticket, records=record.comments))
    if record.links is not None:
        events.append(LinksListed(ticket=record.ticket, records=record.links))
    if record.linked is not None:
        reason = "a list counts other links than we hold"
        events.append(Doubtful(tickets=(record.ticket,), aspect="links", reason=reason))
    return tuple(events)


def _tickets(
    connection: Connection,
    page: Page,
    source: Source,
    tracker: Tracker,
    arrive: Callable[[Record], Arrival],
    lost: Callable[[Gone], Arrival],
    baseline: Baseline,
    started: datetime | None,
) -> Sifted:
    names = [record.ticket for record in page.records]
    ours = known.known(connection, source.name, names)
    brought = [r.ticket for r in page.records if r.comments is not None or r.links is not None]
    parts = known.parts(connection, source.name, brought) if brought else {}
    links = known.linked(connection, source.name, names)
    sifted = Sifted([])
    for record in page.records:
        before = ours.get(record.ticket)
        if before is not None and before[3] == "unread":
            before = None
        try:
            ticket = tracker.to_ticket(record.body, source)
        except Permanent:
            sifted.arrivals.append(_poison(arrive(record), tracker))
            continue
        if before is None and _stays_out(ticket, source, baseline.get(record.ticket), started):
            sifted.unchanged += 1
            continue
        inside = tracker.holds(ticket, source, record.body) is not False
        if not inside and ticket.updated_at:
            sifted.left.append(ticket.updated_at)
        if before is None and not inside:
            sifted.unchanged += 1
            continue
        now = (ticket.revision, fingerprint.core(ticket), ticket.comment_count, "here")
        record = _counted(record, links.get(record.ticket, {}))
        same = before == now and _same_parts(record, parts.get(record.ticket), source, tracker)
        _sort(sifted, record, before, same, arrive)
        if not same:
            aside: Part = "comments" if record.linked is None else "links"
            part: Part = "core" if before != now else aside
            sifted.finds.append(Find(record.ticket, part, ticket.updated_at, before is not None))
    _gone(connection, page, source, sifted, lost)
    return sifted


def _gone(
    connection: Connection,
    page: Page,
    source: Source,
    sifted: Sifted,
    lost: Callable[[Gone], Arrival],
) -> None:
    """Tickets a page proves deleted, of those we hold as existing."""
    ours = known.known(connection, source.name, [one.ticket for one in page.gone])
    for one in page.gone:
        if one.ticket in ours and ours[one.ticket][3] == "here":
            sifted.changed += 1
            sifted.arrivals.append(lost(one))
            sifted.finds.append(Find(one.ticket, "gone", None, known_before=True))


def _stays_out(
    ticket: Ticket,
    source: Source,
    left: tuple[str | None, left_out.Reason] | None,
    started: datetime | None,
) -> bool:
    """Whether a ticket older than a source that starts "now" is still as it was then."""
    if left is None or left[1] != "baseline":
        return False
    moment = ticket.created_at if source.baseline == "leave" else ticket.updated_at
    if started is not None and moment is not None and moment > started:
        return False
    return source.baseline == "leave" or left[0] == ticket.revision


def _counted(record: Record, ours: Mapping[str, int]) -> Record:
    """The record, without its counts of links where they are those we hold."""
    told = record.linked or {}
    same = all(ours.get(kind, 0) == count for kind, count in told.items())
    return record.model_copy(update={"linked": None}) if same else record


def _same_parts(
    record: Record,
    ours: tuple[frozenset[tuple[str, str | None]], str] | None,
    source: Source,
    tracker: Tracker,
) -> bool:
    """Whether the comments and links a list brought along are those we hold.

    They have revisions of their own, so an unmoved ticket says nothing of them. What cannot be read
    counts as news: the drain will tell what is wrong with it.
    """
    if record.linked is not None:
        return False
    if ours is None:
        return True
    try:
        notes = [tracker.to_comment(one, source) for one in record.comments or ()]
        links = [tracker.to_relation(one, source) for one in record.links or ()]
    except Permanent:
        return False
    same = record.comments is None or ours[0] == {(c.id, fingerprint.comment(c)) for c in notes}
    return same and (record.links is None or ours[1] == fingerprint.links(links))


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
        if before != now:
            find = Find(record.ticket, "comments", comment.updated_at, before is not None)
            sifted.finds.append(find)
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
