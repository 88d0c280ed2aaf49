"""Work items and comments as canonical tickets and comments. Pure.

https://learn.microsoft.com/rest/api/azure/devops/wit/work-items/get-work-item
"""

from schemas.errors import Permanent
from schemas.model import Json
from schemas.source import Source
from schemas.ticket import Comment, Label, Named, Person, Sprint, Ticket
from trackers.azure_devops import address, links, names, states, texts, values
from trackers.azure_devops.people import person
from trackers.fields import Fields

CORE = {
    names.TITLE: "title",
    names.TYPE: "type",
    names.STATE: "state",
    names.PROJECT: "url",
    names.AREA: "components",
    names.ITERATION: "sprint",
    names.CREATED: "created_at",
    names.CHANGED: "updated_at",
}
"""What every work item carries (field to ticket field); a record lacking one is partial."""

_OPTIONAL = {
    names.ASSIGNED_TO: "assignees",
    names.CREATED_BY: "reporter",
    names.TAGS: "labels",
    names.DESCRIPTION: "body",
    names.REPRO_STEPS: "body",
    names.PRIORITY: "priority",
    names.SEVERITY: "severity",
    names.COMMENT_COUNT: "comment_count",
}


def to_ticket(record: Json, source: Source) -> Ticket:
    """A work item; Permanent when a field has a type it never has."""
    item = Fields.of(record, "workItem")
    key = item_id(item)
    fields = item.object("fields") or Fields({}, "workItem.fields")
    body = values.body(item.value, fields, source)
    reason = fields.text(names.REASON) or ""
    status = fields.text(names.STATE) or ""
    category = states.category(source, status, _category(item), reason)
    closed = category in ("done", "canceled")
    sprint = sprint_of(fields)
    return Ticket(
        source=source.name,
        external_id=key,
        key=key,
        number=int(key),
        native_id=key,
        url=address.page(source, fields.text(names.PROJECT) or "", key),
        confidential=False,  # there is no such thing here: who sees the project sees all of it
        title=fields.text(names.TITLE) or "",
        body=body.text,
        type=_type(fields, source),
        state="closed" if closed else "open",
        status=status,
        status_category=category,
        close_reason=states.outcome(category, reason),
        priority=values.word(fields, values.first(fields, source, "priority")),
        severity=values.severity(fields, source),
        labels=labels_of(fields),
        assignees=_assignees(fields),
        reporter=person(fields.value.get(names.CREATED_BY), names.CREATED_BY),
        sprint=sprint,
        sprints=(sprint,) if sprint else (),
        parent=links.parent(item.value),
        components=components_of(fields),
        estimate=values.number(fields, values.first(fields, source, "estimate")),
        weight=values.whole(fields, values.first(fields, source, "weight")),
        story_points=values.number(fields, values.first(fields, source, "story_points")),
        time_estimate=values.seconds(fields, values.first(fields, source, "time_estimate")),
        time_spent=values.seconds(fields, values.first(fields, source, "time_spent")),
        due_date=values.day(fields, values.first(fields, source, "due_date")),
        customer=values.word(fields, source.fields.get("customer")),
        custom_fields=values.custom(fields, source),
        external_fields=_external(item.value, reason, body.losses),
        created_at=fields.time(names.CREATED),
        updated_at=fields.time(names.CHANGED),
        closed_at=fields.time(names.CLOSED) if closed else None,
        revision=revision_of(item.value),
        comment_count=fields.whole(names.COMMENT_COUNT) or 0,
        attachments=links.attachments(item.value),
        present=_present(item, fields),
    )


def to_comment(record: Json, source: Source) -> Comment:
    """A comment; its revision is its version, which an edit raises."""
    comment = Fields.of(record, "comment")
    version = comment.whole("version")
    body = texts.read(comment.text("text"), is_markdown=comment.text("format") == "markdown")
    key, ticket = comment.need_id("id"), comment.id("workItemId")
    return Comment(
        id=key,
        author=person(comment.value.get("createdBy"), "comment.createdBy"),
        body=body.text,
        url=f"{address.page(source, address.project_name(source), ticket)}#{key}"
        if ticket
        else None,
        created_at=comment.time("createdDate"),
        updated_at=comment.time("modifiedDate"),
        revision=None if version is None else str(version),
    )


def item_id(item: Fields) -> str:
    """The drain key: unique in the organization, never used again."""
    key = item.need_whole("id")
    if key == 0:
        raise Permanent(f"{item.path}.id is 0")
    return str(key)


def revision_of(record: dict[str, Json]) -> str | None:
    """`rev`, which every save raises by one."""
    found = Fields.of(record, "workItem").whole("rev")
    return None if found is None else str(found)


def project_of(record: dict[str, Json]) -> str:
    """The name of the project a work item is in now; empty when it does not say."""
    fields = Fields.of(record, "workItem").object("fields")
    return (fields.text(names.PROJECT) if fields else None) or ""


def _category(item: Fields) -> str | None:
    ours = item.object(names.OURS)
    return ours.text("category") if ours else None


def _present(item: Fields, fields: Fields) -> frozenset[str] | None:
    """None for a full record; otherwise the ticket fields this one speaks for."""
    if "rev" in item and all(name in fields for name in CORE):
        return None
    named = {field for name, field in (CORE | _OPTIONAL).items() if name in fields}
    if names.STATE in fields:
        named |= {"status", "status_category", "close_reason"}
    if "rev" in item:
        named.add("revision")
    return frozenset(named | {"number", "native_id"})


def _type(fields: Fields, source: Source) -> str:
    native = (fields.text(names.TYPE) or "issue").casefold()
    mapped = {name.casefold(): ours for name, ours in source.types.items()}
    return mapped.get(native, native)


def labels_of(fields: Fields) -> tuple[Label, ...]:
    """One text, `a; b`; tags have no id that work items would tell, so the name is it."""
    found: dict[str, str] = {}
    for name in (fields.text(names.TAGS) or "").split(";"):
        if name.strip():
            found.setdefault(name.strip().casefold(), name.strip())
    return tuple(Label(id=name, name=name) for name in found.values())


def _assignees(fields: Fields) -> tuple[Person, ...]:
    found = person(fields.value.get(names.ASSIGNED_TO), names.ASSIGNED_TO)
    return (found,) if found else ()


def components_of(fields: Fields) -> tuple[Named, ...]:
    """The area below the project's root; the root itself says nothing."""
    path = below_root(fields.text(names.AREA))
    if not path:
        return ()
    return (Named(id=fields.id(names.AREA_ID) or f"path:{path}", name=path),)


def sprint_of(fields: Fields) -> Sprint | None:
    """The iteration below the root; its dates are told by its definition."""
    path = below_root(fields.text(names.ITERATION))
    if not path:
        return None
    return Sprint(id=fields.id(names.ITERATION_ID) or f"path:{path}", name=path)


def below_root(path: str | None) -> str:
    r"""`Release 1\Sprint 2` of `Project\Release 1\Sprint 2`."""
    return (path or "").strip("\\").partition("\\")[2]


def _external(record: dict[str, Json], reason: str, losses: tuple[str, ...]) -> dict[str, Json]:
    found: dict[str, Json] = {
        "reason": reason,
        "hyperlinks": links.hyperlinks(record),
        "text_losses": list(losses),
    }
    return {name: value for name, value in found.items() if value}
