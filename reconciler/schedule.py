"""The schedule: which source is due when, looked at every few seconds, one leader by lease."""

import random
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from reconciler import mirrors, session, snapshots
from reconciler.contact import PROBE_EVERY
from reconciler.parts import Parts
from reconciler.tenure import Busy
from schemas.errors import StoreAway
from schemas.session import Session
from schemas.source import Source, SourceState
from store import leases, sources, upkeep

LOOK_SECONDS = 5.0
AT_ONCE = 16
"""Sources read at the same time: a few long imports must not hold up the others."""
UPKEEP_EVERY = timedelta(hours=24)
log = structlog.get_logger("ticketsync")


def due(parts: Parts) -> list[Source]:
    """The sources whose time has come: never read, or their interval is over.

    One whose tracker has no API to read lives on what it is sent.
    """
    now = parts.now()
    with parts.store.read() as connection:
        states = sources.states(connection)
    return [
        source
        for name, source in parts.sources.items()
        if parts.tracker(source.tracker).capabilities.polls and _is_due(states.get(name), now)
    ]


def _is_due(state: SourceState | None, now: datetime) -> bool:
    if state is None:
        return True
    if state.status == "paused":
        return False
    return state.next_session_at is None or state.next_session_at <= now


def run_one(parts: Parts, source: Source) -> bool:
    """One scheduled run, and whether it went well; if not, the other sources go on."""
    done, busy = None, False
    try:
        done = session.run(parts, source, scheduled=True)
        log.info(
            "session_done",
            source=source.name,
            session=done.id,
            status=done.status,
            error=done.error,
            **done.report.model_dump(),
        )
    except Busy:
        busy = True  # and still due: if the one at work is killed, somebody has to go on
        return True
    except StoreAway as error:
        log.warning("session_waits", source=source.name, reason=str(error))
        return False
    except Exception:
        log.exception("session_failed", source=source.name)
        return False
    finally:
        with suppress(StoreAway):  # unplanned it is due, and that is right
            if not busy:
                _plan_next(parts, source, done)
    return done.status == "complete"


def _plan_next(parts: Parts, source: Source, done: Session | None) -> None:
    """The next run: the interval with a tenth of jitter, so that sources do not march in step.

    A parked one goes on when it may, one whose project refuses us is asked once an hour.
    """
    with parts.store.write() as connection:
        state = sources.state(connection, source.name)
        lost = state is not None and state.status == "disconnected"
        span = PROBE_EVERY if lost else timedelta(minutes=source.interval_minutes)
        planned = parts.now() + span * (0.95 + 0.1 * random.random())  # noqa: S311
        if done is not None and done.resumes_at is not None:
            planned = done.resumes_at
        sources.note(connection, source.name, next_session_at=planned)


class Scheduler:
    """The schedule as a daemon thread."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._running: dict[str, Future[bool]] = {}
        self._thread = threading.Thread(target=self._run, name="reconciler", daemon=True)

    def start(self) -> None:
        """Begins at once."""
        self._thread.start()

    def end(self) -> None:
        """Asks it to end; returns at once."""
        self._parts.stop.set()

    def stop(self, seconds: float = 5.0) -> None:
        """Ends; a walk under way is left at its last journaled page."""
        self.end()
        self._thread.join(seconds)

    def run(self) -> None:
        """Runs in this thread until stopped."""
        self._run()

    def _run(self) -> None:
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="reconcile") as pool:
            rounds = mirrors.Rounds(self._parts, pool.submit)
            while not self._parts.stop.is_set():
                try:
                    self._begin_due(pool)
                    rounds.begin_due()
                    _keep_up(self._parts)
                except StoreAway as error:
                    log.warning("reconciler_waits", reason=str(error))
                self._parts.stop.wait(LOOK_SECONDS)

    def _begin_due(self, pool: ThreadPoolExecutor) -> None:
        """A source that takes hours must not hold up the others: each runs on its own."""
        for source in due(self._parts):
            running = self._running.get(source.name)
            if running is None or running.done():
                self._running[source.name] = pool.submit(run_one, self._parts, source)


def _keep_up(parts: Parts) -> None:
    """Retention, once a day over all replicas: whoever gets the day's lease does it."""
    settings, now = parts.settings.journal, parts.now()
    with parts.store.write() as connection:
        if leases.take(connection, "upkeep", f"{parts.holder} {now}", UPKEEP_EVERY) is None:
            return
    dropped = upkeep.prune(
        parts.store,
        now,
        bodies=timedelta(days=settings.keep_bodies_days),
        rows=timedelta(days=settings.keep_rows_days),
    )
    if any(dropped.values()):
        log.info("journal_pruned", **dropped)
    snapshots.of_unread(parts)
