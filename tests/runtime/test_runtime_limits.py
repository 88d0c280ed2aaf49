"""The rate budget: counted down, shared, and harmless when Redis is away."""

from datetime import UTC, datetime

import pytest

from runtime import limits
from schemas.errors import Transient
from schemas.ports import Rate


class Clock:
    """Epoch seconds that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def own(clock):
    return limits.Limits(now=clock)


@pytest.fixture
def pair(redis_server):
    """The limits of two processes."""
    made = [limits.connect(redis_server.url) for _ in range(2)]
    yield made
    for each in made:
        each.close()


def rate(clock, remaining, seconds=60.0):
    return Rate(
        limit=5000,
        remaining=remaining,
        reset_at=datetime.fromtimestamp(clock() + seconds, UTC),
    )


def waits(limiter, credential="c"):
    try:
        limiter.wait(credential)
    except Transient as error:
        return error.retry_after
    return 0.0


def test_an_unknown_budget_lets_everything_through(own):
    assert waits(own) == 0


def test_a_budget_is_counted_down_until_the_reset(own, clock):
    own.learn("c", rate(clock, 2))
    assert [waits(own), waits(own), waits(own)] == [0, 0, 60]
    clock.seconds += 61
    assert waits(own) == 0


def test_credentials_have_budgets_of_their_own(own, clock):
    own.learn("c", rate(clock, 0))
    assert waits(own, "other") == 0


def test_answers_in_any_order_keep_the_lower_rest(own, clock):
    own.learn("c", rate(clock, 0))
    own.learn("c", rate(clock, 9))
    assert waits(own) == 60


def test_a_new_window_replaces_the_old_one(own, clock):
    own.learn("c", rate(clock, 0))
    own.learn("c", rate(clock, 10, seconds=3600))
    assert waits(own) == 0


def test_a_block_holds_for_its_seconds_and_is_never_shortened(own, clock):
    own.block("c", 30)
    own.block("c", 5)
    assert waits(own) == 30
    clock.seconds += 31
    assert waits(own) == 0


def test_odd_words_of_a_tracker_change_nothing(own, clock):
    own.learn("c", Rate())
    own.learn("c", rate(clock, 0, seconds=-5))
    own.block("c", -1)
    assert waits(own) == 0


def test_processes_share_block_and_budget(pair):
    one, other = pair
    one.block("blocked", 30)
    assert 25 < waits(other, "blocked") <= 30
    one.learn("c", Rate(remaining=1, reset_at=datetime.fromtimestamp(_now() + 60, UTC)))
    assert waits(other) == 0
    assert 50 < waits(other) <= 60


def test_a_shared_budget_keeps_the_lower_rest(pair):
    one, other = pair
    reset = datetime.fromtimestamp(_now() + 60, UTC)
    one.learn("c", Rate(remaining=0, reset_at=reset))
    other.learn("c", Rate(remaining=9, reset_at=reset))
    assert waits(other) > 50


def test_without_redis_each_process_keeps_its_own(pair, redis_server):
    one, other = pair
    redis_server.kill()
    one.block("c", 30)
    assert waits(one) > 25
    assert waits(other) == 0


def _now():
    return datetime.now(UTC).timestamp()
