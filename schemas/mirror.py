"""A mirror: a rule that tickets of one source also live in another, and what becomes of it."""

from datetime import datetime
from typing import Literal

from pydantic import Field, field_validator

from schemas.model import Json, Model

Side = Literal["left", "right"]
"""`left` is the mirror's source, `right` its target."""

Strategy = Literal["local_wins", "external_wins", "newest_wins", "manual", "merge"]
"""Who wins when both sides changed a field; `local` is the left side, or the edited file."""

FieldDirection = Literal["push", "pull", "both", "off"]
State = Literal["new", "joined", "outside", "parked", "unlinked", "retired"]
"""`new` has no twin yet, `outside` is not mirrored (see `reason`), `parked` waits for a person,
`unlinked` was parted by one, `retired` has lost one of its tickets."""

Conflicting = Literal["edit", "delete", "comment", "overtaken"]
"""Both edited a field; one deleted what the other edited; both edited a comment; our write went
over an edit that nobody had told us of."""


class MirrorOptions(Model):
    """What a mirror carries and how; the same words in `[[mirrors]]` and in the API.

    `native` names fields that go into the target's own field though a label would be usual (a
    GitLab mirror shows milestone, iteration, epic and assignees as labels). `statuses`,
    `priorities` and `types` map the source's words to the target's. `redact` are regular
    expressions; what they find leaves as `[redacted]`. A mirror names its source and its target:
    `shareable` tickets of theirs may leave by it. `origins` names further sources: those whose
    tickets reach this mirror as twins, by other mirrors.
    """

    direction: Literal["push", "bidirectional"] = "push"
    mode: Literal["live", "shadow"] = "live"
    sync_comments: bool = True
    sync_labels: bool = True
    sync_attachments: bool = True
    sync_weight: bool = True
    sync_time_estimate: bool = True
    sync_time_spent: bool = True
    sync_closed_issues: bool = False
    update_existing: bool = True
    sync_existing_issues: bool = False
    sync_epics: bool = False
    sync_interval_minutes: int = Field(default=15, ge=5, le=1440)
    include_labels: tuple[str, ...] = ()
    exclude_labels: tuple[str, ...] = ()
    include_types: tuple[str, ...] = ()
    exclude_types: tuple[str, ...] = ()
    include_milestones: tuple[str, ...] = ()
    exclude_milestones: tuple[str, ...] = ()
    delete_policy: Literal["keep", "close", "label", "delete"] = "keep"
    delete_comments: bool = False
    target_edits: Literal["overwrite", "warn", "conflict"] = "overwrite"
    strategy: Strategy = "manual"
    strategies: dict[str, Strategy] = Field(default_factory=dict)
    fields: dict[str, FieldDirection] = Field(default_factory=dict)
    native: tuple[str, ...] = ()
    statuses: dict[str, str] = Field(default_factory=dict)
    priorities: dict[str, str] = Field(default_factory=dict)
    types: dict[str, str] = Field(default_factory=dict)
    redact: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    retract: Literal["redact", "delete"] = "redact"
    attachment_max_mb: float = Field(default=10, gt=0, le=1_000)
    attachment_private_hosts: bool = False
    writes_per_hour: int = Field(default=60, ge=1, le=100_000)

    @field_validator(
        "include_labels", "exclude_labels", "include_types", "exclude_types",
        "include_milestones", "exclude_milestones", "native", "redact", "origins", mode="before",
    )  # fmt: skip
    @classmethod
    def _one_or_several(cls, value: Json) -> Json:
        if isinstance(value, str):
            return (value,)
        return tuple(value) if isinstance(value, list) else value


class Mirror(Model):
    """A mirror as it stands. `origin` says who declared it: the file, or somebody by the API.

    `lacks` are fields the target did not keep when they were written (a licence is missing): they
    go as labels since. `session` is one that was asked for and has not begun.
    """

    id: int
    name: str
    source: str
    target: str
    origin: Literal["file", "api"] = "file"
    enabled: bool = True
    options: MirrorOptions = MirrorOptions()
    created_at: datetime
    lacks: tuple[str, ...] = ()
    session: int | None = None
    last_sync_at: datetime | None = None
    last_sync_status: Literal["success", "failed"] | None = None
    last_sync_error: str | None = None
    next_sync_at: datetime | None = None

    @property
    def pair(self) -> str:
        """What its marks name: stable when the mirror is made again under another name."""
        return f"{self.source}>{self.target}"

    @property
    def two_way(self) -> bool:
        """Whether edits travel both ways."""
        return self.options.direction == "bidirectional"

    def at(self, side: Side) -> str:
        """The source on that side."""
        return self.source if side == "left" else self.target


View = dict[str, Json]
"""A ticket's fields as one side says them, comparable: see `workers/rules/views`."""


class Base(Model):
    """What each side's own record said when both last agreed, as read back (law 10).

    `there` is how left was carried to right then, in right's words, `here` the other way: an edit
    is told from what the other side's form makes of it.
    """

    left: View = Field(default_factory=dict)
    right: View = Field(default_factory=dict)
    there: View = Field(default_factory=dict)
    here: View = Field(default_factory=dict)


class Mapping(Model):
    """A ticket and its twin. `born` is the side where the ticket was made.

    `base` None: they were never compared. `noted` are lines for people: what the target did not
    keep as it was written, and what has no place there. `adopted`: the twin was found by its mark,
    and may have comments of ours that this store does not know.
    """

    id: int
    mirror: int
    left: str | None = None
    right: str | None = None
    born: Side = "left"
    state: State = "new"
    reason: str = ""
    generation: int = 1
    base: Base | None = None
    noted: tuple[str, ...] = ()
    forced: bool = False
    adopted: bool = False
    due: int = 0
    due_at: datetime | None = None
    leased_until: datetime | None = None
    attempts: int = 0
    last_error: str | None = None
    joined_at: datetime | None = None
    pushed_at: datetime | None = None

    def on(self, side: Side) -> str | None:
        """The ticket on that side."""
        return self.left if side == "left" else self.right


class MappedComment(Model):
    """A comment and its twin; `*_seen` are fingerprints of the texts both had when they agreed."""

    id: int
    mapping: int
    born: Side
    left: str | None = None
    right: str | None = None
    left_seen: str | None = None
    right_seen: str | None = None
    deleted: bool = False


class PlannedWrite(Model):
    """One thing that is to be written: what people see before it happens.

    `action` is create, update, comment, edit_comment, delete_comment, close, delete or upload;
    `source` and `key` say where (`key` None: a ticket that is not there yet). `field` is None for
    a whole ticket; `before` and `after` are in the words of that side.
    """

    mirror: str
    mapping: int
    action: str
    source: str
    key: str | None = None
    title: str = ""
    field: str | None = None
    comment: str | None = None
    before: Json = None
    after: Json = None


class Plan(Model):
    """What a push would write now. `digest` names exactly this: the writes and what they rest on.

    `losses` are lines: what has no place at the target; `waits` why tickets are not written.
    """

    mirror: str
    writes: tuple[PlannedWrite, ...] = ()
    losses: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()
    digest: str = ""


class Conflict(Model):
    """Both sides changed a field since they agreed; a person, or a strategy, settles it.

    `left` and `right` are the values as each side says them; `how` is left, right or value. It is
    settled once that was said, and `applied_at` once both sides say it.
    """

    id: int
    mapping: int | None = None
    mirror: str | None = None
    kind: Conflicting = "edit"
    field: str
    source: str
    ticket: str
    other_source: str | None = None
    other_ticket: str | None = None
    base: Json = None
    left: Json = None
    right: Json = None
    strategy: Strategy = "manual"
    detected_at: datetime
    settled_at: datetime | None = None
    settled_by: str | None = None
    how: str | None = None
    value: Json = None
    applied_at: datetime | None = None


class Receipt(Model):
    """What one step of our own write left at a tracker.

    `fields` are (before, after) by field; `origins` name the edit each value stems from, so that a
    ring of mirrors comes to rest.
    """

    id: int
    mapping: int | None = None
    source: str
    ticket: str
    comment: str | None = None
    step: str
    revision: str | None = None
    fingerprint: str | None = None
    fields: dict[str, tuple[Json, Json]] = Field(default_factory=dict)
    origins: dict[str, str] = Field(default_factory=dict)
    at: datetime
    session: int | None = None
