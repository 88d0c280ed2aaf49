"""What a delivery says: one payload read into events.

Rules by event: https://developer.atlassian.com/cloud/jira/platform/webhooks/. Bodies speak REST v2
(wiki text), records v3: so a webhook tells ids, states and people, and asks for the rest.
"""

from collections.abc import Callable

from schemas.delivery import Delivery
from schemas.errors import Permanent
from schemas.event import (
    Aspect,
    CommentGone,
    Definition,
    DefinitionGone,
    DefinitionSeen,
    Doubtful,
    Event,
    Ignored,
    ProjectSeen,
    TicketGone,
    TicketMoved,
    TicketSeen,
)
from schemas.model import Json
from schemas.ticket import TicketRef
from trackers import tolerant
from trackers.fields import Fields
from trackers.jira import changelog, definitions
from trackers.jira.webhook import event_of, lane

Reader = Callable[[str, Fields, Delivery], list[Event] | None]
"""(event, body, delivery) to facts; None when this event is of no use to us."""

_TOLD = ("project", "status", "resolution", "assignee", "reporter", "creator")
"""Fields a webhook writes as the record does."""

_RANK = "rank"
"""A drag on a board: an event, and no change of the issue."""

_LINKED = {"link", "issuelinks", "parent", "issueparentassociation", "epic link", "epic child"}
_COMMENTED = ("issue_commented", "issue_comment_edited", "issue_comment_deleted")


def parse(delivery: Delivery) -> list[Event]:
    """[ProjectSeen, facts…]; Permanent with the cause when the body is broken."""
    body = Fields.of(_content(delivery), "the body")
    event = event_of(body.value)
    if event == "unknown":
        raise Permanent("the body has no webhookEvent that names an event")
    content = Fields(body.value, event)
    reader = _reader(event)
    facts = reader(event, content, delivery) if reader else None
    if facts is None:
        return [Ignored(reason=f"{event} holds nothing we keep")]
    return facts


def _content(delivery: Delivery) -> Json:
    if delivery.body is None:
        raise Permanent("the body of this delivery was dropped; nothing is left to read")
    try:
        return tolerant.loads(delivery.body)
    except ValueError as error:
        raise Permanent(f"the body is no JSON we can read: {error}") from None


def _issue(event: str, content: Fields, delivery: Delivery) -> list[Event]:
    issue = content.need_object("issue")
    key = issue_id(issue)
    listed = _listed(content)
    changes = [Fields.of(item, f"{content.path}.changelog") for item in listed]
    moved = _moved(issue, key, changes)
    if moved:
        return moved
    seen = [*_project(issue), TicketSeen(ticket=key, record=_known(issue, whole=True))]
    if event == "jira:issue_deleted":  # with its last state, which is kept
        return [*seen, TicketGone(ticket=key, proof=event)]
    if changes and all(_RANK in _names(change) for change in changes):
        return [Ignored(reason="only the rank on a board changed")]
    # Data Center tells of a comment by the issue, without a changelog.
    commented = "comment" in content and content.text("issue_event_type_name") in _COMMENTED
    if commented and not changes:
        return [*seen, _doubt(key, "comments", event)]
    doubts = [_doubt(key, "core", event)]
    doubts += [_doubt(key, "comments", event)] if commented else []
    if any(_names(change) & _LINKED for change in changes):
        doubts.append(_doubt(key, "links", event))
    # What a creation tells is no change, and no line of the changelog.
    told = changelog.told(issue, content, listed) if event == "jira:issue_updated" else None
    return [*seen, *doubts, *([told] if told else [])]


def _comment(event: str, content: Fields, delivery: Delivery) -> list[Event]:
    """A hint: the text is wiki markup here and a document in the record.

    A comment that goes with its issue (a Secondary delivery; Data Center does not tell them apart)
    is no deletion of its own
    (https://developer.atlassian.com/cloud/jira/platform/webhooks/#webhook-flow).
    """
    key = lane(event, content.value)
    if key is None:
        raise Permanent(f"{event} names no issue")
    issue = content.object("issue")
    seen: list[Event] = []
    if issue:
        seen = [*_project(issue), TicketSeen(ticket=key, record=_known(issue, whole=False))]
    primary = delivery.headers.get("x-atlassian-webhook-flow", "").lower() == "primary"
    if event == "comment_deleted" and primary:
        gone = content.need_object("comment").need_id("id")
        return [*seen, CommentGone(ticket=key, comment=gone)]
    return [*seen, _doubt(key, "comments", event)]


def _worklog(event: str, content: Fields, delivery: Delivery) -> list[Event]:
    """Time spent is a field of the issue."""
    key = content.need_object("worklog").need_id("issueId")
    return [_doubt(key, "core", event)]


def _link(event: str, content: Fields, delivery: Delivery) -> list[Event]:
    """Numeric ids of both ends and nothing else."""
    link = content.need_object("issueLink")
    ends = tuple(link.need_id(name) for name in ("sourceIssueId", "destinationIssueId"))
    return [Doubtful(tickets=tuple(dict.fromkeys(ends)), aspect="links", reason=event)]


def _sprint(event: str, content: Fields, delivery: Delivery) -> list[Event]:
    sprint = content.need_object("sprint")
    if event == "sprint_deleted":
        return [DefinitionGone(kind="sprint", id=sprint.need_id("id"))]
    return [_seen(definitions.sprint(sprint))]


def _version(event: str, content: Fields, delivery: Delivery) -> list[Event]:
    version = content.need_object("version")
    project = version.id("projectId")
    own: list[Event] = [ProjectSeen(id=project, name=project)] if project else []
    if event in ("jira:version_deleted", "jira:version_merged"):
        return [*own, DefinitionGone(kind="milestone", id=version.need_id("id"))]
    return [*own, _seen(definitions.version(version))]


def _project_event(event: str, content: Fields, delivery: Delivery) -> list[Event]:
    """The name is the key. What becomes of its issues is told by reading, never guessed.

    An update does not tell what changed: it may be the key.
    """
    project = content.need_object("project")
    number, name = project.need_id("id"), project.need_text("key")
    if event == "project_updated":
        return [ProjectSeen(id=number, name=name, renamed_from=name)]
    reason = f"{event}: its issues are read again by the next full pass"
    return [ProjectSeen(id=number, name=name), Ignored(reason=reason)]


def _moved(issue: Fields, key: str, changes: list[Fields]) -> list[Event]:
    """An issue that left for another project keeps its id; the place it left is the one told of."""
    item = next((one for one in changes if "project" in _names(one)), None)
    left, entered = (item.id("from"), item.id("to")) if item else (None, None)
    if not left or left == entered:
        return []
    renamed = next((one for one in changes if "key" in _names(one)), None)
    former = (renamed.text("fromString") if renamed else None) or ""
    fields = issue.object("fields")
    place = TicketRef(
        external_id=key, key=issue.text("key"), title=fields.text("summary") if fields else None
    )
    name = former.rpartition("-")[0] or left
    return [ProjectSeen(id=left, name=name), TicketMoved(ticket=key, to=place)]


def _project(issue: Fields) -> list[Event]:
    fields = issue.object("fields")
    project = fields.object("project") if fields else None
    if project is None:
        return []
    return [ProjectSeen(id=project.need_id("id"), name=project.need_text("key"))]


def _known(issue: Fields, *, whole: bool) -> Json:
    """The part of a webhook's issue that equals the record; `updated` only of a whole one."""
    fields = issue.object("fields")
    names = (*_TOLD, "updated", "resolutiondate", "statuscategorychangedate") if whole else _TOLD
    told = {name: fields.value[name] for name in names if fields and name in fields}
    try:  # of a body of many kilobytes this little is kept, so only this has to be storable
        return tolerant.storable(
            {"id": issue.need_id("id"), "key": issue.text("key"), "fields": told}
        )
    except ValueError as error:
        raise Permanent(f"{issue.path} cannot be stored: {error}") from None


def _listed(content: Fields) -> list[Json]:
    line = content.object("changelog")
    return line.items("items") if line else []


def _names(change: Fields) -> set[str]:
    """What changed, by id and by name: `Status` on creation, `status` later, ids not always."""
    return {(change.text(name) or "").casefold() for name in ("fieldId", "field")}


def _doubt(ticket: str, aspect: Aspect, reason: str) -> Doubtful:
    return Doubtful(tickets=(ticket,), aspect=aspect, reason=reason)


def _seen(definition: Definition) -> DefinitionSeen:
    return DefinitionSeen(definition=definition)


def issue_id(issue: Fields) -> str:
    """The drain key: the issue's id, which survives a move to another project."""
    key = issue.need_id("id")
    if not (key.isascii() and key.isdecimal() and len(key) < 20):
        raise Permanent(f"{issue.path}.id is no number")
    return key


_READERS: tuple[tuple[str, Reader], ...] = (
    ("jira:issue_", _issue),
    ("comment_", _comment),
    ("worklog_", _worklog),
    ("issuelink_", _link),
    ("sprint_", _sprint),
    ("jira:version_", _version),
    ("project_", _project_event),
)


def _reader(event: str) -> Reader | None:
    return next((reader for start, reader in _READERS if event.startswith(start)), None)
