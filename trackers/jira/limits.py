"""How Jira speaks of its limits (https://developer.atlassian.com/cloud/jira/platform/rate-limiting/).

Three systems answer 429: an hourly quota, bursts per endpoint, and writes per issue. Only the first
is about everything we do; the others come back as an error of the one request.
"""

from datetime import UTC, datetime

from schemas.ports import Rate
from trackers.answers import Answer, Manners

_NARROW = ("jira-burst-based", "jira-per-issue-on-write")
_UNNAMED_WAIT = 30.0

ANSWERED = frozenset({400, 404, 409, 413, 422})
"""Statuses whose body tells what is wrong; `Site` reads it."""


def rate(answer: Answer) -> Rate | None:
    """The budget; only an answer near the limit names a reset, as ISO text."""
    reset = _moment(answer.headers.get("x-ratelimit-reset"))
    limit, left = (_number(answer.headers.get(f"x-ratelimit-{n}")) for n in ("limit", "remaining"))
    if reset is None or left is None or _reason(answer) in _NARROW:
        return None
    return Rate(limit=limit, remaining=left, reset_at=reset)


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


def manners() -> Manners:
    """What the session is told of all this."""
    return Manners(absent=ANSWERED, rate=rate, limited=limited)


def _reason(answer: Answer) -> str:
    return answer.headers.get("ratelimit-reason", "").strip().lower()


def _number(raw: str | None) -> int | None:
    found = (raw or "").strip()
    return int(found) if found.isascii() and found.isdecimal() and len(found) < 16 else None


def _moment(raw: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat((raw or "").strip())
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
