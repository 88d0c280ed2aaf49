"""The changes a webhook tells exactly: its `changes`, with the values before and after.

https://docs.gitlab.com/user/project/integrations/webhook_events/#work-item-events

It names milestones and iterations by number alone, and what the source makes of types, severities
and labels no payload knows: those are told without values, or by the labels themselves.
"""

from collections.abc import Callable

from schemas.event import ChangesTold
from schemas.history import members
from schemas.model import Json
from trackers.fields import Fields
from trackers.gitlab import values
from trackers.told import told_change

_Reader = Callable[[Fields, str], Json]
"""(pair, "previous" or "current") to the value in the form of the history."""

_NOISE = frozenset(
    {
        "id", "iid", "author_id", "project_id", "created_at", "updated_at", "closed_at",
        "last_edited_at", "last_edited_by_id", "updated_by_id", "closed_by_id", "state",
        "relative_position", "lock_version", "time_change", "human_time_change",
        "human_time_estimate", "human_total_time_spent", "assignee_id", "assignee_ids",
    }
)  # fmt: skip
"""What follows from other changes, or is none that anybody would look for."""

_UNTOLD = {
    "milestone_id": "milestone",
    "iteration": "sprint",
    "iteration_id": "sprint",
    "sprint_id": "sprint",
    "type": "type",
    "severity": "severity",
}


def told(ticket: str, issue: Fields, content: Fields) -> ChangesTold | None:
    """What an issue hook says beside the issue itself; None when that is nothing.

    An opening lists every field as changed from nothing.
    """
    changes = content.object("changes")
    if not changes or not changes.value or issue.text("action") == "open":
        return None
    moved = changes.object("updated_at")
    at = (values.moment(moved, "current") if moved else None) or values.moment(issue, "updated_at")
    if at is None:
        return None
    user = content.object("user")
    actor = values.person(user) if user else None
    entries = []
    for native in sorted(changes.value):
        change = _change(changes, native)
        if change is not None:
            field, before, after, is_told = change
            entries.append(
                told_change(ticket, at, actor, native, field, before, after, told=is_told)
            )
    return ChangesTold(ticket=ticket, entries=tuple(entries)) if entries else None


def _change(changes: Fields, native: str) -> tuple[str | None, Json, Json, bool] | None:
    """(our field, before, after, whether these are told); None for no change at all."""
    if native in _NOISE or not isinstance(changes.value[native], dict):
        return None
    pair = Fields(changes.value[native], f"{changes.path}.{native}")
    if pair.value.get("previous") == pair.value.get("current"):
        return None
    if native in _UNTOLD:
        return _UNTOLD[native], None, None, False
    if native in _SETS:
        gone, came = _SETS[native](pair, "previous"), _SETS[native](pair, "current")
        before, after = members(gone - came) or None, members(came - gone) or None
        return (native, before, after, True) if before or after else None
    field, read = _PLAIN.get(native, (None, _raw))
    before, after = read(pair, "previous"), read(pair, "current")
    if native == "description" and _is_rewritten(pair):
        return field, None, None, False
    return None if before == after else (field, before, after, True)


def _is_rewritten(pair: Fields) -> bool:
    """Hooks print links to uploads otherwise than the API does."""
    return any("/uploads/" in (pair.text(name) or "") for name in ("previous", "current"))


def _raw(pair: Fields, side: str) -> Json:
    return pair.value.get(side)


def _text(pair: Fields, side: str) -> Json:
    return pair.text(side) or None


def _body(pair: Fields, side: str) -> Json:
    return values.body(pair.text(side)) or None


def _state(pair: Fields, side: str) -> Json:
    return "closed" if values.count(pair, side) == 2 else "opened"


def _day(pair: Fields, side: str) -> Json:
    found = values.day(pair, side)
    return found.isoformat() if found else None


def _flag(pair: Fields, side: str) -> Json:
    return bool(pair.flag(side))


def _count(pair: Fields, side: str) -> Json:
    return values.count(pair, side)


def _span(pair: Fields, side: str) -> Json:
    return values.count(pair, side) or None


def _labels(pair: Fields, side: str) -> set[str]:
    items = pair.items(side)
    return {one if isinstance(one, str) else values.named(Fields.of(one, "label")) for one in items}


def _people(pair: Fields, side: str) -> set[str]:
    return {one.id for one in values.people(pair, side)}


_PLAIN: dict[str, tuple[str | None, _Reader]] = {
    "title": ("title", _text),
    "description": ("body", _body),
    "state_id": ("status", _state),
    "due_date": ("due_date", _day),
    "confidential": ("confidential", _flag),
    "discussion_locked": ("locked", _flag),
    "weight": ("weight", _count),
    "time_estimate": ("time_estimate", _span),
    "total_time_spent": ("time_spent", _span),
}
_SETS: dict[str, Callable[[Fields, str], set[str]]] = {"labels": _labels, "assignees": _people}
