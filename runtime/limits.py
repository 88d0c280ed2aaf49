"""The rate budget of each credential: in this process, and shared when there is a Redis.

Redis holds spans (keys that expire), never times of day, so clocks need not agree. The budget is
a courtesy to the tracker: without Redis each process keeps its own, and trackers' 429s do the rest.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import redis
import structlog

from runtime import redis_client
from runtime.broker import EMBEDDED
from schemas.errors import Transient
from schemas.ports import Allowance, Lane, Limiter, Rate

AWAY_SECONDS = 5.0
"""How long a Redis that failed is left alone."""

ONE_WINDOW_SECONDS = 5.0
"""Resets closer than this belong to the same window of the tracker."""

# Each answers with or takes milliseconds; KEYS: the block, the budget.
WAIT = """
local blocked = redis.call('PTTL', KEYS[1])
if blocked > 0 then return blocked end
local left = redis.call('GET', KEYS[2])
if not left then return 0 end
if tonumber(left) <= 0 then return redis.call('PTTL', KEYS[2]) end
redis.call('DECR', KEYS[2])
return 0
"""
LEARN = """
local left, span = redis.call('GET', KEYS[2]), redis.call('PTTL', KEYS[2])
local same = left and math.abs(span - tonumber(ARGV[2])) < tonumber(ARGV[3])
if not same or tonumber(left) > tonumber(ARGV[1]) then
  redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
end
"""
BLOCK = """
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], 1, 'PX', ARGV[1])
end
"""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Budget:
    """What this process knows of one credential; times are seconds of `now`."""

    not_before: float = 0.0
    remaining: int | None = None
    reset_at: float = 0.0


class Limits:
    """The port Limiter; safe to use from several threads. `now` is in epoch seconds."""

    def __init__(
        self, shared: redis.Redis | None = None, now: Callable[[], float] = time.time
    ) -> None:
        self._budgets: dict[str, _Budget] = {}
        self._lock = threading.Lock()
        self._now = now
        self._shared = shared
        self._away_until = 0.0

    def lane(self, _name: Lane) -> Limiter:
        """The budget as one kind of work may use it."""
        return self

    def wait(self, credential: str, usual: Allowance | None = None) -> None:
        """Counts one request; raises Transient with the seconds to wait while nothing is left."""
        seconds = self._own_wait(credential) or self._shared_wait(credential)
        if seconds > 0:
            raise Transient("the tracker's rate limit is used up", retry_after=seconds)

    def learn(self, credential: str, rate: Rate) -> None:
        """Takes note of the tracker's headers; concurrent answers may arrive in any order."""
        if rate.remaining is None or rate.reset_at is None:
            return
        seconds = _epoch(rate.reset_at) - self._now()
        if seconds <= 0:
            return
        with self._lock:
            own = self._budgets.setdefault(credential, _Budget())
            _lower(own, rate.remaining, self._now() + seconds)
        millis = max(1, int(seconds * 1000))
        self._script(LEARN, credential, rate.remaining, millis, int(ONE_WINDOW_SECONDS * 1000))

    def block(self, credential: str, seconds: float) -> None:
        """Nothing may be sent for so many seconds: the tracker said so."""
        if seconds <= 0:
            return
        with self._lock:
            own = self._budgets.setdefault(credential, _Budget())
            own.not_before = max(own.not_before, self._now() + seconds)
        self._script(BLOCK, credential, max(1, int(seconds * 1000)))

    def close(self) -> None:
        """Gives the connections back."""
        if self._shared is not None:
            self._shared.close()

    def _own_wait(self, credential: str) -> float:
        with self._lock:
            own = self._budgets.setdefault(credential, _Budget())
            now = self._now()
            if now < own.not_before:
                return own.not_before - now
            if own.remaining is None or now >= own.reset_at:
                return 0.0
            if own.remaining <= 0:
                return own.reset_at - now
            own.remaining -= 1
            return 0.0

    def _shared_wait(self, credential: str) -> float:
        return (self._script(WAIT, credential) or 0) / 1000

    def _script(self, script: str, credential: str, *args: int) -> int | None:
        """What a script answers; None when there is no Redis to ask."""
        if self._shared is None or time.monotonic() < self._away_until:
            return None
        keys = [f"ticketsync:rate:{{{credential}}}:{name}" for name in ("block", "left")]
        try:
            found = self._shared.eval(script, len(keys), *keys, *args)
        except (redis.RedisError, OSError) as error:
            self._away_until = time.monotonic() + AWAY_SECONDS
            log.warning("rate_budget_not_shared", error=type(error).__name__)
            return None
        return found if isinstance(found, int) else None


def connect(url: str = EMBEDDED, *, socket_seconds: float = 1.0) -> Limits:
    """Limits of this process alone for `embedded`, else shared over the Redis at `url`."""
    return Limits(None if url == EMBEDDED else redis_client.client(url, socket_seconds))


def _lower(own: _Budget, remaining: int, reset_at: float) -> None:
    same_window = abs(own.reset_at - reset_at) < ONE_WINDOW_SECONDS
    if same_window and own.remaining is not None and own.remaining <= remaining:
        return
    own.remaining, own.reset_at = remaining, reset_at


def _epoch(moment: datetime) -> float:
    return moment.timestamp()
