"""Drain: lock a ticket, read all its pending deliveries, apply them, mark them done (law 4).

It never touches the network. Reading and translating happen before the write transaction; the
transaction itself only loads heads, merges and writes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from schemas.delivery import Delivery
from schemas.errors import Collision, StoreAway
from schemas.source import SourceState
from store import journal, sources, tickets
from store.journal import Lane
from store.keys import Key
from workers.apply import Aftermath, apply
from workers.ingest import Reading, read
from workers.work import Work

ROWS_AT_ONCE = 256
"""So that no write transaction on SQLite lasts longer than a quarter of a second."""
LANES_AT_ONCE = 128
"""A page of a list and what its records hint at: every transaction costs a wait for the disk."""


@dataclass(slots=True)
class Drained:
    """What a drain did: how many deliveries, and what has to be asked of trackers now."""

    deliveries: int = 0
    failures: int = 0
    doubtful: set[Key] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)


def drain(work: Work, lanes: Iterable[Lane]) -> Drained:
    """Applies everything pending in these lanes, and in those it gave hints to.

    Lanes of sources that are not configured here, or paused, are left as they are. Raises
    StoreAway when the database does not answer; nothing is lost then and no attempt is counted.
    """
    drained = Drained()
    todo = dict.fromkeys(lane for lane in lanes if lane[0] in work.sources)
    while todo:
        now_lanes = list(islice(todo, LANES_AT_ONCE))
        for lane in now_lanes:
            del todo[lane]
        for readings, after in _drain_some(work, now_lanes):
            drained.deliveries += len(readings)
            drained.failures += len(after.failed)
            drained.doubtful |= after.doubtful
            drained.touched |= after.touched
            todo |= dict.fromkeys(after.hinted)
    return drained


def _drain_some(work: Work, lanes: Sequence[Lane]) -> Iterator[tuple[list[Reading], Aftermath]]:
    while True:
        with work.store.read() as connection:
            states = sources.standings(connection)
            active = [
                lane
                for lane in lanes
                if lane[0] not in states or states[lane[0]].status != "paused"
            ]
            rows = journal.pending(connection, active, work.now(), ROWS_AT_ONCE)
        if not rows:
            return
        readings = [_read(work, row, states) for row in rows]
        yield from _settle(work, readings, states)
        if len(rows) < ROWS_AT_ONCE:
            return


def _read(work: Work, row: Delivery, states: dict[str, SourceState]) -> Reading:
    source, state = work.sources[row.source], states.get(row.source)
    return read(row, source, work.tracker(source.tracker), state.read_to if state else None)


def _settle(
    work: Work, readings: list[Reading], states: dict[str, SourceState]
) -> Iterator[tuple[list[Reading], Aftermath]]:
    """One transaction for all; if it fails as a whole, ticket by ticket, then one by one.

    So a delivery that the database itself refuses takes no neighbour with it.
    """
    try:
        after = _commit(work, readings, states)
    except StoreAway:
        raise
    except Exception as error:
        if len(readings) == 1:
            readings[0].error = error
            after = _commit(work, readings, states)
            _tell(work, after)
            yield readings, after
            return
        for part in _split(readings):
            yield from _settle(work, part, states)
        return
    _tell(work, after)
    yield readings, after


def _commit(
    work: Work, readings: list[Reading], states: dict[str, SourceState], tries: int = 3
) -> Aftermath:
    try:
        return _commit_once(work, readings, states)
    except Collision:  # costs no attempt: nobody is to blame
        if tries <= 1:
            raise
        return _commit(work, readings, states, tries - 1)


def _commit_once(work: Work, readings: list[Reading], states: dict[str, SourceState]) -> Aftermath:
    with work.store.write() as connection:
        lanes = {(r.delivery.source, r.delivery.ticket) for r in readings}
        alive = tickets.enter(connection, lanes, [r.delivery.id for r in readings])
        after = apply(work, connection, [r for r in readings if r.delivery.id in alive], states)
    work.remembered.add(after.learned)
    return after


def _split(readings: list[Reading]) -> list[list[Reading]]:
    lanes: dict[Lane, list[Reading]] = {}
    for one in readings:
        lanes.setdefault((one.delivery.source, one.delivery.ticket), []).append(one)
    if len(lanes) > 1:
        return list(lanes.values())
    return [[one] for one in readings]


def _tell(work: Work, after: Aftermath) -> None:
    now = work.now()
    for delivery, done in after.finished:
        seconds = (now - delivery.received_at).total_seconds()
        work.observer.drained(delivery, done.outcome, done.reason, seconds)
    for delivery, error, note in after.failed:
        work.observer.failed(delivery, error, note.next_at is None)
