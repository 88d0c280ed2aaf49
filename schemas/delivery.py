"""A delivery: one observation of a tracker, as the journal keeps it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from schemas.model import Model


class Via(StrEnum):
    """How an observation reached us."""

    webhook = "webhook"
    poll = "poll"
    fetch = "fetch"
    write = "write"
    workspace = "workspace"


class Outcome(StrEnum):
    """What became of a delivery; a pending one has none yet."""

    applied = "applied"
    unchanged = "unchanged"
    stale = "stale"
    echo = "echo"
    ignored = "ignored"
    conflict = "conflict"
    dead = "dead"


class Proof(Model):
    """What verification proved, with what intake needs before the body is parsed for good.

    `ticket` is the drain key (the tracker's stable id in its project) or None for the source's own
    lane; `event` is the tracker's name of it, `delivery_key` the tracker's id of the delivery.
    """

    event: str
    delivery_key: str
    ticket: str | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery on its way into the journal (no row yet). `headers` hold no secret."""

    source: str
    via: Via
    event: str
    delivery_key: str
    ticket: str | None
    body: bytes
    received_at: datetime
    headers: dict[str, str] = field(default_factory=dict)
    observed_at: datetime | None = None
    session: int | None = None


class Delivery(Model):
    """A row of the journal. `body` is None once it was dropped; `outcome` is None while pending.

    `observed_at` is when the observation began (a fetch's start), for webhooks when it arrived.
    `due_at` is the next attempt; `verify_again` whether the proof can be repeated from the row.
    """

    id: int
    source: str
    via: Via
    event: str
    delivery_key: str
    ticket: str | None
    headers: dict[str, str]
    body: bytes | None
    received_at: datetime
    observed_at: datetime
    session: int | None = None
    attempts: int = 0
    due_at: datetime | None = None
    outcome: Outcome | None = None
    reason: str = ""
    last_error: str | None = None
    done_at: datetime | None = None


class Attempt(Model):
    """One failed try at a delivery: what went wrong and when it is tried again (None: never)."""

    number: int
    at: datetime
    error: str
    traceback: str
    next_at: datetime | None = None
