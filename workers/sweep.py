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
from store import doubts, journal, sources
from store.database import Connection
from workers.drain import drain
from workers.refetch import follow, refetch
from workers.render import render
from workers.work import Work

EVERY_SECONDS = 5.0
JITTER = (0.6, 0.9)
"""Shorter, never longer: with ten seconds of age, what a killed worker held is late by less than
fifteen."""
STUCK_AFTER = timedelta(seconds=10)
log = structlog.get_logger(__name__)


def sweep(work: Work, *, older_than: timedelta = STUCK_AFTER) -> int:
    """One look: drains stuck lanes, asks about due doubts, renders what is due; how many lanes.

    What another sweep woke is left to it for as long: it may have been killed over it.
    """
    active = _active(work)
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


class Sweeper:
    """The sweep as a daemon thread."""

    def __init__(self, work: Work, every: float = EVERY_SECONDS) -> None:
        self._work = work
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweep", daemon=True)

    def start(self) -> None:
        """Begins with a sweep without the age rule: at boot everything pending is stuck."""
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """Ends it after the sweep under way, waiting at most so long."""
        self._stop.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        self._try(lambda: sweep(self._work, older_than=timedelta(0)))
        while not self._stop.wait(self._every * random.uniform(*JITTER)):  # noqa: S311
            self._try(lambda: sweep(self._work))

    def _try(self, look: Callable[[], int]) -> None:
        try:
            look()
        except Transient as error:
            log.warning("sweep_waits", reason=str(error))
        except Exception:
            log.exception("sweep_failed")
