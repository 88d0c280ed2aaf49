"""What the timeline of an issue tells of changes; edits of the text are in no list of the API.

https://docs.github.com/rest/using-the-rest-api/issue-event-types
"""

from collections.abc import Callable, Iterator, Sequence

from schemas.errors import Permanent
from schemas.history import History, HistoryEntry
from schemas.model import Json
from trackers.fields import Fields
from trackers.github.repository import FULL_PAGE, Repository
from trackers.github.translate import person

Told = tuple[str, str | None, Json, Json]
"""(native field, our field, before, after)."""

_NO_CHANGE = frozenset(
    {
        "commented", "committed", "reviewed", "line-commented", "commit-commented", "mentioned",
        "subscribed", "unsubscribed",
    }
)  # fmt: skip
"""Entries of a timeline that change nothing of the ticket, or are comments of their own."""


def history(repository: Repository, tickets: Sequence[str]) -> Iterator[History]:
    """All changes, ticket by ticket, oldest first; nothing for issues that are gone."""
    for ticket in tickets:
        told = [one for event in timeline(repository, ticket) for one in entries(ticket, event)]
        yield History(ticket=ticket, entries=tuple(told))


def timeline(
    repository: Repository, ticket: str, exclude: Sequence[str] = ()
) -> Iterator[dict[str, Json]]:
    """The issue's timeline to its end, without the kinds of events in `exclude`."""
    if not (ticket.isascii() and ticket.isdecimal()):
        raise Permanent(f"{ticket[:40]!r} is no number of an issue at GitHub")
    path = repository.path(f"/issues/{ticket}/timeline")
    left_out = {"exclude": ",".join(exclude)} if exclude else {}
    for answer in repository.session.pages(path, {**left_out, "per_page": FULL_PAGE}):
        if answer.missing:
            return
        yield from answer.items


def entries(ticket: str, record: dict[str, Json]) -> list[HistoryEntry]:
    """What one event changed: none, one field, or state and reason."""
    event = Fields.of(record, "timeline")
    kind = event.text("event") or ""
    at = event.time("created_at")
    if not kind or kind in _NO_CHANGE or at is None:
        return []
    actor = event.object("actor")
    key = event.id("id") or f"{kind}:{_source(event)}:{event.text('created_at')}"
    return [
        HistoryEntry(
            id=key if place == 0 else f"{key}:{native}",
            ticket=ticket,
            at=at,
            actor=person(actor) if actor else None,
            native_field=native,
            field=field,
            before=before,
            after=after,
        )
        for place, (native, field, before, after) in enumerate(_told(kind, event))
    ]


def _told(kind: str, event: Fields) -> list[Told]:
    reader = _READERS.get(kind)
    return reader(event) if reader else [(kind, None, None, _source(event))]


def _source(event: Fields) -> Json:
    """The address of what refers to the issue, in a cross-reference."""
    source = event.object("source")
    issue = source.object("issue") if source else None
    return issue.text("html_url") if issue else None


def _named(
    native: str, key: str, name: str, *, gone: bool = False
) -> Callable[[Fields], list[Told]]:
    """A thing that came, or went."""

    def read(event: Fields) -> list[Told]:
        thing = event.object(key)
        value = thing.value.get(name) if thing else None
        return [(native, native, value, None) if gone else (native, native, None, value)]

    return read


def _line(field: str, key: str, *, gone: bool = False) -> Callable[[Fields], list[Told]]:
    """A link to another issue, by `owner/repo#number`."""

    def read(event: Fields) -> list[Told]:
        other = event.object(key)
        repository = other.object("repository") if other else None
        name = repository.text("full_name") if repository else None
        value = f"{name or ''}#{other.whole('number')}" if other else None
        return [(key, field, value, None) if gone else (key, field, None, value)]

    return read


def _renamed(event: Fields) -> list[Told]:
    rename = event.need_object("rename")
    return [("title", "title", rename.text("from"), rename.text("to"))]


def _closed(event: Fields) -> list[Told]:
    reason = event.text("state_reason")
    told: list[Told] = [("state", "state", "open", "closed")]
    return [*told, ("state_reason", "close_reason", None, reason)] if reason else told


def _reopened(event: Fields) -> list[Told]:
    return [("state", "state", "closed", "open")]


def _locked(event: Fields) -> list[Told]:
    return [("locked", "locked", False, True)]


def _unlocked(event: Fields) -> list[Told]:
    return [("locked", "locked", True, False)]


def _typed(event: Fields) -> list[Told]:
    before, after = event.object("prev_issue_type"), event.object("issue_type")
    if event.text("event") == "issue_type_removed":
        before, after = before or after, None
    names = [one.text("name") if one else None for one in (before, after)]
    return [("type", "type", names[0], names[1])]


_READERS: dict[str, Callable[[Fields], list[Told]]] = {
    "renamed": _renamed,
    "closed": _closed,
    "reopened": _reopened,
    "locked": _locked,
    "unlocked": _unlocked,
    "labeled": _named("labels", "label", "name"),
    "unlabeled": _named("labels", "label", "name", gone=True),
    "assigned": _named("assignees", "assignee", "login"),
    "unassigned": _named("assignees", "assignee", "login", gone=True),
    "milestoned": _named("milestone", "milestone", "title"),
    "demilestoned": _named("milestone", "milestone", "title", gone=True),
    "issue_type_added": _typed,
    "issue_type_changed": _typed,
    "issue_type_removed": _typed,
    "parent_issue_added": _line("parent", "parent_issue"),
    "parent_issue_removed": _line("parent", "parent_issue", gone=True),
    "sub_issue_added": _line("relations", "sub_issue"),
    "sub_issue_removed": _line("relations", "sub_issue", gone=True),
    "blocked_by_added": _line("relations", "blocked_by"),
    "blocked_by_removed": _line("relations", "blocked_by", gone=True),
    "blocking_added": _line("relations", "blocking"),
    "blocking_removed": _line("relations", "blocking", gone=True),
}
