"""Facts: what one delivery says about one ticket, translated; the input of the merge rules."""

from dataclasses import dataclass
from datetime import datetime

from schemas.delivery import Via
from schemas.event import Aspect
from schemas.model import Json
from schemas.ticket import Comment, Relation, Ticket, TicketRef


@dataclass(frozen=True, slots=True)
class Sight:
    """How a fact was observed. `observed_at` is when the observation began (a fetch's start).

    `counted` says that the record's comment count may be held against our own: not during a full
    walk, whose comments come after all tickets. `read_to` is how far the source has been read.
    """

    via: Via
    observed_at: datetime
    counted: bool = False
    read_to: datetime | None = None

    def belated(self, changed_at: datetime | None) -> bool:
        """Whether a webhook tells of what a reading has passed and should have shown.

        What it tells may have ended since, without a word: only the tracker knows.
        """
        if self.via is not Via.webhook or self.read_to is None or changed_at is None:
            return False
        return changed_at <= self.read_to


@dataclass(frozen=True, slots=True)
class TicketFact:
    """A snapshot of the ticket; `inside` says whether it lies in the source's filter."""

    ticket: Ticket
    record: Json
    inside: bool = True


@dataclass(frozen=True, slots=True)
class CommentFact:
    """A snapshot of one comment."""

    comment: Comment


@dataclass(frozen=True, slots=True)
class CommentGoneFact:
    """A comment that is proven deleted."""

    comment_id: str


@dataclass(frozen=True, slots=True)
class CommentsReadFact:
    """All comments of the ticket were read at once (each comes as a fact of its own too)."""

    ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LinksFact:
    """All links of the ticket, read at once."""

    relations: tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class GoneFact:
    """The ticket is proven deleted."""

    proof: str


@dataclass(frozen=True, slots=True)
class MovedFact:
    """The ticket lives on elsewhere."""

    to: TicketRef


@dataclass(frozen=True, slots=True)
class ReturnedFact:
    """A lost ticket is back, by the tracker's own word."""


@dataclass(frozen=True, slots=True)
class HiddenFact:
    """The ticket cannot be read, and nothing proves that it is gone."""

    reason: str


@dataclass(frozen=True, slots=True)
class DoubtFact:
    """A part of the ticket may have changed and has to be read."""

    aspect: Aspect
    reason: str


Fact = (
    TicketFact
    | CommentFact
    | CommentGoneFact
    | CommentsReadFact
    | LinksFact
    | GoneFact
    | MovedFact
    | ReturnedFact
    | HiddenFact
    | DoubtFact
)
