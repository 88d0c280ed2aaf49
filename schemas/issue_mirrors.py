"""Mirrors as other tools of the field speak of them, under /api/issue-mirrors.

The keys are theirs; `id` and `mirror_id` are both the number of the mirror.
"""

from datetime import datetime
from typing import Literal

from pydantic import Field

from schemas.api import LARGEST
from schemas.model import Model


class IssueMirrorOptions(Model):
    """The options that form knows, with the defaults of a mirror."""

    enabled: bool = True
    sync_comments: bool = True
    sync_labels: bool = True
    sync_attachments: bool = True
    sync_weight: bool = True
    sync_time_estimate: bool = True
    sync_time_spent: bool = True
    sync_closed_issues: bool = False
    update_existing: bool = True
    sync_existing_issues: bool = False
    sync_interval_minutes: int = Field(default=15, ge=5, le=1440)


class IssueMirrorNew(IssueMirrorOptions):
    """The options of a mirror that is there; those not named go back to their default."""

    mirror_id: int = Field(ge=1, le=LARGEST)


class IssueMirrorChanged(IssueMirrorOptions):
    """Some options: those not named stay as they are.

    `id` and `mirror_id` may be repeated, and never change.
    """

    id: int | None = None
    mirror_id: int | None = None


class IssueMirror(IssueMirrorOptions):
    """A mirror in that form."""

    id: int
    mirror_id: int
    last_sync_at: datetime | None
    last_sync_status: Literal["success", "failed"] | None
    last_sync_error: str | None
    next_sync_at: datetime | None


class SyncTriggered(Model):
    """The answer to a trigger; `job_id` is the number of the session."""

    message: str = "Sync triggered"
    config_id: int
    job_id: int
