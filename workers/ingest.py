"""Ingest, pure: a journal row becomes the facts it states about tickets, or the error it hides."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from schemas.delivery import Delivery, Via
from schemas.errors import Permanent
from schemas.event import (
    ChangesTold,
    CommentGone,
    CommentSeen,
    CommentsListed,
    CommentsMiscounted,
    Definition,
    DefinitionGone,
    DefinitionSeen,
    DefinitionsListed,
    Doubtful,
    EditTold,
    Event,
    HistoryListed,
    Ignored,
    LinksListed,
    Ping,
    ProjectSeen,
    TicketGone,
    TicketHidden,
    TicketMoved,
    TicketReturned,
    TicketSeen,
)
from schemas.record import Observation
from schemas.source import LOCAL, Source
from schemas.ticket import Person, Ticket
from trackers.base import Tracker
from workers.rules import carried
from workers.rules.facts import (
    CommentFact,
    CommentGoneFact,
    CommentsReadFact,
    DoubtFact,
    Fact,
    GoneFact,
    HiddenFact,
    LinksFact,
    MovedFact,
    ReturnedFact,
    Sight,
    TicketFact,
)

SourceEvent = DefinitionSeen | DefinitionGone | DefinitionsListed | CommentsMiscounted
PUT_ASIDE = "workspace.edited"
"""The event name of an edited file that another one took the place of."""
TOLD = "workspace.told"
"""The event name of an edit that is to be sent to the ticket's tracker."""
FULL_WALK = "poll.import"
"""The event name of rows from a full walk: their comments come after all tickets."""


@dataclass(slots=True)
class Reading:
    """What one delivery says.

    `facts` are about its own ticket, `past` about how that came to be so, `edits` are of its file
    and wait to be sent, `for_source` is about definitions, `hints` are about other tickets;
    `people` and `definitions` are those its records carried along.
    """

    delivery: Delivery
    sight: Sight
    facts: list[Fact] = field(default_factory=list)
    for_source: list[SourceEvent] = field(default_factory=list)
    hints: list[tuple[str, DoubtFact]] = field(default_factory=list)
    past: list[ChangesTold | HistoryListed] = field(default_factory=list)
    edits: list[EditTold] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    definitions: list[Definition] = field(default_factory=list)
    project: ProjectSeen | None = None
    ignored: list[str] = field(default_factory=list)
    error: BaseException | None = None

    @property
    def revision(self) -> str | None:
        """The revision its first record carries, for the tracker's order; None without one."""
        for fact in self.facts:
            if isinstance(fact, TicketFact):
                return fact.ticket.revision
            if isinstance(fact, CommentFact):
                return fact.comment.revision
        return None


def read(
    delivery: Delivery, source: Source, tracker: Tracker, read_to: datetime | None = None
) -> Reading:
    """Reads one delivery. An error is part of the result: its neighbours must not suffer."""
    sight = Sight(
        via=delivery.via,
        observed_at=delivery.observed_at,
        counted=delivery.via is not Via.webhook and delivery.event != FULL_WALK,
        read_to=read_to,
    )
    reading = Reading(delivery, sight)
    try:
        for event in _events(delivery, tracker):
            _check_lane(delivery, event)
            _note(reading, event, source, tracker)
    except Exception as error:  # every bug in a translator must end as a dead letter with a cause
        reading.error = error
    return reading


def foreign(reading: Reading, source: Source, project_id: str | None, tracker: Tracker) -> str:
    """Why this delivery belongs to another project, or "" when it is ours (law 6).

    Compared by the pinned id once it is known, before that by name.
    """
    project = reading.project
    if project is None:
        return ""
    if project_id is not None:
        ours = project.id == project_id
    else:
        names = {project.name.casefold(), (project.renamed_from or project.name).casefold()}
        ours = tracker.project_name(source).casefold() in names
    return "" if ours else f"belongs to {project.name}, this source is {source.url}"


def _events(delivery: Delivery, tracker: Tracker) -> Iterable[Event]:
    if delivery.body is None:
        raise Permanent("the body was dropped; fetch the ticket again instead")
    if delivery.via is Via.webhook:
        return tracker.parse(delivery)
    local = delivery.source == LOCAL
    if delivery.via is Via.workspace and delivery.event != TOLD and not local:
        return [Ignored(reason="a pulled ticket keeps the tracker's text; your edit is kept here")]
    if delivery.event == PUT_ASIDE:
        return [Ignored(reason="the ticket had changed meanwhile; your edit is kept here")]
    try:
        return Observation.model_validate_json(delivery.body).events
    except ValidationError as error:
        raise Permanent(f"not an observation of ours: {error}") from error


def _check_lane(delivery: Delivery, event: Event) -> None:
    """A fact about another ticket would be applied without that ticket's lock."""
    ticket = getattr(event, "ticket", delivery.ticket)
    if ticket != delivery.ticket:
        raise Permanent(f"tells of ticket {ticket}, but was kept for {delivery.ticket or 'none'}")


def _note(reading: Reading, event: Event, source: Source, tracker: Tracker) -> None:
    match event:
        case TicketSeen() | CommentSeen() | CommentsListed() | LinksListed():
            _translate(reading, event, source, tracker)
        case TicketGone():
            reading.facts.append(GoneFact(event.proof))
        case TicketMoved():
            reading.facts.append(MovedFact(event.to))
        case TicketReturned():
            reading.facts.append(ReturnedFact())
        case TicketHidden():
            reading.facts.append(HiddenFact(event.reason))
        case CommentGone():
            reading.facts.append(CommentGoneFact(event.comment))
        case ChangesTold() | HistoryListed():
            reading.past.append(event)
            reading.people += [one.actor for one in event.entries if one.actor]
        case _:
            _note_aside(reading, event)


def _note_aside(reading: Reading, event: Any) -> None:
    """What is not about the delivery's own ticket."""
    match event:
        case Doubtful():
            for ticket in event.tickets:
                hint = DoubtFact(event.aspect, event.reason)
                if ticket == reading.delivery.ticket:
                    reading.facts.append(hint)
                else:
                    reading.hints.append((ticket, hint))
        case ProjectSeen():
            reading.project = event
        case EditTold():
            reading.edits.append(event)
        case Ping():
            reading.ignored.append("ping: the tracker reached us")
        case Ignored():
            reading.ignored.append(event.reason)
        case _:
            reading.for_source.append(event)


def _translate(
    reading: Reading,
    event: TicketSeen | CommentSeen | CommentsListed | LinksListed,
    source: Source,
    tracker: Tracker,
) -> None:
    match event:
        case TicketSeen():
            ticket = tracker.to_ticket(event.record, source)
            inside = tracker.holds(ticket, source, event.record)
            if inside is None:
                reading.facts.append(DoubtFact("core", "only the tracker can tell its filter"))
            else:
                reading.facts.append(TicketFact(ticket, event.record, inside))
            _carried(reading, ticket)
        case CommentSeen():
            _comment(reading, event.record, source, tracker)
        case CommentsListed():
            ids = [_comment(reading, record, source, tracker) for record in event.records]
            reading.facts.append(CommentsReadFact(frozenset(ids)))
        case LinksListed():
            found = tuple(tracker.to_relation(record, source) for record in event.records)
            reading.facts.append(LinksFact(found))


def _comment(reading: Reading, record: Any, source: Source, tracker: Tracker) -> str:
    comment = tracker.to_comment(record, source)
    reading.facts.append(CommentFact(comment))
    if comment.author:
        reading.people.append(comment.author)
    return comment.id


def _carried(reading: Reading, ticket: Ticket) -> None:
    reading.people += ticket.assignees
    if ticket.reporter:
        reading.people.append(ticket.reporter)
    reading.definitions += carried.definitions(ticket)


def seen_at(reading: Reading) -> datetime:
    """When the things a record carried along were true.

    A webhook's body is as old as its revision (a redelivery brings yesterday's names); what we
    read ourselves is as new as the reading.
    """
    revision = reading.revision
    if reading.delivery.via is not Via.webhook or revision is None:
        return reading.delivery.observed_at
    if revision.isdecimal():
        return reading.delivery.received_at
    return datetime.fromisoformat(revision)
