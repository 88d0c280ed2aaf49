"""The worlds of `test_any_order.py` through the real journal, drain, refetch and reconcile.

Fewer examples, since each has a database of its own; a few on PostgreSQL.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler import session
from schemas import fingerprint
from schemas.record import Gone
from schemas.settings import Settings
from store import sources
from store.database import Store
from tests.builders import (
    NOW,
    SOURCE,
    Clock,
    a_source,
    a_work,
    an_issue,
    at,
    comment_webhook,
    held,
    issue_webhook,
    journaled,
    keep,
    row,
)
from tests.conftest import Databases
from tests.pretend import Pretend
from tests.reconciler.run import a_parts
from tests.workers.world import LATE, Move, State, Told, World, live, moves
from trackers.github import GITHUB
from workers.drain import drain
from workers.refetch import follow
from workers.sweep import sweep
from workers.work import Work

NEIGHBOUR = 77


@dataclass
class House:
    """Workers and reconciler around one store and one pretended tracker."""

    store: Store
    world: World
    clock: Clock
    tracker: Pretend
    work: Work

    def see(self, moment: float) -> None:
        """Moves the clock, and the tracker with it."""
        self.clock.at = max(self.clock.at, at(moment))
        self.show(self.world.at((self.clock.at - NOW).total_seconds()))

    def show(self, state: State) -> None:
        record = state.counted()
        self.tracker.issues = {str(NEIGHBOUR): an_issue(NEIGHBOUR)}
        self.tracker.answers = {}
        self.tracker.comments = {str(key): one for key, one in state.comments.items()}
        if record is None:
            self.tracker.answers["12"] = Gone(ticket="12", proof="HTTP 410")
            self.tracker.comments = {}
        else:
            self.tracker.put(record)

    def hear(self, told: Told) -> None:
        """One webhook, drained and followed as the actors do."""
        self.see(told.arrives)
        record = {k: v for k, v in told.issue.items() if not (told.partial and k == "body")}
        when = (self.clock.at - NOW).total_seconds()
        if told.comment is None:
            action = "deleted" if told.what == "gone" else "edited"
            arrival = issue_webhook(record, action, when=when)
        else:
            action = "deleted" if told.what == "comment_gone" else "created"
            arrival = comment_webhook(record, told.comment, action, when=when)
        keep(self.store, arrival)
        follow(self.work, drain(self.work, [(SOURCE, "12")]))

    def quiet(self, moment: float) -> None:
        """The sweep comes by until nothing is left to ask."""
        for _ in range(60):
            head = row(self.store)
            if head is None or head.doubt_due_at is None or head.doubt_due_at > at(moment):
                return
            self.see(max(0.0, (head.doubt_due_at - NOW).total_seconds()) + 0.01)
            sweep(self.work)
        raise AssertionError("the same question is asked for ever")

    def reconcile(self, moment: float) -> None:
        """One full session."""
        self.see(moment)
        parts = a_parts(
            self.store, self.tracker, clock=self.clock, settings=Settings(), work=self.work
        )
        done = session.run(parts, parts.sources[SOURCE], full=True)
        assert done.error is None
        self.clock.forward(seconds=1)


def house(store: Store, world: World) -> House:
    clock, tracker = Clock(), Pretend()
    tracker.clock = clock

    def tick(_: str) -> None:
        clock.forward(milliseconds=1)

    tracker.before_fetch = tick
    work = a_work(store, connect=tracker.connect, now=clock)
    with store.write() as connection:
        sources.declare(connection, [a_source()], NOW)
    return House(store, world, clock, tracker, work)


def check(store: Store, truth: State) -> None:
    """The row is the tracker's, nothing is pending or in doubt, and the neighbour is there."""
    assert held(store, NEIGHBOUR).title
    assert journaled(store, outcome="pending") == []
    assert journaled(store, outcome="dead") == []
    head = row(store)
    if truth.issue is None:
        assert head is None or head.fate == "deleted"
        return
    ticket = GITHUB.to_ticket(truth.issue, a_source())
    assert head.doubt is None
    assert (head.fate, head.revision) == ("here", ticket.revision)
    assert head.fingerprint == fingerprint.core(ticket)
    ours = held(store)
    assert (ours.title, ours.body, ours.state) == (ticket.title, ticket.body, ticket.state)
    told = {str(key): one["body"] for key, one in truth.comments.items()}
    assert {one.id: one.body for one in ours.comments} == told


def play(store: Store, script: list[Move], shuffle: Random) -> None:
    """A world from its first word to the last late one."""
    world = live(script)
    here = house(store, world)
    told = sorted(world.told, key=lambda one: (one.arrives, shuffle.random()))
    for one in (one for one in told if one.arrives - one.sent < LATE):
        here.hear(one)
    here.reconcile(world.last_change + 900)
    here.quiet(world.last_change + 4_000)
    check(store, world.truth)
    for one in (one for one in told if one.arrives - one.sent >= LATE):
        here.hear(one)
    here.quiet(world.last_change + 2 * LATE)
    here.reconcile(world.last_change + 2 * LATE)
    here.quiet(world.last_change + 3 * LATE)
    check(store, world.truth)


def in_a_store(databases: Databases, folder: Path, body: Callable[[Store], None]) -> None:
    with databases(folder) as made:
        store = made.open()
        try:
            body(store)
        finally:
            store.close()


@settings(max_examples=25)
@given(moves, st.randoms(use_true_random=False))
def test_any_order_gives_the_trackers_row_on_sqlite(
    sqlite_databases: Databases, tmp_path: Path, script: list[Move], shuffle: Random
) -> None:
    in_a_store(sqlite_databases, tmp_path, lambda store: play(store, script, shuffle))


@settings(max_examples=5)
@given(moves, st.randoms(use_true_random=False))
def test_any_order_gives_the_trackers_row_on_postgres(
    postgres_databases: Databases, tmp_path: Path, script: list[Move], shuffle: Random
) -> None:
    in_a_store(postgres_databases, tmp_path, lambda store: play(store, script, shuffle))
