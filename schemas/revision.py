"""Revisions: the tracker's own version of one aggregate, compared at the coarser resolution.

A revision is text, as the tracker means it: an RFC 3339 UTC time (`2026-11-20T09:31:44Z`, or with
`.123` milliseconds) or a whole number (`17`, Azure DevOps). Its resolution is what is printed.
None means unknown and is older than everything.
"""

from datetime import UTC, datetime
from functools import lru_cache

SECOND = 1_000_000
_MICROSECONDS_BY_DIGITS = {0: SECOND, 3: 1_000, 6: 1}


def of_time(moment: datetime, digits: int = 0) -> str:
    """The revision text of a moment; `digits` is 0 (seconds), 3 or 6, as the tracker prints it."""
    spec = {0: "seconds", 3: "milliseconds", 6: "microseconds"}[digits]
    return moment.astimezone(UTC).isoformat(timespec=spec).replace("+00:00", "Z")


def compare(left: str | None, right: str | None) -> int:
    """-1, 0 or 1; two revisions that differ below the coarser resolution are equal (0)."""
    if left == right:
        return 0
    if left is None or right is None:
        return -1 if left is None else 1
    (a, a_unit), (b, b_unit) = _measure(left), _measure(right)
    unit = max(a_unit, b_unit)
    a, b = a // unit, b // unit
    return (a > b) - (a < b)


def order(revision: str | None) -> int:
    """A sort key that agrees with `compare` up to its resolution; unknown comes first."""
    return -1 if revision is None else _measure(revision)[0]


@lru_cache(maxsize=4096)
def _measure(revision: str) -> tuple[int, int]:
    """(value, unit): microseconds since 1970 and the printed resolution, or (number, 1)."""
    if revision.isdecimal():
        return int(revision), 1
    moment = datetime.fromisoformat(revision)
    fraction = revision.partition(".")[2].rstrip("Z")
    seconds = int(moment.replace(microsecond=0).timestamp())
    return seconds * SECOND + moment.microsecond, _MICROSECONDS_BY_DIGITS.get(len(fraction), 1)
