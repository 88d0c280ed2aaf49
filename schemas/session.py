"""A session: one bounded reconcile run of one source, with its report; and the passes it makes."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from schemas.model import Json, Model

PassName = Literal[
    "tickets",
    "whole",
    "definitions",
    "activity",
    "census",
    "hooks",
    "redeliveries",
    "wide",
    "history",
    "people",
    "snapshots",
]
"""`tickets` reads what changed, `whole` everything; the others have clocks of their own."""

PassStatus = Literal["pending", "syncing", "complete", "error"]


class Pass(Model):
    """One reading of a source, where it is and when it is due again.

    `mark` is where it goes on, in a form only it knows; `error` is what it met last.
    """

    name: PassName
    status: PassStatus = "pending"
    session: int | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None
    mark: Json = None
    error: str = ""


class Report(Model):
    """What a session found: `seen` records, of which the `journaled` differed from what we held.

    `missing` tickets were not shown by a full list and are asked about; `deleted` are tickets that
    proved gone, `failed` deliveries of the session that ended dead. `requests` were sent, of which
    `cached` were answered "not modified". `missed` finds should have come by webhook and did not.
    `passes` holds the seconds each pass took.
    """

    pages: int = 0
    seen: int = 0
    journaled: int = 0
    unchanged: int = 0
    new: int = 0
    changed: int = 0
    missing: int = 0
    deleted: int = 0
    failed: int = 0
    requests: int = 0
    cached: int = 0
    missed: int = 0
    seconds: float = 0.0
    passes: dict[str, float] = Field(default_factory=dict)


class Session(Model):
    """A row of the table of sessions; `ended_at` None while it runs or after it was killed.

    A `parked` one met the end of its rate budget: the next goes on where it stopped, at
    `resumes_at`.
    """

    id: int
    source: str
    kind: Literal["incremental", "full", "hooks", "mirror"]
    started_at: datetime
    ended_at: datetime | None = None
    status: Literal["running", "complete", "parked", "error"] = "running"
    error: str | None = None
    report: Report = Report()
    resumes_at: datetime | None = None
