"""Carry out: the only place that writes to trackers (law 7).

Each step is announced, sent, and its answer journaled like anything else that was observed; its
receipt is kept in the same transaction that ends the announcement.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import orjson

from schemas import fingerprint
from schemas.change import Change, CommentChange, Marker, Ref, TicketChange, Write
from schemas.delivery import Arrival, Via
from schemas.errors import TicketsyncError, Transient
from schemas.event import CommentGone, CommentSeen, Event, TicketSeen
from schemas.model import Json
from schemas.record import Observation
from schemas.ticket import Ticket
from store import intents, journal, receipts
from store.database import Connection
from store.keys import Key
from store.whole import whole_tickets
from trackers.base import Client
from workers.drain import drain
from workers.refetch import fetch_now, follow
from workers.work import Work

Recorded = Callable[[Connection, Ref, Ticket | None], None]
"""Told, in the transaction that knows of it, what a step left: (connection, answer, the ticket in
it, when the answer was its whole record)."""


Values = dict[str, tuple[Json, Json]]


def _nothing(_: Ticket | None) -> Values:
    return {}


@dataclass(slots=True)
class Errand:
    """One change on its way: where it goes, on whose behalf, and what it says.

    `fields` makes, of the ticket that was answered, (before, after) by field for the receipt;
    `carries` names the comment of the other side that a comment change carries. `recorded` is told
    of each step. `leaves` is asked right before each step is sent, and raises when it may not;
    `holds` in the transaction that announces it, and raises when another worker is at it.
    """

    source: str
    change: Change
    mapping: int | None = None
    session: int | None = None
    fields: Callable[[Ticket | None], Values] = _nothing
    origins: dict[str, str] = field(default_factory=dict)
    carries: str | None = None
    recorded: Recorded | None = None
    leaves: Callable[[], None] | None = None
    holds: Callable[[Connection], None] | None = None
    read_at: datetime | None = None


@dataclass(slots=True)
class Done:
    """What became of a change: the last answer, and what has no place at the tracker.

    `ticket` is what the last answer told of the whole ticket.
    """

    ref: Ref | None = None
    steps: int = 0
    losses: tuple[str, ...] = ()
    ticket: Ticket | None = None


def carry_out(work: Work, client: Client, errand: Errand) -> Done:
    """Writes a change, step by step. Raises the client's errors.

    A creation whose answer was lost stays announced: nobody may try it again before it was looked
    up. Any other step may simply be repeated.
    """
    source = work.sources[errand.source]
    steps = work.tracker(source.tracker).to_writes(errand.change, source)
    done = Done(losses=tuple(dict.fromkeys(loss for one in steps for loss in one.losses)))
    ticket = errand.change.ticket
    bare = None
    for step in steps:
        if step.step == "nothing":
            continue
        if step.ticket is None and ticket is not None:
            step = step.model_copy(update={"ticket": ticket})
        done.ref = _send(work, client, errand, step)
        done.steps += 1
        ticket = done.ref.ticket
        done.ticket = _answered(work, errand.source, done.ref)
        bare = ticket if done.ref.record is None and done.ref.comment is None else None
    if bare is not None:
        fetch_now(work, client, (errand.source, bare), frozenset({"core"}))
        work.passing("read back")
        done.ticket = _held(work, (errand.source, bare))
    return done


def _send(work: Work, client: Client, errand: Errand, step: Write) -> Ref:
    work.passing("decided")
    creates = _creates(errand.change, step)
    if errand.leaves is not None:
        errand.leaves()
    began = work.now()
    with work.store.write() as connection:
        if errand.holds is not None:
            errand.holds(connection)
        intent = intents.announce(
            connection,
            mapping=errand.mapping,
            source=errand.source,
            ticket=step.ticket,
            comment=errand.carries,
            step=step.step,
            creates=creates,
            marker=_marker(errand.change) if creates else None,
            now=began,
            session=errand.session,
        )
    work.passing("announced")
    try:
        ref = client.write(step)
    except TicketsyncError as error:
        if not (creates and isinstance(error, Transient)):
            with work.store.write() as connection:
                intents.end(connection, intent, "failed", work.now(), str(error))
        raise
    work.passing("sent")
    record_answer(work, errand, step.step, ref, intent, began)
    return ref


def record_answer(
    work: Work,
    errand: Errand,
    step: str,
    ref: Ref,
    intent: int,
    began: datetime,
) -> None:
    """Journals what a step left, keeps its receipt, ends its announcement; then drains it."""
    now = work.now()
    events = list(_events(errand.change, ref))
    ticket = _answered(work, errand.source, ref)
    with work.store.write() as connection:
        if events:
            journal.keep(connection, [_arrival(errand.source, ref, events, intent, began, now)])
        receipts.keep(
            connection,
            mapping=errand.mapping,
            source=errand.source,
            ticket=ref.ticket,
            comment=ref.comment,
            step=step,
            revision=ref.revision,
            fingerprint=_fingerprint(work, errand.source, ref, ticket),
            fields=errand.fields(ticket),
            origins=errand.origins,
            read_at=errand.read_at,
            now=now,
            session=errand.session,
        )
        intents.end(connection, intent, "done", now)
        if errand.recorded is not None:
            errand.recorded(connection, ref, ticket)
    work.passing("recorded")
    if events:
        drained = drain(work, [(errand.source, ref.ticket)])
        work.passing("drained")
        follow(work, drained)


def _creates(change: Change, step: Write) -> Literal["ticket", "comment"] | None:
    if isinstance(change, TicketChange) and change.ticket is None and step.ticket is None:
        return "ticket"
    if isinstance(change, CommentChange) and change.comment is None:
        return "comment"
    return None


def _marker(change: Change) -> Marker | None:
    return change.marker if isinstance(change, TicketChange | CommentChange) else None


def _events(change: Change, ref: Ref) -> Iterator[Event]:
    if isinstance(change, CommentChange) and change.wanted is None and ref.comment:
        yield CommentGone(ticket=ref.ticket, comment=ref.comment)
    elif ref.record is not None and ref.comment is not None:
        yield CommentSeen(ticket=ref.ticket, record=ref.record)
    elif ref.record is not None:
        yield TicketSeen(ticket=ref.ticket, record=ref.record)


def _arrival(
    source: str, ref: Ref, events: list[Event], intent: int, began: datetime, now: datetime
) -> Arrival:
    return Arrival(
        source=source,
        via=Via.write,
        event="write.comment" if ref.comment else "write.ticket",
        delivery_key=f"write:{intent}",
        ticket=ref.ticket,
        body=orjson.dumps(Observation(events=tuple(events)).model_dump(mode="json")),
        received_at=now,
        observed_at=began,
    )


def _answered(work: Work, name: str, ref: Ref) -> Ticket | None:
    """The ticket in an answer, when it was the whole record."""
    if ref.record is None or ref.comment is not None:
        return None
    source = work.sources[name]
    seen = work.tracker(source.tracker).to_ticket(ref.record, source)
    return seen if seen.full else None


def _held(work: Work, key: Key) -> Ticket | None:
    with work.store.read() as connection:
        return whole_tickets(connection, [key]).get(key)


def _fingerprint(work: Work, name: str, ref: Ref, ticket: Ticket | None) -> str | None:
    """Of what came back: an echo is told by it and by the revision, never by a name (law 9)."""
    if ref.comment is not None and ref.record is not None:
        source = work.sources[name]
        return fingerprint.comment(work.tracker(source.tracker).to_comment(ref.record, source))
    return fingerprint.core(ticket) if ticket else None
