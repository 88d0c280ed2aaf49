"""What a delivery says: one payload read into events.

Rules by event: https://docs.github.com/webhooks/webhook-events-and-payloads
"""

from collections.abc import Callable

from schemas.delivery import Delivery
from schemas.errors import Permanent
from schemas.event import (
    CommentGone,
    CommentSeen,
    DefinitionGone,
    DefinitionSeen,
    Doubtful,
    Event,
    Ignored,
    Ping,
    ProjectSeen,
    TicketGone,
    TicketMoved,
    TicketSeen,
)
from schemas.model import Json
from schemas.ticket import TicketRef
from trackers import tolerant
from trackers.fields import Fields
from trackers.github import changes, definitions, keywords
from trackers.github.repository import is_pull_request
from trackers.github.values import number_of
from trackers.github.webhook import ENDS, event_of, here, payload

_PULLS = ("opened", "edited", "closed", "reopened")
_PROJECTS = {
    "archived": "its issues can be read, and no more be written",
    "unarchived": "its issues can be written again",
    "privatized": "it is private now: the token needs the right to read it",
    "publicized": "everybody can read it now",
    "deleted": "nothing more will come from it; what was synced stays",
}

Reader = Callable[[str, Fields], list[Event] | None]
"""(action, body) to facts; None when this action is of no use to us."""


def parse(delivery: Delivery) -> list[Event]:
    """[ProjectSeen, facts…]; Permanent with the cause when the body is broken."""
    content = Fields.of(_content(delivery), "the body")
    event, action = event_of(delivery.headers, content.value)
    if event == "unknown":
        raise Permanent("the delivery has no X-GitHub-Event header that names an event")
    content = Fields(content.value, event)
    reader = _READERS.get(event)
    facts = reader(action or "", content) if reader else None
    if facts is None:
        told = f"{event}.{action}" if action else event
        return [Ignored(reason=f"{told} holds nothing we keep")]
    if event in ("ping", "meta") and "repository" not in content:
        return facts
    return [_project(action or "", content), *facts]


def _content(delivery: Delivery) -> Json:
    if delivery.body is None:
        raise Permanent("the body of this delivery was dropped; nothing is left to read")
    try:
        return tolerant.storable(payload(delivery.headers, delivery.body))
    except ValueError as error:
        raise Permanent(f"the body is no JSON we can read: {error}") from None


def _project(action: str, content: Fields) -> ProjectSeen:
    repository = content.need_object("repository")
    name = repository.need_text("full_name")
    return ProjectSeen(
        id=repository.need_id("id"), name=name, renamed_from=_former(action, content, name)
    )


def _issues(action: str, content: Fields) -> list[Event]:
    issue = content.need_object("issue")
    number = number_of(issue)
    if is_pull_request(issue.value):
        return [Ignored(reason=f"pull request #{number}")]
    seen = TicketSeen(ticket=number, record=issue.value)
    told = changes.told(action, number, issue, content)
    if told is not None:
        return [seen, told]
    if action == "deleted":  # with its last state, which is kept
        return [seen, TicketGone(ticket=number, proof="issues.deleted")]
    if action == "transferred":
        return [seen, TicketMoved(ticket=number, to=_new_place(content))]
    if action.startswith("field_") and "issue_field_values" not in issue:
        doubt = Doubtful(tickets=(number,), aspect="core", reason=f"issues.{action}")
        return [seen, doubt]  # the payload tells of the field, but not of all values
    return [seen]


def _new_place(content: Fields) -> TicketRef:
    """Where a transferred issue lives now: new number and new id in another repository."""
    told = content.object("changes")
    issue = told.object("new_issue") if told else None
    repository = told.object("new_repository") if told else None
    if issue is None:
        return TicketRef()
    name = repository.text("full_name") if repository else None
    return TicketRef(
        key=f"{name or ''}#{number_of(issue)}",
        url=issue.text("html_url"),
        title=issue.text("title"),
    )


def _issue_comment(action: str, content: Fields) -> list[Event] | None:
    issue = content.need_object("issue")
    number = number_of(issue)
    if is_pull_request(issue.value):
        return [Ignored(reason=f"pull request #{number}")]
    if action not in ("created", "edited", "deleted"):
        return None
    comment = content.need_object("comment")
    seen = TicketSeen(ticket=number, record=issue.value)
    key = comment.need_id("id")
    if action == "deleted":
        return [seen, CommentGone(ticket=number, comment=key)]
    return [seen, CommentSeen(ticket=number, record=comment.value)]


def _link(action: str, content: Fields) -> list[Event]:
    """A hint only: both ends are read again, since links move no `updated_at` (cases.md 15)."""
    event = content.path
    ends = [
        content.object(issue)
        for issue, repository in ENDS[event]
        if here(content.value, repository)
    ]
    numbers = tuple(dict.fromkeys(number_of(end) for end in ends if end))
    if not numbers:
        raise Permanent(f"{event}.{ENDS[event][0][0]} is missing")
    return [Doubtful(tickets=numbers, aspect="links", reason=f"{event}.{action}")]


def _pull_request(action: str, content: Fields) -> list[Event] | None:
    """A hint at the issues it closes, before or after an edit: their links move no `updated_at`."""
    if action not in _PULLS:
        return None
    pull, told = content.need_object("pull_request"), content.object("changes")
    texts = [pull.text("title"), pull.text("body")]
    for name in ("title", "body"):
        before = told.object(name) if told else None
        texts.append(before.text("from") if before else None)
    name = content.need_object("repository").need_text("full_name")
    numbers = keywords.mentioned([text for text in texts if text], name)
    if not numbers:
        return [Ignored(reason=f"pull request #{number_of(pull)} closes no issue of {name}")]
    return [Doubtful(tickets=numbers, aspect="links", reason=f"pull_request.{action}")]


def _label(action: str, content: Fields) -> list[Event] | None:
    label = content.need_object("label")
    if action == "deleted":
        return [DefinitionGone(kind="label", id=label.need_id("id"))]
    if action not in ("created", "edited"):
        return None
    return [DefinitionSeen(definition=definitions.label(label))]


def _milestone(action: str, content: Fields) -> list[Event] | None:
    milestone = content.need_object("milestone")
    if action == "deleted":
        return [DefinitionGone(kind="milestone", id=milestone.need_id("id"))]
    if action not in ("created", "edited", "opened", "closed"):
        return None
    return [DefinitionSeen(definition=definitions.milestone(milestone))]


def _repository(action: str, content: Fields) -> list[Event] | None:
    """ProjectSeen tells the new name; what becomes of the tickets is for the record to say."""
    told = _PROJECTS.get(action)
    if told:
        return [Ignored(reason=f"repository.{action}: {told}")]
    return [] if action in ("renamed", "transferred") else None


def _meta(action: str, content: Fields) -> list[Event] | None:
    if action != "deleted":
        return None
    return [Ignored(reason="meta.deleted: GitHub dropped this webhook; register it again")]


def _ping(action: str, content: Fields) -> list[Event]:
    return [Ping()]


def _former(action: str, content: Fields, name: str) -> str | None:
    """The name before `repository.renamed` or `repository.transferred`."""
    told = content.object("changes") if content.path == "repository" else None
    owner, _, short = name.partition("/")
    if told and action == "renamed":
        inner = told.need_object("repository").need_object("name")
        return f"{owner}/{inner.need_text('from')}"
    if told and action == "transferred":
        former = told.need_object("owner").need_object("from")
        account = former.object("user") or former.object("organization")
        return f"{account.need_text('login')}/{short}" if account else None
    return None


_READERS: dict[str, Reader] = {
    "issues": _issues,
    "issue_comment": _issue_comment,
    "sub_issues": _link,
    "issue_dependencies": _link,
    "label": _label,
    "milestone": _milestone,
    "repository": _repository,
    "pull_request": _pull_request,
    "meta": _meta,
    "ping": _ping,
}
