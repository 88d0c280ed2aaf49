"""Reading a repository page by page, in orders that lose nothing while items move.

A full pass walks by creation: editing an item never moves it to another page. An incremental pass
walks by `updated_at`, where an edit does move items, so each full page is followed by a new
question `since` the last time seen rather than by page 2 (reference/github.md 3.4).

The first question of an incremental walk begins with a quarter of the day, so that its address
repeats and it can be conditional: while nothing happens a pass costs nothing
(https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import parse_qs, urlencode, urlsplit

from schemas import revision
from schemas.errors import Denied, Transient
from schemas.model import Json
from schemas.record import Cursor, Page, Record
from schemas.source import Source
from trackers.answers import Answer, Unprocessable
from trackers.github import scope
from trackers.github.repository import (
    FULL_PAGE,
    Repository,
    comment_record,
    is_pull_request,
    ticket_record,
)
from trackers.http import Params

Walk = Literal["tickets", "comments"]
_PATHS: dict[Walk, str] = {"tickets": "/issues", "comments": "/issues/comments"}
_BEGINNING = "1970-01-01T00:00:00Z"
WATCH_HOURS = 6
"""How long the first address of a walk stays the same: each new one is answered whole and counted.
A list that changes more than a page in that time costs a page more in each pass."""


@dataclass(frozen=True, slots=True)
class Step:
    """One page to ask for. `since` is set while walking by `updated_at`.

    A `conditional` one is skipped by GitHub when nothing has changed there since it was taken in.
    """

    walk: Walk
    url: str
    conditional: bool = False

    @property
    def since(self) -> str | None:
        found = parse_qs(urlsplit(self.url).query).get("since")
        return found[0] if found else None


def changed_since(repository: Repository, source: Source, cursor: Cursor) -> Iterator[Page]:
    """Pages of tickets, then of comments; the last page's cursor has no position.

    The watermark is the tracker's clock at the first answer, never at the end: what changes during
    the walk is read again by the next pass. A validator is kept only when its page has been taken
    in, which is when the next one is asked for.
    """
    reader = _Reader(repository, source, cursor.since)
    step: Step | None = reader.resume(cursor) or reader.first("tickets")
    watermark = cursor.watermark if reader.resume(cursor) else None
    before: frozenset[tuple[str, str | None]] = frozenset()
    while step:
        answer = reader.ask(step)
        watermark = watermark or (answer.date if answer else None)
        items = answer.items if answer and answer.ok else []
        records = _records(step.walk, items)
        following = reader.following(step, answer, items)
        yield Page(
            kind=step.walk,
            records=tuple(r for r in records if (r.external_id, r.revision) not in before),
            cursor=_cursor(cursor.since, following, watermark),
            total=total(answer) if answer and step.since is None else None,
        )
        reader.remember(step, answer, items)
        before = frozenset((r.external_id, r.revision) for r in records)
        step = following


class _Reader:
    """The questions of one pass."""

    def __init__(self, repository: Repository, source: Source, since: datetime | None) -> None:
        self._repository = repository
        self._source = source
        self._since = revision.of_time(since) if since else None
        self._watch = _watch_of(since) if since else None

    def first(self, walk: Walk) -> Step:
        """The first page of a walk."""
        if self._watch:
            return replace(self.since(walk, self._watch), conditional=True)
        order: Params = {"sort": "created", "direction": "asc", "per_page": FULL_PAGE}
        return self._step(walk, {**order, **(self._scope() if walk == "tickets" else {})})

    def since(self, walk: Walk, moment: str) -> Step:
        """A page by `updated_at`; all states, to see tickets leave the filter."""
        order: Params = {
            "sort": "updated",
            "direction": "asc",
            "per_page": FULL_PAGE,
            "since": moment,
        }
        return self._step(walk, {**order, **({"state": "all"} if walk == "tickets" else {})})

    def resume(self, cursor: Cursor) -> Step | None:
        """The step a cursor stopped at; None when there is none that we would follow."""
        try:
            found = json.loads(cursor.position or "")
            step = Step(found["walk"], found["url"])
        except (ValueError, TypeError, KeyError):
            return None
        mine = step.walk in _PATHS and self._repository.session.owns(step.url)
        return step if mine and cursor.watermark else None

    def ask(self, step: Step) -> Answer | None:
        """An answer; None where GitHub cuts a long list off with a 422."""
        try:
            answer = self._repository.session.get(step.url, conditional=step.conditional)
        except Unprocessable as error:
            if "pagination" in error.reason.lower():
                return None
            raise
        if not answer.ok and answer.status != 304:
            name = self._repository.name
            raise Denied(f"issues of {name} cannot be read (HTTP {answer.status}{answer.reason})")
        return answer

    def following(
        self, step: Step, answer: Answer | None, items: list[dict[str, Json]]
    ) -> Step | None:
        """The page after this one, in this walk or the next.

        A walk by creation that was cut off goes on by `updated_at`, from the beginning.
        """
        if answer is None and step.since is None:
            return self.since(step.walk, _BEGINNING)
        if answer is None or answer.next is None or answer.status == 304:
            return self.first("comments") if step.walk == "tickets" else None
        last = last_time(items)
        if step.conditional and last and self._since and revision.compare(last, self._since) < 0:
            return self.since(step.walk, self._since)  # only the address began with the watch
        if step.since and last and revision.compare(last, step.since) > 0:
            return self.since(step.walk, last)
        if answer.next == step.url:
            raise Transient(f"{answer.asked}: the next page is the same page")
        return Step(step.walk, answer.next)

    def remember(self, step: Step, answer: Answer | None, items: list[dict[str, Json]]) -> None:
        """A page makes itself conditional when it was all there was.

        A full one may stay as it is while news goes to the page behind it.
        """
        whole = answer is not None and answer.ok and not answer.next and len(items) < FULL_PAGE
        if answer is not None and step.conditional and whole:
            self._repository.session.remember(answer, step.url)

    def _scope(self) -> Params:
        labels = ",".join(scope.labels(self._source))
        return {"state": scope.state(self._source)} | ({"labels": labels} if labels else {})

    def _step(self, walk: Walk, params: Params) -> Step:
        path = self._repository.path(_PATHS[walk])
        return Step(walk, f"{self._repository.session.base}{path}?{urlencode(params)}")


def _records(walk: Walk, items: list[dict[str, Json]]) -> list[Record]:
    """Issue lists mix pull requests in, which are no tickets."""
    if walk == "tickets":
        return [ticket_record(item) for item in items if not is_pull_request(item)]
    return [record for record in map(comment_record, items) if record]


def _cursor(since: datetime | None, step: Step | None, watermark: datetime | None) -> Cursor:
    if step is None:
        return Cursor(since=watermark, watermark=watermark)
    position = json.dumps({"walk": step.walk, "url": step.url})
    return Cursor(since=since, position=position, watermark=watermark)


def _watch_of(moment: datetime) -> str:
    begun = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return revision.of_time(begun.replace(hour=begun.hour - begun.hour % WATCH_HOURS))


def last_time(items: list[dict[str, Json]]) -> str | None:
    """When the last item of a page was changed; None when that cannot be told."""
    last = items[-1].get("updated_at") if items else None
    try:
        return revision.of_time(datetime.fromisoformat(last)) if last else None
    except (ValueError, TypeError):
        return None


def total(answer: Answer) -> int | None:
    """An upper bound: full pages up to the last one the Link header names."""
    query = urlsplit(answer.links.get("last", "")).query
    page = parse_qs(query).get("page", [""])[0]
    return int(page) * FULL_PAGE if page.isdecimal() and len(page) < 9 else None
