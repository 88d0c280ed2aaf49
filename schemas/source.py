"""A source: one configured project on a tracker, and its state."""

import hashlib
import json
from datetime import datetime
from functools import cached_property
from typing import Literal

from pydantic import Field

from schemas.model import Json, Model
from schemas.record import Cursor

LOCAL = "local"
"""The source, and the tracker, of tickets that people keep here and nowhere else."""

MAPPED = frozenset(
    {
        "body", "customer", "sprint", "story_points", "severity", "priority", "epic", "estimate",
        "due_date", "weight", "components", "milestone", "time_estimate", "time_spent",
    }
)  # fmt: skip
"""Our fields that a source's `fields` may fill from a field of the tracker's."""

_TRANSLATES = {
    "tracker", "url", "api_url", "deployment", "team", "fields", "statuses", "severities", "types",
}  # fmt: skip
"""What of a source a translation reads; all else may change without touching a ticket."""


class PrivacyRule(Model):
    """Tickets with a label, or with a value in a field, have another privacy than their source.

    `field` is a name of `schemas.ticket.Ticket`, or of its custom fields; without a `value` any
    value counts.
    """

    privacy: Literal["local_only", "shareable", "public"]
    label: str | None = None
    field: str | None = None
    value: str | None = None


class Source(Model):
    """A source as configured. `slug` is its webhook address; `project_id` is pinned once known.

    `filter` is the tracker's own (`{"state": "open"}`); `token_env` and the others name variables,
    never values. `fields` maps our field names to the tracker's field ids, `statuses`, `severities`
    and `types` its names to ours (without case); `team` is a team's name where a project has some.
    `intake` says who tells us: webhooks and the schedule, one of them alone. `baseline` is what
    becomes of tickets older than a start "now" once something happens to them: adopted in full, or
    left out for good. `mend_hooks` is the consent to switch our own webhook on again.
    `strategy` says who wins when a file and the tracker both changed a field.
    """

    name: str
    slug: str
    tracker: str
    url: str
    api_url: str | None = None
    project_id: str | None = None
    auth: Literal["token", "oauth"] = "token"
    deployment: Literal["cloud", "server"] | None = None
    token_env: str | None = None
    email_env: str | None = None
    app_id_env: str | None = None
    app_private_key_env: str | None = None
    app_installation_id: str | None = None
    webhook_secret_env: tuple[str, ...] = ()
    direction: Literal["pull", "push", "bidirectional", "disabled"] = "pull"
    filter: dict[str, Json] = Field(default_factory=dict)
    intake: Literal["hybrid", "polling", "webhook"] = "hybrid"
    interval_minutes: int = 15
    start: Literal["all", "now"] = "all"
    baseline: Literal["adopt", "leave"] = "adopt"
    mend_hooks: bool = False
    strategy: Literal["local_wins", "external_wins", "newest_wins", "manual", "merge"] = "manual"
    privacy: Literal["local_only", "shareable", "public"] = "shareable"
    privacy_rules: tuple[PrivacyRule, ...] = ()
    team: str | None = None
    fields: dict[str, str] = Field(default_factory=dict)
    statuses: dict[str, str] = Field(default_factory=dict)
    severities: dict[str, str] = Field(default_factory=dict)
    types: dict[str, str] = Field(default_factory=dict)

    @property
    def sends_edits(self) -> bool:
        """Whether edits of its tickets' files go to its tracker."""
        return self.direction in ("push", "bidirectional") and self.name != LOCAL

    def translation(self, version: int) -> str:
        """What a ticket depends on beside its record: the translator's version, and this map."""
        return f"{version}-{self._map}"

    @cached_property
    def _map(self) -> str:
        told = json.dumps(self.model_dump(mode="json", include=_TRANSLATES), sort_keys=True)
        return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()


SourceStatus = Literal["configuring", "active", "paused", "error", "disconnected"]


class SourceState(Model):
    """What the store knows of a source, beside its configuration."""

    name: str
    status: SourceStatus = "configuring"
    status_reason: str = ""
    project_id: str | None = None
    project_name: str | None = None
    cursor: Cursor | None = None
    cursor_scope: str | None = None
    baseline_at: datetime | None = None
    last_session_at: datetime | None = None
    next_session_at: datetime | None = None

    @property
    def read_to(self) -> datetime | None:
        """Until when readings have shown all that happened at the tracker, by its clock."""
        return self.cursor.since if self.cursor else None
