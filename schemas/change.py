"""A change: what must be written to a tracker, and what became of it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from schemas.model import Json, Model
from schemas.ticket import Comment, Relation, Ticket


class Marker(Model):
    """Names what we create, so that it is found after a crash; worth nothing without `proof`.

    `ticket` is the origin (`source/external_id`); `generation` counts deliberate new twins;
    `proof` is the HMAC of the rest (`trackers/markers`).
    """

    installation: str
    mirror: str
    ticket: str
    generation: int = 1
    proof: str = ""


class TicketChange(Model):
    """A new ticket (`ticket` None), or new values of some fields of one.

    `wanted` holds the values, `fields` names those to write. `record` is the target's record as
    last read: text blocks that stay are taken from it, and a tracker that can refuses the write
    when the ticket has changed since.
    """

    kind: Literal["ticket"] = "ticket"
    ticket: str | None = None
    wanted: Ticket
    fields: frozenset[str]
    record: Json = None
    marker: Marker | None = None


class CommentChange(Model):
    """A new comment (`comment` None), a new text, or none any more (`wanted` None)."""

    kind: Literal["comment"] = "comment"
    ticket: str
    comment: str | None = None
    wanted: Comment | None = None
    record: Json = None
    marker: Marker | None = None


class LinkChange(Model):
    """A link to make, or to take away."""

    kind: Literal["link"] = "link"
    ticket: str
    relation: Relation
    remove: bool = False


class DeleteChange(Model):
    """A ticket to delete; where trackers keep a bin it goes there.

    Where none can be deleted it is closed instead, which the step tells as a loss; `record` is the
    ticket's as last read.
    """

    kind: Literal["delete"] = "delete"
    ticket: str
    record: Json = None


Change = Annotated[
    TicketChange | CommentChange | LinkChange | DeleteChange, Field(discriminator="kind")
]


class Write(Model):
    """One step of a change: one write at the tracker, in the tracker's own form.

    `step` is the dialect's word for it (`create`, `update`, `transition`, `comment`, `delete`);
    each step leaves a receipt of its own. `ticket` None waits for the step before it to create
    one. `losses` tell what has no place at this tracker.
    """

    step: str
    ticket: str | None = None
    comment: str | None = None
    body: Json = None
    marker: Marker | None = None
    losses: tuple[str, ...] = ()


class Ref(Model):
    """What a write left at the tracker; `record` is its answer when that is the whole record."""

    ticket: str
    comment: str | None = None
    key: str | None = None
    url: str | None = None
    revision: str | None = None
    record: Json = None


class Intent(Model):
    """A write that was announced and may or may not have happened.

    `creates` tells what; a comment's ticket is `ticket`. `sent_at` is when the call began.
    """

    creates: Literal["ticket", "comment"]
    marker: Marker
    ticket: str | None = None
    sent_at: datetime


class Found(Model):
    """It happened: this is what it left."""

    ref: Ref


class Absent(Model):
    """It did not happen: the tracker was read in a strongly consistent way."""


class Unsure(Model):
    """Nobody can tell yet, and why; the write must wait for a person or for time."""

    reason: str


Lookup = Found | Absent | Unsure
