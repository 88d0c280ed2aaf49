"""What the store holds of a ticket, as the merge rules need it: heads, not whole rows."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from schemas.event import Aspect
from schemas.model import Json
from schemas.ticket import Comment, Relation, Ticket, TicketRef

Fate = Literal["here", "deleted", "moved", "hidden", "unread"]
"""What we know of a ticket's existence at the tracker (law 13); `unread` is one that was only heard
of: a hint named it, and until it is fetched nothing is shown of it."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A question only the tracker can answer, asked by a fetch that begins after `asked_at`.

    `wanted` is the revision the answer has to reach; `tries` counts answers that did not.
    `candidate` is the fingerprint of a record older than ours, seen at `candidate_at`: the same
    content read again ten minutes later means that the tracker itself went back.
    """

    aspects: frozenset[Aspect]
    reason: str
    since: datetime
    asked_at: datetime
    due_at: datetime
    wanted: str | None = None
    tries: int = 0
    candidate: str | None = None
    candidate_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HeldTicket:
    """The head of a stored ticket. `ticket` is loaded only when a partial has to be laid over it.

    `revision` and `fingerprint` are those of the last full record; both None if there was none.
    `observed_at` is when the state we hold was observed, `confirmed_at` when the last fetch that
    agrees with it began: whatever arrived before that is answered by it. `comment_count` is
    the tracker's own, `native_id` its global id, which never changes under one drain key. `record`
    is the tracker's JSON of it, set when it has to be written. `reason` and `moved_to` belong to
    the fate.
    """

    revision: str | None
    fingerprint: str | None
    fate: Fate
    observed_at: datetime
    confirmed_at: datetime | None = None
    comment_count: int | None = None
    native_id: str | None = None
    ticket: Ticket | None = None
    record: Json = None
    doubt: Doubt | None = None
    reason: str = ""
    moved_to: TicketRef | None = None


@dataclass(frozen=True, slots=True)
class HeldComment:
    """The head of a stored comment; `comment` is set when it has to be written."""

    revision: str | None
    fingerprint: str | None
    deleted: bool
    observed_at: datetime
    comment: Comment | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """All that is held for one drain key."""

    ticket: HeldTicket | None = None
    comments: dict[str, HeldComment] = field(default_factory=dict)
    relations: tuple[Relation, ...] | None = None
