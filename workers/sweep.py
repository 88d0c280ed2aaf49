"""Sweep: stuck work is looked for in the journal, in every worker process, without the queue.

Once at boot, then every five seconds. It drains directly, so a queue that is away, flushed or lost
costs latency and nothing else (law 2).
"""

import random
import threading
from collections.abc import Callable
from datetime import timedelta

import structlog

from schemas.errors import Transient
from store import derived, doubts, journal, sources
from store.database import Connection
from workers import attachments
from workers.drain import drain
from workers.edits.taking import edited_here, take_over
from workers.lookout import Lookout
from workers.mirrors.running import Pusher
from workers.refetch import follow, refetch
from workers.render import render
from workers.retranslate import Records
from workers.work import Work

EVERY_SECONDS = 5.0
JITTER = (0.6, 0.9)
"""Shorter, never longer: with ten seconds of age, what a killed worker held is late by less than
fifteen."""
STUCK_AFTER = timedelta(seconds=10)
DERIVED_AT_ONCE = 1_000
"""After a large import the rest waits: stuck deliveries come first."""
log = structlog.get_logger(__name__)


def sweep(work: Work, *, older_than: timedelta = STUCK_AFTER) -> int:
    """One look: drains stuck lanes, asks about due doubts, renders and derives what is due.

    Returns how many lanes there were.

    What another sweep woke is left to it for as long: it may have been killed over it.
    """
    active = _active(work)
    edits = take_over(work, work.seen, only=edited_here(work))
    for fault in edits.faults:
        log.warning("edit_waits", reason=fault)
    drain(work, edits.keys)
    with work.store.write() as connection:
        lanes = journal.stuck(
            connection, active, work.now(), older_than=older_than, woken_before=older_than
        )
    for start in range(0, len(lanes), 64):
        some = lanes[start : start + 64]
        follow(work, drain(work, some))
    with work.store.read() as connection:
        asked = doubts.due(connection, _reachable(connection, active), work.now())
    for source in sorted({key[0] for key in asked}):
        refetch(work, source, [ticket for name, ticket in asked if name == source])
    render(work, work.sources)
    derived.bring_up(work.store, work.sources, work.now(), most=DERIVED_AT_ONCE)
    return len(lanes)


def _active(work: Work) -> list[str]:
    """The sources that are not paused: those of a paused one wait without being woken."""
    with work.store.read() as connection:
        states = sources.states(connection)
    return [name for name in work.sources if name not in states or states[name].status != "paused"]


def _reachable(connection: Connection, names: list[str]) -> list[str]:
    """Those whose project answers us: one that refuses us as a whole is only probed."""
    states = sources.states(connection)
    return [one for one in names if one not in states or states[one].status != "disconnected"]


def carry(work: Work) -> int:
    """Brings attachments that were left, on a thread of its own: files may take long."""
    settled = attachments.bring(work, _active(work), seconds=attachments.TURN_SECONDS)
    if settled:
        render(work, work.sources)
    return settled


class Sweeper:
    """The sweep as a daemon thread; others for attachments, where wanted, and edited files."""

    def __init__(self, work: Work, every: float = EVERY_SECONDS) -> None:
        self._work = work
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweep", daemon=True)
        self._pusher = Pusher(work)
        self._carrier = threading.Thread(target=self._carry, name="attachments", daemon=True)
        self._lookout = Lookout(work)

    def start(self) -> None:
        """Begins with a sweep without the age rule: at boot everything pending is stuck."""
        self._thread.start()
        self._lookout.start()
        self._pusher.start()
        if self._work.attachments is not None:
            self._carrier.start()

    def stop(self, seconds: float = 5.0) -> None:
        """Ends it after the sweep under way, waiting at most so long."""
        self._stop.set()
        self._lookout.stop(seconds)
        self._thread.join(seconds)
        self._pusher.stop(seconds)
        if self._carrier.is_alive():
            self._carrier.join(seconds)

    def _run(self) -> None:
        self._try(lambda: sweep(self._work, older_than=timedelta(0)))
        records = Records(self._work)
        while not self._stop.wait(self._pause(records)):
            self._try(lambda: sweep(self._work))

    def _pause(self, records: Records) -> float:
        """Seconds to the next sweep; none while kept records are being translated anew."""
        busy = self._try(records.go_on)
        return 0.0 if busy else self._every * random.uniform(*JITTER)  # noqa: S311

    def _carry(self) -> None:
        while not self._stop.wait(self._every * random.uniform(*JITTER)):  # noqa: S311
            self._try(lambda: carry(self._work))

    def _try(self, look: Callable[[], int]) -> int:
        """What it comes to; 0 when it failed."""
        try:
            return look()
        except Transient as error:
            log.warning("sweep_waits", reason=str(error))
        except Exception:
            log.exception("sweep_failed")
        return 0
