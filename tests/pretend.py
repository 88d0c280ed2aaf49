"""A tracker that is only pretended: a state that tests move, and a client that reads it.

It stands behind the seams `Work.connect` and `Parts.connect` and speaks GitHub's records.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas import revision
from schemas.event import Aspect, Definition, DefinitionKind
from schemas.history import History, HistoryEntry
from schemas.ports import Lane
from schemas.record import Cursor, Fetched, Gone, Hidden, Page, Record
from schemas.source import Source
from schemas.ticket import Person, TicketRef
from schemas.tracker import Activity, CensusPage, ProjectInfo, Seen
from tests.builders import NOW
from trackers.github.repository import comment_record, ticket_record

Json = dict[str, Any]


@dataclass
class Pretend:
    """The state. `answers` overrides what a fetch of a ticket brings; `error` fails every call.

    `lag` answers fetches from the state so many changes ago.
    """

    issues: dict[str, Json] = field(default_factory=dict)
    comments: dict[str, Json] = field(default_factory=dict)
    links: dict[str, tuple[Json, ...]] = field(default_factory=dict)
    answers: dict[str, Fetched] = field(default_factory=dict)
    definitions: list[tuple[tuple[DefinitionKind, ...], tuple[Definition, ...]] | None] = field(
        default_factory=list
    )
    project_id: str = "660001"
    project_error: Exception | None = None
    error: Exception | None = None
    persons: list[Person] = field(default_factory=list)
    persons_asked: int = 0
    persons_error: Exception | None = None
    activities: list[Activity] = field(default_factory=list)
    activity_error: Exception | None = None
    histories: dict[str, list[HistoryEntry]] = field(default_factory=dict)
    histories_asked: list[tuple[str, ...]] = field(default_factory=list)
    history_error: Exception | None = None
    unlisted: set[str] = field(default_factory=set)
    """Issues that lie outside the filter of a whole walk; a census shows them."""
    inside: Callable[[Json], bool | None] = lambda _: True
    page_size: int = 100
    census_size: int = 100
    page_error: tuple[int, Exception] | None = None
    """(page number, error): raised instead of that page."""
    clock: Any = None
    asked: list[str] = field(default_factory=list)
    before_fetch: Any = None
    before_definitions: Any = None
    between_pages: Any = None

    def put(self, *records: Json) -> None:
        """Issues as they stand now."""
        for record in records:
            self.issues[str(record["number"])] = record

    def say(self, *records: Json) -> None:
        """Comments as they stand now."""
        for record in records:
            self.comments[str(record["id"])] = record

    def connect(self, source: Source, lane: Lane = "webhook") -> "PretendClient":
        return PretendClient(self)

    def of(self, ticket: str) -> tuple[Json, ...]:
        """The comments of a ticket."""
        tail = f"/issues/{ticket}"
        return tuple(one for one in self.comments.values() if one["issue_url"].endswith(tail))


class PretendClient:
    """Reads a Pretend; only what workers and reconciler use."""

    def __init__(self, state: Pretend) -> None:
        self._state = state
        self.requests = 0
        self.cached = 0

    def project(self) -> ProjectInfo:
        self._ask("project")
        if self._state.project_error:
            raise self._state.project_error
        return ProjectInfo(id=self._state.project_id, name="lantern/harbour", url="")

    def fetch(self, ticket: str, aspects: frozenset[Aspect] = frozenset()) -> Fetched:
        self._ask(" ".join(["fetch", ticket, *sorted(aspects)]))
        if self._state.before_fetch:
            self._state.before_fetch(ticket)
        if ticket in self._state.answers:
            return self._state.answers[ticket]
        if ticket not in self._state.issues:
            return Hidden(ticket=ticket, reason="HTTP 404")
        record = ticket_record(self._state.issues[ticket])
        parts: Json = {}
        if "comments" in aspects:
            parts["comments"] = self._state.of(ticket)
        if "links" in aspects:
            parts["links"] = self._state.links.get(ticket, ())
        return record.model_copy(update=parts)

    def fetch_comment(self, ticket: str, comment: str) -> Record | Gone | Hidden:
        self._ask(f"fetch_comment {comment}")
        if comment in self._state.comments:
            found = comment_record(self._state.comments[comment])
            assert found is not None
            return found
        return Gone(ticket=ticket, proof="HTTP 404, while its issue can be read")

    def changed_since(self, cursor: Cursor) -> Iterator[Page]:
        """Issues, then comments, by `updated_at`; `position` counts the pages done."""
        watermark = cursor.watermark or (self._state.clock or (lambda: NOW))()
        done = int(cursor.position or 0)
        pages = self._pages(cursor)
        for number, (kind, records) in enumerate(pages, 1):
            if number <= done:
                continue
            self._ask(f"page {number}")
            if self._state.page_error and self._state.page_error[0] == number:
                raise self._state.page_error[1]
            last = number == len(pages)
            after = (
                Cursor(since=watermark, watermark=watermark)
                if last
                else Cursor(since=cursor.since, position=str(number), watermark=watermark)
            )
            yield Page(kind=kind, records=tuple(records), cursor=after)
            if self._state.between_pages:
                self._state.between_pages(number)

    def _pages(self, cursor: Cursor) -> list[tuple[Any, list[Record]]]:
        since = revision.of_time(cursor.since) if cursor.since else None
        out = self._state.unlisted if since is None else set()
        issues = [ticket_record(one) for n, one in self._state.issues.items() if n not in out]
        notes = [found for one in self._state.comments.values() if (found := comment_record(one))]
        pages: list[tuple[Any, list[Record]]] = []
        for kind, found in (("tickets", issues), ("comments", notes)):
            wanted = [r for r in found if since is None or revision.compare(r.revision, since) >= 0]
            wanted.sort(key=lambda r: revision.order(r.revision))
            size = self._state.page_size
            chunks = [wanted[start : start + size] for start in range(0, len(wanted), size)]
            pages += [(kind, chunk) for chunk in chunks or [[]]]
        return pages

    def census(self, mark: str | None = None) -> Iterator[CensusPage]:
        """Every issue by number, `census_size` a page; `mark` is the number a page ended with."""
        found = sorted(self._state.issues.values(), key=lambda one: one["number"])
        found = [one for one in found if one["number"] > int(mark or 0)]
        size = self._state.census_size
        chunks = [found[start : start + size] for start in range(0, len(found), size)] or [[]]
        for number, chunk in enumerate(chunks, 1):
            self._ask(f"census {number}")
            seen = tuple(self._seen(one) for one in chunk)
            goes_on = str(chunk[-1]["number"]) if number < len(chunks) else None
            yield CensusPage(seen=seen, mark=goes_on, total=len(self._state.issues))

    def _seen(self, record: Json) -> Seen:
        found = ticket_record(record)
        return Seen(
            ticket=found.ticket,
            key=found.ticket,
            revision=found.revision,
            comment_count=record["comments"],
            inside=self._state.inside(record),
        )

    def activity(self, mark: str | None) -> Activity | None:
        self._ask(f"activity {mark}")
        if self._state.activity_error:
            raise self._state.activity_error
        if self._state.activities:
            return self._state.activities.pop(0)
        self.cached += 1
        return None

    def history(self, tickets: Sequence[str]) -> Iterator[History]:
        """The changelogs that the state holds; of no others can any be read."""
        self.requests += 1
        self._state.histories_asked.append(tuple(tickets))
        if self._state.history_error:
            raise self._state.history_error
        for ticket in tickets:
            if ticket in self._state.histories:
                entries = tuple(self._state.histories[ticket])
                yield History(ticket=ticket, entries=entries)

    def users(self) -> Iterator[Person]:
        """Who may work on the project."""
        self.requests += 1
        self._state.persons_asked += 1
        if self._state.persons_error:
            raise self._state.persons_error
        yield from self._state.persons

    def definitions(
        self, *, fresh: bool = False
    ) -> tuple[tuple[DefinitionKind, ...], tuple[Definition, ...]] | None:
        self._ask("definitions fresh" if fresh else "definitions")
        if self._state.before_definitions:
            self._state.before_definitions()
        if self._state.definitions:
            return self._state.definitions.pop(0)
        self.cached += 1
        return None

    def close(self) -> None:
        """Nothing to give back."""

    def _ask(self, what: str) -> None:
        self.requests += 1
        self._state.asked.append(what)
        if self._state.error:
            raise self._state.error


def elsewhere(key: str = "other/repo#7") -> TicketRef:
    """Where a moved ticket lives."""
    return TicketRef(key=key, url=f"https://github.com/{key.replace('#', '/issues/')}")
