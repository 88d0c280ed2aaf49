"""Invented people at work: a thread that does something at a given pace until told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sandbox.wire import Json


class Crowd:
    """Calls `step` so many times a second; `step` says what was done."""

    def __init__(self, step: Callable[[], str]) -> None:
        self._step = step
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.rate = 0.0
        self.done: dict[str, int] = {}

    def start(self, rate: float, seconds: float | None = None) -> None:
        """Begin, or go on at another pace; rate 0 stops."""
        self.stop()
        if rate <= 0:
            return
        self.rate = rate
        self._stop = threading.Event()
        until = None if seconds is None else time.monotonic() + seconds
        self._thread = threading.Thread(
            target=self._run, args=(self._stop, rate, until), name="crowd", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Returns after the last step has ended."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._thread = None
        self.rate = 0.0

    def wait(self, timeout: float | None = None) -> None:
        """Wait for a start that was given a number of seconds."""
        if self._thread is not None:
            self._thread.join(timeout)

    def work(self, steps: int) -> None:
        """Do so many steps now, in the caller's thread: the repeatable way."""
        for _ in range(steps):
            self._once()

    def as_json(self) -> Json:
        running = self._thread is not None and self._thread.is_alive()
        return {"running": running, "rate": self.rate if running else 0, "acts": dict(self.done)}

    def _once(self) -> None:
        name = self._step()
        self.done[name] = self.done.get(name, 0) + 1

    def _run(self, stop: threading.Event, rate: float, until: float | None) -> None:
        due = time.monotonic()
        while until is None or due < until:
            if stop.wait(max(0.0, due - time.monotonic())):
                return
            self._once()
            due += 1 / rate
