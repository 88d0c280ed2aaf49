"""Events: what one delivery says, as parsed facts. Records inside stay in the tracker's form."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.history import HistoryEntry
from schemas.model import Json, Model
from schemas.ticket import TicketRef

Aspect = Literal["core", "comments", "links", "count"]
"""The parts of a ticket that have revisions of their own; `count` asks for the comments, too, but
only while their number differs from the tracker's."""

DefinitionKind = Literal["label", "milestone", "sprint", "state", "component"]


class Definition(Model):
    """A thing tickets refer to by id: renamed in one row, it is renamed everywhere.

    `state` is a milestone's or sprint's own word, of a kind "state" its status category; times are
    RFC 3339 text.
    """

    kind: DefinitionKind
    id: str
    name: str
    color: str | None = None
    description: str | None = None
    number: int | None = None
    state: str | None = None
    starts_on: str | None = None
    due_on: str | None = None


class ProjectSeen(Model):
    """The project a delivery belongs to: stable id and present name (`owner/repo`).

    `renamed_from` is set when the delivery tells that the project's name changed.
    """

    fact: Literal["project_seen"] = "project_seen"
    id: str
    name: str
    renamed_from: str | None = None


class TicketSeen(Model):
    """A record of one issue, full or partial, in the tracker's own JSON."""

    fact: Literal["ticket_seen"] = "ticket_seen"
    ticket: str
    record: Json


class TicketGone(Model):
    """Proof that a ticket no longer exists (`reference/identity.md`, proof of deletion)."""

    fact: Literal["ticket_gone"] = "ticket_gone"
    ticket: str
    proof: str


class TicketMoved(Model):
    """A ticket that lives on elsewhere."""

    fact: Literal["ticket_moved"] = "ticket_moved"
    ticket: str
    to: TicketRef


class TicketReturned(Model):
    """Word of the tracker that a lost ticket is back; only where that word is all there is to ask.

    Trackers with an API send a hint instead, and are asked.
    """

    fact: Literal["ticket_returned"] = "ticket_returned"
    ticket: str


class TicketHidden(Model):
    """A ticket we cannot read any more, with no proof that it is gone."""

    fact: Literal["ticket_hidden"] = "ticket_hidden"
    ticket: str
    reason: str


class CommentSeen(Model):
    """A record of one comment."""

    fact: Literal["comment_seen"] = "comment_seen"
    ticket: str
    record: Json


class CommentGone(Model):
    """Proof that a comment was deleted; leaves a tombstone even when the comment is unknown."""

    fact: Literal["comment_gone"] = "comment_gone"
    ticket: str
    comment: str


class CommentsListed(Model):
    """All comments a ticket has, read at once: `records` are complete at the observation."""

    fact: Literal["comments_listed"] = "comments_listed"
    ticket: str
    records: tuple[Json, ...]


class LinksListed(Model):
    """All links of a ticket, read at once."""

    fact: Literal["links_listed"] = "links_listed"
    ticket: str
    records: tuple[Json, ...]


class Doubtful(Model):
    """A hint: this part of these tickets may have changed and has to be read."""

    fact: Literal["doubtful"] = "doubtful"
    tickets: tuple[str, ...]
    aspect: Aspect
    reason: str


class CommentsMiscounted(Model):
    """A hint for the whole source: look for tickets whose comment count differs from ours."""

    fact: Literal["comments_miscounted"] = "comments_miscounted"


class DefinitionSeen(Model):
    """A definition as it stands now."""

    fact: Literal["definition_seen"] = "definition_seen"
    definition: Definition


class DefinitionGone(Model):
    """A definition that was deleted: no ticket carries it any more."""

    fact: Literal["definition_gone"] = "definition_gone"
    kind: DefinitionKind
    id: str


class DefinitionsListed(Model):
    """All definitions of some kinds, read at once; others of these kinds are gone."""

    fact: Literal["definitions_listed"] = "definitions_listed"
    kinds: tuple[DefinitionKind, ...]
    definitions: tuple[Definition, ...]


class ChangesTold(Model):
    """Changes that a webhook tells exactly, from what to what.

    `identified`: under the ids that the changelog has for them. All others have an id made of the
    moment, the field and the values (`schemas.history` has none of the tracker's): two hooks that
    tell of one act tell it once.
    """

    fact: Literal["changes_told"] = "changes_told"
    ticket: str
    entries: tuple[HistoryEntry, ...]
    identified: bool = False


class HistoryListed(Model):
    """A ticket's changelog, read at once; `complete` when it goes back to the beginning."""

    fact: Literal["history_listed"] = "history_listed"
    ticket: str
    entries: tuple[HistoryEntry, ...]
    complete: bool = True


class EditTold(Model):
    """What a person changed in the file of a ticket, in the words of its front matter.

    `base` is what the render said that the file names, `values` what the file says, both by key
    (`body` is the text). `comments` are the texts under headings of a new comment.
    """

    fact: Literal["edit_told"] = "edit_told"
    ticket: str
    base: dict[str, Json] = Field(default_factory=dict)
    values: dict[str, Json] = Field(default_factory=dict)
    comments: tuple[str, ...] = ()


class Ping(Model):
    """The tracker tries our address."""

    fact: Literal["ping"] = "ping"


class Ignored(Model):
    """Nothing for us in here, and why, in words an operator understands."""

    fact: Literal["ignored"] = "ignored"
    reason: str


Event = Annotated[
    ProjectSeen
    | TicketSeen
    | TicketGone
    | TicketMoved
    | TicketReturned
    | TicketHidden
    | CommentSeen
    | CommentGone
    | CommentsListed
    | LinksListed
    | Doubtful
    | CommentsMiscounted
    | DefinitionSeen
    | DefinitionGone
    | DefinitionsListed
    | ChangesTold
    | HistoryListed
    | EditTold
    | Ping
    | Ignored,
    Field(discriminator="fact"),
]
