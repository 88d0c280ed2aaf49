"""What a delivery says: one payload read into events.

Rules by event: https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

from collections.abc import Callable

from schemas.delivery import Delivery
from schemas.errors import Permanent
from schemas.event import (
    CommentSeen,
    DefinitionGone,
    DefinitionSeen,
    Doubtful,
    Event,
    Ignored,
    ProjectSeen,
    TicketSeen,
)
from schemas.model import Json
from trackers import tolerant
from trackers.fields import Fields
from trackers.gitlab import changes, definitions
from trackers.gitlab.values import number_of
from trackers.gitlab.webhook import event_of, parent_issue

Reader = Callable[[str, Fields], list[Event]]
"""(action, body) to facts."""

_NOT_OURS = ("epic", "objective", "key result", "key_result")
"""Work items that no issue list of a project shows: they belong to groups or to goals."""


def parse(delivery: Delivery) -> list[Event]:
    """[ProjectSeen, facts…]; Permanent with the cause when the body is broken."""
    content = Fields.of(_content(delivery), "the body")
    kind, action = event_of(content.value)
    if kind == "unknown":
        raise Permanent("the body has neither object_kind nor event_name that names an event")
    content = Fields(content.value, kind)
    reader = _READERS.get(kind)
    if reader is None:
        return [Ignored(reason=f"{kind}.{action} holds nothing we keep" if action else _idle(kind))]
    project = _project(content)
    return [*([project] if project else []), *reader(action or "", content)]


def _idle(kind: str) -> str:
    return f"{kind} holds nothing we keep"


def _content(delivery: Delivery) -> Json:
    if delivery.body is None:
        raise Permanent("the body of this delivery was dropped; nothing is left to read")
    try:
        return tolerant.storable(tolerant.loads(delivery.body))
    except ValueError as error:
        raise Permanent(f"the body is no JSON we can read: {error}") from None


def _project(content: Fields) -> ProjectSeen | None:
    """Group hooks leave it out of what concerns no project."""
    project = content.object("project")
    if project is None:
        return None
    return ProjectSeen(id=project.need_id("id"), name=project.need_text("path_with_namespace"))


def _issue(action: str, content: Fields) -> list[Event]:
    """A hint with most of the record in it; a closed one may have been moved, which a read tells.

    The key `assignees` is left out of the body when there are none.
    """
    about = content.need_object("object_attributes")
    kind = (about.text("type") or "").lower()
    if content.object("project") is None or kind in _NOT_OURS:
        return [Ignored(reason=f"{kind or 'a work item'} of a group, no issue of a project")]
    people = content.value.get("assignees")
    given = {"assignees": people} if isinstance(people, list) else {}
    seen = _seen(about, given)
    told = changes.told(seen.ticket, about, content)
    return [seen, told] if told else [seen]


def _seen(issue: Fields, given: dict[str, Json]) -> TicketSeen:
    return TicketSeen(ticket=number_of(issue), record={**issue.value, **given})


def _note(action: str, content: Fields) -> list[Event]:
    """The note, and as much of its issue as comes along."""
    note = content.need_object("object_attributes")
    issue = parent_issue(content.value)
    if issue is None:
        return [Ignored(reason=f"a note on {note.text('noteable_type') or 'something else'}")]
    parent = Fields.of(issue, "note.issue")
    seen = _seen(parent, {})
    if note.flag("system"):
        return [seen]
    author = _author(note, content.object("user"))
    if author is None:
        told = f"note.{action or 'create'} by somebody else than its author"
        return [seen, Doubtful(tickets=(seen.ticket,), aspect="comments", reason=told)]
    record = {
        **note.value,
        "author": author,
        "noteable_iid": int(seen.ticket),
        "internal": _internal(note, parent, content.text("event_type")),
    }
    return [seen, CommentSeen(ticket=seen.ticket, record=record)]


def _author(note: Fields, actor: Fields | None) -> Json:
    """The account that wrote it: the body names it by number, and describes whoever acted."""
    if actor is None or note.id("author_id") != actor.id("id"):
        return None
    return {name: actor.value.get(name) for name in ("id", "username", "name")}


def _internal(note: Fields, issue: Fields, event: str | None) -> bool:
    """Versions that do not print it tell by the event, which is confidential with the issue."""
    told = note.flag("internal")
    if told is not None:
        return told
    return event == "confidential_note" and issue.flag("confidential") is False


def _emoji(action: str, content: Fields) -> list[Event]:
    """Thumbs on an issue are counted in its record, and move no revision of it."""
    about = content.need_object("object_attributes")
    issue = parent_issue(content.value)
    if about.text("awardable_type") not in ("Issue", "WorkItem") or issue is None:
        return [Ignored(reason=f"an emoji on {about.text('awardable_type') or 'something else'}")]
    number = number_of(Fields.of(issue, "emoji.issue"))
    reason = f"emoji.{action or 'award'} {about.text('name') or ''}".strip()
    return [Doubtful(tickets=(number,), aspect="core", reason=reason)]


def _milestone(action: str, content: Fields) -> list[Event]:
    about = content.need_object("object_attributes")
    if action in ("delete", "destroy"):
        return [DefinitionGone(kind="milestone", id=about.need_id("id"))]
    return [DefinitionSeen(definition=definitions.milestone(about))]


def _renamed(action: str, content: Fields) -> list[Event]:
    """A system hook: the id stays, the path changes."""
    project = ProjectSeen(
        id=content.need_id("project_id"),
        name=content.need_text("path_with_namespace"),
        renamed_from=content.text("old_path_with_namespace"),
    )
    return [project]


def _created_or_destroyed(action: str, content: Fields) -> list[Event]:
    """Told by group hooks. A project that is gone shows as such when it is read next."""
    project = ProjectSeen(
        id=content.need_id("project_id"), name=content.need_text("path_with_namespace")
    )
    return [project, Ignored(reason=f"{content.path} {project.name}")]


def _access_token(action: str, content: Fields) -> list[Event]:
    about = content.object("object_attributes")
    expires = about.text("expires_at") if about else None
    name = (about.text("name") if about else None) or "?"
    return [Ignored(reason=f"access token {name!r} of this project expires at {expires or '?'}")]


_READERS: dict[str, Reader] = {
    "issue": _issue,
    "work_item": _issue,
    "note": _note,
    "emoji": _emoji,
    "milestone": _milestone,
    "access_token": _access_token,
    "project_rename": _renamed,
    "project_transfer": _renamed,
    "project_update": _renamed,
    "project_create": _created_or_destroyed,
    "project_destroy": _created_or_destroyed,
}
