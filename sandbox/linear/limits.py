"""Two hourly budgets per credential, requests and complexity, that fill up again all the time.

https://linear.app/developers/rate-limiting
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sandbox.linear.refusals import Refused, rate_limited

HOUR = 3600.0
MOST_COMPLEX = 10_000


@dataclass(slots=True)
class Bucket:
    """A leaky bucket: what is left of it now."""

    name: str
    limit: int
    left: float
    at: float
    seconds: float = HOUR

    def look(self, now: float) -> None:
        """Refills for the time that passed."""
        self.left = min(self.limit, self.left + (now - self.at) * self.limit / self.seconds)
        self.at = now

    def headers(self) -> dict[str, str]:
        """Reset is epoch milliseconds: when the bucket would be full again."""
        return self._told(int(self.left), (self.limit - self.left) * self.seconds / self.limit)

    def spent(self, seconds: float) -> dict[str, str]:
        """The headers of a bucket with nothing left for so long."""
        return self._told(0, seconds)

    def _told(self, left: int, seconds: float) -> dict[str, str]:
        prefix = f"x-ratelimit-{self.name}"
        return {
            f"{prefix}-limit": str(self.limit),
            f"{prefix}-remaining": str(max(0, left)),
            f"{prefix}-reset": str(int((self.at + seconds) * 1000)),
        }


class Limits:
    """The budgets of all credentials of one sandbox."""

    def __init__(
        self, now: Callable[[], datetime], requests: int, complexity: int, seconds: float = HOUR
    ) -> None:
        self._now = now
        self._seconds = seconds
        self._sizes = {"requests": requests, "complexity": complexity}
        self._buckets: dict[str, dict[str, Bucket]] = {}

    def of(self, key: str) -> dict[str, Bucket]:
        """The buckets of one credential, as they are now."""
        now = self._now().timestamp()
        sizes = self._sizes.items()
        found = self._buckets.setdefault(
            key, {name: Bucket(name, size, size, now, self._seconds) for name, size in sizes}
        )
        for bucket in found.values():
            bucket.look(now)
        return found

    def spend(self, key: str, complexity: int) -> Refused | None:
        """Takes a request out of the budgets; the refusal when one of them is spent."""
        buckets = self.of(key)
        wanted = {"requests": 1, "complexity": complexity}
        for name, cost in wanted.items():
            if buckets[name].left < cost:
                return rate_limited(buckets[name].limit, name)
        for name, cost in wanted.items():
            buckets[name].left -= cost
        return None
