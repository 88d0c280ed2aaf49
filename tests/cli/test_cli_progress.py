"""How far a sync is, as a terminal and as a pipe are told."""

import io

from rich.console import Console

from cli import progress
from cli.progress import Bars, Lines
from schemas.record import Cursor, Page, Record
from tests.builders import a_source


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def a_page(count: int, total: int | None, kind: str = "tickets") -> Page:
    one = Record(kind=kind[:-1], ticket="1", external_id="1", revision=None, body={})
    return Page(kind=kind, records=(one,) * count, cursor=Cursor(), total=total)


def lines() -> tuple[Lines, Clock, list[str]]:
    said: list[str] = []
    clock = Clock()
    return Lines(said.append, clock), clock, said


def test_a_short_run_says_nothing() -> None:
    shown, clock, said = lines()
    for _ in range(4):
        clock.seconds += 1
        shown.page(a_source(), a_page(100, 400), 0)
    shown.phase("shop", "files")
    assert said == []


def test_a_long_one_says_every_few_seconds_how_far_it_is() -> None:
    shown, clock, said = lines()
    for _ in range(12):
        clock.seconds += 1
        shown.page(a_source(), a_page(100, 2_000), 0)
    assert said == [
        "shop: tickets: 500 of 2,000 (100/s, about 15 s left)",
        "shop: tickets: 1,000 of 2,000 (100/s, about 10 s left)",
    ]


def test_a_tracker_that_tells_no_total_has_no_time_left() -> None:
    shown, clock, said = lines()
    clock.seconds += 8
    shown.page(a_source(), a_page(80, None, "comments"), 0)
    assert said == ["shop: comments: 80 (10/s)"]


def test_more_than_was_promised_is_no_nonsense() -> None:
    shown, clock, said = lines()
    clock.seconds += 10
    shown.page(a_source(), a_page(100, 40), 0)
    assert said == ["shop: tickets: 100 (10/s)"]


def test_phases_and_waiting_are_told_and_notes_at_once() -> None:
    shown, clock, said = lines()
    shown.note("a note")
    clock.seconds += 6
    shown.passing("shop", "waits")
    clock.seconds += 6
    shown.phase("shop", "files")
    shown.done("shop")
    assert said == ["a note", "shop: waits", "shop: files"]


def test_a_terminal_sees_a_bar_for_each_phase() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=80, color_system=None)
    with progress.bars(console) as shown:
        bars = Bars(shown)
        bars.page(a_source(), a_page(100, 300), 100)
        bars.page(a_source(), a_page(100, 300, "comments"), 200)
        bars.passing("shop", "goes on in 8 s")
        shown.refresh()
        assert "shop: goes on in 8 s" in screen.getvalue()
        bars.passing("shop", "")
        bars.phase("shop", "files")
        shown.refresh()
        assert "shop: files" in screen.getvalue()
        bars.note("a [bold] note")
        bars.done("shop")
    last = screen.getvalue().rpartition("\x1b[2K")[2]
    assert "ticketsync: a [bold] note" in screen.getvalue()
    assert "shop: tickets" in last
    assert "100/100" in last
    assert "shop: files" not in last
    assert all(len(line) <= 80 for line in last.splitlines())
