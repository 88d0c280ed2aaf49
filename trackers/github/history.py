"""What the timeline of an issue tells of changes; edits of the text are in no list of the API.

https://docs.github.com/rest/using-the-rest-api/issue-event-types
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from schemas.history import History, HistoryEntry
from schemas.model import Json
from schemas.record import Record
from schemas.source import Source
from trackers import derive
from trackers.fields import Fields
from trackers.github import mapped, read, timeline
from trackers.github.repository import Repository
from trackers.github.values import NO_TYPE, person, someone, type_named

TELLS = frozenset(
    {"title", "status", "close_reason", "type", "labels", "assignees", "milestone", "locked"}
)
"""Not among them: the text, and what a source maps from issue fields, since neither is an event.

A deleted label or milestone leaves its issues without one, too."""

Told = tuple[str, str | None, Json, Json]
"""(native field, our field, before, after)."""

_NO_CHANGE = frozenset(
    {
        "commented", "committed", "reviewed", "line-commented", "commit-commented", "mentioned",
        "subscribed", "unsubscribed",
    }
)  # fmt: skip
"""Entries of a timeline that change nothing of the ticket, or are comments of their own."""

_OWN = {"type": "type"}


def history(repository: Repository, source: Source, tickets: Sequence[str]) -> Iterator[History]:
    """All changes, ticket by ticket, oldest first; nothing for issues that are gone."""
    for ticket in tickets:
        found = _of(repository, source, ticket)
        if found:
            yield found


def _of(repository: Repository, source: Source, ticket: str) -> History | None:
    """An address that leads elsewhere may be that of a renamed repository or of another issue."""
    told = timeline.whole(repository, ticket)
    if told is None:
        return None
    events, complete, moved = told
    end: dict[str, Json] = {"labels": [], "type": NO_TYPE}
    if moved or source.types or source.severities:
        record = read.fetch(repository, ticket, frozenset({"core"}))
        if not isinstance(record, Record):
            return None
        end = _end(Fields.of(record.body, "issue"))
    found = entries(ticket, events, repository.name)
    derived = derive.with_derived(found, end, lambda now: _values(now, source), _OWN)
    return History(ticket=ticket, entries=derive.in_order(derived), complete=complete)


def entries(
    ticket: str, events: Sequence[dict[str, Json]], repository: str = ""
) -> list[HistoryEntry]:
    """What the events of one timeline changed; a type in GitHub's word and as no field of ours."""
    course = _Course(repository)
    found = (_entry(ticket, Fields.of(one, "timeline"), course) for one in events)
    return sorted((one for some in found for one in some), key=lambda one: one.at)


class _Course:
    """What was told last: an event does not say which state it put an end to.

    None is what no event has told of yet.
    """

    def __init__(self, repository: str) -> None:
        self.repository = repository
        self.state: str | None = None
        self.reason: str | None = None
        self.locked: bool | None = None

    def turn(self, state: str, reason: str | None) -> list[Told]:
        """One more time the same state may bring another reason. Open ones have none."""
        was, before = self.reason, self.state
        unknown = before is None and state == "open"
        self.state, self.reason = state, reason
        told: list[Told] = []
        if before != state:
            told.append(("state", "status", "closed" if state == "open" else "open", state))
        if was != reason or unknown:
            told.append(("state_reason", "close_reason", was, reason))
        return told

    def lock(self, locked: bool) -> list[Told]:
        """A locked one may be locked again, for another reason."""
        before, self.locked = self.locked, locked
        field = None if before is locked else "locked"
        return [("locked", field, not locked, locked)]


def _entry(ticket: str, event: Fields, course: _Course) -> list[HistoryEntry]:
    """What one event changed: none, one field, or state and reason."""
    kind = event.text("event") or ""
    at = event.time("created_at")
    if not kind or kind in _NO_CHANGE or at is None:
        return []
    reader = _READERS.get(kind)
    told = reader(event, course) if reader else [(kind, None, None, _source(event))]
    key = event.id("id") or f"{kind}:{ticket}:{_source(event)}:{event.text('created_at')}"
    actor = someone(event, "actor")
    return [
        HistoryEntry(
            id=key if place == 0 else f"{key}:{native}",
            ticket=ticket,
            at=at,
            actor=actor,
            native_field=native,
            field=field,
            before=before,
            after=after,
            told=before != after or field is None,
        )
        for place, (native, field, before, after) in enumerate(told)
    ]


def _end(issue: Fields) -> dict[str, Json]:
    names = [one if isinstance(one, str) else one.get("name") for one in issue.items("labels")]
    return {"labels": sorted(filter(None, names)), "type": type_named(issue.object("type"))}


def _values(now: Mapping[str, Json], source: Source) -> dict[str, Json]:
    """What a ticket makes of its labels and its type, by the source's map."""
    severity = mapped.filled({}, now["labels"], source).get("severity")
    return {"type": mapped.kind(now["type"], now["labels"], source), "severity": severity}


def _source(event: Fields) -> Json:
    """The address of what refers to the issue, in a cross-reference."""
    source = event.object("source")
    issue = source.object("issue") if source else None
    return issue.text("html_url") if issue else None


_Reader = Callable[[Fields, _Course], list[Told]]


def _thing(field: str, inner: str, name: str, *, many: bool, gone: bool = False) -> _Reader:
    """A thing that came, or went; of many, as a member."""

    def read(event: Fields, course: _Course) -> list[Told]:
        thing = event.object(inner)
        named = thing.text(name) if thing else None
        value: Json = [named] if many and named else named
        return [(field, field, value, None) if gone else (field, field, None, value)]

    return read


def _assignee(*, gone: bool = False) -> _Reader:
    def read(event: Fields, course: _Course) -> list[Told]:
        user = event.object("assignee")
        value = [person(user).id] if user else None
        told = (value, None) if gone else (None, value)
        return [("assignees", "assignees", *told)]

    return read


def _line(native: str, *, gone: bool = False) -> _Reader:
    """A link to another issue: by number in this repository, else by `owner/repo#number`."""

    def read(event: Fields, course: _Course) -> list[Told]:
        other = event.object(native)
        repository = other.object("repository") if other else None
        name = (repository.text("full_name") if repository else None) or ""
        number = str(other.whole("number")) if other else None
        ours = not name or name.lower() == course.repository.lower()
        value = number if ours or number is None else f"{name}#{number}"
        return [(native, None, value, None) if gone else (native, None, None, value)]

    return read


def _renamed(event: Fields, course: _Course) -> list[Told]:
    rename = event.need_object("rename")
    return [("title", "title", rename.text("from"), rename.text("to"))]


def _closed(event: Fields, course: _Course) -> list[Told]:
    return course.turn("closed", event.text("state_reason"))


def _reopened(event: Fields, course: _Course) -> list[Told]:
    return course.turn("open", None)


def _locked(event: Fields, course: _Course) -> list[Told]:
    return course.lock(True)


def _unlocked(event: Fields, course: _Course) -> list[Told]:
    return course.lock(False)


def _typed(event: Fields, course: _Course) -> list[Told]:
    before, after = event.object("prev_issue_type"), event.object("issue_type")
    if event.text("event") == "issue_type_removed":
        before, after = before or after, None
    return [("type", None, type_named(before), type_named(after))]


_READERS: dict[str, _Reader] = {
    "renamed": _renamed,
    "closed": _closed,
    "reopened": _reopened,
    "locked": _locked,
    "unlocked": _unlocked,
    "labeled": _thing("labels", "label", "name", many=True),
    "unlabeled": _thing("labels", "label", "name", many=True, gone=True),
    "assigned": _assignee(),
    "unassigned": _assignee(gone=True),
    "milestoned": _thing("milestone", "milestone", "title", many=False),
    "demilestoned": _thing("milestone", "milestone", "title", many=False, gone=True),
    "issue_type_added": _typed,
    "issue_type_changed": _typed,
    "issue_type_removed": _typed,
    "parent_issue_added": _line("parent_issue"),
    "parent_issue_removed": _line("parent_issue", gone=True),
    "sub_issue_added": _line("sub_issue"),
    "sub_issue_removed": _line("sub_issue", gone=True),
    "blocked_by_added": _line("blocked_by"),
    "blocked_by_removed": _line("blocked_by", gone=True),
    "blocking_added": _line("blocking"),
    "blocking_removed": _line("blocking", gone=True),
}
