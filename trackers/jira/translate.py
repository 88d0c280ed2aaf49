"""Jira's records as canonical tickets and comments. Pure.

Field rules: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/
"""

from datetime import date, datetime

from schemas import revision
from schemas.errors import Permanent
from schemas.model import Json
from schemas.source import Source
from schemas.ticket import (
    Attachment,
    Comment,
    Label,
    Milestone,
    Named,
    StatusCategory,
    Ticket,
    TicketRef,
)
from trackers.fields import Fields
from trackers.jira import address, definitions, marks, states, texts, values
from trackers.jira.facts import issue_id
from trackers.jira.meaning import is_epic
from trackers.jira.people import person

CORE = ("summary", "description", "status", "issuetype", "project", "created", "updated")
"""What every full record carries; lacking one, it is partial."""

_TOLD = {
    "summary": {"title"},
    "description": {"body"},
    "status": {"state", "status", "status_id"},
    "resolution": {"close_reason", "status_category"},
    "issuetype": {"type"},
    "priority": {"priority", "severity"},
    "labels": {"labels"},
    "assignee": {"assignees"},
    "reporter": {"reporter"},
    "components": {"components"},
    "fixVersions": {"milestone"},
    "parent": {"parent"},
    "duedate": {"due_date"},
    "created": {"created_at"},
    "updated": {"updated_at", "revision"},
    "resolutiondate": {"closed_at"},
}
"""What a partial record speaks for."""

_CLOSED = (StatusCategory.done, StatusCategory.canceled)
_LARGEST = 2**31 - 1
"""What the store's columns of whole numbers hold."""


def to_ticket(record: Json, source: Source) -> Ticket:
    """A record of one issue; Permanent when a field has a type it never has."""
    issue = Fields.of(record, "issue")
    found = marks.found_fields(record)
    fields = Fields.of(issue.value.get("fields") or {}, "issue.fields")
    key = issue.need_text("key")
    text = fields.value.get(marks.place("body", "description", source))
    body, losses = texts.read(text, _rendered(issue))
    status = fields.object("status")
    category = _category(fields, status, source)
    closed = category in _CLOSED
    priority = values.line(fields.value.get(marks.place("priority", "priority", source)))
    parent = _parent(fields.object("parent"))
    sprints = values.sprints(fields, source, found)
    return Ticket(
        source=source.name,
        external_id=issue_id(issue),
        key=key,
        number=_number(key),
        native_id=issue_id(issue),
        url=address.browse(source, key),
        title=fields.text("summary") or "",
        body=body,
        type=states.type_name(_name(fields, "issuetype"), source),
        state="closed" if closed else "open",
        status=(status.text("name") or "") if status else "",
        status_id=status.id("id") if status else None,
        status_category=category,
        close_reason=states.reason(_name(fields, "resolution")) if closed else None,
        priority=priority,
        severity=_severity(fields, priority, source),
        labels=_labels(fields),
        assignees=_assignees(fields),
        reporter=person(fields.object("reporter") or fields.object("creator")),
        milestone=_milestone(fields, source),
        sprint=values.current(sprints),
        sprints=sprints,
        parent=parent,
        epic=_epic(fields, parent, source, found),
        components=_components(fields, source),
        estimate=values.number(fields.value.get(source.fields.get("estimate", ""))),
        weight=_weight(fields, source),
        story_points=values.number(marks.first(fields, "story_points", source, found)[1]),
        time_estimate=_estimated(fields, source),
        time_spent=_spent(fields, source),
        due_date=_date(fields, marks.place("due_date", "duedate", source)),
        customer=values.line(marks.first(fields, "customer", source, found)[1]),
        custom_fields=_custom_fields(fields, source, found),
        external_fields=_external_fields(fields, losses),
        confidential=_confidential(fields),
        created_at=fields.time("created"),
        updated_at=fields.time("updated"),
        closed_at=_closed_at(fields) if closed else None,
        revision=_revision(fields.time("updated")),
        comment_count=_comment_count(fields),
        attachments=_attachments(fields),
        present=_present(fields, category),
    )


def to_comment(record: Json, source: Source) -> Comment:
    """A record of one comment; our client notes the issue's key beside it."""
    comment = Fields.of(record, "comment")
    key = marks.of(record).get("key")
    number = comment.need_id("id")
    updated = comment.time("updated")
    page = address.browse(source, key) if isinstance(key, str) else None
    restricted = comment.value.get("visibility") is not None
    return Comment(
        id=number,
        author=person(comment.object("author")),
        body=texts.read(comment.value.get("body"), comment.text("renderedBody"))[0],
        url=f"{page}?focusedCommentId={number}" if page else None,
        internal=restricted or comment.flag("jsdPublic") is False,
        created_at=comment.time("created"),
        updated_at=updated,
        revision=_revision(updated),
    )


def _present(fields: Fields, category: StatusCategory) -> frozenset[str] | None:
    """None for a full record; otherwise the ticket fields this one speaks for."""
    if all(name in fields for name in CORE):
        return None
    named = {ours for name, told in _TOLD.items() if name in fields for ours in told}
    if fields.value.get("reporter") is None and "creator" not in fields:
        named.discard("reporter")  # the creator stands in for nobody
    if "status" not in fields:
        named -= {"close_reason", "status_category", "closed_at"}
    elif category not in _CLOSED:  # only a closed one depends on its resolution
        named |= {"status_category", "close_reason", "closed_at"}
    return frozenset(named | {"number", "native_id", "url"})


def _category(fields: Fields, status: Fields | None, source: Source) -> StatusCategory:
    if status is None:
        return StatusCategory.todo
    return states.category(status, _name(fields, "resolution"), source)


def _closed_at(fields: Fields) -> datetime | None:
    """Some workflows close without a resolution."""
    return fields.time("resolutiondate") or fields.time("statuscategorychangedate")


def _severity(fields: Fields, priority: str | None, source: Source) -> str | None:
    """The configured severity field where it has a value, else the priority."""
    own = source.fields.get("severity")
    named = values.line(fields.value.get(own)) if own else None
    return states.severity(named, source) or states.severity(priority, source)


def _labels(fields: Fields) -> tuple[Label, ...]:
    """Labels have no id but their name; case counts."""
    found = fields.items("labels")
    if not all(isinstance(name, str) for name in found):
        raise Permanent("issue.fields.labels holds something else than texts")
    return tuple(Label(id=name, name=name) for name in found)


def _assignees(fields: Fields) -> tuple[Json, ...]:
    found = person(fields.object("assignee"))
    return (found,) if found else ()


def _milestone(fields: Fields, source: Source) -> Milestone | None:
    """The first fix version; all of several are among the external fields."""
    versions = _objects(fields, marks.place("milestone", "fixVersions", source))
    if not versions:
        return None
    version = versions[0]
    return Milestone(
        id=version.need_id("id"),
        title=version.text("name") or version.text("value") or "",
        state=definitions.version_state(version),
        due_on=version.time("releaseDate") if version.text("releaseDate") else None,
        description=version.text("description") or None,
    )


def _components(fields: Fields, source: Source) -> tuple[Named, ...]:
    found = _objects(fields, marks.place("components", "components", source))
    return tuple(
        Named(id=one.need_id("id"), name=one.text("name") or one.text("value") or "")
        for one in found
    )


def _objects(fields: Fields, name: str) -> list[Fields]:
    """The objects of a list; a field that holds but one is a list of one."""
    held = fields.value.get(name)
    items = [held] if isinstance(held, dict) else fields.items(name)
    return [Fields.of(one, f"{fields.path}.{name}") for one in items]


def _weight(fields: Fields, source: Source) -> int | None:
    found = values.number(fields.value.get(source.fields.get("weight", "")))
    return int(found) if found is not None and abs(found) <= _LARGEST else None


def _parent(parent: Fields | None) -> TicketRef | None:
    if parent is None:
        return None
    fields = parent.object("fields")
    return TicketRef(
        external_id=parent.id("id"),
        key=parent.text("key"),
        title=fields.text("summary") if fields else None,
    )


def _epic(
    fields: Fields, parent: TicketRef | None, source: Source, found: marks.Found
) -> TicketRef | None:
    """A parent that is an epic, else what the old link field names by key."""
    above = fields.object("parent")
    if above and is_epic(above):
        return parent
    value = marks.first(fields, "epic", source, found)[1]
    return TicketRef(key=value) if isinstance(value, str) and "-" in value else None


def _custom_fields(fields: Fields, source: Source, found: marks.Found) -> dict[str, Json]:
    """Every other custom field with a plain value, by its id."""
    keys = [key for key in fields.value if key.startswith("customfield_")]
    if not keys:
        return {}
    ours = {marks.first(fields, name, source, found)[0] for name in marks.USUAL}
    ours |= set(source.fields.values())
    named = {key: values.plain(fields.value[key]) for key in keys if key not in ours}
    return {key: value for key, value in named.items() if value is not None}


def _external_fields(fields: Fields, losses: tuple[str, ...]) -> dict[str, Json]:
    versions = [
        Fields.of(one, "issue.fields.fixVersions").need_id("id")
        for one in fields.items("fixVersions")
    ]
    told: dict[str, Json] = {
        "resolution": _name(fields, "resolution"),
        "fix_versions": versions if len(versions) > 1 else None,
        "environment": texts.read(fields.value.get("environment"))[0] or None,
        "text_losses": list(losses) or None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _confidential(fields: Fields) -> bool | None:
    """An issue with a security level is; a partial record does not know (law 12)."""
    if "security" in fields:
        return fields.value["security"] is not None
    return False if all(name in fields for name in CORE) else None


def _comment_count(fields: Fields) -> int | None:
    comments = fields.object("comment")
    return comments.whole("total") if comments else None


def _attachments(fields: Fields) -> tuple[Attachment, ...]:
    return tuple(
        attachment(Fields.of(one, "issue.fields.attachment")) for one in fields.items("attachment")
    )


def attachment(record: Fields) -> Attachment:
    """A file of an issue; its address needs our credential."""
    number = record.need_id("id")
    return Attachment(
        id=number,
        name=record.text("filename") or number,
        url=record.text("content") or "",
        media_type=record.text("mimeType"),
        size=record.whole("size"),
    )


def _rendered(issue: Fields) -> str | None:
    rendered = issue.object("renderedFields")
    return rendered.text("description") if rendered else None


def _estimated(fields: Fields, source: Source) -> int | None:
    name = marks.place("time_estimate", "timeoriginalestimate", source)
    return _seconds(fields, name, "originalEstimateSeconds")


def _spent(fields: Fields, source: Source) -> int | None:
    name = marks.place("time_spent", "timespent", source)
    return _seconds(fields, name, "timeSpentSeconds")


def _seconds(fields: Fields, name: str, inner: str) -> int | None:
    tracking = fields.object("timetracking")
    return fields.whole(name) or (tracking.whole(inner) if tracking else None)


def _name(fields: Fields, name: str) -> str | None:
    found = fields.object(name)
    return found.text("name") if found else None


def _date(fields: Fields, name: str) -> date | None:
    moment = fields.time(name) if fields.text(name) else None
    return moment.date() if moment else None


def _number(key: str) -> int | None:
    number = key.rpartition("-")[2]
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else None


def _revision(updated: datetime | None) -> str | None:
    """Jira prints milliseconds, and so does the revision."""
    return revision.of_time(updated, 3) if updated else None
