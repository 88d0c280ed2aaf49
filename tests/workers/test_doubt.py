"""When a tracker that does not answer is asked again."""

import pytest

from tests.builders import at
from workers.rules.doubt import raise_doubt, settle, unreachable


@pytest.mark.parametrize(("age", "pause"), [(0, 30), (45, 45), (600, 600), (90_000, 3_600)])
def test_a_tracker_that_is_away_is_asked_ever_more_seldom(age: int, pause: int) -> None:
    doubt = raise_doubt(None, "core", "x", at(0))
    assert (unreachable(doubt, at(age), None).due_at - at(age)).total_seconds() == pause


def test_its_own_word_on_when_to_come_back_wins() -> None:
    doubt = raise_doubt(None, "core", "x", at(0))
    assert unreachable(doubt, at(5), 7.0).due_at == at(12)


def test_a_question_that_was_not_asked_is_not_settled() -> None:
    doubt = raise_doubt(None, "core", "x", at(0))
    assert settle(doubt, "links") is doubt
    assert settle(None, "core") is None
    assert settle(doubt, "core") is None
