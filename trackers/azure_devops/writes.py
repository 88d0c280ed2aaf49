"""A change as the steps that carry it out. Pure.

A step's body is `{"ops": […], "later": {…}}`: operations of a JSON Patch, and what only the client
can turn into operations, since it needs the project's types, states and nodes
(https://learn.microsoft.com/rest/api/azure/devops/wit/work-items/update).
"""

from typing import NamedTuple

from schemas.change import Change, CommentChange, DeleteChange, LinkChange, TicketChange, Write
from schemas.model import Json
from schemas.source import Source
from schemas.ticket import StatusCategory, Ticket, TicketRef
from trackers import markers
from trackers.azure_devops import address, links, names, texts, values
from trackers.azure_devops.people import unique
from trackers.fields import Fields

FIELDS = frozenset({
    "title", "body", "type", "state", "status", "status_category", "close_reason", "priority",
    "severity", "labels", "assignees", "sprint", "components", "story_points", "time_estimate",
    "time_spent", "due_date", "parent", "customer", "custom_fields",
})  # fmt: skip
"""What of a ticket can be written."""

_STATUS = {"state", "status", "status_category", "close_reason"}
_LONGEST_TITLE = 255
_PRIORITIES = {
    **dict.fromkeys(("urgent", "critical", "blocker", "highest", "p1"), 1),
    **dict.fromkeys(("high", "major", "p2"), 2),
    **dict.fromkeys(("medium", "normal", "p3"), 3),
    **dict.fromkeys(("low", "lowest", "minor", "trivial", "p4"), 4),
}
_ORIGIN = "https://ticketsync.invalid/"


class _Draft(NamedTuple):
    """Steps being written down: operations, what waits for the client, and losses."""

    ops: list[Json]
    later: dict[str, Json]
    losses: list[str]

    def put(self, field: str, value: Json) -> None:
        """Sets a field, whether it was set before or not."""
        self.ops.append({"op": "add", "path": f"/fields/{field}", "value": value})

    def clear(self, field: str, before: Fields) -> None:
        """Removing what is not there would be refused."""
        if before.value.get(field) is not None:
            self.ops.append({"op": "remove", "path": f"/fields/{field}"})


def to_writes(change: Change, source: Source) -> list[Write]:
    """The steps in order; what has no place at Azure DevOps is a loss."""
    match change:
        case TicketChange():
            return _ticket(change, source)
        case CommentChange():
            return [_comment(change)]
        case LinkChange():
            return [_link(change, source)]
        case DeleteChange():
            return [Write(step="delete", ticket=change.ticket)]


def _ticket(change: TicketChange, source: Source) -> list[Write]:
    record = change.record if isinstance(change.record, dict) else {}
    draft = _Draft([], {}, [])
    rev = record.get("rev")
    if change.ticket and isinstance(rev, int):
        draft.ops.append({"op": "test", "path": "/rev", "value": rev})
    tested = len(draft.ops)
    _fields(draft, change, record, source)
    state = _state(change) if change.fields & _STATUS else None
    if change.ticket:
        draft.later.update({"state": state} if state else {})
        if tested and draft.later and "type" not in draft.later:
            draft.later["held"] = _held(record)
        if len(draft.ops) == tested and not draft.later:
            return [_step("nothing", change, draft)] if draft.losses else []
        return [_step("update", change, draft)]
    draft.later["type"] = change.wanted.type
    if change.marker:
        draft.ops.append(_marker(change, markers.text(change.marker)))
    steps = [_step("create", change, draft)]
    if state:  # some processes let nothing begin in another state than the first
        steps.append(Write(step="state", body={"ops": [], "later": {"state": state}}))
    return steps


def _held(record: dict[str, Json]) -> dict[str, Json]:
    """Type and state as last read: they hold as long as the revision that is tested does."""
    fields = Fields.of(record, "workItem").need_object("fields")
    return {"type": fields.text(names.TYPE), "state": fields.text(names.STATE)}


def _step(name: str, change: TicketChange, draft: _Draft) -> Write:
    return Write(
        step=name,
        ticket=change.ticket,
        body={"ops": draft.ops, "later": draft.later},
        marker=change.marker if name == "create" else None,
        losses=tuple(draft.losses),
    )


def _fields(draft: _Draft, change: TicketChange, record: dict[str, Json], source: Source) -> None:
    wanted, fields = change.wanted, change.fields
    before = Fields.of(record, "workItem").object("fields") or Fields({}, "workItem.fields")
    if not change.ticket:
        named = native_type(wanted.type, source)
        before = Fields({names.TYPE: named}, "workItem.fields")
    mapped = {name for name in ("estimate", "weight") if name in source.fields}
    for name in sorted(fields - FIELDS - mapped):
        if getattr(wanted, name, None) not in (None, "", (), {}, False):
            draft.losses.append(f"{name} has no place at Azure DevOps")
    if "title" in fields:
        _title(draft, wanted.title)
    if "body" in fields:
        _body(draft, wanted, record, before, source)
    _people_and_tags(draft, wanted, fields)
    if "type" in fields and change.ticket:
        draft.later["type"] = wanted.type
    _numbers(draft, wanted, fields, before, source)
    _words(draft, wanted, fields, before, source)
    _custom(draft, wanted, fields, before, source)
    _places(draft, wanted, fields, record, source)


def _title(draft: _Draft, title: str) -> None:
    draft.put(names.TITLE, title[:_LONGEST_TITLE])
    if len(title) > _LONGEST_TITLE:
        draft.losses.append(f"the title is cut at {_LONGEST_TITLE} characters")


def _people_and_tags(draft: _Draft, wanted: Ticket, fields: frozenset[str]) -> None:
    if "labels" in fields:
        _labels(draft, wanted)
    if "assignees" in fields:
        _assignees(draft, wanted)


def _body(
    draft: _Draft, wanted: Ticket, record: dict[str, Json], before: Fields, source: Source
) -> None:
    field = values.body_field(before, source)
    converted = texts.written(wanted.body, is_markdown=values.is_markdown(record, field))
    draft.put(field, converted.text)
    draft.losses.extend(converted.losses)


def _labels(draft: _Draft, wanted: Ticket) -> None:
    """All tags at once; a separator inside a name would make two of it."""
    found = []
    for label in wanted.labels:
        name = label.name or label.id
        plain = " ".join(name.replace(";", " ").replace(",", " ").split())
        if plain != name:
            draft.losses.append(f"label {name!r} is written as {plain!r}")
        found.append(plain)
    draft.put(names.TAGS, "; ".join(found))


def _assignees(draft: _Draft, wanted: Ticket) -> None:
    first = wanted.assignees[0] if wanted.assignees else None
    draft.put(names.ASSIGNED_TO, unique(first) if first else "")
    for other in wanted.assignees[1:]:
        draft.losses.append(f"a work item has one assignee; {unique(other)} is left out")


def _numbers(
    draft: _Draft, wanted: Ticket, fields: frozenset[str], before: Fields, source: Source
) -> None:
    found: dict[str, float | str | None] = {
        "story_points": wanted.story_points,
        "estimate": wanted.estimate,
        "weight": wanted.weight,
        "time_estimate": values.hours(wanted.time_estimate),
        "time_spent": values.hours(wanted.time_spent),
        "due_date": f"{wanted.due_date.isoformat()}T00:00:00Z" if wanted.due_date else None,
    }
    for name in sorted(fields & set(found)):
        field = values.first(before, source, name)
        if field is None and not values.USUAL[name]:
            continue
        if found[name] is None:
            if field:
                draft.clear(field, before)
        elif field:
            draft.put(field, found[name])
        else:
            draft.later.setdefault("numbers", {})[name] = found[name]


def _words(
    draft: _Draft, wanted: Ticket, fields: frozenset[str], before: Fields, source: Source
) -> None:
    if "priority" in fields:
        _priority(draft, wanted.priority, before, source)
    if "severity" in fields:
        field = source.fields.get("severity") or names.SEVERITY
        native = _native_severity(wanted.severity, source)
        draft.put(field, native) if native else draft.clear(field, before)


def _custom(
    draft: _Draft, wanted: Ticket, fields: frozenset[str], before: Fields, source: Source
) -> None:
    """Custom fields that nobody named stay as they are."""
    if "customer" in fields:
        customer = source.fields.get("customer")
        if customer:
            draft.put(customer, wanted.customer or "")
        elif wanted.customer:
            draft.losses.append("customer: the source's fields name no field for it")
    held = values.custom(before, source)
    for name, value in sorted(wanted.custom_fields.items()) if "custom_fields" in fields else ():
        if held.get(name) != value:
            draft.put(name, value)


def _priority(draft: _Draft, wanted: str | None, before: Fields, source: Source) -> None:
    field = source.fields.get("priority") or names.PRIORITY
    if not wanted:
        draft.clear(field, before)
        return
    number = int(wanted) if wanted.isdecimal() else _PRIORITIES.get(wanted.casefold())
    if number is None:
        draft.losses.append(f"priority {wanted!r} has no place at Azure DevOps")
    else:
        draft.put(field, number)


def _native_severity(wanted: str | None, source: Source) -> str | None:
    if not wanted:
        return None
    mapped = [native for native, ours in source.severities.items() if ours == wanted]
    return mapped[0] if mapped else values.SEVERITIES.get(wanted, wanted)


def _places(
    draft: _Draft,
    wanted: Ticket,
    fields: frozenset[str],
    record: dict[str, Json],
    source: Source,
) -> None:
    if "sprint" in fields:
        draft.later["sprint"] = wanted.sprint.id if wanted.sprint else ""
        draft.later["sprint_name"] = wanted.sprint.name if wanted.sprint else ""
    if "components" in fields:
        first = wanted.components[0] if wanted.components else None
        draft.later["area"] = first.id if first else ""
        draft.later["area_name"] = first.name if first else ""
        for other in wanted.components[1:]:
            draft.losses.append(f"a work item has one area; {other.name or other.id} is left out")
    if "parent" in fields:
        _parent(draft, wanted.parent, record, source)


def _parent(
    draft: _Draft, wanted: TicketRef | None, record: dict[str, Json], source: Source
) -> None:
    """The old one goes first: a work item has one parent at most."""
    now = links.parent(record)
    goal = wanted.external_id if wanted else None
    if now and now.external_id == goal:
        return
    if now and now.external_id:
        index = links.place(record, names.REVERSE, now.external_id)
        draft.ops.append({"op": "remove", "path": f"/relations/{index}"})
    if goal:
        draft.ops.append(linking(names.REVERSE, links.item_url(address.api_base(source), goal)))
    elif wanted:
        draft.losses.append(f"parent {wanted.key or wanted.url} lies outside Azure DevOps")


def linking(rel: str, url: str, comment: str = "") -> Json:
    """The operation that adds a relation."""
    attributes = {"attributes": {"comment": comment}} if comment else {}
    return {"op": "add", "path": "/relations/-", "value": {"rel": rel, "url": url, **attributes}}


def _marker(change: TicketChange, text: str) -> Json:
    """A link to where the ticket comes from, with the marker as its comment."""
    origin = change.wanted.url or ""
    address_of = origin if origin.startswith(("http://", "https://")) else _ORIGIN
    return linking(names.HYPERLINK, address_of, text)


def _state(change: TicketChange) -> dict[str, Json]:
    """{status, category}: by name first; a state open or closed weighs more than a category that
    contradicts it."""
    wanted, fields = change.wanted, change.fields
    category = wanted.status_category
    over = category in (StatusCategory.done, StatusCategory.canceled)
    if "state" in fields and wanted.state == "closed" and not over:
        dropped = wanted.close_reason in ("not_planned", "duplicate")
        category = StatusCategory.canceled if dropped else StatusCategory.done
    elif "state" in fields and wanted.state == "open" and over:
        category = StatusCategory.todo
    named = "status" in fields and category == wanted.status_category
    return {"status": wanted.status if named else "", "category": category.value}


def native_type(ours: str, source: Source) -> str:
    """The type's own name as far as the source's map knows it."""
    for native, mapped in source.types.items():
        if mapped.casefold() == ours.casefold():
            return native
    return ours


def _comment(change: CommentChange) -> Write:
    if change.wanted is None:
        return Write(step="delete_comment", ticket=change.ticket, comment=change.comment)
    record = change.record if isinstance(change.record, dict) else {}
    is_markdown = record.get("format") == "markdown"
    converted = texts.written(change.wanted.body, is_markdown=is_markdown)
    text = texts.marked(converted.text, change.marker, change.wanted.url, is_markdown=is_markdown)
    if change.marker is None:
        text += texts.mark_in(str(record.get("text") or ""))
    body = {"text": text, "format": "markdown" if is_markdown else "html"}
    return Write(
        step="edit_comment" if change.comment else "comment",
        ticket=change.ticket,
        comment=change.comment,
        body=body,
        marker=change.marker,
        losses=converted.losses,
    )


def _link(change: LinkChange, source: Source) -> Write:
    relation = change.relation
    rel = links.NATIVE.get(relation.kind)
    target = relation.target.external_id
    if rel is None or target is None:
        shown = relation.target.key or relation.target.url
        loss = f"a link {relation.kind!r} to {shown} has no place at Azure DevOps"
        return Write(step="nothing", ticket=change.ticket, losses=(loss,))
    body = {"rel": rel, "target": target}
    return Write(step="unlink" if change.remove else "link", ticket=change.ticket, body=body)
