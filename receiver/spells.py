"""Spells of 503: what a tracker could not hand over has to be looked for as soon as we are back.

GitHub never sends a failed delivery again by itself, and others give a hook up after a few
(https://docs.github.com/webhooks/using-webhooks/handling-failed-webhook-deliveries), so waiting for
the next interval would leave a hole for that long (law 1).
"""

import asyncio
from collections.abc import Callable

import anyio.to_thread
import structlog

log = structlog.get_logger(__name__)


class Spells:
    """Remembers who was refused for want of a store; `catch_up` makes these sources due."""

    def __init__(self, catch_up: Callable[[frozenset[str]], None]) -> None:
        self._catch_up = catch_up
        self._refused: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def refused(self, source: str) -> None:
        """A proven delivery of this source was answered 503."""
        self._refused.add(source)

    def kept(self) -> None:
        """A delivery was kept: whatever ailed us is over. Cheap when there was nothing."""
        if self._refused:
            over, self._refused = frozenset(self._refused), set()
            task = asyncio.get_running_loop().create_task(self._tell(over))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _tell(self, over: frozenset[str]) -> None:
        try:
            await anyio.to_thread.run_sync(self._catch_up, over)
        except Exception as error:
            self._refused |= over
            log.warning("catch_up_waits", error=str(error))
        else:
            log.info("reconcile_asked_for", sources=sorted(over))
