"""GitLab's records as canonical tickets, comments and relations. Pure.

An issue of the API is a full record (https://docs.gitlab.com/api/issues/); one in a webhook is a
partial one, since it names people and milestones by number alone and leaves counts out.
"""

import re
from urllib.parse import urlsplit

from schemas.errors import Permanent
from schemas.model import Json
from schemas.source import Source
from schemas.ticket import (
    Attachment,
    Comment,
    Label,
    Milestone,
    Person,
    Privacy,
    PullRequest,
    Relation,
    Sprint,
    Ticket,
    TicketRef,
)
from trackers.fields import Fields
from trackers.gitlab import address, scales, values
from trackers.gitlab.definitions import iteration_name, iteration_state

CORE = {
    "title": "title",
    "description": "body",
    "state": "state",
    "labels": "labels",
    "assignees": "assignees",
    "milestone": "milestone",
    "author": "reporter",
    "confidential": "confidential",
    "user_notes_count": "comment_count",
    "created_at": "created_at",
    "updated_at": "updated_at",
    "closed_at": "closed_at",
}
"""What every record of the API carries (record name to ticket field)."""

_OPTIONAL = {
    "id": "native_id",
    "web_url": "url",
    "issue_type": "type",
    "upvotes": "reactions",
    "due_date": "due_date",
    "weight": "weight",
    "iteration": "sprint",
    "epic": "epic",
    "discussion_locked": "locked",
}
UPLOAD = re.compile(r"/uploads/([0-9a-f]{32})/([^\s)\]\"'<>?#/\\]+)")
"""A file at the project, by its secret (https://docs.gitlab.com/api/project_markdown_uploads/)."""

LINKS = ("relates", "blocks", "blocked_by", "duplicates", "pull_request")
_MERGED = {"opened": "open", "locked": "open", "closed": "closed", "merged": "merged"}


def to_ticket(record: Json, source: Source) -> Ticket:
    """A record of one issue; Permanent when a field has a type it never has."""
    issue = Fields.of(record, "issue")
    if "web_url" not in issue and "author" not in issue:
        return _from_webhook(issue, source)
    milestone, sprint = issue.object("milestone"), _sprint(issue.object("iteration"))
    return _ticket(
        issue,
        source,
        url=issue.text("web_url"),
        kind=issue.text("issue_type") or issue.text("type"),
        attachments=_attachments(issue),
        assignees=_assignees(issue),
        reporter=values.person(issue.need_object("author")) if "author" in issue else None,
        milestone=_milestone(milestone) if milestone else None,
        sprint=sprint,
        sprints=(sprint,) if sprint else (),
        epic=_epic(issue),
        reactions=_reactions(issue),
        external_fields=_external_fields(issue),
        close_reason=_close_reason(issue),
        comment_count=values.count(issue, "user_notes_count"),
        time_stats=issue.object("time_stats"),
        present=_present(issue),
    )


def to_comment(record: Json, source: Source) -> Comment:
    """A record of one note; a webhook names its author by number, beside whoever acted."""
    note = Fields.of(record, "note")
    key = note.need_id("id")
    number = values.count(note, "noteable_iid")
    page = f"{address.web_url(source)}/-/issues/{number}#note_{key}" if number else None
    written = note.text("body") if "body" in note else note.text("note")
    return Comment(
        id=key,
        author=_author(note),
        body=values.body(written),
        url=note.text("url") or page,
        internal=bool(note.flag("internal") or note.flag("confidential")),
        created_at=values.moment(note, "created_at"),
        updated_at=values.moment(note, "updated_at"),
        revision=values.revision_of(note),
    )


def to_relation(record: Json, source: Source) -> Relation:
    """A record of one link as `read` makes it: kind, iid, project, here, url, title."""
    link = Fields.of(record, "link")
    kind = link.need_text("kind")
    if kind not in LINKS:
        raise Permanent(f"link.kind is {kind!r}, not one of {', '.join(LINKS)}")
    number, project = values.number_of(link), link.text("project") or ""
    if kind == "pull_request":
        return _pull_request(link, number, project)
    ours = bool(link.flag("here"))
    target = TicketRef(
        external_id=number if ours else None,
        key=number if ours else f"{project}#{number}",
        url=link.text("url"),
        title=link.text("title"),
    )
    return Relation.model_validate({"kind": kind, "target": target})


def _pull_request(link: Fields, number: str, project: str) -> Relation:
    request = PullRequest.model_validate(
        {
            "repository": project,
            "number": int(number),
            "title": link.text("title") or "",
            "branch": link.text("branch"),
            "state": _MERGED.get(link.text("state") or ""),
            "merged_at": values.moment(link, "merged_at"),
        }
    )
    target = TicketRef(key=f"{project}!{number}", url=link.text("url"), title=link.text("title"))
    return Relation(kind="pull_request", target=target, pull_request=request)


def _ticket(
    issue: Fields,
    source: Source,
    *,
    kind: str | None,
    time_stats: Fields | None,
    close_reason: str | None,
    **more: Json,
) -> Ticket:
    """What is printed alike in the API and in webhooks, with the rest as given."""
    number = values.number_of(issue)
    state = _state(issue)
    labels = _labels(issue)
    times = time_stats or issue
    confidential = issue.flag("confidential")
    weight = values.count(issue, "weight")
    return Ticket(
        source=source.name,
        external_id=number,
        key=number,
        number=int(number),
        native_id=issue.id("id"),
        title=issue.need_text("title") if "title" in issue else "",
        body=values.body(issue.text("description")),
        state="closed" if state == "closed" else "open",
        status=state,
        status_category=scales.category(source, state, labels, close_reason),
        close_reason=close_reason,
        labels=labels,
        weight=weight,
        time_estimate=values.count(times, "time_estimate") or None,
        time_spent=values.count(times, "total_time_spent") or None,
        due_date=values.day(issue, "due_date"),
        locked=bool(issue.flag("discussion_locked")),
        confidential=confidential,
        privacy=Privacy.local_only if confidential else None,
        created_at=values.moment(issue, "created_at"),
        updated_at=values.moment(issue, "updated_at"),
        closed_at=values.moment(issue, "closed_at"),
        revision=values.revision_of(issue),
        **scales.by_labels(
            source, labels, native=kind, incident=issue.text("severity"), weight=weight
        ),
        **more,
    )


def _from_webhook(issue: Fields, source: Source) -> Ticket:
    """An issue as a webhook tells it, speaking only for what equals the record's field."""
    return _ticket(
        issue,
        source,
        url=issue.text("url"),
        kind=issue.text("type"),
        assignees=values.people(issue, "assignees"),
        time_stats=None,
        close_reason=None,
        present=_told(issue),
    )


_TIMES = ("created_at", "updated_at", "closed_at")
_TOLD = {
    "id": ("native_id",),
    "url": ("url",),
    "title": ("title",),
    "state": ("state", "status"),
    "labels": ("labels", "priority", "customer", "components"),
    "assignees": ("assignees",),
    "due_date": ("due_date",),
    "weight": ("weight",),
    "time_estimate": ("time_estimate",),
    "total_time_spent": ("time_spent",),
    "discussion_locked": ("locked",),
    "confidential": ("confidential", "privacy"),
}
_BESIDE_LABELS = {"type": "type", "severity": "severity", "weight": "story_points"}
"""What is told by a value of its own or by a label, so that it takes both to say."""


def _told(issue: Fields) -> frozenset[str]:
    """The fields a webhook speaks for.

    It has upload links rewritten in texts, a milestone's number without its name, and times
    sometimes in whole seconds: those say nothing unless they are empty, or exact.
    """
    told = {"number"}
    for name, fields in _TOLD.items():
        if name in issue:
            told |= set(fields)
    if "labels" in issue:
        told |= {field for name, field in _BESIDE_LABELS.items() if name in issue}
        if issue.text("state") == "opened":
            told.add("status_category")  # why an issue was closed is not told here
    if "description" in issue and "/uploads/" not in (issue.text("description") or ""):
        told.add("body")
    if values.absent(issue, "milestone_id"):
        told.add("milestone")
    if "assignees" not in issue and values.absent(issue, "assignee_ids"):
        told.add("assignees")
    exact = {name for name in _TIMES if values.precise(issue, name)}
    return frozenset(told | exact | ({"revision"} if "updated_at" in exact else set()))


def _present(issue: Fields) -> frozenset[str] | None:
    """None for a full record; otherwise the ticket fields this one speaks for."""
    if all(name in issue for name in CORE):
        return None
    named = {field for name, field in (CORE | _OPTIONAL).items() if name in issue}
    if "state" in issue:
        named |= {"status", "status_category", "close_reason"}
    if "updated_at" in issue:
        named.add("revision")
    if "time_stats" in issue:
        named |= {"time_estimate", "time_spent"}
    return frozenset(named | {"number"})


def _state(issue: Fields) -> str:
    found = issue.text("state") or "opened"
    if found not in ("opened", "closed"):
        raise Permanent(f"issue.state is {found[:40]!r}, neither opened nor closed")
    return found


def _labels(issue: Fields) -> tuple[Label, ...]:
    """Objects by id; a name alone, which single reads give, stands in for its own id."""
    found = []
    for index, item in enumerate(issue.items("labels")):
        label = Fields.of(
            {"name": item} if isinstance(item, str) else item, f"issue.labels[{index}]"
        )
        name = values.named(label)
        found.append(
            Label(
                id=label.id("id") or f"name:{name}",
                name=name,
                color=values.colour(label),
                description=label.text("description"),
            )
        )
    return tuple(found)


def _assignees(issue: Fields) -> tuple[Person, ...]:
    """Several with a licence, one without; old versions name the one alone."""
    if "assignees" in issue:
        return values.people(issue, "assignees")
    one = issue.object("assignee")
    return (values.person(one),) if one else ()


def _author(note: Fields) -> Person | None:
    author = note.object("author")
    return values.person(author) if author else None


def _milestone(milestone: Fields) -> Milestone:
    return Milestone.model_validate(
        {
            "id": milestone.need_id("id"),
            "title": milestone.text("title") or "",
            "number": values.count(milestone, "iid"),
            "state": milestone.text("state"),
            "due_on": milestone.time("due_date"),
            "description": milestone.text("description"),
        }
    )


def _sprint(iteration: Fields | None) -> Sprint | None:
    if iteration is None:
        return None
    return Sprint(
        id=iteration.need_id("id"),
        name=iteration_name(iteration),
        state=iteration_state(iteration),
        starts_at=iteration.time("start_date"),
        ends_at=iteration.time("due_date"),
    )


def _epic(issue: Fields) -> TicketRef | None:
    """A group's epic: no issue of the project, so it has no id inside the source."""
    epic = issue.object("epic")
    if epic is None:
        return None
    page = epic.text("url")
    if page and page.startswith("/"):
        parts = urlsplit(issue.text("web_url") or "")
        page = f"{parts.scheme}://{parts.netloc}{page}"
    key = f"&{values.count(epic, 'iid')}"
    return TicketRef(key=key, url=page, title=epic.text("title"))


def _attachments(issue: Fields) -> tuple[Attachment, ...]:
    """Files a description links to; they have no list of their own that a reporter may see."""
    root = (issue.text("web_url") or "").partition("/-/")[0]
    found = {one[1]: one[2] for one in UPLOAD.finditer(issue.text("description") or "")}
    named = ((key, raw, values.file_name(raw)) for key, raw in found.items())
    return tuple(
        Attachment(id=key, name=name, url=f"{root}/uploads/{key}/{raw}")
        for key, raw, name in named
        if name
    )


def _reactions(issue: Fields) -> dict[str, int]:
    """Thumbs, which are all that an issue's record counts."""
    counts = {"+1": values.count(issue, "upvotes"), "-1": values.count(issue, "downvotes")}
    return {name: found for name, found in counts.items() if found}


def _external_fields(issue: Fields) -> dict[str, Json]:
    found = issue.text("health_status")
    return {"health_status": found} if found else {}


def _close_reason(issue: Fields) -> str | None:
    if issue.text("state") != "closed":
        return None
    if issue.value.get("moved_to_id"):
        return "moved"
    return "duplicate" if values.raw(issue, "_links", "closed_as_duplicate_of") else None
