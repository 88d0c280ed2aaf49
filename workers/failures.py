"""Failures: what is noted of an attempt that went wrong, and when the next one is due."""

import random
import traceback
from datetime import datetime, timedelta

from schemas.delivery import Delivery
from schemas.errors import Permanent, TicketsyncError, Transient
from schemas.settings import RetrySettings
from store.journal import Failed

_TRACEBACK_LIMIT = 16_000


def failed(delivery: Delivery, error: BaseException, retry: RetrySettings, now: datetime) -> Failed:
    """The journal's note of a failed attempt; the last one makes the delivery a dead letter.

    A Permanent error is dead at once. An unknown one is tried as often as a Transient: it may be
    our own passing trouble, and its traceback is kept with each attempt.
    """
    number = delivery.attempts + 1
    last = isinstance(error, Permanent) or number >= retry.attempts
    return Failed(
        id=delivery.id,
        number=number,
        error=described(error),
        traceback="".join(traceback.format_exception(error))[-_TRACEBACK_LIMIT:],
        next_at=None if last else now + pause(number, error, retry),
    )


def pause(number: int, error: BaseException, retry: RetrySettings) -> timedelta:
    """The time before the next attempt: doubled each time with jitter; Retry-After wins."""
    if isinstance(error, Transient) and error.retry_after is not None:
        return timedelta(seconds=error.retry_after)
    spread = 0.75 + 0.25 * random.random()  # noqa: S311 - jitter, not a secret
    return timedelta(seconds=retry.delay_seconds * 2 ** (number - 1) * spread)


def described(error: BaseException) -> str:
    """One line for people: our own errors in their words, others with their class."""
    first = (str(error).strip().split("\n") or [""])[0][:500]
    if isinstance(error, TicketsyncError):
        return first
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
