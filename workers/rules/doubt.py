"""Doubt: when a ticket has to be fetched, what answer settles it, and when to stop asking.

`reference/cases.md` 18: replicas lag, so an answer older than what we were told does not count; it
is asked again, at most three times over five minutes, and then accepted.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from schemas.event import Aspect
from schemas.held import Doubt
from schemas.revision import compare
from workers.rules.facts import Sight

AGAIN_AFTER = (timedelta(seconds=30), timedelta(seconds=90), timedelta(seconds=180))
COUNT_GRACE = timedelta(seconds=20)
"""How long a comment may be on its way before a differing count is looked into."""
WENT_BACK_AFTER = timedelta(minutes=10)
UNREACHABLE_LONGEST = timedelta(hours=1)


def raise_doubt(
    old: Doubt | None,
    aspect: Aspect,
    reason: str,
    asked_at: datetime,
    *,
    wanted: str | None = None,
    grace: timedelta = timedelta(0),
) -> Doubt:
    """The doubt there was, widened by one more question."""
    if old is None:
        return Doubt(frozenset({aspect}), reason, asked_at, asked_at, asked_at + grace, wanted)
    return replace(
        old,
        aspects=old.aspects | {aspect},
        asked_at=max(old.asked_at, asked_at),
        due_at=min(old.due_at, asked_at + grace),
        wanted=wanted if compare(wanted, old.wanted) > 0 else old.wanted,
        tries=0,
    )


def settle(old: Doubt | None, aspect: Aspect) -> Doubt | None:
    """What is left of a doubt once this part was answered."""
    if old is None or aspect not in old.aspects:
        return old
    left = old.aspects - {aspect}
    if not left:
        return None
    return replace(old, aspects=left, candidate=None, candidate_at=None)


def answers(old: Doubt, revision: str | None, sight: Sight) -> bool:
    """Whether a fetched record is new enough to end the doubt, or the last try is used up."""
    if sight.observed_at < old.asked_at:
        return False
    return compare(revision, old.wanted) >= 0 or old.tries >= len(AGAIN_AFTER)


def ask_again(old: Doubt, now: datetime) -> Doubt:
    """The same doubt after an answer that was too old."""
    step = AGAIN_AFTER[min(old.tries, len(AGAIN_AFTER) - 1)]
    return replace(old, tries=old.tries + 1, due_at=now + step)


def ask_older_again(old: Doubt, now: datetime) -> Doubt:
    """The same doubt after an answer older than what we hold: soon, for a replica that lags.

    Then ten minutes after that answer was first given, for a tracker that went back.
    """
    if old.tries < len(AGAIN_AFTER):
        return ask_again(old, now)
    first = old.candidate_at or now
    return replace(old, due_at=max(now + AGAIN_AFTER[0], first + WENT_BACK_AFTER))


def concerns(old: Doubt, sight: Sight) -> bool:
    """Whether newer news can be an answer at all: a question without a wanted revision is about
    the moment it was asked, and what was observed before tells nothing of that.
    """
    return old.wanted is not None or sight.observed_at >= old.asked_at


def unreachable(old: Doubt, now: datetime, retry_after: float | None) -> Doubt:
    """The same doubt while the tracker does not answer: asked ever more seldom, never given up."""
    age = max(now - old.since, timedelta(seconds=30))
    pause = timedelta(seconds=retry_after) if retry_after else min(age, UNREACHABLE_LONGEST)
    return replace(old, due_at=now + pause)
