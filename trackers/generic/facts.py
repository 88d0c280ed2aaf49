"""What a delivery says: one message read into events. The shapes are in docs/generic.md."""

from collections.abc import Callable, Iterator

from schemas.delivery import Delivery
from schemas.errors import Permanent
from schemas.event import (
    CommentGone,
    CommentSeen,
    CommentsListed,
    DefinitionsListed,
    Event,
    Ignored,
    LinksListed,
    Ping,
    TicketGone,
    TicketMoved,
    TicketReturned,
    TicketSeen,
)
from schemas.model import Json
from schemas.ticket import TicketRef
from trackers import tolerant
from trackers.fields import Fields
from trackers.generic import definitions
from trackers.generic.webhook import Message, taken_apart

Reader = Callable[[Message], list[Event]]
_NAMES = frozenset({"id", "key", "number", "url", "to"})
"""What only tells which ticket is meant."""

_PINGS = ("ping", "test", "webhook.ping", "webhook.test")
TYPE, TIME = "webhook_type", "timestamp"
"""Under these names a record keeps what its message was and when it happened."""


def parse(delivery: Delivery) -> list[Event]:
    """The facts of a delivery; Permanent with the cause when the body is broken."""
    if delivery.body is None:
        raise Permanent("the body of this delivery was dropped; nothing is left to read")
    try:
        content = tolerant.storable(tolerant.loads(delivery.body))
    except ValueError as error:
        raise Permanent(f"the body is no JSON we can read: {error}") from None
    message = taken_apart(Fields.of(content, "the body").value)
    if message.told == "unknown":
        raise Permanent("type is no text such as ticket.updated")
    if message.kind in _PINGS:
        return [Ping()]
    reader = _READERS.get(message.kind)
    if reader is None:
        return [Ignored(reason=f"{message.told} holds nothing we keep")]
    return reader(message)


def _ticket(message: Message) -> list[Event]:
    """A ticket as far as it is told; one that is only named cannot be asked about."""
    ticket, key = _subject(message)
    found = list(_seen(message, ticket, key))
    return found or [_thin(message, key)]


def _turned(message: Message) -> list[Event]:
    """Closed or reopened: the type itself says so, whatever else is told."""
    ticket, key = _subject(message)
    state = "closed" if message.kind == "ticket.closed" else "open"
    return list(_seen(message, {**ticket, "state": state}, key))


def _ticket_gone(message: Message) -> list[Event]:
    """With its last state, when that came along: it is kept."""
    ticket, key = _subject(message)
    return [*_seen(message, ticket, key), TicketGone(ticket=key, proof=message.told)]


def _ticket_back(message: Message) -> list[Event]:
    """There is nobody to ask whether it is so."""
    ticket, key = _subject(message)
    return [TicketReturned(ticket=key), *_seen(message, ticket, key)]


def _ticket_moved(message: Message) -> list[Event]:
    ticket, key = _subject(message)
    place = message.content.get("to", ticket.get("to"))
    to = Fields.of(place, "data.to") if place is not None else Fields({}, "data.to")
    told = TicketRef(key=to.text("key") or to.id("id"), url=to.text("url"), title=to.text("title"))
    return [*_seen(message, ticket, key), TicketMoved(ticket=key, to=told)]


def _comment(message: Message) -> list[Event]:
    """The ticket goes first when it came along: a comment alone needs one that is known."""
    ticket, key = _subject(message)
    comment = Fields.of(message.comment, "data.comment")
    comment.need_id("id")
    record = {**comment.value, TIME: message.timestamp}
    return [*_seen(message, ticket, key), CommentSeen(ticket=key, record=record)]


def _comment_gone(message: Message) -> list[Event]:
    ticket, key = _subject(message)
    gone = Fields.of(message.comment, "data.comment").need_id("id")
    return [*_seen(message, ticket, key), CommentGone(ticket=key, comment=gone)]


def _project(message: Message) -> list[Event]:
    """The labels, milestones and the like of a project, each kind complete when it is there."""
    kinds, found = definitions.listed(Fields(message.content, "data"))
    if not kinds:
        return [Ignored(reason=f"{message.told} names no labels, milestones, sprints or states")]
    return [DefinitionsListed(kinds=kinds, definitions=found)]


def _subject(message: Message) -> tuple[dict[str, Json], str]:
    if message.ticket is None:
        raise Permanent("data.ticket is missing: which ticket is this about?")
    key = Fields(message.ticket, "data").need_id("id")
    if key != message.key:
        raise Permanent("data.id is no id of a ticket")
    return message.ticket, key


def _seen(message: Message, ticket: dict[str, Json], key: str) -> Iterator[Event]:
    """The ticket with its comments and links where they were listed; nothing when only named."""
    if ticket.keys() <= _NAMES:
        return
    record = {**ticket, TYPE: message.kind, TIME: message.timestamp}
    comments, links = record.pop("comments", None), record.pop("relations", None)
    yield TicketSeen(ticket=key, record=record)
    listed = Fields({"comments": comments, "relations": links}, "data")
    if comments is not None:
        yield CommentsListed(ticket=key, records=_stamped(message, listed.items("comments")))
    if links is not None:
        yield LinksListed(ticket=key, records=tuple(listed.items("relations")))


def _stamped(message: Message, comments: list[Json]) -> tuple[Json, ...]:
    """Comments as they stand at the message's time."""
    return tuple(
        {**Fields.of(one, "data.comments").value, TIME: message.timestamp} for one in comments
    )


def _thin(message: Message, key: str) -> Ignored:
    return Ignored(reason=f"{message.told} only names {key}; there is no API to ask for the rest")


_READERS: dict[str, Reader] = {
    "ticket.created": _ticket,
    "ticket.updated": _ticket,
    "ticket.restored": _ticket_back,
    "ticket.closed": _turned,
    "ticket.reopened": _turned,
    "ticket.deleted": _ticket_gone,
    "ticket.moved": _ticket_moved,
    "comment.created": _comment,
    "comment.updated": _comment,
    "comment.deleted": _comment_gone,
    "project.configured": _project,
}
