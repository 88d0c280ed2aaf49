"""The rules of a rate budget: what each lane may use, and that a tracker's limit is never met."""

from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.budget import LATE_SECONDS, LONGEST_SECONDS, SOON_SECONDS, Budget, reserve
from schemas.errors import LONGEST_WAIT_SECONDS
from schemas.ports import Allowance, Lane

LANES: tuple[Lane, ...] = ("webhook", "reconcile", "backfill")
HOUR = Allowance(requests=60, seconds=3600)
START = 1_800_000_000.0


def passed(budget: Budget, lane: Lane, usual: Allowance | None = HOUR, at: float = START) -> int:
    """How many requests a lane may send one after the other; nothing is told with the answers."""
    for count in range(1, 200):
        if budget.ask(lane, "me", usual, at) > 0:
            return count - 1
        budget.answered("me", at)
    return 200


def told(remaining: int, limit: int = 60, seconds: float = 600.0) -> Budget:
    """A budget just as an answer told it."""
    budget = Budget()
    budget.ask("webhook", "me", None, START)
    budget.answered("me", START, limit=limit, remaining=remaining, seconds=seconds)
    return budget


@pytest.mark.parametrize(("lane", "reserved"), [("webhook", 0), ("reconcile", 6), ("backfill", 18)])
def test_each_lane_leaves_its_share_to_those_before_it(lane: Lane, reserved: int) -> None:
    assert passed(told(60), lane) == 60 - reserved
    assert told(reserved).ask(lane, "me", None, START) == 600 + LATE_SECONDS


def test_what_a_lane_may_not_use_the_ones_before_it_may() -> None:
    budget = told(60)
    assert [passed(budget, lane) for lane in reversed(LANES)] == [42, 12, 6]


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("size", range(1, 12))
def test_however_small_a_limit_is_every_lane_can_work(lane: Lane, size: int) -> None:
    assert 0 <= reserve(lane, size) < size
    assert lane == "webhook" or size == 1 or reserve(lane, size) >= 1


@pytest.mark.parametrize(("lane", "most"), [("webhook", 15), ("reconcile", 13), ("backfill", 10)])
def test_nothing_known_is_a_quarter_of_the_documented_limit(lane: Lane, most: int) -> None:
    assert passed(Budget(), lane) == most


def test_without_headers_and_without_a_documented_limit_there_is_none() -> None:
    assert passed(Budget(), "backfill", None) == 200


def test_after_the_reset_a_quarter_of_the_known_limit_until_the_first_headers() -> None:
    budget = told(0, limit=40, seconds=600)
    later = START + 600 + LATE_SECONDS
    assert passed(budget, "webhook", None, later - 0.1) == 0
    assert passed(budget, "webhook", None, later) == 10
    budget.flights.clear()
    budget.answered("other", later, limit=40, remaining=30, seconds=600)
    assert passed(budget, "webhook", None, later) == 30


def test_while_an_answer_is_on_its_way_it_is_asked_again_soon() -> None:
    budget = Budget()
    for number in range(15):
        assert budget.ask("webhook", f"thread {number}", HOUR, START) == 0
    assert budget.ask("webhook", "one more", HOUR, START) == SOON_SECONDS


def test_a_tracker_that_tells_nothing_gets_its_documented_limit_from_the_second_window_on() -> None:
    budget = Budget()
    assert passed(budget, "webhook", HOUR, START) == 15
    assert passed(budget, "webhook", HOUR, START + 3599) == 0
    # what the first window used has left the second one only when it is over
    assert passed(budget, "webhook", HOUR, START + 3601) == 45
    assert passed(budget, "webhook", HOUR, START + 3601 + 720) == 15


def test_a_silent_window_slides_so_that_no_span_of_its_length_has_more_than_the_limit() -> None:
    budget, sent, at = Budget(), [], START
    while at < START + 5 * 3600:
        if budget.ask("webhook", "me", HOUR, at) == 0:
            budget.answered("me", at)
            sent.append(at)
        at += 20
    assert all(sum(one <= other < one + 3600 for other in sent) <= 60 for one in sent)
    assert sum(one >= START + 3 * 3600 for one in sent) > 80  # of 120


def test_it_says_when_there_will_be_room() -> None:
    budget = Budget()
    passed(budget, "webhook", HOUR, START)
    wait = budget.ask("backfill", "me", HOUR, START)
    assert wait == pytest.approx(3600, abs=0.01)
    assert budget.ask("backfill", "me", HOUR, START + wait) == 0
    passed(budget, "webhook", HOUR, START + wait)
    again = budget.ask("webhook", "me", HOUR, START + wait)
    assert 0 < again <= 720
    assert budget.ask("webhook", "me", HOUR, START + wait + again) == 0


def test_another_documented_limit_begins_anew() -> None:
    budget = Budget()
    passed(budget, "webhook", HOUR)
    assert passed(budget, "webhook", Allowance(requests=8, seconds=10)) == 2


def test_requests_that_cost_nothing_are_given_back() -> None:
    """GitHub does not count a 304 (docs: best practices for using the REST API)."""
    budget = told(50)
    for _ in range(40):
        assert budget.ask("webhook", "me", None, START) == 0
        budget.answered("me", START, limit=60, remaining=50, seconds=600)
    assert budget.left == 50


def test_answers_in_any_order_never_give_more_than_there_is() -> None:
    budget = told(10)
    for who in "abc":
        budget.ask("webhook", who, None, START)
    for who, remaining in (("c", 9), ("a", 7), ("b", 8)):
        budget.answered(who, START, limit=60, remaining=remaining, seconds=600)
        assert budget.left is not None
        assert budget.left <= 7


def test_what_others_use_of_the_same_token_is_seen_with_the_next_answer() -> None:
    budget = told(50)
    budget.ask("webhook", "me", None, START)
    budget.answered("me", START, limit=60, remaining=3, seconds=600)
    assert passed(budget, "webhook") == 3


def test_a_late_answer_does_not_hide_what_others_used_since() -> None:
    budget = told(50)
    budget.ask("webhook", "slow", None, START)
    budget.ask("webhook", "quick", None, START)
    budget.answered("quick", START, limit=60, remaining=20, seconds=600)
    budget.answered("slow", START, limit=60, remaining=49, seconds=600)
    assert budget.left == 19


def test_an_answer_of_the_window_before_is_nothing_new() -> None:
    budget = told(10, seconds=2)
    budget.ask("webhook", "slow", None, START)
    budget.ask("webhook", "quick", None, START)
    budget.answered("quick", START + 2, limit=60, remaining=59, seconds=600)
    budget.answered("slow", START + 2, limit=60, remaining=9, seconds=0.5)
    assert budget.left == 58


def test_a_tracker_that_names_no_reset_is_taken_by_its_documented_window() -> None:
    budget = Budget()
    budget.ask("webhook", "me", HOUR, START)
    budget.answered("me", START, limit=60, remaining=0)
    assert budget.ask("webhook", "me", HOUR, START + 10) == 3590
    assert passed(budget, "webhook", HOUR, START + 3600) == 15


def test_odd_words_of_a_tracker_change_nothing() -> None:
    budget = Budget()
    budget.ask("webhook", "me", None, START)
    budget.answered("me", START, limit=0, remaining=0, seconds=-5)
    budget.answered("nobody", START)
    assert passed(budget, "webhook", None) == 200
    budget.answered("me", START, remaining=-3, seconds=60)
    assert budget.left == 0


def test_a_garbled_header_keeps_nobody_waiting_for_ever() -> None:
    budget = told(0, seconds=200 * 365 * 86_400.0)
    wait = budget.ask("webhook", "me", None, START)
    assert wait == LONGEST_SECONDS + LATE_SECONDS
    assert budget.ask("webhook", "me", None, START + wait) == 0
    budget.block(1e15, START)
    assert budget.ask("webhook", "me", None, START) == LONGEST_WAIT_SECONDS


def test_no_more_is_left_than_the_limit_of_the_same_answer() -> None:
    assert passed(told(5000, limit=60), "webhook", None) == 60


def test_a_limit_below_nothing_is_none() -> None:
    assert told(7, limit=-5).limit == 7


@pytest.mark.parametrize(("lane", "most"), [("webhook", 100), ("reconcile", 90), ("backfill", 70)])
def test_a_tracker_that_names_no_limit_has_reserves_all_the_same(lane: Lane, most: int) -> None:
    budget = Budget()
    budget.ask("webhook", "me", None, START)
    budget.answered("me", START, remaining=100, seconds=600)
    assert passed(budget, lane, None) == most


def test_a_block_holds_for_all_and_is_never_shortened() -> None:
    budget = told(50)
    budget.block(30, START)
    budget.block(5, START)
    assert [budget.ask(lane, "me", None, START) for lane in LANES] == [30, 30, 30]
    assert budget.ask("webhook", "me", None, START + 30) == 0


def test_one_that_never_answers_is_forgotten_in_the_end() -> None:
    budget = told(50)
    budget.ask("webhook", "lost", None, START)
    budget.ask("webhook", "me", None, START + 100)
    budget.answered("me", START + 100, limit=60, remaining=49, seconds=500)
    assert budget.left == 49


@pytest.mark.parametrize("kept", [b"", b"?", b"[]", b"7", b'{"flights": 3}', b'{"more": 1}'])
def test_what_cannot_be_read_is_nothing_known(kept: bytes) -> None:
    assert Budget.unpack(kept) == Budget()


def test_it_is_kept_whole() -> None:
    budget = told(50)
    passed(budget, "reconcile", HOUR)
    budget.ask("webhook", "under way", HOUR, START)
    silent = Budget()
    silent.ask("webhook", "me", HOUR, START)
    silent.block(9, START)
    for one in (budget, silent):
        assert Budget.unpack(one.pack()) == one


@pytest.mark.parametrize(("remaining", "most"), [(50, 15), (4, 4), (0, 0)])
def test_what_was_lost_begins_with_a_quarter_or_with_what_was_known_if_that_is_less(
    remaining: int, most: int
) -> None:
    budget = Budget()
    budget.humble(told(remaining), START)
    assert passed(budget, "webhook", None) == most


def test_what_was_not_kept_for_a_while_takes_the_worse_of_both() -> None:
    shared, own = told(40), told(11)
    own.block(5, START)
    shared.humble(own, START)
    assert shared.ask("webhook", "me", None, START) == 5
    assert passed(shared, "webhook", None, START + 5) == 11


@dataclass
class Tracker:
    """Fixed windows that begin with their first request, as GitHub's do."""

    limit: int
    seconds: float
    used: int = 0
    reset: float = 0.0
    refused: int = 0
    most: int = 0

    def take(self, at: float, *, free: bool) -> tuple[int, float]:
        """One request; what remains, and when the window ends."""
        if at >= self.reset:
            self.used, self.reset = 0, float(int(at)) + self.seconds
        self.refused += self.used >= self.limit
        self.used += not free
        self.most = max(self.most, self.used)
        return max(self.limit - self.used, 0), self.reset


@dataclass
class Crowd:
    """Threads of several processes around one budget; each request is sent, taken and answered."""

    tracker: Tracker
    budget: Budget = field(default_factory=Budget)
    at: float = START
    under_way: dict[str, tuple[float, tuple[int, float] | None]] = field(default_factory=dict)

    def step(self, act: str, who: str, lane: Lane) -> None:
        usual = Allowance(requests=self.tracker.limit, seconds=int(self.tracker.seconds))
        if act == "tick":
            self.at += 0.7
        elif act == "wait":
            self.at += self.tracker.seconds / 2
        elif who not in self.under_way:
            if self.budget.ask(lane, who, usual, self.at) == 0:
                self.under_way[who] = self.at, None
        else:
            began, answer = self.under_way[who]
            if answer is None:
                free = act == "free" and self.budget.left is not None
                self.under_way[who] = began, self.tracker.take(self.at, free=free)
            else:
                self._answer(who, answer)

    def _answer(self, who: str, answer: tuple[int, float]) -> None:
        del self.under_way[who]
        remaining, reset = answer
        limit, seconds = self.tracker.limit, reset - self.at
        self.budget.answered(who, self.at, limit=limit, remaining=remaining, seconds=seconds)
        self.budget = Budget.unpack(self.budget.pack())


@given(st.integers(0, 2**32), st.integers(16, 40), st.sampled_from((4.0, 15.0, 60.0)))
def test_no_order_of_sending_and_answering_meets_the_limit(
    seed: int, limit: int, seconds: float
) -> None:
    crowd, chance = Crowd(Tracker(limit, seconds)), Random(seed)
    acts = ("go",) * 96 + ("free",) * 4 + ("tick",) * 4 + ("wait",)
    for _ in range(600):
        lane = chance.choice((*LANES, "webhook", "webhook"))
        crowd.step(chance.choice(acts), chance.choice("abcdef"), lane)
    assert crowd.tracker.refused == 0
    assert crowd.tracker.most > limit / 2  # it was not for want of trying
