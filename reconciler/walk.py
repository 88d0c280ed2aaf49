"""A walk over a source: page by page into the journal, the cursor moving only behind its page."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson

from reconciler import news
from reconciler.parts import Parts
from schemas.errors import Transient
from schemas.record import Cursor, Page
from schemas.source import Source, SourceState
from store import journal, known, sources
from store.leases import Lease
from trackers.base import Client

IMPORT = "poll.import"


@dataclass(slots=True)
class Tally:
    """What a session has counted so far."""

    pages: int = 0
    seen: int = 0
    journaled: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    missing: int = 0

    def add(self, sifted: news.Sifted, records: int) -> None:
        """Counts one page."""
        self.seen += records
        self.journaled += len(sifted.arrivals)
        self.new += sifted.new
        self.changed += sifted.changed
        self.unchanged += sifted.unchanged


@dataclass(slots=True)
class Walk:
    """One walk of a session. `tickets` are those it was shown; a `resumed` one was shown more.

    `left` is when tickets outside the filter were last changed. `start` is set for a source that
    begins "now": older tickets stay out until something happens.
    """

    parts: Parts
    source: Source
    client: Client
    lease: Lease
    session: int
    scope: str
    tally: Tally
    start: datetime | None = None
    tickets: set[str] = field(default_factory=set)
    resumed: bool = False
    left: list[datetime] = field(default_factory=list)


def scope_of(parts: Parts, source: Source, project_id: str | None) -> str:
    """What a cursor is bound to: another filter, project or credential sees other tickets."""
    basis = [source.filter, project_id, parts.credential(source)]
    return hashlib.blake2b(orjson.dumps(basis), digest_size=8).hexdigest()


def start_cursor(state: SourceState, scope: str, overlap: timedelta) -> Cursor:
    """Where to go on: inside an unfinished walk, or a little before the last one began.

    The overlap catches what a tracker's lists showed late (`cases.md` 31).
    """
    cursor = state.cursor if state.cursor_scope == scope else None
    if cursor is None or cursor.position is not None or cursor.since is None:
        return cursor or Cursor()
    return Cursor(since=cursor.since - overlap)


def go(walk: Walk, cursor: Cursor) -> None:
    """Walks from `cursor` to the end. Raises the client's errors; what was read stays read."""
    whole = cursor.since is None
    walk.resumed = cursor.position is not None
    event = IMPORT if whole else "poll.changed"
    began = walk.parts.now()
    for page in walk.client.changed_since(cursor):
        if walk.parts.stop.is_set():
            raise Transient("stopped; the next session goes on from here")
        _take(walk, page, event, began)
        walk.parts.progress(walk.source, page, walk.tally.seen)
        began = walk.parts.now()


def _take(walk: Walk, page: Page, event: str, began: datetime) -> None:
    """One page: sifted, journaled and the cursor moved in one transaction, then workers woken."""
    tracker = walk.parts.tracker(walk.source.tracker)
    walk.tally.pages += 1
    if page.kind == "tickets":
        walk.tickets |= {record.ticket for record in page.records}
    with walk.parts.store.read() as connection:
        wanted = {record.ticket for record in page.records} if page.kind == "comments" else set()
        held = wanted & set(known.known(connection, walk.source.name, list(wanted)))
        sifted = news.sift(
            connection,
            page,
            walk.source,
            tracker,
            lambda record: news.arrival(
                walk.source, record, walk.session, walk.tally.pages, event, began
            ),
            lambda gone: news.loss(walk.source, gone, walk.session, walk.tally.pages, began),
            lambda ticket: ticket in held or ticket in walk.tickets or walk.resumed,
            walk.start,
        )
    with walk.parts.store.write() as connection:
        if not sources.move_cursor(
            connection, walk.source.name, page.cursor, walk.scope, walk.lease
        ):
            raise Transient(f"{walk.source.name}: another process took this reconcile over")
        if sifted.arrivals:
            journal.keep(connection, sifted.arrivals)
    walk.left += sifted.left
    walk.tally.add(sifted, len(page.records))
    walk.parts.wake(list(dict.fromkeys((one.source, one.ticket) for one in sifted.arrivals)))
