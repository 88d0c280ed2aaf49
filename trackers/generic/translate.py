"""Messages' records as canonical tickets, comments and relations. Pure; see docs/generic.md."""

from collections.abc import Mapping
from datetime import date, datetime

from schemas import revision
from schemas.errors import Permanent
from schemas.model import Json
from schemas.source import Source
from schemas.ticket import Comment, Privacy, Relation, StatusCategory, Ticket, TicketRef
from trackers import markers
from trackers.fields import Fields
from trackers.generic import parts
from trackers.generic.facts import TIME, TYPE
from trackers.generic.words import CATEGORIES, SEVERITIES

_WHOLE_TYPES = ("ticket.created", "ticket.restored")
_STATE = frozenset({"state", "status", "status_category"})
_FOLLOWS = {
    "state": _STATE,
    "status": _STATE,
    "status_category": _STATE,
    "priority": frozenset({"priority", "severity"}),
    "sprint": frozenset({"sprint", "sprints"}),
}
_FILLABLE = {"severity", "customer", "estimate", "story_points", "weight", "due_date", "priority"}
_RELATIONS = (
    "parent", "child", "blocks", "blocked_by", "duplicates", "duplicated_by", "relates",
    "pull_request",
)  # fmt: skip


def to_ticket(record: Json, source: Source) -> Ticket:
    """A record of one ticket, whole or explicitly partial; Permanent naming a wrong field."""
    told = _filled(Fields.of(record, "ticket"), source)
    key = told.need_id("id")
    at = told.time(TIME)
    updated = told.time("updated_at") or at
    category = _category(told, source)
    state = _state(told, category)
    sprints = tuple(parts.sprint(one) for one in told.items("sprints"))
    sprint = parts.sprint(told.value["sprint"]) if told.value.get("sprint") is not None else None
    return Ticket(
        source=source.name,
        external_id=key,
        key=told.text("key") or key,
        number=told.whole("number"),
        url=told.text("url"),
        title=told.text("title") or "",
        body=_markdown(told.text("body")),
        type=_mapped(told.text("type") or "issue", source.types).lower(),
        state="closed" if state == "closed" else "open",
        status=told.text("status") or state,
        status_id=told.id("status_id"),
        status_category=_fitting(category, state),
        close_reason=told.text("close_reason"),
        priority=told.text("priority"),
        severity=_severity(told, source),
        labels=tuple(parts.label(one) for one in told.items("labels")),
        assignees=tuple(parts.person(one, "ticket.assignees") for one in told.items("assignees")),
        reporter=parts.optional_person(told, "reporter"),
        milestone=parts.milestone(told),
        sprint=sprint,
        sprints=sprints or ((sprint,) if sprint else ()),
        project=parts.optional_thing(told, "project"),
        parent=parts.reference(told, "parent"),
        epic=parts.reference(told, "epic"),
        components=tuple(parts.thing(one, "ticket.components") for one in told.items("components")),
        estimate=_number(told, "estimate"),
        story_points=_number(told, "story_points"),
        weight=told.whole("weight"),
        time_estimate=told.whole("time_estimate"),
        time_spent=told.whole("time_spent"),
        due_date=_day(told, "due_date"),
        customer=told.text("customer"),
        reactions=_reactions(told),
        custom_fields=dict(_object(told, "custom_fields")),
        locked=bool(told.flag("locked")),
        confidential=told.flag("confidential"),
        privacy=_privacy(told),
        created_at=told.time("created_at") or (at if _is(told, "ticket.created") else None),
        updated_at=updated,
        closed_at=_closed_at(told, state, at),
        revision=_revision(told, updated),
        comment_count=told.whole("comment_count"),
        attachments=tuple(parts.attachment(one) for one in told.items("attachments")),
        present=_present(told),
    )


def to_comment(record: Json, source: Source) -> Comment:
    """A record of one comment; its revision is its own."""
    told = Fields.of(record, "comment")
    updated = told.time("updated_at") or told.time(TIME)
    return Comment(
        id=told.need_id("id"),
        author=parts.optional_person(told, "author"),
        body=_markdown(told.text("body")),
        url=told.text("url"),
        internal=bool(told.flag("internal")),
        created_at=told.time("created_at"),
        updated_at=updated,
        revision=_revision(told, updated),
    )


def to_relation(record: Json, source: Source) -> Relation:
    """A record of one link."""
    told = Fields.of(record, "relation")
    kind = told.need_text("kind")
    if kind not in _RELATIONS:
        raise Permanent(f"relation.kind is {kind[:40]!r}, not one of {', '.join(_RELATIONS)}")
    target = TicketRef(
        external_id=told.id("id"),
        key=told.text("key") or told.id("id"),
        url=told.text("url"),
        title=told.text("title"),
    )
    pull = told.object("pull_request") if kind == "pull_request" else None
    if kind == "pull_request" and pull is None:
        raise Permanent("relation.pull_request is missing")
    shown = parts.pull_request(pull) if pull else None
    return Relation.model_validate({"kind": kind, "target": target, "pull_request": shown})


def whole(told: Fields) -> bool:
    """Whether a record speaks for every field: what it leaves out is empty then.

    A new ticket with a title is whole, and so is one that names title, text and state.
    """
    if told.flag("partial"):
        return False
    if told.value.get(TYPE) in _WHOLE_TYPES and "title" in told:
        return True
    return "title" in told and "body" in told and ("state" in told or "status" in told)


def _present(told: Fields) -> frozenset[str] | None:
    if whole(told):
        return None
    known = Ticket.model_fields.keys() - {"source", "external_id", "present", "comments"}
    names = {name for name in told.value if name in known}
    for name in tuple(names):
        names |= _FOLLOWS.get(name, frozenset())
    if names & _STATE and _is(told, "ticket.closed", "ticket.reopened"):
        names.add("closed_at")
    return frozenset(names | {"updated_at", "revision"})


def _filled(told: Fields, source: Source) -> Fields:
    """With the fields of ours that the source says are kept under other names."""
    if not source.fields:
        return told
    custom = _object(told, "custom_fields")
    found = {
        ours: custom.get(theirs, told.value.get(theirs))
        for ours, theirs in source.fields.items()
        if ours in _FILLABLE and (theirs in custom or theirs in told)
    }
    return Fields({**told.value, **found}, told.path)


def _category(told: Fields, source: Source) -> StatusCategory | None:
    named_so = told.text("status_category")
    if named_so is not None:
        if named_so not in StatusCategory.__members__:
            known = ", ".join(StatusCategory.__members__)
            raise Permanent(f"{told.path}.status_category is {named_so[:40]!r}, not one of {known}")
        return StatusCategory(named_so)
    status = (told.text("status") or "").strip().lower()
    own = {name.lower(): meaning for name, meaning in source.statuses.items()}
    return StatusCategory(own[status]) if status in own else CATEGORIES.get(status)


def _state(told: Fields, category: StatusCategory | None) -> str:
    state = told.text("state")
    if state is None:
        return "closed" if category in ("done", "canceled") else "open"
    if state not in ("open", "closed"):
        raise Permanent(f"{told.path}.state is {state[:40]!r}, neither open nor closed")
    return state


def _fitting(category: StatusCategory | None, state: str) -> StatusCategory:
    """The category, as long as the state does not say otherwise."""
    ended = category in (StatusCategory.done, StatusCategory.canceled)
    if category is None or ended != (state == "closed"):
        return StatusCategory.done if state == "closed" else StatusCategory.todo
    return category


def _closed_at(told: Fields, state: str, at: datetime | None) -> datetime | None:
    if state != "closed":
        return None
    return told.time("closed_at") or (at if _is(told, "ticket.closed") else None)


def _severity(told: Fields, source: Source) -> str | None:
    word = told.text("severity") or told.text("priority")
    if word is None:
        return None
    own = {name.lower(): meaning for name, meaning in source.severities.items()}
    return (own | {k: v for k, v in SEVERITIES.items() if k not in own}).get(word.strip().lower())


def _revision(told: Fields, updated: datetime | None) -> str | None:
    """The sender's own counter, else the time of the change, as finely as it is told."""
    counted = told.whole("revision")
    if counted is not None:
        return str(counted)
    return revision.of_time(updated, 6) if updated else None


def _number(told: Fields, name: str) -> float | None:
    found = told.value.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise Permanent(f"{told.path}.{name} is no number")
    return float(found)


def _day(told: Fields, name: str) -> date | None:
    found = told.text(name)
    if not found:
        return None
    try:
        return date.fromisoformat(found[:10])
    except ValueError:
        raise Permanent(f"{told.path}.{name} is no date such as 2027-01-31") from None


def _reactions(told: Fields) -> dict[str, int]:
    counts = Fields(dict(_object(told, "reactions")), f"{told.path}.reactions")
    return {name: counts.whole(name) or 0 for name in counts.value if counts.whole(name)}


def _object(told: Fields, name: str) -> Mapping[str, Json]:
    found = told.object(name)
    return found.value if found else {}


def _privacy(told: Fields) -> Privacy | None:
    found = told.text("privacy")
    if found is not None and found not in Privacy.__members__:
        known = ", ".join(Privacy.__members__)
        raise Permanent(f"{told.path}.privacy is {found[:40]!r}, not one of {known}")
    return Privacy(found) if found else None


def _mapped(word: str, known: Mapping[str, str]) -> str:
    folded = {name.lower(): meaning for name, meaning in known.items()}
    return folded.get(word.lower(), word)


def _is(told: Fields, *kinds: str) -> bool:
    return told.value.get(TYPE) in kinds


def _markdown(text: str | None) -> str:
    """LF line ends, without our own markers; null is the empty text."""
    plain = text or ""
    if "\r" in plain:
        plain = plain.replace("\r\n", "\n").replace("\r", "\n")
    return markers.without(plain) if "<!-- ticketsync:" in plain else plain
