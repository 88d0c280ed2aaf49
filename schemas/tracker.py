"""What a client tells about projects, identities and hooks."""

from datetime import datetime
from typing import Literal

from schemas.model import Json, Model
from schemas.ticket import Person


class ProjectInfo(Model):
    """A project at the tracker: pinned by `id`, shown by `name` (`owner/repo`)."""

    id: str
    name: str
    url: str
    private: bool | None = None
    tickets_enabled: bool = True


class FieldInfo(Model):
    """A field of the tracker's tickets. `fills` is the field of ours that it would fill.

    `type` is the tracker's own word; `sample` a value found on a ticket; `required` whether a new
    ticket must name it; `options` are the values it takes, when they are few.
    """

    id: str
    name: str
    type: str
    custom: bool = False
    required: bool = False
    sample: Json = None
    options: tuple[str, ...] = ()
    fills: str | None = None


class Seen(Model):
    """What a census tells of one ticket: enough to see that something was missed.

    `place` tells archived and trashed tickets from the others.
    """

    ticket: str
    key: str
    revision: str | None
    comment_count: int | None = None
    place: Literal["here", "archived", "trashed"] = "here"


class HistoryEntry(Model):
    """One change of one field, as the tracker's own changelog tells it.

    `id` is stable and unique in the source; `field` our name for it when it is one of ours;
    `before` and `after` are the tracker's values, `None` for unset.
    """

    id: str
    ticket: str
    at: datetime
    actor: Person | None = None
    native_field: str
    field: str | None = None
    before: Json = None
    after: Json = None


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
