"""Linear's records as canonical tickets, comments and relations. Pure.

Field rules: https://studio.apollographql.com/public/Linear-API and
https://linear.app/developers/webhooks. A record comes in two forms: of a webhook (`labels` is a
list, a parent is an id) and of an answer (`labels` holds `nodes`, a parent is an object).
"""

import re
from datetime import UTC, date, datetime

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
    Person,
    PullRequest,
    Relation,
    Sprint,
    Ticket,
    TicketRef,
)
from trackers import markers
from trackers.fields import Fields
from trackers.linear import people, words
from trackers.linear.address import issue_url

NEEDED = (
    "identifier",
    "number",
    "title",
    "state",
    "priority",
    "labels",
    "createdAt",
    "updatedAt",
)
"""What every full record has; keys of empty relations may be missing from webhooks."""

SIGNED = re.compile(r"(https://uploads\.linear\.app/[^\s?)\]>\"']+)\?[^\s)\]>\"']*")
"""An upload's address with a signature of its own each time
(https://linear.app/developers/file-storage-authentication)."""

_UPLOAD = re.compile(
    r"\[([^\]]*)\]\((https?://[^\s)]*?(?:uploads\.linear\.app|/uploads)/[^\s)]+)\)"
)
_FIELDS = {
    "identifier": ("key",),
    "number": ("number",),
    "url": ("url",),
    "title": ("title",),
    "description": ("body", "attachments"),
    "state": ("state", "status", "status_id", "status_category", "close_reason"),
    "priority": ("priority", "severity"),
    "labels": ("labels", "type", "customer", "components"),
    "assignee": ("assignees",),
    "creator": ("reporter",),
    "cycle": ("sprint", "sprints"),
    "project": ("project",),
    "projectMilestone": ("milestone",),
    "parentId": ("parent",),
    "estimate": ("estimate", "story_points"),
    "dueDate": ("due_date",),
    "reactionData": ("reactions",),
    "createdAt": ("created_at",),
    "updatedAt": ("updated_at", "revision"),
    "completedAt": ("closed_at",),
}
"""A partial record's field, and the ticket fields it speaks for."""


def to_ticket(record: Json, source: Source) -> Ticket:
    """A record of one issue; Permanent when a field has a type it never has."""
    issue = Fields.of(record, "issue")
    key = issue.need_id("id")
    updated = issue.time("updatedAt")
    state = issue.object("state")
    meaning = words.category(state, source) if state else words.CATEGORIES["unstarted"]
    urgency = priority(issue, "priority")
    labels = _labels(issue)
    size = number(issue, "estimate")
    sprint = _sprint(issue.object("cycle"))
    text = issue.text("description") or ""
    uploads = "uploads" in text
    return Ticket(
        source=source.name,
        external_id=key,
        key=issue.text("identifier") or key,
        number=_whole(issue, "number"),
        native_id=key,
        url=issue_url(issue.text("url")),
        confidential=False,  # there is no such thing here: who sees the project sees all of it
        title=issue.text("title") or "",
        body=markdown(text),
        type=_type(labels, source),
        state="closed" if meaning in words.ENDED else "open",
        status=(state.text("name") or "") if state else "",
        status_id=state.id("id") if state else None,
        status_category=meaning,
        close_reason=state.text("type") if state and meaning in words.ENDED else None,
        priority=urgency,
        severity=words.severity(urgency, source),
        labels=tuple(label for label, _ in labels),
        assignees=_assignees(issue),
        reporter=people.author(issue, "creator", "externalUserCreator"),
        milestone=_milestone(issue.object("projectMilestone")),
        sprint=sprint,
        sprints=(sprint,) if sprint else (),
        project=_named(issue.object("project")),
        parent=_parent(issue),
        components=tuple(
            Named(id=one.id, name=one.name) for one in _group(labels, source, "components")
        ),
        estimate=size,
        story_points=size,
        due_date=day(issue, "dueDate"),
        customer=next((one.name for one in _group(labels, source, "customer")), None),
        reactions=_reactions(issue.value.get("reactionData")),
        external_fields=_external_fields(issue),
        created_at=issue.time("createdAt"),
        updated_at=updated,
        closed_at=issue.time("completedAt") or issue.time("canceledAt"),
        revision=_revision(updated),
        attachments=_files(text) if uploads else (),
        present=_present(issue, uploads),
    )


def to_comment(record: Json, source: Source) -> Comment:
    """A record of one comment; its revision is its own `updatedAt`."""
    comment = Fields.of(record, "comment")
    updated = comment.time("updatedAt")
    return Comment(
        id=comment.need_id("id"),
        author=people.author(comment, "user", "externalUser"),
        body=markdown(comment.text("body") or ""),
        url=comment.text("url"),
        created_at=comment.time("createdAt"),
        updated_at=updated,
        revision=_revision(updated),
    )


def to_relation(record: Json, source: Source) -> Relation:
    """A record of one link as `links.of_issue` makes it: kind, id, key, url, title, or a PR."""
    link = Fields.of(record, "link")
    target = TicketRef(
        external_id=link.id("id"),
        key=link.text("key"),
        url=issue_url(link.text("url")),
        title=link.text("title"),
    )
    pull = link.object("pull_request")
    request = PullRequest.model_validate(pull.value) if pull else None
    kind = link.need_text("kind")
    if kind not in KINDS:
        raise Permanent(f"link.kind is {kind[:40]!r}, not one of {', '.join(KINDS)}")
    return Relation.model_validate({"kind": kind, "target": target, "pull_request": request})


KINDS = (
    "parent", "child", "blocks", "blocked_by", "duplicates", "duplicated_by", "relates",
    "pull_request",
)  # fmt: skip


def complete(record: dict[str, Json]) -> bool:
    """Whether a record holds what every full one does."""
    return all(record.get(name) is not None for name in NEEDED)


def markdown(text: str) -> str:
    """LF line ends, no signatures of uploads, none of our markers."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "uploads.linear.app/" in text:
        text = SIGNED.sub(r"\1", text)
    return markers.without(text) if "<!--" in text else text


def has_signed_uploads(text: str) -> bool:
    """Whether a text names uploads by addresses that will be others next time."""
    return "uploads.linear.app/" in text and SIGNED.search(text) is not None


def number(record: Fields, name: str) -> float | None:
    """A number of any kind; the schema calls even whole ones Float."""
    found = record.value.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise Permanent(f"{record.path}.{name} is no number")
    return float(found)


def sprint_name(cycle: Fields) -> str:
    """A cycle's name; most have but a number."""
    named = cycle.text("name")
    return named or f"Cycle {_whole(cycle, 'number') or ''}".strip()


def _present(issue: Fields, uploads: bool) -> frozenset[str] | None:
    """None for a full record; otherwise the ticket fields this one speaks for.

    A webhook's text with signed uploads is not what an answer says: it is read again.
    """
    hooked = isinstance(issue.value.get("labels"), list)
    signed = hooked and uploads and has_signed_uploads(issue.value["description"])
    if complete(issue.value) and not signed:
        return None
    named = {field for name, fields in _FIELDS.items() if name in issue for field in fields}
    named |= {"native_id"}
    return frozenset(named - {"body", "attachments"} if signed else named)


def _whole(record: Fields, name: str) -> int | None:
    found = number(record, name)
    if found is None:
        return None
    if not 0 <= found < 2**31:
        raise Permanent(f"{record.path}.{name} is no number of that kind")
    return int(found)


def priority(issue: Fields, name: str) -> str | None:
    """Linear's word of a priority; None for none at all."""
    found = _whole(issue, name)
    if found is None or found == 0:
        return None
    if not 0 < found < len(words.PRIORITIES):
        raise Permanent(f"{issue.path}.{name} is {found}, not 0 to 4")
    return words.PRIORITIES[found]


def _labels(issue: Fields) -> list[tuple[Label, str | None]]:
    """Labels, each with the id of the group it is in."""
    raw = issue.value.get("labels")
    nodes = raw.get("nodes") if isinstance(raw, dict) else raw
    found = []
    for item in Fields({"labels": nodes}, issue.path).items("labels"):
        one = Fields.of(item, "issue.labels")
        parent = one.object("parent")
        label = Label(id=one.need_id("id"), name=one.text("name") or "", color=one.text("color"))
        found.append((label, parent.id("id") if parent else one.id("parentId")))
    return found


def _group(labels: list[tuple[Label, str | None]], source: Source, field: str) -> list[Label]:
    """The labels in the group that the source names for a field of ours."""
    group = source.fields.get(field)
    if group is None:
        return []
    return [label for label, parent in labels if parent == group]


def _type(labels: list[tuple[Label, str | None]], source: Source) -> str:
    """Linear has no types: the source may say which labels mean one."""
    if not source.types:
        return "issue"
    named = {name.lower(): word for name, word in source.types.items()}
    return next(
        (named[one.name.lower()] for one, _ in labels if one.name.lower() in named), "issue"
    )


def _assignees(issue: Fields) -> tuple[Person, ...]:
    one = issue.object("assignee")
    if one:
        return (people.user(one),)
    key = issue.id("assigneeId")
    return (Person(id=key),) if key else ()


def _milestone(record: Fields | None) -> Milestone | None:
    if record is None:
        return None
    target = day(record, "targetDate")
    return Milestone(
        id=record.need_id("id"),
        title=record.text("name") or "",
        due_on=datetime(target.year, target.month, target.day, tzinfo=UTC) if target else None,
    )


def _sprint(cycle: Fields | None) -> Sprint | None:
    if cycle is None:
        return None
    return Sprint(
        id=cycle.need_id("id"),
        name=sprint_name(cycle),
        starts_at=cycle.time("startsAt"),
        ends_at=cycle.time("endsAt"),
    )


def _named(record: Fields | None) -> Named | None:
    return Named(id=record.need_id("id"), name=record.text("name") or "") if record else None


def _parent(issue: Fields) -> TicketRef | None:
    parent = issue.object("parent")
    if parent is None:
        key = issue.id("parentId")
        return TicketRef(external_id=key) if key else None
    return TicketRef(
        external_id=parent.need_id("id"),
        key=parent.text("identifier"),
        url=issue_url(parent.text("url")),
        title=parent.text("title"),
    )


def _reactions(raw: Json) -> dict[str, int]:
    """Counts by emoji: a list of `{emoji, reactions: […]}`."""
    counts = {}
    for item in raw if isinstance(raw, list) else []:
        one = Fields.of(item, "issue.reactionData")
        emoji, who = one.text("emoji"), one.items("reactions")
        if emoji and who:
            counts[emoji] = len(who)
    return counts


def _external_fields(issue: Fields) -> dict[str, Json]:
    """What only Linear knows: former keys, archiving, and the agent it is delegated to."""
    delegate = issue.object("delegate")
    found = {
        "archived_at": issue.text("archivedAt"),
        "previous_identifiers": [str(one) for one in issue.items("previousIdentifiers")],
        "delegate": delegate.id("id") if delegate else issue.id("delegateId"),
    }
    return {name: value for name, value in found.items() if value}


def _files(text: str) -> tuple[Attachment, ...]:
    """The uploads a text names; what Linear calls attachments are links, and come as such."""
    found = {}
    for name, url in _UPLOAD.findall(SIGNED.sub(r"\1", text)):
        found[url] = Attachment(id=url, name=name or url.rpartition("/")[2], url=url)
    return tuple(found.values())


def day(record: Fields, name: str) -> date | None:
    """A date without a time."""
    raw = record.text(name)
    try:
        return date.fromisoformat(raw[:10]) if raw else None
    except ValueError:
        raise Permanent(f"{record.path}.{name} is no date") from None


def _revision(updated: datetime | None) -> str | None:
    """Linear prints milliseconds, and so does the revision."""
    return revision.of_time(updated, 3) if updated else None
