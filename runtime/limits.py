"""The rate budget of each credential: of this process alone, or shared by all over a Redis.

Redis keeps a budget (`runtime/budget.py`) as one value, and one script that replaces it if nobody
else did meanwhile; its clock is the one that counts, so clocks need not agree. FLUSHALL is legal:
the budget is then unknown again. Without Redis each process goes on with what it saw last.
"""

import os
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import redis
import structlog

from runtime import redis_client
from runtime.broker import EMBEDDED
from runtime.budget import Budget
from schemas.errors import Spent
from schemas.ports import Allowance, Lane, Limiter, Rate

if TYPE_CHECKING:
    from runtime.telemetry.metrics import Metrics

AWAY_SECONDS = 5.0
"""How long a Redis that failed is left alone."""

KEPT_MS = 24 * 3600 * 1000
"""A budget nobody asked for so long is unknown again."""

SKEW_SECONDS = 30.0
"""An answer may be so old when it is here; a tracker's time further from ours is another time."""

TRIES = 200
"""Each failed one means that somebody else's has succeeded."""

# KEYS: the budget; ARGV: what it is thought to be, what it shall be, for how long.
SWAP = """
local held, clock = redis.call('GET', KEYS[1]) or '', redis.call('TIME')
local agreed = held == ARGV[1]
if agreed then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return {agreed and 1 or 0, held, clock[1], clock[2]}
"""

T = TypeVar("T")
Step = Callable[[Budget, float], T]
"""Changes a budget at a moment; may be tried several times, each time on a budget of its own."""

log = structlog.get_logger(__name__)


class Limits:
    """The budgets of all credentials; safe to use from several threads.

    `now` is in epoch seconds; `metrics` is told what is left and what was parked.
    """

    def __init__(
        self,
        shared: redis.Redis | None = None,
        now: Callable[[], float] = time.time,
        metrics: "Metrics | None" = None,
        away_seconds: float = AWAY_SECONDS,
    ) -> None:
        self.metrics = metrics
        self._away_seconds = away_seconds
        self._shared = shared
        self._now = now
        self._lock = threading.Lock()
        self._seen: dict[str, bytes] = {}
        self._ahead = 0.0
        self._alone: set[str] = set()
        self._away_until = 0.0
        self._me = uuid.uuid4().hex[:8]

    def lane(self, name: Lane) -> Limiter:
        """The budget as one kind of work may use it."""
        return _Limiter(self, name)

    def ask(self, credential: str, lane: Lane, usual: Allowance | None) -> float:
        """Counts a request of this thread; the seconds to wait, and nothing counted, if it may not
        be sent."""
        who = self._who()
        return self._change(credential, lambda one, at: one.ask(lane, who, usual, at))

    def learn(self, credential: str, rate: Rate) -> None:
        """Takes note of the answer to this thread's last request, and of what its headers said."""
        who, seconds = self._who(), self._until_reset(rate)

        def step(one: Budget, at: float) -> None:
            one.answered(who, at, limit=rate.limit, remaining=rate.remaining, seconds=seconds)

        self._change(credential, step)

    def _until_reset(self, rate: Rate) -> float | None:
        """By our clock, unless the tracker's stands elsewhere: then by that."""
        if rate.reset_at is None:
            return None
        now, told = self._now(), rate.told_at.timestamp() if rate.told_at else None
        if told is not None and abs(told - now) > SKEW_SECONDS:
            now = told
        return rate.reset_at.timestamp() - now

    def block(self, credential: str, seconds: float) -> None:
        """Nothing may be sent for so many seconds: the tracker said so."""
        if seconds > 0:
            self._change(credential, lambda one, at: one.block(seconds, at))

    def close(self) -> None:
        """Gives the connections back."""
        if self._shared is not None:
            self._shared.close()

    def _who(self) -> str:
        # The process, too: a fork would share the rest.
        return f"{self._me}:{os.getpid()}:{threading.get_ident()}"

    def _change(self, credential: str, step: Step[T]) -> T:
        shared = self._shared
        with self._lock:
            try:
                if shared is None or time.monotonic() < self._away_until:
                    after, found = self._changed_alone(credential, step)
                else:
                    after, found = self._changed_for_all(shared, credential, step)
            except (redis.RedisError, OSError) as error:
                self._away_until = time.monotonic() + self._away_seconds
                log.warning("rate_budget_not_shared", error=type(error).__name__)
                after, found = self._changed_alone(credential, step)
        if self.metrics is not None:
            self.metrics.left(credential, after.left)
        return found

    def _changed_alone(self, credential: str, step: Step[T]) -> tuple[Budget, T]:
        if self._shared is not None:
            self._alone.add(credential)
        budget = Budget.unpack(self._seen.get(credential, b""))
        found = step(budget, self._now() + self._ahead)
        self._seen[credential] = budget.pack()
        return budget, found

    def _changed_for_all(
        self, shared: redis.Redis, credential: str, step: Step[T]
    ) -> tuple[Budget, T]:
        """The step taken on what all processes share.

        Usually nobody else changed it since we last saw it, and one call does.
        """
        mine = self._seen.get(credential, b"")
        held, lost = mine, credential in self._alone
        if lost or not mine:  # what is held, and the clock, have to be seen first
            held = self._swap(shared, credential, b"?", b"")[1]
            lost = lost or not held
        for _ in range(TRIES):
            now = self._now() + self._ahead
            budget = Budget.unpack(held)
            if lost:
                budget.humble(Budget.unpack(mine), now)
            found = step(budget, now)
            after = budget.pack()
            agreed, held = self._swap(shared, credential, held, after)
            if agreed:
                self._seen[credential] = after
                self._alone.discard(credential)
                return budget, found
            lost = lost or not held
        raise redis.RedisError("too many at once")

    def _swap(
        self, shared: redis.Redis, credential: str, thought: bytes, after: bytes
    ) -> tuple[bool, bytes]:
        """Whether it was as thought, and what it was; sets our clock by that of Redis."""
        key = f"ticketsync:rate:{{{credential}}}"
        answer: Any = shared.eval(SWAP, 1, key, thought, after, KEPT_MS)
        agreed, held, seconds, micros = answer
        self._ahead = int(seconds) + int(micros) / 1e6 - self._now()
        return bool(agreed), held


@dataclass(frozen=True, slots=True)
class _Limiter:
    """The port Limiter for one lane."""

    limits: Limits
    name: Lane

    def wait(self, credential: str, usual: Allowance | None = None) -> None:
        """Counts one request; raises Spent with the seconds to wait when the lane may not ask."""
        seconds = self.limits.ask(credential, self.name, usual)
        if seconds <= 0:
            return
        if self.limits.metrics is not None:
            self.limits.metrics.rate_parked.labels(self.name).inc()
        raise Spent("the tracker's rate limit is used up", retry_after=seconds)

    def learn(self, credential: str, rate: Rate) -> None:
        """Takes note of the tracker's headers; concurrent answers may arrive in any order."""
        self.limits.learn(credential, rate)

    def block(self, credential: str, seconds: float) -> None:
        """Nothing may be sent for so many seconds: the tracker said so."""
        self.limits.block(credential, seconds)


def connect(
    url: str = EMBEDDED, *, socket_seconds: float = 1.0, metrics: "Metrics | None" = None
) -> Limits:
    """Limits of this process alone for `embedded`, else shared over the Redis at `url`.

    Alone it is one budget only for those who are given the same object.
    """
    client = None if url == EMBEDDED else redis_client.client(url, socket_seconds)
    return Limits(client, metrics=metrics)
