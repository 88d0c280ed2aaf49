"""How Jira speaks of its limits (https://developer.atlassian.com/cloud/jira/platform/rate-limiting/).

Three systems answer 429: an hourly quota, bursts per endpoint, and writes per issue. Only the first
is about everything we do; the others come back as an error of the one request.
"""

import re
from datetime import UTC, datetime, timedelta

from schemas.ports import Allowance, Rate
from trackers.answers import Answer, Manners

_NARROW = ("jira-burst-based", "jira-per-issue-on-write")
_UNNAMED_WAIT = 30.0

ANSWERED = frozenset({400, 404, 409, 413, 422})
"""Statuses whose body tells what is wrong; `Site` reads it."""


USUAL = Allowance(requests=6_500, seconds=3_600)
"""An hour of requests at Cloud. Its quota is documented as 65,000 points an hour, where a request
costs the more the more it brings: ten points are taken for a usual one. The headers, which tell
points, take over as soon as the end is near. Data Center documents no limit."""

_SPAN = re.compile(r"(?:^|;)\s*([rt])=(\d{1,9})(?=\s*(?:;|$))")


def rate(answer: Answer) -> Rate | None:
    """The budget; only an answer near the limit tells when it ends.

    Of several policies the scarcest counts. The plain headers of an ordinary answer may speak of a
    burst of this one endpoint, and name no end.
    """
    if _reason(answer) in _NARROW:
        return None
    limit, left = (_number(answer.headers.get(f"x-ratelimit-{n}")) for n in ("limit", "remaining"))
    reset = _moment(answer.headers.get("x-ratelimit-reset"))
    found = (
        [Rate(limit=limit, remaining=left, reset_at=reset)] if reset and left is not None else []
    )
    found += [
        Rate(limit=limit, remaining=spare, reset_at=answer.date + timedelta(seconds=seconds))
        for spare, seconds in _policies(answer)
    ]
    return min(found, key=lambda one: one.remaining or 0, default=None)


def limited(answer: Answer) -> float | None:
    """Seconds to wait when all of us is too fast, else None."""
    if answer.status != 429 or _reason(answer) in _NARROW:
        return None
    return wait(answer)


def wait(answer: Answer) -> float:
    """How long a 429 holds; during their rollout the headers are prefixed."""
    named = answer.retry_after
    beta = _number(answer.headers.get("beta-retry-after"))
    reset = _moment(answer.headers.get("x-ratelimit-reset"))
    if named is not None:
        return named
    if beta is not None:
        return float(beta)
    if reset is not None:
        return max((reset - answer.date).total_seconds() + 1, 1.0)
    return _UNNAMED_WAIT


def manners(*, cloud: bool) -> Manners:
    """What the session is told of all this."""
    return Manners(absent=ANSWERED, rate=rate, limited=limited, usual=USUAL if cloud else None)


def _policies(answer: Answer) -> list[tuple[int, int]]:
    """(left, seconds to the end) of each policy in the structured header that tells both, such as
    `"tenant-app-quota";r=120;t=1800`; prefixed during the rollout
    (https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/)."""
    raw = answer.headers.get("ratelimit") or answer.headers.get("beta-ratelimit") or ""
    told = [dict(_SPAN.findall(one)) for one in raw.split(",")]
    return [(int(one["r"]), int(one["t"])) for one in told if len(one) == 2]


def _reason(answer: Answer) -> str:
    return answer.headers.get("ratelimit-reason", "").strip().lower()


def _number(raw: str | None) -> int | None:
    found = (raw or "").strip()
    return int(found) if found.isascii() and found.isdecimal() and len(found) < 16 else None


def _moment(raw: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat((raw or "").strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
