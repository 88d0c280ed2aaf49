"""What an issue's past tells: resource events, and system notes for what these do not cover.

https://docs.gitlab.com/api/resource_state_events/ and its siblings for labels, milestones,
iterations and weights; the last two need a licence, which shows in the issue's own record.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from schemas.history import History, HistoryEntry
from schemas.model import Json
from schemas.ticket import Person
from trackers.fields import Fields
from trackers.gitlab import values
from trackers.gitlab.project import FULL_PAGE, Project

Told = tuple[str, Json, Json]
"""(native field, before, after)."""

_AT_ONCE = 50
_BEGINNING = datetime.min.replace(tzinfo=UTC)
_FIELDS = {
    "state": "status",
    "labels": "labels",
    "milestone": "milestone",
    "iteration": "sprint",
    "weight": "weight",
    "title": "title",
    "description": "body",
    "assignees": "assignees",
    "due_date": "due_date",
    "confidential": "confidential",
    "discussion_locked": "locked",
    "time_estimate": "time_estimate",
    "time_spent": "time_spent",
    "issue_type": "type",
}
_BY_EVENTS = re.compile(
    r"(added|removed) .*~|(closed|reopened)\b|(changed|removed) (the )?milestone|"
    r"(changed|removed) (the )?weight|set weight|(changed|removed) (the )?iteration|"
    r"set (the )?iteration"
)
"""System notes that older versions wrote for what resource events tell as well."""

_TITLE = re.compile(r"changed title from \*\*(.*)\*\* to \*\*(.*)\*\*", re.DOTALL)
_NOTES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"changed the description|marked the checklist item"), "description"),
    (re.compile(r"(un)?assigned "), "assignees"),
    (re.compile(r"(changed|removed) (the )?due date"), "due_date"),
    (re.compile(r"made the issue (confidential|visible)"), "confidential"),
    (re.compile(r"(un)?locked "), "discussion_locked"),
    (re.compile(r"(changed|removed) (the )?time estimate"), "time_estimate"),
    (re.compile(r"(added|subtracted|removed|deleted) .*time spent"), "time_spent"),
    (re.compile(r"(changed|promoted) .*type"), "issue_type"),
    (re.compile(r"(marked|removed) .*(relat|block)"), "links"),
)
_MARKUP = re.compile(r"\{[+-]|[+-]\}")
"""The words that differ are set off inside a title."""


def history(project: Project, tickets: Sequence[str]) -> Iterator[History]:
    """Every change of these issues that GitLab still tells of, oldest first per issue."""
    for start in range(0, len(tickets), _AT_ONCE):
        some = [one for one in tickets[start : start + _AT_ONCE] if one.isdecimal()]
        numbers = "&".join(f"iids[]={one}" for one in some)
        path = project.path(f"/issues?{numbers}&per_page={FULL_PAGE}")
        answer = project.get(path)
        for issue in answer.items if answer.ok and some else []:
            number = values.number_of(Fields.of(issue, "issue"))
            told = sorted(_of(project, issue), key=lambda entry: (entry.at, entry.id))
            yield History(ticket=number, entries=tuple(told))


def _of(project: Project, issue: dict[str, Json]) -> Iterator[HistoryEntry]:
    number = values.number_of(Fields.of(issue, "issue"))
    for kind, tell in _KINDS.items():
        if kind in ("iteration", "weight") and kind not in issue:
            continue
        for item in project.permitted(f"/issues/{number}/resource_{kind}_events"):
            yield _entry(number, kind, Fields.of(item, f"{kind}_event"), *tell(item))
    notes = f"/issues/{number}/notes"
    for item in project.everything(notes, {"sort": "asc", "order_by": "created_at"}) or []:
        told = _noted(str(item.get("body") or "")) if item.get("system") else None
        if told:
            author = item.get("author")
            note = Fields.of({**item, "user": author}, "note")
            yield _entry(number, "note", note, *told)


def _entry(
    number: str, kind: str, record: Fields, native: str, before: Json, after: Json
) -> HistoryEntry:
    return HistoryEntry(
        id=f"{kind}:{record.need_id('id')}",
        ticket=number,
        at=values.moment(record, "created_at") or _BEGINNING,
        actor=_actor(record),
        native_field=native,
        field=_FIELDS.get(native),
        before=before,
        after=after,
    )


def _actor(record: Fields) -> Person | None:
    user = record.object("user")
    return values.person(user) if user else None


def _state(event: dict[str, Json]) -> Told:
    """Only the new state is told; there are two, so the old one is the other."""
    after = "closed" if event.get("state") == "closed" else "opened"
    return "state", "opened" if after == "closed" else "closed", after


def _member(native: str, inner: str) -> Callable[[dict[str, Json]], Told]:
    """Events that add or remove one thing; what was deleted since has no name any more."""

    def tell(event: dict[str, Json]) -> Told:
        found = event.get(inner)
        name = (found.get("name") or found.get("title")) if isinstance(found, dict) else None
        return (native, None, name) if event.get("action") == "add" else (native, name, None)

    return tell


def _weight(event: dict[str, Json]) -> Told:
    return "weight", event.get("previous_weight"), event.get("weight")


_KINDS: dict[str, Callable[[dict[str, Json]], Told]] = {
    "state": _state,
    "label": _member("labels", "label"),
    "milestone": _member("milestone", "milestone"),
    "iteration": _member("iteration", "iteration"),
    "weight": _weight,
}


def _noted(body: str) -> Told | None:
    """A system note as a change; words alone tell, and only a title's have both values."""
    if _BY_EVENTS.match(body):
        return None
    title = _TITLE.match(body)
    if title:
        return "title", _MARKUP.sub("", title[1]), _MARKUP.sub("", title[2])
    native = next((native for pattern, native in _NOTES if pattern.match(body)), "note")
    return native, None, body
