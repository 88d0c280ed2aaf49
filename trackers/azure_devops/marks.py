"""Whether what was announced was created, asked in ways that do not lag."""

from datetime import timedelta

from schemas.change import Absent, Found, Intent, Lookup, Marker
from schemas.model import Json
from trackers import markers
from trackers.azure_devops import carry, links, names, queries, read
from trackers.azure_devops.boards import Boards
from trackers.azure_devops.people import person

_CLOCKS_DIFFER = timedelta(minutes=5)


def find(boards: Boards, intent: Intent, me: str | None) -> Lookup:
    """Queries read the same tables as writes, so what is not found was not created.

    `me` is our own id: a marker that somebody else wrote, or copied, counts for nothing.
    """
    if intent.creates == "comment":
        return _comment(boards, intent, me)
    return _ticket(boards, intent)


def _ticket(boards: Boards, intent: Intent) -> Lookup:
    """Among what we created since, by the marker at its link."""
    conditions = queries.created_since(intent.sent_at - _CLOCKS_DIFFER)
    for page in queries.ids(boards, conditions):
        for start in range(0, len(page), names.FULL_BATCH):
            for item in read.batch(boards, page[start : start + names.FULL_BATCH]):
                if _carries(item, intent.marker):
                    return Found(ref=carry.ref_of(boards, item))
    return Absent()


def _comment(boards: Boards, intent: Intent, me: str | None) -> Lookup:
    for comment in read.comments(boards, intent.ticket or ""):
        if not isinstance(comment, dict):
            continue
        author = person(comment.get("createdBy"), "comment.createdBy")
        ours = me is None or (author is not None and author.id == me)
        if ours and intent.marker in markers.found(str(comment.get("text") or "")):
            return Found(ref=carry.comment_ref(boards, intent.ticket or "", comment))
    return Absent()


def _carries(item: dict[str, Json], marker: Marker) -> bool:
    return any(marker in markers.found(links.comment(one)) for one in item.get("relations") or ())
