"""Running: mirrors are looked at all the time by a thread of every worker process.

Not by the sweep's, since it waits for trackers; not by the queue, since a due mark in the store
says all that a message could.
"""

import threading
from collections.abc import Callable

import structlog

from schemas.errors import Transient
from workers.mirrors import planning
from workers.mirrors.push import push_due
from workers.render import render
from workers.work import Work

EVERY_SECONDS = 1.0
"""A look at an index: so long a change waits at most before its twin is told."""
log = structlog.get_logger(__name__)


def look(work: Work, stopped: Callable[[], bool] = lambda: False) -> int:
    """Pushes what is due, makes the plans that were asked for; how many mappings were looked at."""
    planning.make_asked(work)
    done = push_due(work, stopped=stopped)
    if done.writes or done.conflicts:
        render(work, work.sources, indexed=False)
    return done.looked


class Pusher:
    """A daemon thread that looks every second."""

    def __init__(self, work: Work, every: float = EVERY_SECONDS) -> None:
        self._work = work
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mirrors", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """Ends after the mapping under way, waiting at most so long."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            try:
                look(self._work, self._stop.is_set)
            except Transient as error:
                log.warning("mirrors_wait", reason=str(error))
            except Exception:
                log.exception("mirrors_failed")
