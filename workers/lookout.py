"""Lookout: edited files are seen within a second or two, taken over, and sent.

Looking costs one `stat` a file; what is sent elsewhere, or nowhere, is looked at less often. A turn
that takes long is followed by a pause as long as ten of its kind, so that a large workspace costs
at most a tenth of one core.
"""

import threading
import time
from collections.abc import Callable
from functools import partial

import structlog

from schemas.errors import Transient
from store import edits
from workers.drain import drain
from workers.edits.sending import push_edits
from workers.edits.taking import edited_here, take_over
from workers.render import render
from workers.work import Work

EVERY_SECONDS = 1.0
SELDOM_SECONDS = 60.0
"""For sources whose edits are not sent: somebody is told, and the next sync writes them anew."""
IDLE_SHARE = 10.0
log = structlog.get_logger(__name__)


def look(work: Work, *, seldom: bool = False) -> int:
    """One look at the files, and what waits is sent; how many tickets had edits."""
    names = list(work.sources) if seldom else edited_here(work)
    taken = take_over(work, work.seen, only=names)
    for fault in taken.faults:
        log.warning("edit_waits", reason=fault)
    drain(work, taken.keys)
    touched = {source for source, _ in taken.keys} | taken.old
    with work.store.read() as connection:
        waiting = edits.due(connection, list(work.sources), work.now(), 1)
    if waiting:
        sent = push_edits(work)
        for fault in sent.faults:
            log.warning("edit_waits", reason=fault)
        touched |= sent.sources
    if touched:
        render(work, touched)
    return len(taken.keys)


class Lookout:
    """The look as a daemon thread; none without a workspace."""

    def __init__(self, work: Work, every: float = EVERY_SECONDS) -> None:
        self._work = work
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lookout", daemon=True)

    def start(self) -> None:
        """Begins at once."""
        if self._work.workspace is not None:
            self._thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """Ends it after the look under way, waiting at most so long."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        pause, all_of_them = 0.0, 0.0
        while not self._stop.wait(pause):
            began = time.monotonic()
            seldom = began >= all_of_them
            if seldom:
                all_of_them = began + SELDOM_SECONDS
            self._try(partial(look, self._work, seldom=seldom))
            pause = max(self._every, (time.monotonic() - began) * IDLE_SHARE)

    def _try(self, do: Callable[[], int]) -> None:
        try:
            do()
        except Transient as error:
            log.warning("lookout_waits", reason=str(error))
        except Exception:
            log.exception("lookout_failed")
