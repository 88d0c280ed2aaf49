"""A walk over a source: page by page into the journal, the cursor moving only behind its page."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson

from reconciler import news
from reconciler.parts import Parts
from reconciler.run import Run
from schemas.ports import Lane
from schemas.record import Cursor, Page
from schemas.source import Source, SourceState
from store import journal, known, left_out
from store.database import Connection

IMPORT = "poll.import"


@dataclass(slots=True)
class Walk:
    """One walk of a session. `tickets` are those it took in; a `resumed` one took in more.

    The `first` brings nothing that a webhook could have told. `left` is when tickets outside the
    filter were last changed.
    """

    run: Run
    scope: str
    lane: Lane = "reconcile"
    first: bool = False
    tickets: set[str] = field(default_factory=set)
    resumed: bool = False
    left: list[datetime] = field(default_factory=list)


def scope_of(parts: Parts, source: Source, project_id: str | None) -> str:
    """What a cursor is bound to: another filter, project or credential sees other tickets."""
    basis = [source.filter, project_id, parts.credential(source)]
    return hashlib.blake2b(orjson.dumps(basis), digest_size=8).hexdigest()


def start_cursor(
    state: SourceState, scope: str, overlap: timedelta, read_from: datetime | None = None
) -> Cursor:
    """Where to go on: inside an unfinished walk, or a little before the last one began.

    The overlap catches what a tracker's lists showed late (`cases.md` 31); `read_from` goes back
    to where a webhook is known to have failed.
    """
    cursor = state.cursor if state.cursor_scope == scope else None
    if cursor is None or cursor.position is not None or cursor.since is None:
        return cursor or Cursor()
    since = cursor.since - overlap
    return Cursor(since=min(since, read_from) if read_from else since)


def go(walk: Walk, cursor: Cursor) -> None:
    """Walks from `cursor` to the end. Raises the client's errors; what was read stays read."""
    run = walk.run
    walk.resumed = cursor.position is not None
    event = IMPORT if cursor.since is None else "poll.changed"
    began = run.parts.now()
    for page in run.asking.client(walk.lane).changed_since(cursor):
        run.check_stop()
        _take(walk, page, event, began)
        run.parts.progress(run.source, page, run.tally.seen)
        began = run.parts.now()


def _take(walk: Walk, page: Page, event: str, began: datetime) -> None:
    """One page: sifted, journaled and the cursor moved in one transaction, then workers woken."""
    run = walk.run
    run.tally.pages += 1
    sifted = _sift(walk, page, event, began)
    taken = {one.ticket for one in sifted.arrivals if one.ticket}
    if page.kind == "tickets":
        walk.tickets |= taken
    with run.parts.store.write() as connection:
        run.move_cursor(connection, page.cursor, walk.scope)
        if sifted.arrivals:
            journal.keep(connection, sifted.arrivals)
            if run.source.start == "now":
                left_out.drop(connection, run.source.name, taken)
        if not walk.first:
            run.found(connection, sifted.finds)
    walk.left += sifted.left
    _count(run, sifted, len(page.records))
    run.parts.wake(lanes_of(sifted))


def _sift(walk: Walk, page: Page, event: str, began: datetime) -> news.Sifted:
    run = walk.run
    source, place = run.source, run.tally.pages
    names = list({record.ticket for record in page.records})
    with run.parts.store.read() as connection:
        held = _held(walk, connection, names) if page.kind == "comments" else walk.tickets
        return news.sift(
            connection,
            page,
            source,
            run.parts.tracker(source.tracker),
            lambda record: news.arrival(source, record, run.session, place, event, began),
            lambda gone: news.loss(source, gone, run.session, place, began),
            held.__contains__,
            left_out.of(connection, source.name, names) if source.start == "now" else {},
            run.state.baseline_at,
        )


def _held(walk: Walk, connection: Connection, names: list[str]) -> set[str]:
    """Those of these tickets that are held or on their way: comments of no others are ours.

    What a walk took in before it was interrupted may still wait in the journal.
    """
    name = walk.run.source.name
    waiting = journal.waiting(connection, name, names) if walk.resumed else set()
    return {*known.known(connection, name, names), *waiting, *walk.tickets.intersection(names)}


def lanes_of(sifted: news.Sifted) -> list[journal.Lane]:
    """Where a page's deliveries drain, each lane once."""
    return list(dict.fromkeys((one.source, one.ticket) for one in sifted.arrivals))


def _count(run: Run, sifted: news.Sifted, records: int) -> None:
    tally = run.tally
    tally.seen += records
    tally.journaled += len(sifted.arrivals)
    tally.new += sifted.new
    tally.changed += sifted.changed
    tally.unchanged += sifted.unchanged
