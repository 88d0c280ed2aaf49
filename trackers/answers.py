"""What a tracker answered, and what to do next when that is a failure (law 14). No I/O."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from schemas.errors import Denied, Permanent, Retired, Transient, Unauthorized
from schemas.model import Json
from schemas.ports import Allowance, Rate, Validator
from trackers import tolerant

_UNNAMED_WAIT = 60.0
"""A rate limit without a time: GitHub asks for at least a minute, others are content with it
(https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; header names are lower-case, `asked` is the first method and path.

    `url` is the final address after redirects, `moved` whether there were any, `links` the Link
    header by relation.
    """

    status: int
    asked: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    links: Mapping[str, str]
    moved: bool = False

    @property
    def ok(self) -> bool:
        """Whether it brought what was asked for."""
        return 200 <= self.status < 300

    @property
    def missing(self) -> bool:
        """404, 410, or a redirect to nowhere (GitHub's comments of a transferred issue)."""
        return self.status in (404, 410) or (300 <= self.status < 400 and self.status != 304)

    @property
    def json(self) -> Json:
        """The body; Transient when it is no JSON (a proxy's error page, a cut answer)."""
        try:
            return tolerant.storable(tolerant.loads(self.body))
        except ValueError:
            raise Transient(f"{self.asked}: the answer is no JSON") from None

    @property
    def items(self) -> list[dict[str, Json]]:
        """The body as a list of objects; anything else is Transient."""
        found = self.json
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise Transient(f"{self.asked}: the answer is no list of objects")
        return found

    @property
    def object(self) -> dict[str, Json]:
        """The body as an object; anything else is Transient."""
        found = self.json
        if not isinstance(found, dict):
            raise Transient(f"{self.asked}: the answer is no object")
        return found

    @property
    def next(self) -> str | None:
        """The next page, as the Link header gives it."""
        return self.links.get("next")

    @property
    def following(self) -> str:
        """The next page's address; Transient when it is this page's own, which would never end."""
        if not self.next or self.next == self.url:
            raise Transient(f"{self.asked}: the next page is the same page")
        return self.next

    @property
    def date(self) -> datetime:
        """The tracker's clock; ours when it does not tell."""
        return self.told_at or datetime.now(UTC)

    @property
    def told_at(self) -> datetime | None:
        """The tracker's clock, when it tells."""
        return _http_date(self.headers.get("date"))

    @property
    def validator(self) -> Validator | None:
        """What makes the same request conditional next time."""
        etag, modified = self.headers.get("etag"), self.headers.get("last-modified")
        return Validator(etag=etag, last_modified=modified) if etag or modified else None

    @property
    def rate(self) -> Rate | None:
        """The budget: `x-ratelimit-*` (GitHub) or `ratelimit-*` (GitLab), not that of searches."""
        if self.headers.get("x-ratelimit-resource", "core") != "core":
            return None
        limit, remaining, reset = (self._budget(name) for name in ("limit", "remaining", "reset"))
        if limit is None and remaining is None:
            return None
        at = datetime.fromtimestamp(reset, UTC) if reset is not None and reset < 2**33 else None
        return Rate(limit=limit, remaining=remaining, reset_at=at)

    @property
    def rate_limited(self) -> bool:
        """429, or a 403 with one of three marks; a 403 without them is a refusal."""
        if self.status != 403:
            return self.status == 429
        spent = self._budget("remaining") == 0
        return spent or "retry-after" in self.headers or b"rate limit" in self.body.lower()

    @property
    def retry_after(self) -> float | None:
        """Retry-After in seconds, given as such or as a date (RFC 9110, 10.2.3)."""
        raw = self.headers.get("retry-after")
        seconds, until = _number(raw), _http_date(raw)
        if seconds is not None:
            return float(seconds)
        return max((until - self.date).total_seconds(), 0.0) if until else None

    @property
    def wait_seconds(self) -> float:
        """How long a rate limit holds: Retry-After, else until the reset, else a minute."""
        named, rate = self.retry_after, self.rate
        if named is not None:
            return named
        if rate and rate.remaining == 0 and rate.reset_at:
            return max((rate.reset_at - self.date).total_seconds() + 1, 1.0)
        return _UNNAMED_WAIT

    @property
    def reason(self) -> str:
        """`: ` and what the tracker says for a reason, shortened; empty when it says nothing."""
        try:
            found = tolerant.loads(self.body)
        except ValueError:
            return ""
        text = found.get("message") if isinstance(found, dict) else None
        return f": {text[:200]}" if isinstance(text, str) and text else ""

    def _budget(self, name: str) -> int | None:
        return _number(
            self.headers.get(f"x-ratelimit-{name}") or self.headers.get(f"ratelimit-{name}")
        )


class Unprocessable(Permanent):
    """HTTP 422; `reason` is the tracker's own word, since some 422 are no failure."""

    def __init__(self, asked: str, reason: str) -> None:
        super().__init__(f"{asked}: HTTP 422{reason}")
        self.reason = reason


def usual_rate(answer: Answer) -> Rate | None:
    """The budget as the answer's headers tell it."""
    return answer.rate


def usual_limit(answer: Answer) -> float | None:
    """Seconds to wait when an answer refuses us for our speed, else None."""
    return answer.wait_seconds if answer.rate_limited else None


@dataclass(frozen=True, slots=True)
class Manners:
    """How a tracker speaks HTTP.

    `absent` are the statuses that come back as answers, since only the caller knows what an absence
    means; a 410 that is not among them is an API taken away. `rate` reads the budget from an
    answer, `limited` the seconds to wait when it is a refusal for speed. `usual` is the documented
    limit, to begin with while no answer has told one.
    """

    absent: frozenset[int] = frozenset({404, 410})
    rate: Callable[[Answer], Rate | None] = usual_rate
    limited: Callable[[Answer], float | None] = usual_limit
    usual: Allowance | None = None


def judged(answer: Answer, manners: Manners) -> Answer:
    """The answer, or the error that says what to do next (law 14)."""
    status, asked = answer.status, answer.asked
    wait = manners.limited(answer)
    if status == 401:
        raise Unauthorized(f"{asked}: HTTP 401, the credential is not accepted{answer.reason}")
    if wait is not None and not answer.ok:
        raise Transient(f"{asked}: HTTP {status}, rate limit", retry_after=wait)
    if status == 403:
        raise Denied(f"{asked}: HTTP 403, not allowed{answer.reason}")
    if status == 410 and 410 not in manners.absent:
        raise Retired(f"{asked}: HTTP 410, the tracker took this away{answer.reason}")
    if status in (408, 429) or status >= 500:
        raise Transient(f"{asked}: HTTP {status}", retry_after=answer.retry_after)
    if status == 422:
        raise Unprocessable(asked, answer.reason)
    if status >= 400 and status not in manners.absent:
        raise Permanent(f"{asked}: HTTP {status}{answer.reason}")
    return answer


def _number(raw: str | None) -> int | None:
    found = (raw or "").strip()
    return int(found) if found.isascii() and found.isdecimal() and len(found) < 16 else None


def _http_date(raw: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(raw) if raw else None
        if moment is None:
            return None
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
