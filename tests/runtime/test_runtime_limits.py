"""Rate budgets as processes share them: atomic, harmless when Redis is flushed or away."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from runtime import limits, redis_client
from runtime.limits import Limits
from runtime.telemetry.metrics import Metrics
from schemas.errors import Spent, Transient
from schemas.ports import Allowance, Lane, Rate

HOUR = Allowance(requests=60, seconds=3600)


class Clock:
    """Epoch seconds that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def own(clock: Clock) -> Limits:
    return Limits(now=clock)


@pytest.fixture
def pair(redis_server) -> Iterator[list[Limits]]:
    """The limits of two processes."""
    made = [limits.connect(redis_server.url) for _ in range(2)]
    yield made
    for each in made:
        each.close()


def rate(now: float, remaining: int, seconds: float = 60.0, limit: int = 60) -> Rate:
    reset = datetime.fromtimestamp(now + seconds, UTC)
    return Rate(limit=limit, remaining=remaining, reset_at=reset)


def soon(remaining: int, limit: int = 60) -> Rate:
    return rate(datetime.now(UTC).timestamp(), remaining, limit=limit)


def waits(
    budgets: Limits, lane: Lane = "webhook", credential: str = "c", usual: Allowance | None = None
) -> float:
    """The seconds to wait; 0 for a request that was sent and answered without a word."""
    limiter = budgets.lane(lane)
    try:
        limiter.wait(credential, usual)
    except Spent as error:
        return error.retry_after or -1
    limiter.learn(credential, Rate())
    return 0.0


def passed(budgets: Limits, lane: Lane = "webhook", usual: Allowance | None = None) -> int:
    """How many requests go through."""
    return next(count for count in range(1_000) if waits(budgets, lane, usual=usual) > 0)


def test_an_unknown_budget_lets_everything_through(own: Limits) -> None:
    assert waits(own) == 0


def test_a_budget_is_counted_down_until_a_second_after_the_reset(own: Limits, clock: Clock) -> None:
    own.learn("c", rate(clock(), 2))
    assert [waits(own), waits(own), waits(own)] == [0, 0, 61]
    clock.seconds += 61
    assert waits(own) == 0


def test_what_is_used_up_is_told_as_such_and_nothing_is_sent(own: Limits, clock: Clock) -> None:
    own.learn("c", rate(clock(), 6))
    with pytest.raises(Spent, match="rate limit is used up") as caught:
        own.lane("reconcile").wait("c")
    assert caught.value.retry_after == 61
    assert isinstance(caught.value, Transient)
    own.lane("webhook").wait("c")


def test_credentials_have_budgets_of_their_own(own: Limits, clock: Clock) -> None:
    own.learn("c", rate(clock(), 0))
    assert waits(own, credential="other") == 0


def test_odd_words_of_a_tracker_change_nothing(own: Limits, clock: Clock) -> None:
    own.learn("c", Rate())
    own.learn("c", rate(clock(), 0, seconds=-5))
    own.block("c", -1)
    assert waits(own) == 0


def test_threads_of_one_process_share_what_is_left(own: Limits, clock: Clock) -> None:
    own.learn("c", rate(clock(), 30))
    sent: list[int] = []
    threads = [threading.Thread(target=lambda: sent.append(passed(own))) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(sent) == 30


def test_what_is_left_and_what_was_parked_is_measured(clock: Clock) -> None:
    metrics = Metrics()
    own = Limits(now=clock, metrics=metrics)
    own.learn("c", rate(clock(), 10))
    assert passed(own, "backfill") == 0
    assert passed(own, "reconcile") == 4
    found = metrics.registry.get_sample_value
    assert found("ticketsync_rate_left", {"credential": "c"}) == 6
    assert found("ticketsync_rate_parked_total", {"lane": "backfill"}) == 1
    assert found("ticketsync_rate_parked_total", {"lane": "reconcile"}) == 1


def test_a_window_of_which_nothing_is_known_shows_no_number(clock: Clock) -> None:
    metrics = Metrics()
    own = Limits(now=clock, metrics=metrics)
    own.learn("c", rate(clock(), 0))
    clock.seconds += 61
    assert waits(own) == 0
    assert metrics.registry.get_sample_value("ticketsync_rate_left", {"credential": "c"}) is None


@pytest.mark.parametrize("days", [-400, -1, 1, 400])
def test_a_reset_goes_by_the_tracker_s_clock_where_ours_is_wrong(
    own: Limits, clock: Clock, days: int
) -> None:
    theirs = clock() + days * 86_400
    told = datetime.fromtimestamp(theirs, UTC)
    own.learn("c", rate(theirs, 1).model_copy(update={"told_at": told}))
    assert [waits(own), waits(own)] == [0, 61]


def test_an_answer_that_was_long_on_its_way_does_not_move_the_reset(
    own: Limits, clock: Clock
) -> None:
    told = datetime.fromtimestamp(clock() - 20, UTC)
    own.learn("c", rate(clock(), 0).model_copy(update={"told_at": told}))
    assert waits(own) == 61


def test_processes_share_block_and_budget(pair: list[Limits]) -> None:
    one, other = pair
    one.block("blocked", 30)
    assert 25 < waits(other, credential="blocked") <= 30
    one.learn("c", soon(1))
    assert waits(other) == 0
    assert 50 < waits(other) <= 61
    assert 50 < waits(one) <= 61


def test_processes_count_together_while_nothing_is_known(pair: list[Limits]) -> None:
    one, other = pair
    assert [waits(one, usual=HOUR) for _ in range(7)] == [0] * 7
    assert passed(other, usual=HOUR) == 8


def test_a_shared_budget_keeps_the_lower_rest(pair: list[Limits]) -> None:
    one, other = pair
    one.learn("c", soon(0))
    other.learn("c", soon(9))
    assert waits(other) > 50


def test_what_two_do_at_the_same_moment_is_counted_twice(pair: list[Limits]) -> None:
    pair[0].learn("c", soon(40))
    sent: list[int] = []
    threads = [
        threading.Thread(target=lambda one=one: sent.append(passed(one))) for one in pair * 3
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(sent) == 40


def test_a_clock_that_goes_wrong_does_not_matter_to_the_others(
    redis_server, pair: list[Limits]
) -> None:
    shared = redis_client.client(redis_server.url, 1.0)
    slow = Limits(shared, now=lambda: datetime.now(UTC).timestamp() - 3600)
    slow.block("c", 30)
    assert 25 < waits(pair[0]) <= 30
    assert 25 < waits(slow) <= 30
    slow.close()


@pytest.mark.parametrize(("left", "most"), [(50, 15), (3, 3)])
def test_a_flushed_redis_makes_it_unknown_again(
    redis_server, pair: list[Limits], left: int, most: int
) -> None:
    one, other = pair
    one.learn("c", soon(left))
    redis_server.say("FLUSHALL")
    assert passed(one) == most
    assert waits(other) > 0


def test_the_first_headers_after_a_flush_tell_all(redis_server, pair: list[Limits]) -> None:
    one, other = pair
    one.learn("c", soon(50))
    redis_server.say("FLUSHALL")
    one.lane("webhook").wait("c")
    one.learn("c", soon(49))
    assert passed(other) == 49


def test_a_flushed_redis_does_not_lift_a_block(redis_server, pair: list[Limits]) -> None:
    one, _ = pair
    one.block("c", 30)
    redis_server.say("FLUSHALL")
    assert waits(one) > 25


def test_without_redis_each_process_goes_on_with_what_it_saw_last(
    redis_server, pair: list[Limits]
) -> None:
    one, other = pair
    one.learn("c", soon(9))
    assert waits(other) == 0
    redis_server.kill()
    one.block("d", 30)
    assert waits(one, credential="d") > 25
    assert waits(other, credential="d") == 0
    assert (passed(one), passed(other)) == (9, 8)


def test_a_redis_that_comes_back_is_told_the_worse(redis_server, pair: list[Limits]) -> None:
    one = Limits(redis_client.client(redis_server.url, 1.0), away_seconds=0)
    other = pair[0]
    one.learn("c", soon(40))
    redis_server.kill()
    assert [waits(one) for _ in range(30)] == [0] * 30
    redis_server.start()
    assert passed(one) == 10
    assert waits(other) > 50
    one.close()


def test_what_cannot_be_read_in_redis_is_nothing_known(redis_server, pair: list[Limits]) -> None:
    redis_server.say("SET", "ticketsync:rate:{c}", "of another version")
    assert passed(pair[0], usual=HOUR) == 15


def test_a_redis_that_was_never_there_leaves_each_its_own(redis_server) -> None:
    redis_server.stop()
    alone = limits.connect(redis_server.url)
    alone.learn("c", soon(5))
    assert passed(alone) == 5
    assert 50 < waits(alone) <= 61
    alone.close()
