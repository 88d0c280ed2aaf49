"""Whether what was announced was created, asked in ways that do not lag."""

from datetime import timedelta

from schemas.change import Absent, Found, Intent, Lookup, Marker, Unsure
from schemas.model import Json
from schemas.ticket import Person
from trackers import markers
from trackers.azure_devops import carry, links, names, queries, read
from trackers.azure_devops.boards import Boards
from trackers.azure_devops.people import author_of
from trackers.fields import if_told

_CLOCKS_DIFFER = timedelta(minutes=5)
_MOST_BATCHES = 5


def find(boards: Boards, intent: Intent, me: str | None) -> Lookup:
    """Among what queries show, then among the ids after the highest one they know.

    `me` is our own id: a marker that somebody else wrote, or copied, counts for nothing.
    """
    if intent.creates == "comment":
        return _comment(boards, intent, me)
    return _ticket(boards, intent, me)


def _ticket(boards: Boards, intent: Intent, me: str | None) -> Lookup:
    """Among what we created since, by the marker at its link."""
    conditions = queries.created_since(intent.sent_at - _CLOCKS_DIFFER)
    for page in queries.ids(boards, conditions):
        for start in range(0, len(page), names.FULL_BATCH):
            for item in read.batch(boards, page[start : start + names.FULL_BATCH]):
                if _carries(item, intent.marker):
                    return Found(ref=carry.ref_of(boards, item))
    return _unlisted(boards, intent.marker, me)


def _unlisted(boards: Boards, marker: Marker, me: str | None) -> Lookup:
    """Work items that no query shows yet, read by their ids: the next ones of the project, and
    those of the organization, which all its projects share."""
    for last in sorted(set(queries.highest(boards))):
        found = _after(boards, last, marker, me)
        if not isinstance(found, Absent):
            return found
    return Absent()


def _after(boards: Boards, last: int, marker: Marker, me: str | None) -> Lookup:
    first = last + 1
    for _ in range(_MOST_BATCHES):
        items = read.batch(boards, range(first, first + names.FULL_BATCH))
        for item in items:
            if _carries(item, marker) and _ours(if_told(item, author_of), me):
                return Found(ref=carry.ref_of(boards, item))
        if not items:
            return Absent()
        first += names.FULL_BATCH
    return Unsure(reason=f"{_MOST_BATCHES * names.FULL_BATCH} work items are in no query yet")


def _comment(boards: Boards, intent: Intent, me: str | None) -> Lookup:
    for comment in read.comments(boards, intent.ticket or ""):
        if not isinstance(comment, dict):
            continue
        ours = _ours(if_told(comment, author_of), me)
        if ours and intent.marker in markers.found(str(comment.get("text") or "")):
            return Found(ref=carry.comment_ref(boards, intent.ticket or "", comment))
    return Absent()


def _ours(author: Person | None, me: str | None) -> bool:
    return me is None or (author is not None and author.id == me)


def _carries(item: dict[str, Json], marker: Marker) -> bool:
    return any(marker in markers.found(links.comment(one)) for one in item.get("relations") or ())
