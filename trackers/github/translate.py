"""GitHub's records as canonical tickets, comments and relations. Pure.

Field rules: https://docs.github.com/rest/issues/issues#get-an-issue
"""

from datetime import datetime

from schemas import revision
from schemas.errors import Permanent
from schemas.model import Json
from schemas.source import Source
from schemas.ticket import (
    Comment,
    Label,
    Milestone,
    PullRequest,
    Relation,
    StatusCategory,
    Ticket,
    TicketRef,
)
from trackers.fields import Fields
from trackers.github import mapped
from trackers.github.values import markdown, number_of, person, someone, type_named

CORE = {
    "title": "title",
    "body": "body",
    "state": "state",
    "labels": "labels",
    "assignees": "assignees",
    "milestone": "milestone",
    "user": "reporter",
    "locked": "locked",
    "comments": "comment_count",
    "created_at": "created_at",
    "updated_at": "updated_at",
    "closed_at": "closed_at",
}
"""What every full record carries (record name to ticket field); lacking one, it is partial."""

OPTIONAL = {
    "id": "native_id",
    "html_url": "url",
    "type": "type",
    "reactions": "reactions",
    "issue_field_values": "custom_fields",
    "active_lock_reason": "external_fields",
    "state_reason": "close_reason",
}
"""What GitHub Enterprise Server may not know, without the record being partial for that."""

_REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
_LINKS = ("parent", "child", "blocks", "blocked_by")


def to_ticket(record: Json, source: Source) -> Ticket:
    """A record of one issue; Permanent when a field has a type it never has."""
    issue = Fields.of(record, "issue")
    number = number_of(issue)
    updated = issue.time("updated_at")
    state, reason = _state(issue), issue.text("state_reason")
    labels = _labels(issue)
    named = [label.name for label in labels]
    custom = _custom_fields(issue)
    return Ticket(
        source=source.name,
        external_id=number,
        key=number,
        number=int(number),
        native_id=issue.id("id"),
        url=issue.text("html_url"),
        confidential=False,  # there is no such thing here: who sees the project sees all of it
        title=issue.need_text("title") if "title" in issue else "",
        body=markdown(issue.text("body")),
        type=mapped.kind(type_named(issue.object("type")), named, source),
        state="closed" if state == "closed" else "open",
        status=state,
        status_category=mapped.category(_category(state, reason), state, reason, named, source),
        close_reason=reason if state == "closed" else None,
        labels=labels,
        assignees=tuple(
            person(Fields.of(one, "issue.assignees")) for one in issue.items("assignees")
        ),
        reporter=someone(issue, "user"),
        milestone=_milestone(issue.object("milestone")),
        reactions=_reactions(issue.object("reactions")),
        custom_fields=custom,
        external_fields=_external_fields(issue),
        locked=bool(issue.flag("locked")),
        created_at=issue.time("created_at"),
        updated_at=updated,
        closed_at=issue.time("closed_at"),
        revision=_revision(updated),
        comment_count=issue.whole("comments"),
        present=_present(issue, source),
        **mapped.filled(custom, named, source),
    )


def to_comment(record: Json, source: Source) -> Comment:
    """A record of one comment; its revision is its own `updated_at`."""
    comment = Fields.of(record, "comment")
    updated = comment.time("updated_at")
    return Comment(
        id=comment.need_id("id"),
        author=someone(comment, "user"),
        body=markdown(comment.text("body")),
        url=comment.text("html_url"),
        created_at=comment.time("created_at"),
        updated_at=updated,
        revision=_revision(updated),
    )


def to_relation(record: Json, source: Source) -> Relation:
    """A record of one link as `fetch` makes it: kind, number, repository, here, url, title.

    One of a pull request has its `state` and `merged_at`, too.
    """
    link = Fields.of(record, "link")
    number = number_of(link)
    kind = link.need_text("kind")
    if kind == "pull_request":
        return _pull_request(link)
    if kind not in _LINKS:
        raise Permanent(f"link.kind is {kind!r}, not one of {', '.join(_LINKS)}")
    ours = bool(link.flag("here"))
    target = TicketRef(
        external_id=number if ours else None,
        key=number if ours else f"{link.text('repository') or ''}#{number}",
        url=link.text("url"),
        title=link.text("title"),
    )
    return Relation.model_validate({"kind": kind, "target": target})


def _pull_request(link: Fields) -> Relation:
    merged = link.time("merged_at")
    closed = link.text("state") == "closed"
    told = PullRequest(
        repository=link.text("repository") or "",
        number=link.need_whole("number"),
        title=link.text("title") or "",
        state="merged" if merged else "closed" if closed else "open",
        merged_at=merged,
    )
    target = TicketRef(url=link.need_text("url"), title=link.text("title"))
    return Relation(kind="pull_request", target=target, pull_request=told)


def _present(issue: Fields, source: Source) -> frozenset[str] | None:
    """None for a full record; otherwise the ticket fields this one speaks for."""
    if all(name in issue for name in CORE):
        return None
    named = {field for name, field in (CORE | OPTIONAL).items() if name in issue}
    if "state" in issue:
        named |= {"status", "status_category", "close_reason"}
    if "updated_at" in issue:
        named.add("revision")
    if "issue_field_values" in issue and "labels" in issue:
        named |= mapped.names(source)
    return frozenset(named | {"number"})


def _state(issue: Fields) -> str:
    state = issue.need_text("state") if "state" in issue else "open"
    if state not in ("open", "closed"):
        raise Permanent(f"issue.state is {state[:40]!r}, neither open nor closed")
    return state


def _category(state: str, reason: str | None) -> StatusCategory:
    if state == "open":
        return StatusCategory.todo
    canceled = reason in ("not_planned", "duplicate")
    return StatusCategory.canceled if canceled else StatusCategory.done


def _labels(issue: Fields) -> tuple[Label, ...]:
    """Lists may hold plain strings instead of objects, and objects without a colour."""
    found = []
    for index, item in enumerate(issue.items("labels")):
        path = f"issue.labels[{index}]"
        label = Fields.of({"name": item} if isinstance(item, str) else item, path)
        key = label.id("id")
        name = label.need_text("name") if key is None else label.text("name") or ""
        found.append(
            Label(
                id=key or f"name:{name}",
                name=name,
                color=label.text("color"),
                description=label.text("description"),
            )
        )
    return tuple(found)


def _milestone(milestone: Fields | None) -> Milestone | None:
    if milestone is None:
        return None
    return Milestone(
        id=milestone.need_id("id"),
        title=milestone.text("title") or "",
        number=milestone.whole("number"),
        state=milestone.text("state"),
        due_on=milestone.time("due_on"),
        description=milestone.text("description"),
    )


def _reactions(reactions: Fields | None) -> dict[str, int]:
    if reactions is None:
        return {}
    counts = {name: reactions.whole(name) or 0 for name in _REACTIONS}
    return {name: count for name, count in counts.items() if count}


def _custom_fields(issue: Fields) -> dict[str, Json]:
    """Values of the organisation's issue fields by field id."""
    found = {}
    for item in issue.items("issue_field_values"):
        field = Fields.of(item, "issue.issue_field_values")
        value = _field_value(field)
        if value is not None:
            found[field.need_id("issue_field_id")] = value
    return found


def _field_value(field: Fields) -> Json:
    """A text, a number, or the names of the options chosen."""
    single = field.object("single_select_option")
    if single:
        return single.text("name")
    options = field.items("multi_select_options")
    if options:
        return [Fields.of(one, "issue_field_value.option").text("name") for one in options]
    value = field.value.get("value")
    return value if isinstance(value, (int, float)) else field.text("value")


def _external_fields(issue: Fields) -> dict[str, Json]:
    """Only what webhook and REST record agree on at the same state.

    `author_association` depends on what the reader may see of the organisation, `closed_by` is in
    no webhook, and the summaries of links move without the issue's revision.
    """
    reason = issue.text("active_lock_reason")
    return {"active_lock_reason": reason} if reason else {}


def _revision(updated: datetime | None) -> str | None:
    """GitHub prints whole seconds, and so does the revision."""
    return revision.of_time(updated) if updated else None
