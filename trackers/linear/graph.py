"""GraphQL over the one HTTP session: a question, its answer, and what its errors mean.

https://linear.app/developers/graphql and https://linear.app/developers/rate-limiting
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NoReturn

from schemas.errors import Denied, Permanent, Retired, Transient, Unauthorized
from schemas.model import Json
from schemas.ports import Allowance, Rate
from trackers import tolerant
from trackers.answers import Answer, Manners, usual_limit
from trackers.fields import Fields
from trackers.http import Session

PATH = "/graphql"
_UNNAMED_WAIT = 60.0
_BUDGETS = ("requests", "complexity")
_PASSING = ("internal error", "lock timeout", "network error", "bootstrap error")
_REFUSED = ("forbidden", "feature not accessible")
_UNKNOWN_TO_IT = re.compile(r"Cannot query field|Unknown (type|argument)|is not defined by type")


class NotFound(Permanent):
    """There is no such thing, or the credential may not see it: Linear does not tell which."""


class Unknown(Retired):
    """A field, type or word that Linear does not know; `told` is what it says of it."""

    def __init__(self, told: str) -> None:
        super().__init__(f"{told} (Linear has taken this away; a newer ticketsync is needed)")
        self.told = told


class Graph:
    """Questions to one Linear API; raises Transient, Permanent (NotFound among it) and Denied."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def ask(self, query: str, variables: Mapping[str, Json] | None = None) -> Fields:
        """The fields asked for; `answered` also tells the tracker's clock."""
        return self.answered(query, variables)[0]

    def answered(
        self, query: str, variables: Mapping[str, Json] | None = None
    ) -> tuple[Fields, datetime]:
        """What was asked for, and the tracker's clock."""
        body = {"query": query, "variables": dict(variables or {})}
        answer = self.session.ask(PATH, body)
        return _contents(answer), answer.date

    def change(self, query: str, variables: Mapping[str, Json]) -> Fields:
        """A mutation, sent once."""
        body = {"query": query, "variables": dict(variables)}
        return _contents(self.session.send("POST", PATH, body))


def manners(usual: Allowance | None = None) -> Manners:
    """HTTP 400 carries errors that only its body explains, rate limits among them."""
    return Manners(absent=frozenset({400}), rate=_rate, limited=_limited, usual=usual)


def _contents(answer: Answer) -> Fields:
    """The data of an answer without errors: a part of one is a failure, too."""
    body = Fields.of(answer.object, "the answer")
    errors = body.items("errors")
    if errors:
        _refuse(answer, [Fields.of(one, "errors") for one in errors])
    if not answer.ok:
        raise Permanent(f"{answer.asked}: HTTP {answer.status} without a reason")
    found = body.object("data")
    if found is None:
        raise Transient(f"{answer.asked}: the answer holds no data")
    return Fields(found.value, "data")


def _refuse(answer: Answer, errors: list[Fields]) -> NoReturn:
    words = [_words(one) for one in errors]
    told = f"{answer.asked}: {_message(errors[0])}"
    if "ratelimited" in words:
        raise Transient(f"{answer.asked}: rate limit", retry_after=_wait(answer))
    if "authentication error" in words:  # under any status, 200 and 400 among them
        raise Unauthorized(told)
    if any(word in _REFUSED for word in words):
        raise Denied(told)
    if any(word in _PASSING for word in words):
        raise Transient(told)
    if any(_UNKNOWN_TO_IT.search(_message(one)) for one in errors):
        raise Unknown(told)
    if any("not found" in _message(one).lower() for one in errors):
        raise NotFound(told)
    raise Permanent(told)


def _words(error: Fields) -> str:
    """The kind of an error: `type` when it has one, else its code in the same form."""
    extensions = error.object("extensions")
    if extensions is None:
        return ""
    return extensions.text("type") or (extensions.text("code") or "").lower().replace("_", " ")


def _message(error: Fields) -> str:
    """The message, and what Linear would show a person when that says more."""
    message = (error.text("message") or "an error without words")[:200]
    extensions = error.object("extensions")
    shown = (extensions.text("userPresentableMessage") if extensions else None) or ""
    return f"{message}: {shown[:200]}" if shown and shown not in message else message


def _limited(answer: Answer) -> float | None:
    """Linear refuses for speed with HTTP 400 and the code RATELIMITED, not with 429."""
    if answer.status != 400 or b"RATELIMITED" not in answer.body:
        return usual_limit(answer)
    try:
        errors = Fields.of(tolerant.loads(answer.body), "the answer").items("errors")
    except (ValueError, Permanent):
        return None
    kinds = [_words(Fields(one, "errors")) for one in errors if isinstance(one, dict)]
    return _wait(answer) if "ratelimited" in kinds else None


def _wait(answer: Answer) -> float:
    """Until the later of the resets that are spent; they are epoch milliseconds."""
    named = answer.retry_after
    resets = [
        found[2]
        for found in (_budget(answer, name) for name in _BUDGETS)
        if found and found[1] == 0 and found[2]
    ]
    if not resets:
        return named if named is not None else _UNNAMED_WAIT
    return max((max(resets) - answer.date).total_seconds() + 1, named or 0.0, 1.0)


def _rate(answer: Answer) -> Rate | None:
    """The scarcer of the two hourly budgets, in requests.

    Points of complexity and requests are no sums of one kind: what is left of the points is told as
    the same share of the requests.
    """
    found = [one for one in (_budget(answer, name) for name in _BUDGETS) if one]
    if not found:
        return None
    requests = found[0][0]
    limit, remaining, reset = min(found, key=lambda one: one[1] / max(one[0], 1))
    share = remaining if limit == requests else remaining * requests // max(limit, 1)
    return Rate(limit=requests, remaining=share, reset_at=reset)


def _budget(answer: Answer, name: str) -> tuple[int, int, datetime | None] | None:
    """(limit, remaining, reset) as the headers tell it."""
    prefix = f"x-ratelimit-{name}"
    limit, remaining = (_number(answer, f"{prefix}-{part}") for part in ("limit", "remaining"))
    reset = _number(answer, f"{prefix}-reset")
    if limit is None or remaining is None:
        return None
    at = datetime.fromtimestamp(reset / 1000, UTC) if reset and reset < 2**43 else None
    return limit, remaining, at


def _number(answer: Answer, name: str) -> int | None:
    raw = answer.headers.get(name, "").strip()
    return int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < 16 else None
