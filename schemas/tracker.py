"""What a client tells about projects, identities and hooks."""

from datetime import datetime
from typing import Literal

from schemas.model import Model


class ProjectInfo(Model):
    """A project at the tracker: pinned by `id`, shown by `name` (`owner/repo`)."""

    id: str
    name: str
    url: str
    private: bool | None = None
    tickets_enabled: bool = True


class Identity(Model):
    """Who a credential is at the tracker and what it may do, as far as the tracker tells."""

    login: str | None
    scopes: tuple[str, ...] | None = None
    anonymous: bool = False


class Hook(Model):
    """A registered webhook; `last_status` is the tracker's word on its last delivery."""

    id: str
    url: str
    active: bool
    events: tuple[str, ...]
    last_status: str | None = None
    last_code: int | None = None


class HookFault(Model):
    """What is wrong with a hook, and whether registering again mends it."""

    hook: str | None
    problem: str
    mended_by: Literal["register", "tracker", "none"]


class MissedDelivery(Model):
    """A delivery the tracker could not hand over, as its own list tells."""

    id: str
    delivery_key: str
    event: str
    delivered_at: datetime
    redelivered: bool = False
