"""What a client tells about projects, identities and hooks."""

from datetime import datetime
from typing import Literal

from pydantic import ValidationError

from schemas.event import Aspect
from schemas.model import Json, Model
from schemas.ticket import Person

Part = Literal["core", "comments", "comment_gone", "links", "definitions", "gone"]
"""What can happen: to the ticket itself, its comments, a comment's end, its links, to labels and
their like, and the ticket's own end."""


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

    `place` tells archived and trashed tickets from the others; `inside` whether it lies in the
    source's filter, None when only a fetch would tell.
    """

    ticket: str
    key: str
    revision: str | None
    comment_count: int | None = None
    place: Literal["here", "archived", "trashed"] = "here"
    inside: bool | None = None


class CensusPage(Model):
    """A part of a census. `mark` is where the next one begins, None after the last.

    A walk that goes on from a mark days later shows every ticket that exists all the while.
    `total` is about how many tickets the whole census shows, when the tracker tells.
    """

    seen: tuple[Seen, ...]
    mark: str | None = None
    total: int | None = None


class Touched(Model):
    """A part of a ticket that may have changed without the ticket's revision moving.

    `at` is when, by the tracker's clock, if it tells: a ticket that was fetched since is not asked
    about again.
    """

    ticket: str
    aspect: Aspect
    reason: str
    at: datetime | None = None


class Activity(Model):
    """What a tracker's activity list told since `mark` was last given; the `mark` for next time."""

    touched: tuple[Touched, ...] = ()
    mark: str | None = None


class Identity(Model):
    """Who a credential is at the tracker and what it may do, as far as the tracker tells.

    `id` is the account's stable id, as authors of records have it.
    """

    login: str | None
    id: str | None = None
    scopes: tuple[str, ...] | None = None
    anonymous: bool = False

    def wrote(self, author: Person | None) -> bool:
        """Whether this is us; where one of the two has no id, the login tells."""
        if author is None or self.anonymous:
            return False
        if self.id and author.id:
            return self.id == author.id
        return bool(self.login) and (self.login or "").casefold() == author.login.casefold()


class Hook(Model):
    """A registered webhook; `last_status` is the tracker's word on its last delivery.

    `expires_at` is set where hooks end by themselves.
    """

    id: str
    url: str
    active: bool
    events: tuple[str, ...]
    last_status: str | None = None
    last_code: int | None = None
    expires_at: datetime | None = None


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


class HookLook(Model):
    """What a look at a source's webhook found; it is kept as the mark of the pass "hooks".

    `faults` are what is wrong after the look, `mended` what it put right; `unseen` says why it
    could not look, or not mend. `well_at` is the last look without a fault of the hook's own.
    `silent_since` is set by the look that ends a spell: since then changes may have gone untold, so
    a walk has to reach back that far. `expires_at` is when the hook ends by itself.
    """

    at: datetime
    faults: tuple[HookFault, ...] = ()
    mended: tuple[str, ...] = ()
    unseen: str = ""
    well_at: datetime | None = None
    silent_since: datetime | None = None
    expires_at: datetime | None = None

    def as_json(self) -> Json:
        """The form it is kept in."""
        return self.model_dump(mode="json")

    @classmethod
    def kept(cls, mark: Json) -> "HookLook | None":
        """The look that a mark keeps; None when there is none, or one of another version."""
        try:
            return cls.model_validate(mark) if mark else None
        except ValidationError:
            return None
