"""A session: one bounded reconcile run of one source, with its report."""

from datetime import datetime
from typing import Literal

from schemas.model import Model


class Report(Model):
    """What a session found: `seen` records, of which the `journaled` differed from what we held.

    `missing` tickets were not shown by a full list and are asked about.
    """

    pages: int = 0
    seen: int = 0
    journaled: int = 0
    unchanged: int = 0
    new: int = 0
    changed: int = 0
    missing: int = 0
    requests: int = 0
    seconds: float = 0.0


class Session(Model):
    """A row of the table of sessions; `ended_at` None while it runs or after it was killed."""

    id: int
    source: str
    kind: Literal["incremental", "full"]
    started_at: datetime
    ended_at: datetime | None = None
    status: Literal["running", "complete", "error"] = "running"
    error: str | None = None
    report: Report = Report()
