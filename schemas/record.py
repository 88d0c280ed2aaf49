"""What a client brings back, and the form it takes as the body of a poll or fetch delivery."""

from datetime import datetime
from typing import Literal

from schemas.event import Event
from schemas.model import Json, Model
from schemas.ticket import TicketRef


class Record(Model):
    """One ticket or comment in the tracker's JSON (`body`).

    `ticket` is the drain key it belongs to, `external_id` its own stable id, `revision` its own.
    `comments` and `links` are complete lists when they were asked for (see `Client.fetch`);
    `linked` counts the links of each kind where a list tells no more than that.
    """

    kind: Literal["ticket", "comment"]
    ticket: str
    external_id: str
    revision: str | None
    body: Json
    comments: tuple[Json, ...] | None = None
    links: tuple[Json, ...] | None = None
    linked: dict[str, int] | None = None


class Moved(Model):
    """The tracker says the ticket lives elsewhere now."""

    ticket: str
    to: TicketRef


class Gone(Model):
    """The tracker proves that it was deleted; `proof` says how (`HTTP 410`)."""

    ticket: str
    proof: str


class Hidden(Model):
    """We cannot read it, and nothing proves that it is gone (law 13)."""

    ticket: str
    reason: str


Fetched = Record | Moved | Gone | Hidden


class Cursor(Model):
    """How far a source has been read.

    `since` None is a full pass from the beginning. `position` is the client's own mark inside an
    unfinished walk (a page to go on from); `watermark` the tracker's clock when the walk began.
    """

    since: datetime | None = None
    position: str | None = None
    watermark: datetime | None = None


class Page(Model):
    """One page of a walk; `cursor` is where to go on after it. `total` counts items if known.

    `gone` are tickets the page itself proves deleted (they lie in the tracker's trash).
    """

    kind: Literal["tickets", "comments"]
    records: tuple[Record, ...]
    cursor: Cursor
    total: int | None = None
    gone: tuple[Gone, ...] = ()


class Observation(Model):
    """The body of a delivery that did not come by webhook: neutral facts around tracker JSON."""

    events: tuple[Event, ...]
