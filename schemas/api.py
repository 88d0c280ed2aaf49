"""What the admin API takes and answers under /api/v1: its OpenAPI document is made of these."""

from datetime import datetime
from typing import Generic, Literal, TypeVar

from pydantic import Field

from schemas.delivery import Outcome, Via
from schemas.mirror import Conflict, MirrorOptions, Plan, Side, State
from schemas.model import Json, Model
from schemas.source import SourceStatus

T = TypeVar("T")

MOST = 200
LARGEST = 2**62
"""No database counts further than twice that."""


OutcomeAsked = Literal[
    "pending", "applied", "unchanged", "stale", "echo", "ignored", "conflict", "dead"
]
"""The outcomes, and `pending` for deliveries that have none yet."""


class Nothing(Model):
    """A request that needs no words; an empty body, or an object without keys."""


class Page(Model, Generic[T]):
    """Some of a list. `next` is what `after` takes for those that follow; null at the end."""

    items: tuple[T, ...]
    next: str | None = None


class Paging(Model):
    """How much of a list is asked for; `after` is the `next` of the page before."""

    limit: int = Field(default=50, ge=1, le=MOST)
    after: str | None = Field(default=None, max_length=500)


class SourceShown(Model):
    """A source as configured, and how it is. Secrets are told by the name of their variable."""

    name: str
    slug: str
    tracker: str
    url: str
    api_url: str | None
    status: SourceStatus | Literal["disabled"]
    reason: str
    project: str | None
    webhook_path: str
    direction: str
    intake: str
    privacy: str
    filter: dict[str, Json]
    auth: str
    token_env: str | None
    webhook_secret_env: tuple[str, ...]
    interval_minutes: int
    last_session_at: datetime | None
    next_session_at: datetime | None


class MirrorShown(MirrorOptions):
    """A mirror with its options. `mappings` counts its tickets by their state.

    `session` is one that was asked for; `lacks` are fields that the target did not keep.
    """

    id: int
    name: str
    source: str
    target: str
    origin: Literal["file", "api"]
    enabled: bool
    created_at: datetime
    lacks: tuple[str, ...]
    session: int | None
    last_sync_at: datetime | None
    last_sync_status: Literal["success", "failed"] | None
    last_sync_error: str | None
    next_sync_at: datetime | None
    mappings: dict[str, int]


class MirrorNew(MirrorOptions):
    """A mirror to be made; without a `name` it is called `SOURCE-to-TARGET`."""

    name: str = Field(default="", max_length=200)
    source: str
    target: str
    enabled: bool = True


class MirrorReplaced(MirrorOptions):
    """The options of a mirror as a whole: those not named go back to their default.

    `name`, `source` and `target` may be repeated, and never change.
    """

    enabled: bool = True
    name: str | None = None
    source: str | None = None
    target: str | None = None


class MirrorChanged(MirrorReplaced):
    """Some options of a mirror: those not named stay as they are."""


class Triggered(Model):
    """A pass over a mirror was asked for; `GET /api/v1/sessions/{session}` tells of it."""

    mirror: int
    session: int


class MappingShown(Model):
    """A ticket and its twin. `left` and `right` are ids at the trackers, the keys what people say.

    `noted` are lines: what the target did not keep as it was written, or has no place for.
    """

    id: int
    mirror: int
    left: str | None
    left_key: str | None
    right: str | None
    right_key: str | None
    born: Side
    state: State
    reason: str
    noted: tuple[str, ...]
    waiting: bool
    due_at: datetime | None
    attempts: int
    last_error: str | None
    joined_at: datetime | None
    pushed_at: datetime | None


class MappingsAsked(Paging):
    """Which mappings."""

    state: State | None = None


class PlanShown(Model):
    """The newest plan of a mirror; null before the first. `under_way`: a newer one is being made.

    `kind` is shadow when the mirror only records what it would do.
    """

    mirror: int
    under_way: bool
    kind: str | None = None
    made_at: datetime | None = None
    applied_at: datetime | None = None
    plan: Plan | None = None


class ConflictShown(Conflict):
    """A conflict, with the tickets' keys as people say them."""

    key: str | None = None
    other_key: str | None = None


class ConflictsAsked(Paging):
    """Which conflicts; `ticket` is the tracker's id and needs its `source`."""

    source: str | None = None
    ticket: str | None = None
    settled: bool = False


class Resolution(Model):
    """Which value holds from now on; `value` goes with take "value" alone, and may be null."""

    take: Literal["left", "right", "value"]
    value: Json = None


class DeliveryShown(Model):
    """A row of the journal; `outcome` is null while it is pending."""

    id: int
    source: str
    via: Via
    event: str
    delivery_key: str
    ticket: str | None
    outcome: Outcome | None
    reason: str
    attempts: int
    received_at: datetime
    due_at: datetime | None
    done_at: datetime | None


class Failure(Model):
    """One failed attempt at a delivery; `next_at` null: it was not tried again."""

    number: int
    at: datetime
    error: str
    next_at: datetime | None


class DeliveryWhole(DeliveryShown):
    """The same with all that is kept of it.

    `body` is null when it was dropped (`body_bytes` is null too) or is too large to be shown here.
    """

    observed_at: datetime
    session: int | None
    last_error: str | None
    headers: dict[str, str]
    body: str | None
    body_bytes: int | None
    failures: tuple[Failure, ...]


class DeliveriesAsked(Paging):
    """Which deliveries."""

    source: str | None = None
    ticket: str | None = None
    event: str | None = None
    outcome: OutcomeAsked | None = None


class DeadLettersAsked(Paging):
    """Which dead letters; `cause` is a part of the error."""

    source: str | None = None
    event: str | None = None
    cause: str | None = None


class SessionsAsked(Paging):
    """Which sessions; those of a mirror have its name as their source."""

    source: str | None = None


class Fault(Model):
    """What is wrong with one part of a request; `at` is its key, or its way to it."""

    at: str
    detail: str


class ProblemShown(Model):
    """Every answer that is no success (RFC 9457, `application/problem+json`)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: tuple[Fault, ...] = ()
