"""The canonical ticket: what the five trackers can say about one piece of work."""

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from schemas.model import Json, Model


class StatusCategory(StrEnum):
    """What a native status means across trackers."""

    todo = "todo"
    in_progress = "in_progress"
    done = "done"
    canceled = "canceled"


class Privacy(StrEnum):
    """Who may see a ticket outside the local store; an unknown privacy counts as local_only."""

    local_only = "local_only"
    shareable = "shareable"
    public = "public"


class Person(Model):
    """An account at a tracker. `id` is the tracker's stable id; the rest is what it is shown as."""

    id: str
    login: str = ""
    name: str = ""
    email: str | None = None
    kind: Literal["user", "bot", "group", "ghost"] = "user"


class Named(Model):
    """A thing of the tracker with an id of its own: component, project, team."""

    id: str
    name: str = ""


class Label(Model):
    """A label definition as a ticket carries it; identity is the id, the name may change."""

    id: str
    name: str
    color: str | None = None
    description: str | None = None


class Milestone(Model):
    """A milestone (GitHub, GitLab) or version; `number` is the tracker's write key."""

    id: str
    title: str
    number: int | None = None
    state: str | None = None
    due_on: datetime | None = None
    description: str | None = None


class Sprint(Model):
    """A sprint, iteration or cycle."""

    id: str
    name: str
    state: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class TicketRef(Model):
    """Another ticket, known by as much as was said: the id inside its source, key, url.

    `source` None is the source of whoever names it.
    """

    source: str | None = None
    external_id: str | None = None
    key: str | None = None
    url: str | None = None
    title: str | None = None


class PullRequest(Model):
    """A pull or merge request that belongs to a ticket; it never is a ticket itself.

    `state` is open, closed or merged; `branch` the one it brings in.
    """

    repository: str
    number: int | None = None
    title: str = ""
    branch: str | None = None
    state: Literal["open", "closed", "merged"] | None = None
    merged_at: datetime | None = None


class Relation(Model):
    """A link from one ticket to another; `kind` is read from the ticket that carries it.

    `pull_request` is set for that kind alone; its address is the target's `url`.
    """

    kind: Literal[
        "parent", "child", "blocks", "blocked_by", "duplicates", "duplicated_by", "relates",
        "pull_request",
    ]  # fmt: skip
    target: TicketRef
    pull_request: PullRequest | None = None


class Attachment(Model):
    """A file at the tracker; `size` in bytes."""

    id: str
    name: str
    url: str
    media_type: str | None = None
    size: int | None = None


class Comment(Model):
    """A comment; `revision` is its own, apart from the ticket's."""

    id: str
    author: Person | None = None
    body: str = ""
    url: str | None = None
    internal: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None
    revision: str | None = None


class Ticket(Model):
    """One ticket. Text is Markdown with LF; times are aware UTC; time spans are seconds.

    `external_id` is the tracker's stable id inside the source's project, `key` what people say.
    `status_id` is the state's own id at trackers whose states have one: a renamed state is no
    change of its tickets. `external_fields` hold what only this tracker knows, under
    `text_losses` also what of the text has no Markdown form.
    `present` makes a partial snapshot explicit: None is a full record; otherwise it names the
    fields this snapshot speaks for, and all others are unknown rather than empty.
    """

    source: str
    external_id: str
    key: str
    number: int | None = None
    native_id: str | None = None
    url: str | None = None
    title: str = ""
    body: str = ""
    type: str = "issue"
    state: Literal["open", "closed"] = "open"
    status: str = ""
    status_id: str | None = None
    status_category: StatusCategory = StatusCategory.todo
    close_reason: str | None = None
    priority: str | None = None
    severity: str | None = None
    labels: tuple[Label, ...] = ()
    assignees: tuple[Person, ...] = ()
    reporter: Person | None = None
    milestone: Milestone | None = None
    sprint: Sprint | None = None
    sprints: tuple[Sprint, ...] = ()
    project: Named | None = None
    parent: TicketRef | None = None
    epic: TicketRef | None = None
    components: tuple[Named, ...] = ()
    estimate: float | None = None
    story_points: float | None = None
    weight: int | None = None
    time_estimate: int | None = None
    time_spent: int | None = None
    due_date: date | None = None
    customer: str | None = None
    reactions: dict[str, int] = Field(default_factory=dict)
    custom_fields: dict[str, Json] = Field(default_factory=dict)
    external_fields: dict[str, Json] = Field(default_factory=dict)
    locked: bool = False
    confidential: bool | None = None
    privacy: Privacy | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    revision: str | None = None
    comment_count: int | None = None
    comments: tuple[Comment, ...] = ()
    relations: tuple[Relation, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    last_synced_at: datetime | None = None
    sync_status: (
        Literal["synced", "in_doubt", "edited", "conflict", "deleted", "moved", "hidden"] | None
    ) = None
    present: frozenset[str] | None = None

    @property
    def full(self) -> bool:
        """Whether this is a full record (only such a one may raise the revision, law 4)."""
        return self.present is None
