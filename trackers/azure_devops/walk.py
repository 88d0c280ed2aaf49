"""Reading a project page by page, in orders that lose nothing while items move.

A full pass asks for ids in rising order and cuts them into batches. An incremental one asks the
reporting API which work items have new revisions: it follows the order of saving, where a writer
with the right to bypass rules can set the date of a change back
(https://learn.microsoft.com/rest/api/azure/devops/wit/reporting-work-item-revisions).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from schemas.model import Json
from schemas.record import Cursor, Gone, Page, Record
from trackers.answers import Answer
from trackers.azure_devops import names, queries, read
from trackers.azure_devops.boards import Boards, refused
from trackers.fields import Fields

_REPORTED = f"System.Id,System.Rev,System.TeamProject,{names.DELETED}"
_REPORT_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where to go on: after which id in a full pass, from which token in an incremental one."""

    after: int = 0
    token: str | None = None

    def text(self) -> str:
        return json.dumps({"after": self.after, "token": self.token})


def changed_since(boards: Boards, cursor: Cursor) -> Iterator[Page]:
    """Pages of tickets, each with its comments and links; the last cursor has no position."""
    mark = _resumed(cursor)
    if cursor.since is None:
        return _whole(boards, cursor, mark or _Mark())
    return _news(boards, cursor, mark or _Mark())


def _whole(boards: Boards, cursor: Cursor, mark: _Mark) -> Iterator[Page]:
    """By id; everything that is created while walking has a higher one."""
    watermark, total = cursor.watermark, 0
    pending: Page | None = None
    for page in queries.ids(boards, queries.filtered(boards), after=mark.after):
        watermark = watermark or boards.clock
        total += len(page)
        for chunk in chunks(page):
            if pending:
                yield pending
            goes_on = Cursor(position=_Mark(after=chunk[-1]).text(), watermark=watermark)
            records = _records(boards, chunk)
            pending = Page(kind="tickets", records=records, cursor=goes_on, total=total)
    watermark = watermark or boards.clock
    end = Cursor(since=watermark, watermark=watermark)
    last = pending or Page(kind="tickets", records=(), cursor=end)
    yield last.model_copy(update={"cursor": end})


def _news(boards: Boards, cursor: Cursor, mark: _Mark) -> Iterator[Page]:
    """By the order of saving; states of all kinds, to see tickets leave the filter."""
    watermark, token = cursor.watermark, mark.token
    while True:
        answer = _report(boards, cursor.since, token)
        watermark = watermark or answer.date
        report = Fields.of(answer.object, "report")
        changed, deleted = _told(report)
        batches = list(chunks(changed)) or [[]]
        following = report.text("continuationToken")
        over = report.flag("isLastBatch") is not False or not following or following == token
        for place, chunk in enumerate(batches):
            records = _records(boards, chunk) if chunk else ()
            last = place == len(batches) - 1
            if last and over:
                goes_on = Cursor(since=watermark, watermark=watermark)
            else:
                position = _Mark(token=following if last else token).text()
                goes_on = Cursor(since=cursor.since, position=position, watermark=watermark)
            gone = deleted if place == 0 else ()
            yield Page(kind="tickets", records=records, cursor=goes_on, gone=gone)
        if over:
            return
        token = following


def _report(boards: Boards, since: datetime | None, token: str | None) -> Answer:
    """One batch of revisions; a token carries on what a start began."""
    begin = {"continuationToken": token} if token else {"startDateTime": _text(since)}
    answer = boards.get(
        boards.path("wit/reporting/workitemrevisions"),
        {
            **begin,
            "fields": _REPORTED,
            "includeLatestOnly": "true",
            "includeDeleted": "true",
            "$maxPageSize": _REPORT_PAGE,
        },
    )
    if not answer.ok:
        raise refused(answer)
    return answer


def _told(report: Fields) -> tuple[list[int], tuple[Gone, ...]]:
    """The ids once each in rising order, and what was deleted: it is in the recycle bin."""
    items = [Fields.of(item, "report.values") for item in report.items("values")]
    every = {item.need_whole("id"): item.object("fields") for item in items}
    deleted = {key for key, fields in every.items() if fields and _is_deleted(fields)}
    gone = tuple(Gone(ticket=str(key), proof=names.DELETED) for key in sorted(deleted))
    return sorted(every.keys() - deleted), gone


def _is_deleted(fields: Fields) -> bool:
    """Values come typed or as text."""
    return str(fields.value.get(names.DELETED)).casefold() == "true"


def _records(boards: Boards, chunk: list[int]) -> tuple[Record, ...]:
    """Records of one batch with all their parts."""
    items = [item for item in read.batch(boards, chunk) if is_here(boards, item)]
    found = []
    for record in read.completed(boards, items):
        talk = read.comments(boards, record.ticket) if _talked(record.body) else ()
        found.append(record.model_copy(update={"comments": talk}))
    return tuple(found)


def is_here(boards: Boards, item: dict[str, Json]) -> bool:
    """A work item may move to another project between the list and the batch."""
    fields = item.get("fields")
    project = fields.get(names.PROJECT) if isinstance(fields, dict) else None
    named = isinstance(project, str) and project.casefold() != boards.name.casefold()
    return not named or str(project).casefold() == boards.project().name.casefold()


def _talked(record: Json) -> bool:
    fields = record.get("fields") if isinstance(record, dict) else None
    return isinstance(fields, dict) and fields.get(names.COMMENT_COUNT) != 0


def chunks(items: list[int]) -> Iterator[list[int]]:
    """As many ids at a time as a batch takes."""
    for start in range(0, len(items), names.FULL_BATCH):
        yield items[start : start + names.FULL_BATCH]


def _resumed(cursor: Cursor) -> _Mark | None:
    """The mark a cursor stopped at; None when it is none of ours."""
    if cursor.watermark is None:
        return None
    try:
        found = json.loads(cursor.position or "")
        after, token = found["after"], found["token"]
    except (ValueError, TypeError, KeyError):
        return None
    whole = type(after) is int and after >= 0
    return _Mark(after, token) if whole and isinstance(token, str | None) else None


def _text(moment: datetime | None) -> str:
    """With a zone: without one a time is the reader's own."""
    return (moment or datetime.fromtimestamp(0, UTC)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
