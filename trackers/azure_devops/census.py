"""Counting a project's work items in a walk that may stop after any page and go on days later.

The way goes by id, which rises with creation and is never given out again; the recycle bin ends it.
"""

import json
import logging
from collections.abc import Iterator

from schemas.errors import Permanent
from schemas.model import Json
from schemas.record import Record
from schemas.source import Source
from schemas.tracker import CensusPage, Seen
from trackers.azure_devops import names, queries, read, scope, translate, walk
from trackers.azure_devops.boards import Boards, listed, refused, too_many
from trackers.fields import Fields

_ASKED = 2_000
"""Ids of one query: a slice of a census takes about a thousand, and asks anew each time."""

_log = logging.getLogger(__name__)


def pages(boards: Boards, mark: str | None) -> Iterator[CensusPage]:
    """Every work item of the project, whatever the filter says, then those in the recycle bin.

    A mark that is not of this project begins anew. The total is told by nobody.
    """
    for found in queries.ids(boards, (), after=_resumed(boards, mark), most=_ASKED):
        for chunk in walk.chunks(found):
            yield CensusPage(seen=_here(boards, chunk), mark=_mark(boards, chunk[-1]))
    yield CensusPage(seen=tuple(map(_trashed, _bin(boards))))


def wanted(source: Source) -> list[str]:
    """The fields a census needs: those of the filter only where it has such a part."""
    named = ["System.Id", "System.Rev", names.COMMENT_COUNT, names.PROJECT]
    by_state = scope.state(source) != "all"
    named += [names.STATE] if by_state else []
    named += [names.TYPE] if by_state or scope.named(source, "types") else []
    return [*named, *([names.TAGS] if scope.named(source, "labels") else [])]


def _here(boards: Boards, chunk: list[int]) -> tuple[Seen, ...]:
    """Work items of one batch; one that vanished or left in between is missing."""
    body: Json = {"ids": list(chunk), "fields": wanted(boards.source), "errorPolicy": "omit"}
    answer = boards.ask("/_apis/wit/workitemsbatch", body)
    if not answer.ok:
        raise refused(answer)
    items = [item for item in listed(answer) if walk.is_here(boards, item)]
    return tuple(_seen(boards.source, one) for one in read.completed(boards, items))


def _seen(source: Source, record: Record) -> Seen:
    fields = Fields.of(record.body, "workItem").object("fields")
    return Seen(
        ticket=record.ticket,
        key=record.ticket,
        revision=record.revision,
        comment_count=fields.whole(names.COMMENT_COUNT) if fields else None,
        inside=_inside(source, record),
    )


def _inside(source: Source, record: Record) -> bool | None:
    """None where the record cannot be read: then a fetch tells what is wrong with it."""
    try:
        ticket = translate.to_ticket(record.body, source)
    except Permanent:
        return None
    return scope.holds(ticket, source, record.body)


def _trashed(item: dict[str, Json]) -> Seen:
    key = str(Fields.of(item, "recyclebin").need_whole("id"))
    return Seen(ticket=key, key=key, revision=None, place="trashed")


def _bin(boards: Boards) -> list[dict[str, Json]]:
    """The recycle bin; one of more than 20,000 is not told at all."""
    answer = boards.get(boards.path("wit/recyclebin"))
    if too_many(answer):
        _log.warning("%s: the recycle bin is too full to be listed", boards.name)
        return []
    if not answer.ok:
        raise refused(answer)
    return listed(answer)


def _mark(boards: Boards, after: int) -> str:
    return json.dumps({"project": boards.named, "after": after})


def _resumed(boards: Boards, mark: str | None) -> int:
    """The id to go on after; 0 for a mark that is none of this project."""
    try:
        found = json.loads(mark or "")
        after = found["after"] if found["project"] == boards.named else 0
    except (ValueError, TypeError, KeyError):
        return 0
    return after if type(after) is int and after > 0 else 0
