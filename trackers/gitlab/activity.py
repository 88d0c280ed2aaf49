"""The project's list of events: it tells of comments that move no issue.

A note saved within a minute of its issue's last change leaves the issue's time as it was, so no
list of what changed shows it. Edits and deletions of notes are no events, and a deleted note takes
its event along (https://docs.gitlab.com/api/events/#list-all-visible-events-for-a-project).
"""

import json
from collections.abc import Iterator
from itertools import islice

from schemas.tracker import Activity, Touched
from trackers.fields import Fields
from trackers.gitlab import values
from trackers.gitlab.project import FULL_PAGE, Project

_ASKED: dict[str, str | int] = {"action": "commented"}
"""With `target_type=note` the replies in threads are left out (gitlab-org/gitlab#466426)."""

_MOST_PAGES = 10
_TICKETS = ("Issue", "WorkItem")
_REASON = "a comment need not move its issue's time"


def activity(project: Project, mark: str | None) -> Activity | None:
    """Tickets that were commented on since; None when none was.

    The mark holds the newest events by their ids, not the last one alone: an event may be written
    after another one with a higher id. What lies more than ten pages back is left to a census.
    """
    known = _known(mark)
    found: list[Fields] = []
    first: list[int] | None = None
    for events in islice(_pages(project), _MOST_PAGES):
        first = [_id(one) for one in events] if first is None else first
        found += events
        if known is None or not events or min(map(_id, events)) <= max(known, default=0):
            break
    if first is None:
        return None
    if known is None:
        return Activity(mark=json.dumps(first))
    floor = min(known) if len(known) >= FULL_PAGE else 0
    fresh = [one for one in found if _id(one) not in known and _id(one) > floor]
    touched = tuple(one for one in map(_touched, fresh) if one)
    return Activity(touched=touched, mark=json.dumps(first)) if fresh else None


def _pages(project: Project) -> Iterator[list[Fields]]:
    """Newest first; nothing where there is no such list for us."""
    for answer in project.pages("/events", _ASKED):
        if not answer.ok:
            return
        yield [Fields.of(one, "event") for one in answer.items]


def _touched(event: Fields) -> Touched | None:
    """The ticket of an event; None for comments on merge requests, commits and snippets."""
    note = event.object("note")
    if note is None or note.text("noteable_type") not in _TICKETS:
        return None
    number = values.count(note, "noteable_iid")
    if not number:
        return None
    at = values.moment(note, "created_at") or values.moment(event, "created_at")
    return Touched(ticket=str(number), aspect="comments", reason=_REASON, at=at)


def _id(event: Fields) -> int:
    found = event.need_id("id")
    return int(found) if found.isascii() and found.isdecimal() else 0


def _known(mark: str | None) -> frozenset[int] | None:
    """The events that a mark holds; None for what is no mark of ours."""
    try:
        found = json.loads(mark or "")
    except ValueError:
        return None
    if not isinstance(found, list) or not all(type(one) is int for one in found):
        return None
    return frozenset(found)
