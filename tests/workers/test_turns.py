"""One thread at a time; nobody's wish is lost."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from schemas.settings import RetrySettings
from workers import render as rendering
from workers.turns import Turns
from workers.work import Work


def test_the_first_has_the_turn_and_hears_of_who_came_meanwhile() -> None:
    turns = Turns()
    assert turns.take("a")
    assert not turns.take("a")
    assert turns.take("b")
    assert turns.go_on("a")
    assert not turns.go_on("a")
    assert turns.take("a")


def test_a_turn_that_went_wrong_is_free_again() -> None:
    turns = Turns()
    assert turns.take("a")
    turns.drop("a")
    assert turns.take("a")


def test_whoever_finds_a_writer_at_work_goes_on_and_nothing_stays_unwritten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each caller's mark is set before it asks, as a commit is before its render."""
    marks: list[int] = []
    written: list[int] = []

    def write_due(*_: object) -> int:
        taken = marks[:]
        del marks[: len(taken)]
        written.extend(taken)
        return len(taken)

    def ask(number: int) -> None:
        marks.append(number)
        rendering.render(work, ["shop"])

    monkeypatch.setattr(rendering, "write_due", write_due)
    work = Work(None, {"shop": None}, None, RetrySettings(), Path())  # type: ignore[arg-type, dict-item]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(500)))
    assert sorted(written) == list(range(500))
