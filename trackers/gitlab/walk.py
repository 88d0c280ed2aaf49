"""Reading a project page by page, in an order that loses nothing while items move.

Every pass walks by `updated_at`, oldest first: what changes meanwhile moves to the end and is read
again. GitLab 18.3 and later go on by a keyset cursor in the next link; older ones by page number,
where an item that moves shifts the others, so each page is followed by a new question
`updated_after` the last time seen (https://docs.gitlab.com/api/rest/#keyset-based-pagination).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, urlencode, urlsplit

from schemas import revision
from schemas.errors import Denied, Transient
from schemas.event import Aspect
from schemas.model import Json
from schemas.record import Cursor, Page, Record
from schemas.source import Source
from trackers.answers import Answer
from trackers.fields import Fields
from trackers.gitlab import read, scope, values
from trackers.gitlab.project import FULL_PAGE, Project, ticket_record

_ORDER: dict[str, str | int] = {
    "order_by": "updated_at",
    "sort": "asc",
    "per_page": FULL_PAGE,
    "pagination": "keyset",
}

_LINKS: frozenset[Aspect] = frozenset({"links"})


@dataclass(frozen=True, slots=True)
class _Asked:
    """One page: its address, what it answered, and the address after it."""

    answer: Answer
    items: list[dict[str, Json]]
    following: str | None


def changed_since(project: Project, source: Source, cursor: Cursor) -> Iterator[Page]:
    """Pages of tickets with their comments and links; the last page's cursor has no position.

    Notes have no list of the whole project, and those saved within a minute of the issue's last
    change move nothing, so each issue shown is read with them. The watermark is the tracker's clock
    at the first answer, never at the end: what changes during the walk is read by the next one.
    """
    resumed = _resume(project, cursor)
    watermark = cursor.watermark if resumed else None
    url: str | None = resumed or _first(project, source, cursor.since)
    first = url
    before: set[tuple[str, str | None]] = set()
    while url:
        asked = _ask(project, url)
        watermark = watermark or asked.answer.date
        records = [ticket_record(item) for item in asked.items if _shown(item, cursor.since)]
        fresh = [one for one in records if (one.external_id, one.revision) not in before]
        yield Page(
            kind="tickets",
            records=tuple(_whole(project, one) for one in fresh),
            cursor=_cursor(cursor.since, asked.following, watermark),
            total=_total(asked.answer) if url == first and not resumed else None,
        )
        before = {(one.external_id, one.revision) for one in records}
        url = asked.following


def _whole(project: Project, record: Record) -> Record:
    """A ticket with its lists; an issue that counts no notes has none to ask for, and one that is
    deleted meanwhile gives none."""
    counted = record.body.get("user_notes_count")
    notes = () if counted == 0 else read.comments(project, record.ticket)
    return read.with_parts(project, record, _LINKS).model_copy(update={"comments": notes})


def _shown(issue: dict[str, Json], since: datetime | None) -> bool:
    """A whole walk leaves out what was moved elsewhere: missed there, it is asked about."""
    return since is not None or not issue.get("moved_to_id")


def _first(project: Project, source: Source, since: datetime | None) -> str:
    """All states when looking for changes, to see tickets leave the filter."""
    if since:
        return _address(project, {"state": "all", "updated_after": revision.of_time(since, 3)})
    return _address(project, scope.asked(source))


def _address(project: Project, params: dict[str, str]) -> str:
    query = urlencode({**_ORDER, **read.DETAILED, **params})
    return f"{project.session.base}{project.path('/issues')}?{query}"


def _resume(project: Project, cursor: Cursor) -> str | None:
    """The address a cursor stopped at; None when there is none that we would follow."""
    try:
        url = json.loads(cursor.position or "")["url"]
    except (ValueError, TypeError, KeyError):
        return None
    mine = isinstance(url, str) and project.session.owns(url)
    return url if mine and cursor.watermark else None


def _ask(project: Project, url: str) -> _Asked:
    answer = project.get(url)
    if not answer.ok:
        raise Denied(
            f"issues of {project.name} cannot be read (HTTP {answer.status}{answer.reason})"
        )
    items = answer.items
    return _Asked(answer, items, _following(url, answer, items))


def _following(url: str, answer: Answer, items: list[dict[str, Json]]) -> str | None:
    """The page after this one. Without a keyset cursor it is asked for by time, where that moves.

    A page full of one moment goes on by number.
    """
    if answer.next is None:
        return None
    if "cursor" in _query(answer.next) or "id_after" in _query(answer.next):
        following = answer.next
    else:
        last = _last_time(items)
        asked = _query(url).get("updated_after")
        forward = last and (asked is None or revision.compare(last, asked) > 0)
        following = _since(url, last) if last and forward else answer.next
    if following == url:
        raise Transient(f"{answer.asked}: the next page is the same page")
    return following


def _since(url: str, moment: str) -> str:
    kept = {name: value for name, value in _query(url).items() if name != "page"}
    return f"{url.partition('?')[0]}?{urlencode({**kept, 'updated_after': moment})}"


def _query(url: str) -> dict[str, str]:
    return {name: found[0] for name, found in parse_qs(urlsplit(url).query).items()}


def _last_time(items: list[dict[str, Json]]) -> str | None:
    moment = values.moment(Fields(items[-1], "issue"), "updated_at") if items else None
    return revision.of_time(moment, 3) if moment else None


def _cursor(since: datetime | None, url: str | None, watermark: datetime) -> Cursor:
    if url is None:
        return Cursor(since=watermark, watermark=watermark)
    return Cursor(since=since, position=json.dumps({"url": url}), watermark=watermark)


def _total(answer: Answer) -> int | None:
    """Told by old versions, and of lists up to 10,000 only."""
    told = answer.headers.get("x-total", "")
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 9 else None
