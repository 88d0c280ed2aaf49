"""Group commit: deliveries wait together for one fsync, and are answered only after it (law 1).

The event loop collects what arrived in one turn and hands it to a single writer thread; while that
commits, the next batch gathers. Nothing here knows SQL: `keep` writes a batch durably.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from queue import Empty, SimpleQueue
from time import monotonic

import structlog

from runtime.telemetry import Metrics
from schemas.delivery import Arrival
from schemas.errors import StoreAway
from schemas.messages import Drain, Message

BATCH_ROWS = 256
BATCH_BYTES = 8 * 1024 * 1024
TICK_SECONDS = 0.1

Keep = Callable[[Sequence[Arrival]], list[bool]]
"""Writes a batch in one durable transaction: True where new, False where a duplicate."""

log = structlog.get_logger(__name__)


class Answer(StrEnum):
    """What became of a delivery at the door; the last four are 503."""

    kept = "kept"
    duplicate = "duplicate"
    full = "full"
    late = "late"
    store_away = "store_away"
    closing = "closing"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may wait: rows, bytes, and seconds until a 503."""

    rows: int = 4096
    bytes: int = 64 * 1024 * 1024
    seconds: float = 2.0


class _Waiting:
    """A delivery between the socket and the commit; `answered` once its sender got an answer."""

    __slots__ = ("answered", "arrival", "deadline", "followers", "future", "size")

    def __init__(self, arrival: Arrival, future: "asyncio.Future[Answer]", deadline: float) -> None:
        self.arrival = arrival
        self.future = future
        self.deadline = deadline
        self.size = len(arrival.body)
        self.answered = False
        self.followers: list[asyncio.Future[Answer]] = []


class Intake:
    """The one way from the door into the journal. All methods belong to the event loop."""

    def __init__(
        self, keep: Keep, ring: Callable[[Message], None], bounds: Bounds, metrics: Metrics
    ) -> None:
        self._bounds = bounds
        self._flying: dict[tuple[str, str], _Waiting] = {}
        self._fresh: list[_Waiting] = []
        self._rows = 0
        self._bytes = 0
        self._closing = False
        self._writer = _Writer(keep, ring, metrics, self._settle)

    def start(self) -> None:
        """Starts the writer thread; call it inside the running loop."""
        self._loop = asyncio.get_running_loop()
        self._writer.start(self._loop)
        self._ticker = self._loop.call_later(TICK_SECONDS, self._tick)

    async def close(self, seconds: float = 5.0) -> None:
        """Takes nothing more and writes what waits, for at most so many seconds."""
        self._closing = True
        self._hand_over()
        self._writer.queue.put(None)
        await asyncio.to_thread(self._writer.thread.join, seconds)
        self._ticker.cancel()
        self._answer_overdue(float("inf"), Answer.closing)

    @property
    def alive(self) -> bool:
        """Whether deliveries can be taken."""
        return not self._closing and self._writer.thread.is_alive()

    async def keep(self, arrival: Arrival) -> Answer:
        """Waits until the delivery is durable, or says why it is not."""
        if self._closing:
            return Answer.closing
        key = (arrival.source, arrival.delivery_key)
        waiting = self._flying.get(key)
        if waiting is not None:
            return await self._follow(waiting)
        size = len(arrival.body)
        # One delivery always fits, however large.
        full = self._rows and self._bytes + size > self._bounds.bytes
        if full or self._rows >= self._bounds.rows:
            return Answer.full
        self._rows += 1
        self._bytes += size
        deadline = monotonic() + self._bounds.seconds
        waiting = _Waiting(arrival, self._loop.create_future(), deadline)
        self._flying[key] = waiting
        if not self._fresh:
            self._loop.call_soon(self._hand_over)
        self._fresh.append(waiting)
        return await waiting.future

    async def _follow(self, waiting: _Waiting) -> Answer:
        """The same delivery twice at once: success only when the first one is durable."""
        if waiting.answered:
            return Answer.late
        future: asyncio.Future[Answer] = self._loop.create_future()
        waiting.followers.append(future)
        answer = await future
        return Answer.duplicate if answer is Answer.kept else answer

    def _hand_over(self) -> None:
        if self._fresh:
            self._writer.queue.put(self._fresh)
            self._fresh = []

    def _settle(self, batch: list[_Waiting], answers: list[Answer]) -> None:
        for waiting, answer in zip(batch, answers, strict=True):
            self._rows -= 1
            self._bytes -= waiting.size
            del self._flying[waiting.arrival.source, waiting.arrival.delivery_key]
            if not waiting.answered:
                _resolve(waiting, answer)

    def _tick(self) -> None:
        self._answer_overdue(monotonic(), Answer.late)
        self._ticker = self._loop.call_later(TICK_SECONDS, self._tick)

    def _answer_overdue(self, now: float, answer: Answer) -> None:
        for waiting in self._flying.values():  # oldest first
            if waiting.deadline > now:
                return
            if not waiting.answered:
                _resolve(waiting, answer)


class _Writer:
    """The thread that commits. `settle` is called back on the loop, once per batch."""

    def __init__(
        self,
        keep: Keep,
        ring: Callable[[Message], None],
        metrics: Metrics,
        settle: Callable[[list[_Waiting], list[Answer]], None],
    ) -> None:
        self._keep = keep
        self._ring = ring
        self._rows_seen = metrics.batch_rows
        self._settle = settle
        self._carry: deque[_Waiting] = deque()
        self._away = False
        self.queue: SimpleQueue[list[_Waiting] | None] = SimpleQueue()
        self.thread = threading.Thread(target=self._run, name="intake", daemon=True)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.thread.start()

    def _run(self) -> None:
        while self._gather():
            while self._carry:
                batch = self._next_batch()
                answers = self._write(batch)
                self._loop.call_soon_threadsafe(self._settle, batch, answers)
                self._wake(batch, answers)

    def _gather(self) -> bool:
        """Waits for work; False when there will be none."""
        chunk = self.queue.get()
        while chunk is not None:
            self._carry.extend(chunk)
            try:
                chunk = self.queue.get_nowait()
            except Empty:
                return True
        # Closed: what is carried is still written, and the next call finds the end again.
        self.queue.put(None)
        return bool(self._carry)

    def _next_batch(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        size = 0
        while self._carry and len(batch) < BATCH_ROWS:
            size += self._carry[0].size
            if batch and size > BATCH_BYTES:
                break
            batch.append(self._carry.popleft())
        return batch

    def _write(self, batch: list[_Waiting]) -> list[Answer]:
        # Whoever was told 503 meanwhile will send again: no need to write it now.
        live = [waiting for waiting in batch if not waiting.answered]
        answers = iter(self._write_live([waiting.arrival for waiting in live]) if live else ())
        lived = set(map(id, live))
        return [next(answers) if id(waiting) in lived else Answer.late for waiting in batch]

    def _write_live(self, arrivals: list[Arrival]) -> list[Answer]:
        try:
            answers = self._attempt(arrivals)
        except StoreAway as error:
            # A restarted database leaves dead connections behind: the second try has a new one.
            answers = self._again(arrivals, error)
        except Exception as error:
            log.error("intake_batch_failed", rows=len(arrivals), exc_info=error)
            answers = [answer for one in arrivals for answer in self._alone(one)]
        return answers

    def _attempt(self, arrivals: list[Arrival]) -> list[Answer]:
        kept = self._keep(arrivals)
        self._rows_seen.observe(len(arrivals))
        if self._away:
            log.info("store_back")
            self._away = False
        return [Answer.kept if new else Answer.duplicate for new in kept]

    def _again(self, arrivals: list[Arrival], first: Exception) -> list[Answer]:
        try:
            return self._attempt(arrivals)
        except Exception as error:
            if not self._away:
                log.error("store_away", error=str(error), first=str(first))
            self._away = True
            return [Answer.store_away] * len(arrivals)

    def _alone(self, arrival: Arrival) -> list[Answer]:
        """One row of a batch that failed: the others must not suffer for it."""
        try:
            return self._attempt([arrival])
        except Exception as error:
            log.error(
                "delivery_not_kept",
                source=arrival.source,
                delivery_key=arrival.delivery_key,
                exc_info=error,
            )
            return [Answer.store_away]

    def _wake(self, batch: list[_Waiting], answers: list[Answer]) -> None:
        # Duplicates too: after a commit whose answer was lost, the second try finds only these.
        lanes = {
            (waiting.arrival.source, waiting.arrival.ticket): None
            for waiting, answer in zip(batch, answers, strict=True)
            if answer in (Answer.kept, Answer.duplicate)
        }
        if lanes:
            self._ring(Drain.model_construct(keys=tuple(lanes)))


def _resolve(waiting: _Waiting, answer: Answer) -> None:
    waiting.answered = True
    for future in (waiting.future, *waiting.followers):
        if not future.done():
            future.set_result(answer)
