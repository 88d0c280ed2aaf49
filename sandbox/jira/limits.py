"""Rate limits in Jira's three forms: points an hour, bursts an endpoint, writes an issue.

Atlassian docs: Rate limiting, https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
All answer 429 and name themselves in `RateLimit-Reason`; the reset is told as ISO 8601 text.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sandbox.jira.refusals import TOO_MANY
from sandbox.wire import Reply, reply_json

HOUR = 3600
QUOTA = "jira-quota-tenant-based"
BURST = "jira-burst-based"
PER_ISSUE = "jira-per-issue-on-write"
ISSUE_WINDOWS = ((20, 2.0), (100, 30.0))


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Limits:
    """The budgets of one site; `burst` is requests a second and endpoint, None for no limit.

    `quota` is for `seconds`, an hour unless a test is in a hurry.
    """

    now: Callable[[], datetime]
    quota: int = 65000
    burst: int | None = None
    seconds: int = HOUR
    used: dict[str, int] = field(default_factory=dict)
    reset: datetime | None = None
    _bursts: dict[str, deque[float]] = field(default_factory=dict)
    _writes: dict[int, deque[float]] = field(default_factory=dict)

    def count(self, who: str) -> None:
        self._turn()
        self.used[who] = self.used.get(who, 0) + 1

    def remaining(self, who: str) -> int:
        self._turn()
        return max(0, self.quota - self.used.get(who, 0))

    def headers(self, who: str) -> dict[str, str]:
        """On every answer; the reset only when the end is near."""
        left = self.remaining(who)
        headers = {
            "x-ratelimit-limit": str(self.quota),
            "x-ratelimit-remaining": str(left),
            "beta-ratelimit-policy": f'"tenant-app-quota";q={self.quota};w={self.seconds}',
        }
        if left < self.quota * 0.2:
            headers["x-ratelimit-nearlimit"] = "true"
            spare = f'"tenant-app-quota";r={left};t={self._seconds_left()}'
            headers["beta-ratelimit"] = spare
        return headers

    def quota_reply(self, seconds: int | None = None) -> Reply:
        wait = self._seconds_left() if seconds is None else seconds
        reply = self._refusal(wait, QUOTA)
        policy = f'"tenant-app-quota";q={self.quota};w={self.seconds}'
        reply.headers |= {
            "x-ratelimit-limit": str(self.quota),
            "x-ratelimit-remaining": "0",
            "x-ratelimit-nearlimit": "true",
            "beta-ratelimit-policy": policy,
            "beta-ratelimit": f'"tenant-app-quota";r=0;t={wait}',
            "beta-retry-after": str(wait),
        }
        return reply

    def burst_reply(self, seconds: int = 1) -> Reply:
        reply = self._refusal(seconds, BURST)
        limit = str(self.burst or 100)
        return Reply(429, reply.body, {**reply.headers, "x-ratelimit-limit": limit})

    def issue_reply(self, seconds: int = 2) -> Reply:
        reply = self._refusal(seconds, PER_ISSUE)
        reply.headers.pop("x-ratelimit-reset")
        return reply

    def bursting(self, endpoint: str) -> bool:
        if self.burst is None:
            return False
        return _crowded(self._bursts.setdefault(endpoint, deque()), self._time(), self.burst, 1.0)

    def writing(self, issue: int) -> bool:
        """One more write to an issue; true if it is one too many."""
        recent = self._writes.setdefault(issue, deque())
        now = self._time()
        while recent and recent[0] <= now - 30:
            recent.popleft()
        for most, seconds in ISSUE_WINDOWS:
            if sum(moment > now - seconds for moment in recent) >= most:
                return True
        recent.append(now)
        return False

    def _time(self) -> float:
        return self.now().timestamp()

    def _turn(self) -> None:
        now = self.now()
        if self.reset is None or self.reset <= now:
            self.reset = now + timedelta(seconds=self.seconds)
            self.used.clear()

    def _seconds_left(self) -> int:
        self._turn()
        reset = self.reset or self.now()
        return max(1, int((reset - self.now()).total_seconds()))

    def _refusal(self, seconds: int, reason: str) -> Reply:
        reply = reply_json({"errorMessages": [TOO_MANY], "errors": {}}, 429)
        reply.headers |= {
            "x-ratelimit-remaining": "0",
            "x-ratelimit-reset": iso(self.now() + timedelta(seconds=seconds)),
            "ratelimit-reason": reason,
        }
        if seconds > 0:  # a gateway has been seen to leave it out: a wait of 0 asks for that
            reply.headers["retry-after"] = str(seconds)
        return reply


def _crowded(recent: deque[float], now: float, most: int, seconds: float) -> bool:
    while recent and recent[0] <= now - seconds:
        recent.popleft()
    if len(recent) >= most:
        return True
    recent.append(now)
    return False
