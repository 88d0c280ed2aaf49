"""What a delivery says: one payload read into events.

https://linear.app/developers/webhooks; there is no event for workflow states, teams or the
relations of issues: those are found by reading.
"""

import re
from collections.abc import Callable

from schemas.delivery import Delivery
from schemas.errors import Permanent
from schemas.event import (
    Aspect,
    CommentGone,
    CommentSeen,
    DefinitionGone,
    DefinitionSeen,
    Doubtful,
    Event,
    Ignored,
    ProjectSeen,
    TicketGone,
    TicketSeen,
)
from trackers import tolerant
from trackers.fields import Fields
from trackers.linear import definitions, translate, updated
from trackers.linear.webhook import event_of, lane, late, sent_at

Reader = Callable[[str, Fields, Fields], list[Event] | None]
"""(action, data, envelope) to facts; None when this action is of no use to us."""

ACTIONS = ("create", "update", "remove")
_TEAM_URL = re.compile(r"https?://[^/]+/[^/]+/team/([A-Za-z0-9]+)/")


def parse(delivery: Delivery) -> list[Event]:
    """[ProjectSeen, facts…]; Permanent with the cause when the body is broken.

    A body that is too old to be believed (a late retry) only says what to read again.
    """
    content = _content(delivery)
    kind, action = event_of(delivery.headers, content.value)
    if kind == "unknown":
        raise Permanent("the delivery names no type of event")
    told = f"{kind}.{action}" if action else kind
    reader = _READERS.get(kind)
    if reader is None or action not in ACTIONS:
        return [Ignored(reason=f"{told} holds nothing we keep")]
    about = Fields(content.need_object("data").value, kind)
    if late(sent_at(content.value, delivery.headers), delivery.received_at):
        return [*_project(kind, about, content), *_read_again(kind, told, about, content)]
    facts = reader(action or "", about, content)
    if facts is None:
        return [Ignored(reason=f"{told} holds nothing we keep")]
    return [*_project(kind, about, content), *facts]


def _content(delivery: Delivery) -> Fields:
    if delivery.body is None:
        raise Permanent("the body of this delivery was dropped; nothing is left to read")
    try:
        content = tolerant.storable(tolerant.loads(delivery.body))
    except ValueError as error:
        raise Permanent(f"the body is no JSON we can read: {error}") from None
    return Fields.of(content, "the body")


def _read_again(kind: str, told: str, about: Fields, content: Fields) -> list[Event]:
    """What changed then is history all the same; what is now has to be read."""
    aspects: dict[str, Aspect] = {
        "Comment": "comments", "Attachment": "links", "IssueRelation": "links",
    }  # fmt: skip
    ticket = lane(kind, about.value)
    if ticket is None:
        return [Ignored(reason=f"{told} came too late to be believed; the next pass reads it")]
    aspect = aspects.get(kind, "core")
    past: list[Event] = []
    if told == "Issue.update" and "teamId" not in _before(content):
        past += updated.changes(ticket, about, _before(content), content)
    return [*past, Doubtful(tickets=(ticket,), aspect=aspect, reason=f"{told} came late")]


def _project(kind: str, about: Fields, content: Fields) -> list[Event]:
    """The team it is about; none for what belongs to no team, and for an issue that changed teams.

    A team without a name goes by its id, which is what sources are pinned to.

    Such an issue concerns the source it left as well as the one it came to: both ask Linear.
    """
    issue = about.object("issue") if kind != "Issue" else about
    if kind == "Issue" and "teamId" in _before(content):
        return []
    key = about.id("teamId") or (issue.id("teamId") if issue else None)
    name = _team_key(issue, content)
    return [ProjectSeen(id=key, name=name or key)] if key else []


def _team_key(issue: Fields | None, content: Fields) -> str | None:
    """As the team says it, else as the issue's key or an address spells it."""
    team = issue.object("team") if issue else None
    spelt = (issue.text("identifier") or "").rpartition("-")[0] if issue else ""
    address = _TEAM_URL.match(content.text("url") or "")
    return (team.text("key") if team else None) or spelt or (address[1] if address else None)


def _issue(action: str, issue: Fields, content: Fields) -> list[Event]:
    """A trashed issue comes as an update, is kept for thirty days and may come back."""
    ticket = _ticket(issue, "id")
    before = _before(content)
    if "teamId" in before:
        return [_doubt(ticket, "core", "the issue changed teams")]
    whole = translate.complete(issue.value)
    known: list[Event] = [TicketSeen(ticket=ticket, record=issue.value)] if whole else []
    if action == "update":
        known += updated.changes(ticket, issue, before, content)
    if action == "remove":
        return [*known, TicketGone(ticket=ticket, proof="Issue.remove")]
    if issue.flag("trashed"):
        return [*known, TicketGone(ticket=ticket, proof="trashed")]
    if not whole or "trashed" in before:
        reason = "restored from the trash" if "trashed" in before else "a part of the record"
        known.append(_doubt(ticket, "core", reason))
    return [*known, *_relatives(action, ticket, issue, before)]


def _relatives(action: str, ticket: str, issue: Fields, before: Fields) -> list[Event]:
    """Links show at both ends: a parent that is new or changed, or a duplicate that was marked."""
    marked = "stateId" in before and _type(issue) == "duplicate"
    moved = "parentId" in before or (action == "create" and issue.id("parentId") is not None)
    if not moved and not marked:
        return []
    ends = [ticket]
    if moved:
        ends += [end for end in (before.id("parentId"), issue.id("parentId")) if end]
    return [Doubtful(tickets=tuple(ends), aspect="links", reason=f"Issue.{action}")]


def _type(issue: Fields) -> str | None:
    state = issue.object("state")
    return state.text("type") if state else None


def _comment(action: str, comment: Fields, content: Fields) -> list[Event]:
    if comment.id("issueId") is None:
        return [Ignored(reason="a comment on something else than an issue")]
    ticket = _ticket(comment, "issueId")
    if action == "remove":
        return [CommentGone(ticket=ticket, comment=comment.need_id("id"))]
    if translate.has_signed_uploads(comment.text("body") or ""):
        return [_doubt(ticket, "comments", "a comment with signed uploads")]
    # A webhook tells a comment's address beside it, an answer inside.
    return [CommentSeen(ticket=ticket, record={"url": content.text("url"), **comment.value})]


def _label(action: str, label: Fields, content: Fields) -> list[Event]:
    if label.flag("isGroup"):
        return [Ignored(reason="a group of labels; no issue carries one")]
    if action == "remove":
        return [DefinitionGone(kind="label", id=label.need_id("id"))]
    return [DefinitionSeen(definition=definitions.label(label))]


def _cycle(action: str, cycle: Fields, content: Fields) -> list[Event]:
    if action == "remove":
        return [DefinitionGone(kind="sprint", id=cycle.need_id("id"))]
    return [DefinitionSeen(definition=definitions.cycle(cycle))]


def _linear_project(action: str, project: Fields, content: Fields) -> list[Event] | None:
    """Its milestones are definitions; its name reaches tickets when they are read."""
    stones = [Fields.of(one, "Project.milestones") for one in project.items("milestones")]
    if action == "remove":
        return [
            DefinitionGone(kind="milestone", id=stone.need_id("id")) for stone in stones
        ] or None
    return [DefinitionSeen(definition=definitions.milestone(stone)) for stone in stones] or None


def _reaction(action: str, reaction: Fields, content: Fields) -> list[Event]:
    if reaction.id("issueId") is None:
        return [Ignored(reason="a reaction to something else than an issue")]
    return [_doubt(_ticket(reaction, "issueId"), "core", f"Reaction.{action}")]


def _attachment(action: str, attachment: Fields, content: Fields) -> list[Event]:
    return [_doubt(_ticket(attachment, "issueId"), "links", f"Attachment.{action}")]


def _relation(action: str, relation: Fields, content: Fields) -> list[Event]:
    ends = (_ticket(relation, "issueId"), relation.need_id("relatedIssueId"))
    return [Doubtful(tickets=ends, aspect="links", reason=f"IssueRelation.{action}")]


def _before(content: Fields) -> Fields:
    """Former values by name; a null among them was empty, so ask for the name alone."""
    return content.object("updatedFrom") or Fields({}, "updatedFrom")


def _doubt(ticket: str, aspect: Aspect, reason: str) -> Doubtful:
    return Doubtful(tickets=(ticket,), aspect=aspect, reason=reason)


def _ticket(about: Fields, name: str) -> str:
    """The drain key: the issue's UUID, which no move changes."""
    return about.need_id(name)


_READERS: dict[str, Reader] = {
    "Issue": _issue,
    "Comment": _comment,
    "IssueLabel": _label,
    "Cycle": _cycle,
    "Project": _linear_project,
    "Reaction": _reaction,
    "Attachment": _attachment,
    "IssueRelation": _relation,
}
