"""Rate limits: the throttle per user and minute, and the application's own ones.

GitLab docs: GitLab.com rate limits; User and IP rate limits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from sandbox.gitlab.accounts import Identity

MINUTE = 60


@dataclass(slots=True)
class Budget:
    """What one user has left of this minute."""

    limit: int | None
    reset: int
    used: int = 0

    @property
    def remaining(self) -> int:
        return 1 if self.limit is None else max(0, self.limit - self.used)

    def headers(self, *, signed_in: bool) -> dict[str, str]:
        """Nothing where there is no limit."""
        if self.limit is None:
            return {}
        name = "throttle_authenticated_api" if signed_in else "throttle_unauthenticated_api"
        return {
            "ratelimit-limit": str(self.limit),
            "ratelimit-name": name,
            "ratelimit-observed": str(self.used),
            "ratelimit-remaining": str(self.remaining),
            "ratelimit-reset": str(self.reset),
        }

    def reset_time(self) -> str:
        return format_datetime(datetime.fromtimestamp(self.reset, UTC), usegmt=True)


class Limits:
    """The budgets of all users of one sandbox; notes, tests and resends are a minute's."""

    def __init__(
        self,
        now: Callable[[], datetime],
        limit: int | None,
        anonymous: int | None,
        notes_per_minute: int | None,
        seconds: int = MINUTE,
    ) -> None:
        self._now = now
        self._seconds = seconds
        self._limit = limit
        self._anonymous = anonymous
        self._own = {"notes": notes_per_minute, "tests": 5, "resends": 5}
        self._budgets: dict[str, Budget] = {}
        self._recent: dict[tuple[str, str], deque[float]] = {}

    def budget(self, who: Identity) -> Budget:
        """The current budget; a new one begins with the minute."""
        now = int(self._now().timestamp())
        known = self._budgets.get(who.key)
        if known is None or known.reset <= now:
            limit = self._limit if who.person else self._anonymous
            known = Budget(limit, now // self._seconds * self._seconds + self._seconds)
            self._budgets[who.key] = known
        return known

    def refuses(self, who: Identity, what: str) -> bool:
        """Whether one of the application's own limits is reached; counts the attempt if not."""
        limit = self._own[what]
        if limit is None:
            return False
        now = self._now().timestamp()
        recent = self._recent.setdefault((who.key, what), deque())
        while recent and recent[0] <= now - MINUTE:
            recent.popleft()
        if len(recent) >= limit:
            return True
        recent.append(now)
        return False
