"""Counting a project's issues in a walk that may stop after any page and go on days later.

The way goes by creation, which no later change moves. GitLab 18.3 and later go on by a keyset
cursor, which names the last issue seen and not how many there were, so no deletion shifts it; older
ones by the last moment of creation (https://docs.gitlab.com/api/rest/#keyset-based-pagination).
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from urllib.parse import parse_qs, urlsplit

from schemas import revision
from schemas.errors import Denied, Permanent, Transient
from schemas.model import Json
from schemas.source import Source
from schemas.tracker import CensusPage, Seen
from trackers.answers import Answer
from trackers.fields import Fields
from trackers.gitlab import scope, translate, values
from trackers.gitlab.project import FULL_PAGE, Project, ticket_record

_ORDER: dict[str, str | int] = {
    "state": "all",
    "order_by": "created_at",
    "sort": "asc",
    "per_page": FULL_PAGE,
    "pagination": "keyset",
}
_LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the next page begins: behind a cursor, or at a page of what was created since `after`.

    `total` is what the first page told of the whole.
    """

    project: str
    cursor: str | None = None
    after: str | None = None
    page: int = 1
    total: int | None = None


def pages(project: Project, source: Source, mark: str | None) -> Iterator[CensusPage]:
    """Every issue, whatever the filter says; those moved elsewhere live there.

    A mark that is not ours, or that GitLab does not take any more, begins anew.
    """
    begin = _Place(project.pinned())
    place = resumed = _resumed(mark, begin)
    before: frozenset[str] = frozenset()
    while True:
        try:
            answer, items = _ask(project, place)
        except Permanent as refusal:
            if isinstance(refusal, Denied) or place is not resumed or place == begin:
                raise
            place = resumed = begin
            continue
        if place == begin:
            place = replace(place, total=_total(project, answer, items))
        seen = [_seen(one, source) for one in items if not one.get("moved_to_id")]
        following = _following(place, answer, items)
        mark = json.dumps(asdict(following)) if following else None
        fresh = tuple(one for one in seen if one.ticket not in before)
        yield CensusPage(seen=fresh, mark=mark, total=place.total)
        if following is None:
            return
        place, before = following, before | {one.ticket for one in seen}


def _seen(issue: dict[str, Json], source: Source) -> Seen:
    record = ticket_record(issue)
    return Seen(
        ticket=record.ticket,
        key=record.ticket,
        revision=record.revision,
        comment_count=values.count(Fields(issue, "issue"), "user_notes_count"),
        inside=_inside(issue, source),
    )


def _inside(issue: dict[str, Json], source: Source) -> bool | None:
    """None where the record cannot be read: then a fetch tells what is wrong with it."""
    try:
        ticket = translate.to_ticket(issue, source)
    except Permanent:
        return None
    return scope.holds(ticket, source)


def _ask(project: Project, place: _Place) -> tuple[Answer, list[dict[str, Json]]]:
    """A page. One that goes by number has the page before it in front: what was deleted there
    since has moved issues of this page to it."""
    if place.cursor or place.page == 1:
        answer = _page(project, place)
        return answer, answer.items
    earlier = _page(project, replace(place, page=place.page - 1)).items
    answer = _page(project, place)
    return answer, [*earlier, *answer.items]


def _page(project: Project, place: _Place) -> Answer:
    told = {"cursor": place.cursor, "created_after": place.after}
    asked = {**_ORDER, **{name: value for name, value in told.items() if value}}
    asked |= {"page": place.page} if place.page > 1 else {}
    answer = project.get(project.path("/issues"), asked)
    if not answer.ok:
        raise Denied(
            f"issues of {project.name} cannot be read (HTTP {answer.status}{answer.reason})"
        )
    return answer


def _following(place: _Place, answer: Answer, items: list[dict[str, Json]]) -> _Place | None:
    """The next page. Without a cursor it is asked for by time; a moment that fills a page goes on
    by number."""
    if answer.next is None:
        return None
    query = parse_qs(urlsplit(answer.next).query)
    cursor = query.get("cursor", [None])[0]
    if cursor is not None:
        if cursor == place.cursor:
            raise Transient(f"{answer.asked}: the next page is the same page")
        return replace(place, cursor=cursor, after=None, page=1)
    last = _last_time(items)
    if last and (place.after is None or revision.compare(last, place.after) > 0):
        return replace(place, cursor=None, after=last, page=1)
    return replace(place, cursor=None, page=place.page + 1)


def _last_time(items: list[dict[str, Json]]) -> str | None:
    moment = values.moment(Fields(items[-1], "issue"), "created_at") if items else None
    return revision.of_time(moment, 3) if moment else None


def _total(project: Project, answer: Answer, items: list[dict[str, Json]]) -> int | None:
    """How many issues there are, moved ones included: told by the list or by the statistics
    (https://docs.gitlab.com/api/issues_statistics/); keyset lists do not tell."""
    if answer.next is None:
        return len(items)
    told = values.count(Fields(dict(answer.headers), "headers"), "x-total")
    if told is not None:
        return told
    counted = project.get(project.path("/issues_statistics"))
    if not counted.ok:
        return None
    found = values.raw(Fields(counted.object, "answer"), "statistics", "counts", "all")
    return found if type(found) is int and 0 <= found <= _LARGEST else None


def _resumed(mark: str | None, begin: _Place) -> _Place:
    """Where a mark of this project leads; the beginning for any other."""
    try:
        found = _Place(**json.loads(mark or ""))
    except (ValueError, TypeError):
        return begin
    texts = all(
        one is None or (isinstance(one, str) and one) for one in (found.cursor, found.after)
    )
    whole = type(found.page) is int and 0 < found.page <= _LARGEST
    total = found.total is None or (type(found.total) is int and found.total >= 0)
    return found if texts and whole and total and found.project == begin.project else begin
