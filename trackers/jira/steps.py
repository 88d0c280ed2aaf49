"""A change as steps of writing. Pure: what only the site knows is left to the client."""

from schemas.change import (
    Change,
    CommentChange,
    DeleteChange,
    LinkChange,
    Marker,
    TicketChange,
    Write,
)
from schemas.errors import Permanent
from schemas.model import Json
from schemas.source import Source
from schemas.ticket import Comment, StatusCategory, Ticket
from trackers import markers
from trackers.jira import address, links, marks, texts
from trackers.jira.draft import Draft

_BY_TRANSITION = ("state", "status", "status_id", "status_category", "close_reason")
_CLOSED = (StatusCategory.done, StatusCategory.canceled)


def to_writes(change: Change, source: Source) -> list[Write]:
    """The steps of a change, in order."""
    match change:
        case TicketChange():
            return _ticket(change, source)
        case CommentChange():
            return _comment(change, source)
        case LinkChange():
            return _link(change)
        case DeleteChange():
            return [Write(step="delete", ticket=change.ticket)]


def _ticket(change: TicketChange, source: Source) -> list[Write]:
    record = change.record if isinstance(change.record, dict) else {}
    held = (record.get("fields") or {}) if change.ticket else None
    draft = Draft(source, address.deployment(source) == "cloud", held)
    names = change.fields | ({"title", "type"} if change.ticket is None else set())
    for name in sorted(names - set(_BY_TRANSITION), key=_order):
        draft.take(name, change.wanted)
    steps = [_written(change, draft)] if change.ticket is None or not draft.empty else []
    if change.fields & set(_BY_TRANSITION) and (change.ticket or _leaves_start(change)):
        body = _target(change.wanted, change.fields)
        if held:
            body["now"] = held.get("status")
        steps.append(Write(step="transition", ticket=change.ticket, body=body))
    return steps


def _written(change: TicketChange, draft: Draft) -> Write:
    body: dict[str, Json] = {"fields": draft.fields}
    body |= {"update": draft.update} if draft.update else {}
    body |= {"ours": draft.ours} if draft.ours else {}
    if change.marker and change.ticket is None:
        body["properties"] = [property_of(change.marker)]
    return Write(
        step="update" if change.ticket else "create",
        ticket=change.ticket,
        body=body,
        marker=change.marker,
        losses=tuple(dict.fromkeys(draft.losses)),
    )


def _target(wanted: Ticket, fields: frozenset[str]) -> dict[str, Json]:
    """Where a transition has to lead: by the status's name, else by what it means."""
    category = wanted.status_category
    if not fields & {"status", "status_category"} and (category in _CLOSED) != (
        wanted.state == "closed"
    ):
        category = StatusCategory.done if wanted.state == "closed" else StatusCategory.todo
    return {
        "status": wanted.status if "status" in fields else "",
        "category": str(category),
        "reason": wanted.close_reason,
    }


def _leaves_start(change: TicketChange) -> bool:
    """A new issue begins in a status of its workflow's choice; nothing said wants no other."""
    wanted = change.wanted
    named = "status" in change.fields and bool(wanted.status)
    return named or wanted.status_category is not StatusCategory.todo or wanted.state == "closed"


def _comment(change: CommentChange, source: Source) -> list[Write]:
    if change.wanted is None:
        return [Write(step="delete_comment", ticket=change.ticket, comment=change.comment)]
    record = change.record if isinstance(change.record, dict) else {}
    cloud = address.deployment(source) == "cloud"
    document, losses = texts.written(change.wanted.body, record.get("body"), cloud=cloud)
    body: dict[str, Json] = {"body": document}
    if record.get("visibility"):  # an edit without it would show the comment to everybody
        body["visibility"] = record["visibility"]
    properties = _comment_properties(change, change.wanted)
    if properties:
        body["properties"] = properties
    return [
        Write(
            step="edit_comment" if change.comment else "comment",
            ticket=change.ticket,
            comment=change.comment,
            body=body,
            marker=change.marker,
            losses=losses,
        )
    ]


def _comment_properties(change: CommentChange, wanted: Comment) -> list[Json]:
    """A new comment's marker; at service projects a property makes it internal
    (https://developer.atlassian.com/cloud/jira/service-desk/rest/api-group-request/)."""
    if change.comment:
        return []
    found = [property_of(change.marker)] if change.marker else []
    if wanted.internal:
        found.append({"key": "sd.public.comment", "value": {"internal": True}})
    return found


def _link(change: LinkChange) -> list[Write]:
    relation, other = change.relation, change.relation.target
    if relation.kind not in links.KINDS:
        return [Write(step="none", ticket=change.ticket, losses=(_no_place(relation.kind),))]
    if not (other.external_id or other.key):
        raise Permanent(f"a link of kind {relation.kind} needs the id or key of its target")
    named = {"id": other.external_id} if other.external_id else {"key": other.key}
    if relation.kind == "parent":
        return [_parent(change.ticket, None if change.remove else named)]
    if relation.kind == "child" and other.external_id:
        above = None if change.remove else {"id": change.ticket}
        return [_parent(other.external_id, above)]
    if relation.kind == "child":
        raise Permanent("a child needs its id: its parent is a field of its own")
    body = {"kind": relation.kind, "other": named}
    return [Write(step="unlink" if change.remove else "link", ticket=change.ticket, body=body)]


def _parent(ticket: str, above: Json) -> Write:
    if above is None:
        body: Json = {"fields": {}, "update": {"parent": [{"set": {"none": True}}]}}
    else:
        body = {"fields": {"parent": above}}
    return Write(step="update", ticket=ticket, body=body)


def property_of(marker: Marker) -> Json:
    """The entity property that holds a marker; it is set in the call that creates."""
    return {"key": marks.NAME, "value": {"marker": markers.text(marker)}}


def _no_place(kind: str) -> str:
    return f"links of kind {kind} have no place at Jira"


def _order(name: str) -> tuple[bool, str]:
    """A parent before the epic, which only fills in for it."""
    return name == "epic", name
