"""Refetch: a ticket in doubt is asked about, outside any transaction, and drained like the rest."""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import cache

import orjson
import structlog

from schemas.delivery import Arrival, Via
from schemas.errors import Denied, Spent, StoreAway, TicketsyncError, Transient, Unauthorized
from schemas.event import (
    Aspect,
    CommentGone,
    CommentSeen,
    CommentsListed,
    Event,
    LinksListed,
    TicketGone,
    TicketHidden,
    TicketMoved,
    TicketSeen,
)
from schemas.held import Doubt
from schemas.record import Fetched, Gone, Hidden, Moved, Observation, Record
from store import doubts, journal, known, sources
from store.database import Connection
from store.keys import Key
from store.notices import change_status
from trackers.base import Client
from workers.drain import Drained, drain
from workers.failures import described
from workers.rules.doubt import unreachable
from workers.work import Work

_REFUSED = "tickets cannot be fetched: "
log = structlog.get_logger(__name__)


def refetch(work: Work, source: str, tickets: Iterable[str]) -> None:
    """Asks the tracker about tickets in doubt, each at most once however often it is called.

    A tracker that does not answer leaves the doubt as it is, asked again ever more seldom; a rate
    budget that is used up puts all of them off until there is some again.
    """
    if source not in work.sources:
        return
    if not work.tracker(work.sources[source].tracker).capabilities.polls:
        _let_be(work, source, tickets)
        return
    with ExitStack() as open_client:

        @cache
        def client() -> Client:
            made = work.connect(work.sources[source])
            open_client.callback(made.close)
            return made

        left = [(source, ticket) for ticket in reversed(list(tickets))]
        while left:
            key = left.pop()
            with work.store.write() as connection:
                doubt = doubts.claim(connection, key, work.now())
            if doubt is None:
                continue
            spent = _ask(work, client, key, doubt)
            if spent is not None:
                _park(work, left, spent)
                return


def _let_be(work: Work, source: str, tickets: Iterable[str]) -> None:
    """There is nobody to ask: what such a tracker sends is the record itself."""
    with work.store.write() as connection:
        for ticket in tickets:
            doubts.drop(connection, (source, ticket))


def _ask(work: Work, client: Callable[[], Client], key: Key, doubt: Doubt) -> Spent | None:
    """Asks about one ticket; the error when that was not allowed, since no other will be either."""
    began, spent = time.monotonic(), None
    try:
        answer = fetch_now(work, client(), key, doubt.aspects)
    except StoreAway:
        raise
    except Exception as error:  # one source's trouble must not keep the sweep from the others
        if not isinstance(error, TicketsyncError):
            log.exception("fetch_failed", source=key[0], ticket=key[1])
        _put_off(work, key, doubt, error)
        spent = error if isinstance(error, Spent) else None
        answer = f"no answer: {described(error)}"
    work.observer.refetched(key[0], key[1], answer, time.monotonic() - began)
    return spent


def _park(work: Work, keys: Sequence[Key], spent: Spent) -> None:
    """Puts off what would only be refused, too; it counts as no try, and is nobody's fault."""
    with work.store.write() as connection:
        for key in keys:
            doubt = doubts.claim(connection, key, work.now())
            if doubt is not None:
                later = unreachable(doubt, work.now(), spent.retry_after)
                doubts.put_off(connection, key, later)


def fetch_now(work: Work, client: Client, key: Key, aspects: frozenset[Aspect]) -> str:
    """Fetches a ticket, journals what came back and drains it; says what it was.

    Raises the client's errors; then nothing was journaled.
    """
    began = work.now()
    wanted: set[Aspect] = {"comments" if aspect == "count" else aspect for aspect in aspects}
    if _is_away(work, key):  # should it be there, its parts have to be read, too
        wanted |= {"comments", "links"}
    found = client.fetch(key[1], frozenset(wanted))
    if isinstance(found, Hidden):
        client.project()  # raises when not the ticket is hidden but all of us is locked out
    events = [*_events(found), *_lost_comments(work, client, key, found)]
    arrival = Arrival(
        source=key[0],
        via=Via.fetch,
        event=f"fetch.{type(found).__name__.lower()}",
        delivery_key=f"fetch:{key[1]}:{began.isoformat()}",
        ticket=key[1],
        body=orjson.dumps(Observation(events=tuple(events)).model_dump(mode="json")),
        received_at=work.now(),
        observed_at=began,
    )
    with work.store.write() as connection:
        journal.keep(connection, [arrival])
        _well_again(work, connection, key[0])
    drain(work, [key])
    return type(found).__name__.lower()


def _is_away(work: Work, key: Key) -> bool:
    """Whether the ticket was lost, or only heard of."""
    with work.store.read() as connection:
        held = known.known(connection, key[0], [key[1]]).get(key[1])
    return held is not None and held[3] != "here"


def _events(found: Fetched) -> list[Event]:
    match found:
        case Record():
            events: list[Event] = [TicketSeen(ticket=found.ticket, record=found.body)]
            if found.comments is not None:
                events.append(CommentsListed(ticket=found.ticket, records=found.comments))
            if found.links is not None:
                events.append(LinksListed(ticket=found.ticket, records=found.links))
            return events
        case Moved():
            return [TicketMoved(ticket=found.ticket, to=found.to)]
        case Gone():
            return [TicketGone(ticket=found.ticket, proof=found.proof)]
        case Hidden():
            return [TicketHidden(ticket=found.ticket, reason=found.reason)]


def _lost_comments(work: Work, client: Client, key: Key, found: Fetched) -> list[Event]:
    """Comments we hold that the complete list lacks, each confirmed by its own GET (law 13)."""
    if not isinstance(found, Record) or found.comments is None:
        return []
    tracker = work.tracker(work.sources[key[0]].tracker)
    source = work.sources[key[0]]
    here = {tracker.to_comment(record, source).id for record in found.comments}
    with work.store.read() as connection:
        ours = known.live_comments(connection, key)
    events: list[Event] = []
    for comment in sorted(set(ours) - here):
        answer = client.fetch_comment(key[1], comment)
        if isinstance(answer, Gone):
            events.append(CommentGone(ticket=key[1], comment=comment))
        elif isinstance(answer, Record):
            events.append(CommentSeen(ticket=key[1], record=answer.body))
    return events


def _put_off(work: Work, key: Key, doubt: Doubt, error: Exception) -> None:
    retry_after = error.retry_after if isinstance(error, Transient) else None
    later = unreachable(doubt, work.now(), retry_after)
    with work.store.write() as connection:
        doubts.put_off(connection, key, later)
        if isinstance(error, Denied):
            told = f"; {work.remedy(work.sources[key[0]])}" * isinstance(error, Unauthorized)
            why = f"{_REFUSED}{error}{told}"
            change_status(connection, work.tell, key[0], "error", why, work.now())


def _well_again(work: Work, connection: Connection, source: str) -> None:
    """An answer ends the error that a fetch had found; other errors are not about answers."""
    state = sources.state(connection, source)
    if state is None:
        return
    refused = state.status == "error" and state.status_reason.startswith(_REFUSED)
    if refused or state.status == "configuring":
        change_status(connection, work.tell, source, "active", "", work.now())


def follow(work: Work, drained: Drained) -> None:
    """Asks at once about what a drain left in doubt; for callers without a queue."""
    by_source: dict[str, list[str]] = {}
    for source, ticket in sorted(drained.doubtful):
        by_source.setdefault(source, []).append(ticket)
    for source, tickets in by_source.items():
        refetch(work, source, tickets)
