"""Rate limits: an hourly budget per token, and the secondary limit on creating content.

GitHub docs: Rate limits for the REST API.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sandbox.github.accounts import Identity

HOUR = 3600


@dataclass(slots=True)
class Budget:
    """What one token has left of one resource until `reset`."""

    resource: str
    limit: int
    reset: int
    used: int = 0

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)

    def headers(self) -> dict[str, str]:
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-used": str(self.used),
            "x-ratelimit-reset": str(self.reset),
            "x-ratelimit-resource": self.resource,
        }

    def as_json(self) -> dict[str, int]:
        return {
            "limit": self.limit,
            "remaining": self.remaining,
            "reset": self.reset,
            "used": self.used,
        }


class Limits:
    """The budgets of all tokens of one sandbox."""

    def __init__(
        self,
        now: Callable[[], datetime],
        limit: int = 5000,
        anonymous: int = 60,
        search: int = 30,
        content_per_minute: int | None = None,
        seconds: int = HOUR,
    ) -> None:
        self.limit = limit
        self.anonymous = anonymous
        self.search = search
        self.seconds = seconds
        self.content_per_minute = content_per_minute
        self._now = now
        self._budgets: dict[tuple[str, str], Budget] = {}
        self._created: dict[str, deque[float]] = {}

    def budget(self, who: Identity, resource: str = "core") -> Budget:
        """The current budget; a new one begins when the old one's time is over."""
        key = (who.key, resource)
        now = int(self._now().timestamp())
        known = self._budgets.get(key)
        if known is None or known.reset <= now:
            seconds = 60 if resource == "search" else self.seconds
            known = Budget(resource, self._limit(who, resource), now + seconds)
            self._budgets[key] = known
        return known

    def content_refused(self, who: Identity) -> bool:
        """The secondary limit of so many creations a minute; off unless asked for."""
        if self.content_per_minute is None:
            return False
        now = self._now().timestamp()
        recent = self._created.setdefault(who.key, deque())
        while recent and recent[0] <= now - 60:
            recent.popleft()
        if len(recent) >= self.content_per_minute:
            return True
        recent.append(now)
        return False

    def _limit(self, who: Identity, resource: str) -> int:
        if resource == "search":
            return self.search if who.person else min(self.search, 10)
        return self.limit if who.person else self.anonymous
