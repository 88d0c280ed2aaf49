"""Mirrors on the clock: both sources are read, then workers tell each side what it lacks.

What webhooks bring is told within seconds; this is for what they missed, like every reconcile.
"""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Literal

import structlog

from reconciler import session
from reconciler.parts import Parts
from reconciler.tenure import Busy
from schemas.errors import TicketsyncError
from schemas.mirror import Mirror
from schemas.session import Report
from store import mappings, mirrors, receipts, sessions

SETTLE_SECONDS = 120.0
"""So long workers are waited for; what they have not done then they do after the session."""
LOOK_SECONDS = 0.5
log = structlog.get_logger("ticketsync")


def due(parts: Parts) -> list[Mirror]:
    """Mirrors whose time has come, or that somebody asked for."""
    now = parts.now()
    with parts.store.read() as connection:
        every = mirrors.every(connection)
        idle = mirrors.idle_sources(connection)
    return [
        one
        for one in every
        if (one.enabled or one.session is not None)
        and (one.next_sync_at is None or one.next_sync_at <= now)
        and {one.source, one.target} <= parts.sources.keys() | {"local"}
        and not {one.source, one.target} & idle
    ]


def run(parts: Parts, mirror: Mirror) -> bool:
    """One pass over a mirror; whether it went well."""
    began = time.monotonic()
    with parts.store.write() as connection:
        number = mirror.session or sessions.begin(connection, mirror.name, "mirror", parts.now())
        span = timedelta(minutes=mirror.options.sync_interval_minutes)
        mirrors.ask(connection, mirror.id, number, parts.now() + span)
    error = _read(parts, mirror)
    _settle(parts, mirror)
    with parts.store.write() as connection:
        error = error or mappings.trouble(connection, mirror.id)
        steps = receipts.count_of(connection, number)
        seconds = round(time.monotonic() - began, 3)
        report = Report(changed=steps, seconds=seconds)
        sessions.end(connection, number, parts.now(), report, error)
        status: Literal["success", "failed"] = "failed" if error else "success"
        mirrors.ran(connection, mirror.id, status, error, parts.now(), parts.now() + span)
    log.info("mirror_done", mirror=mirror.name, session=number, steps=steps, error=error)
    return error is None


def _read(parts: Parts, mirror: Mirror) -> str | None:
    """Reads both sides; what went wrong. One that somebody reads right now is as good as read."""
    for name in (mirror.source, mirror.target):
        source = parts.sources.get(name)
        if source is None or not parts.tracker(source.tracker).capabilities.polls:
            continue
        try:
            done = session.run(parts, source, scheduled=True)
            if done.status == "error":
                return f"{name}: {done.error}"
        except Busy:
            continue
        except TicketsyncError as error:
            return f"{name}: {error}"
    return None


def _settle(parts: Parts, mirror: Mirror) -> None:
    """Waits until workers have looked at all that is due."""
    parts.push(mirror.name)
    until = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < until and not parts.stop.is_set():
        with parts.store.read() as connection:
            if not mappings.due(connection, [mirror.id], parts.now(), 1):
                return
        parts.stop.wait(LOOK_SECONDS)


class Rounds:
    """Mirrors that are being passed over, each in a thread of its own."""

    def __init__(self, parts: Parts, submit: Callable[[Callable[[], object]], object]) -> None:
        self._parts = parts
        self._submit = submit
        self._lock = threading.Lock()
        self._running: set[int] = set()

    def begin_due(self) -> None:
        """Begins what is due and not under way."""
        for one in due(self._parts):
            with self._lock:
                if one.id in self._running:
                    continue
                self._running.add(one.id)
            self._submit(lambda one=one: self._one(one))  # type: ignore[misc]

    def _one(self, mirror: Mirror) -> None:
        try:
            run(self._parts, mirror)
        except Exception:
            log.exception("mirror_failed", mirror=mirror.name)
        finally:
            with self._lock:
                self._running.discard(mirror.id)
