"""A change as the steps that carry it out, in GitLab's form. Pure.

Fields: https://docs.gitlab.com/api/issues/#create-an-issue
"""

from collections.abc import Callable

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
from schemas.ticket import Ticket
from trackers import markers
from trackers.colors import spelt
from trackers.gitlab import quick

LARGEST_TITLE = 255
LARGEST_TEXT = 1_048_576
TYPES = ("issue", "incident", "test_case", "task")
LINKS = {"relates": "relates_to", "blocks": "blocks", "blocked_by": "is_blocked_by"}
TIMES = {"time_estimate": "estimate", "time_spent": "spend"}

Put = dict[str, Json]
Losses = list[str]


def to_writes(change: Change, source: Source) -> list[Write]:
    """The steps in order; what has no place at GitLab is told as a loss of the first one."""
    match change:
        case TicketChange():
            return _ticket(change, source)
        case CommentChange():
            return [_comment(change)]
        case LinkChange():
            return [_link(change)]
        case DeleteChange():
            return [Write(step="delete", ticket=change.ticket)]


def duration(seconds: int) -> str:
    """`3h30m`: hours at most, since days and weeks of work differ by instance
    (https://docs.gitlab.com/user/project/time_tracking/#available-time-units)."""
    sign, rest = ("-", -seconds) if seconds < 0 else ("", seconds)
    parts = ((rest // 3600, "h"), (rest // 60 % 60, "m"), (rest % 60, "s"))
    return sign + ("".join(f"{number}{unit}" for number, unit in parts if number) or "0s")


def _ticket(change: TicketChange, source: Source) -> list[Write]:
    wanted, creates = change.wanted, change.ticket is None
    put: Put = {"title": _title(wanted)} if creates else {}
    losses: Losses = []
    for name in sorted(change.fields):
        writer = _WRITERS.get(name)
        if writer:
            writer(change, source, put, losses)
        elif name not in TIMES and name not in _TOLD_BY_STATE:
            losses.append(f"{name} has no place in GitLab's API")
    if creates:
        put.setdefault("description", _text("", change))
    closes = put.pop("state_event", None) if creates else None
    times = [
        (step, {"seconds": getattr(wanted, name) or 0})
        for name, step in TIMES.items()
        if name in change.fields and not (creates and not getattr(wanted, name))
    ]
    # The answer to an update is the whole issue, that to a time is not: so it comes last.
    last = {"state_event": "close"} if closes == "close" else {}
    steps = [("create", put), *times] if creates else times
    last = last if creates else put
    steps += [("update", last)] if last else []
    return _steps(change, steps, losses)


def _steps(change: TicketChange, steps: list[tuple[str, Put]], losses: Losses) -> list[Write]:
    """Losses alone make no step: then there is nothing that GitLab could be told."""
    return [
        Write(
            step=step,
            ticket=change.ticket,
            body=body if place == len(steps) - 1 or step not in TIMES.values() else _unread(body),
            marker=change.marker if step == "create" else None,
            losses=tuple(losses) if place == 0 else (),
        )
        for place, (step, body) in enumerate(steps)
    ]


def _unread(body: Put) -> Put:
    """A time that another step follows: nobody needs to read the issue in between."""
    return {**body, "read": False}


def _comment(change: CommentChange) -> Write:
    if change.wanted is None:
        return Write(step="delete_comment", ticket=change.ticket, comment=change.comment)
    body: Put = {"body": _marked(change.wanted.body, change.record, "body", change.marker)}
    if change.comment is None and change.wanted.internal:
        body["internal"] = True
    return Write(
        step="comment" if change.comment is None else "edit_comment",
        ticket=change.ticket,
        comment=change.comment,
        body=body,
        marker=change.marker,
    )


def _link(change: LinkChange) -> Write:
    kind, target = change.relation.kind, change.relation.target
    link = LINKS.get(kind)
    if link is None:
        raise Permanent(f"GitLab's API makes no link of kind {kind}")
    project, _, number = (target.key or "").rpartition("#")
    number = target.external_id or number
    if not (number.isascii() and number.isdecimal()):
        raise Permanent(f"{target.key or target.url or 'the target'} is no issue of GitLab")
    body = {
        "link_type": link,
        "target_issue_iid": number,
        "target_project": None if target.external_id else project or None,
    }
    return Write(step="unlink" if change.remove else "link", ticket=change.ticket, body=body)


def _title(wanted: Ticket) -> str:
    title = wanted.title.strip()
    if not title:
        raise Permanent("an issue needs a title")
    return title if len(title) <= LARGEST_TITLE else f"{title[: LARGEST_TITLE - 1]}…"


def _write_title(change: TicketChange, source: Source, put: Put, losses: Losses) -> None:
    put["title"] = _title(change.wanted)
    if put["title"] != change.wanted.title.strip():
        losses.append(f"title is cut to {LARGEST_TITLE} characters")


def _write_body(change: TicketChange, source: Source, put: Put, losses: Losses) -> None:
    put["description"] = _text(change.wanted.body, change)
    if len(put["description"]) > LARGEST_TEXT:
        raise Permanent(f"the description is longer than {LARGEST_TEXT} characters")


def _text(text: str, change: TicketChange) -> str:
    return _marked(text, change.record, "description", change.marker)


def _marked(text: str, record: Json, field: str, marker: Marker | None) -> str:
    """The text made harmless, with the marker that was there or is new."""
    before = record.get(field) if isinstance(record, dict) else None
    known = markers.found(before) if isinstance(before, str) else []
    kept = [marker] if marker else known[:1]
    parts = [quick.disarmed(markers.without(text)), *(markers.hidden(one) for one in kept)]
    return "\n\n".join(part for part in parts if part)


def _write_state(change: TicketChange, source: Source, put: Put, losses: Losses) -> None:
    put["state_event"] = "close" if change.wanted.state == "closed" else "reopen"


def _write_labels(change: TicketChange, source: Source, put: Put, losses: Losses) -> None:
    """Added and removed where the issue is known, so that others' labels stay; else as a whole.

    Names that are new become labels of the project.
    """
    names = [label.name for label in change.wanted.labels]
    looks = {
        label.name: {"color": spelt(label.color), "description": label.description or ""}
        for label in change.wanted.labels
        if spelt(label.color)
    }
    fit = [name for name in names if "," not in name]
    losses += [f"label {name!r}: names hold no comma" for name in names if name not in fit]
    held = _held_labels(change.record)
    if held is None:
        put |= {"labels": fit} | _shown(looks, fit)
        return
    folded, wanted = {name.lower() for name in held}, {name.lower() for name in fit}
    added = [name for name in fit if name.lower() not in folded]
    removed = [name for name in held if name.lower() not in wanted]
    put |= {"add_labels": added} | _shown(looks, added) if added else {}
    put |= {"remove_labels": removed} if removed else {}


def _shown(looks: dict[str, Json], names: list[str]) -> Put:
    """How labels are to look that the project lacks; the client makes those."""
    found = {name: looks[name] for name in names if name in looks}
    return {"looks": found} if found else {}


def _held_labels(record: Json) -> list[str] | None:
    labels = record.get("labels") if isinstance(record, dict) else None
    if not isinstance(labels, list):
        return None
    names = [one.get("name") if isinstance(one, dict) else one for one in labels]
    return [name for name in names if isinstance(name, str)]


def _write_assignees(change: TicketChange, source: Source, put: Put, losses: Losses) -> None:
    """By global id; several need a licence."""
    ids = [person.id for person in change.wanted.assignees]
    known = [one for one in ids if one.isascii() and one.isdecimal()]
    losses += [f"assignee {one!r} is not known at GitLab" for one in ids if one not in known]
    put["assignee_ids"] = [int(one) for one in known]


def _write_milestone(change: TicketChange, source: Source, put: Put, losses: Losses) -> None:
    """By title, which is unique in a project: ids of another tracker mean nothing here."""
    milestone = change.wanted.milestone
    put["milestone"] = milestone and {
        "title": milestone.title,
        "description": milestone.description or "",
        "due_date": milestone.due_on.date().isoformat() if milestone.due_on else "",
    }


def _write_type(change: TicketChange, source: Source, put: Put, losses: Losses) -> None:
    """The source's own names back to GitLab's; tasks and the like are the only ones there are."""
    named = {ours.casefold(): native.casefold() for native, ours in source.types.items()}
    wanted = named.get(change.wanted.type.casefold(), change.wanted.type.casefold())
    if wanted in TYPES:
        put["issue_type"] = wanted
    else:
        losses.append(f"type {change.wanted.type!r} is none of {', '.join(TYPES)}")


def _write_due_date(change: TicketChange, source: Source, put: Put, losses: Losses) -> None:
    day = change.wanted.due_date
    put["due_date"] = day.isoformat() if day else ""


def _write_weight(change: TicketChange, source: Source, put: Put, losses: Losses) -> None:
    """Needs a licence; without one GitLab ignores it, which the answer shows."""
    put["weight"] = change.wanted.weight


def _write_confidential(change: TicketChange, source: Source, put: Put, losses: Losses) -> None:
    put["confidential"] = bool(change.wanted.confidential)


def _write_locked(change: TicketChange, source: Source, put: Put, losses: Losses) -> None:
    put["discussion_locked"] = change.wanted.locked


_WRITERS: dict[str, Callable[[TicketChange, Source, Put, Losses], None]] = {
    "title": _write_title,
    "body": _write_body,
    "state": _write_state,
    "labels": _write_labels,
    "assignees": _write_assignees,
    "milestone": _write_milestone,
    "type": _write_type,
    "due_date": _write_due_date,
    "weight": _write_weight,
    "confidential": _write_confidential,
    "locked": _write_locked,
}
_TOLD_BY_STATE = ("status", "status_category")
WRITABLE = frozenset({*_WRITERS, *TIMES})
