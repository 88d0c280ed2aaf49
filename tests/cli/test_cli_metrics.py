"""`metrics` as a person uses it: what it prints, what it draws, what it refuses."""

from datetime import UTC, datetime, timedelta

import pytest

from cli import plots
from store.database import Store
from tests.cli.conftest import Shell
from tests.store.numbers.lives import Life, board, hold

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
SOURCE = (
    '[[sources]]\nname = "board"\ntracker = "generic"\nurl = "https://board.test"\nteam = "Blue"\n'
)


@pytest.fixture
def measured(bare: Shell) -> Shell:
    """A source with four tickets, whose lives began ten days ago."""
    bare.file.write_text(SOURCE)
    with bare.store() as store:
        hold(store, *some(), sources=[board()])
    return bare


def a_life(number: int, created: float = 0) -> Life:
    return Life(number, created=created, start=TODAY - timedelta(days=10))


def some() -> list[Life]:
    one = a_life(1).born(assignees=["7"], sprint="S1", story_points=3.0)
    one.at(24, "inferred", status="Doing").at(72, status="Done")
    two = a_life(2).born(assignees=["8"], sprint="S1", story_points=5.0)
    two.at(24, status="Doing").at(48, status="Done").at(60, status="Doing").at(96, status="Done")
    three = a_life(3, 48).born(type="bug").at(60, status="Doing")
    return [one, two, three, a_life(4, 72).at(80, status="Dropped")]


def test_the_metrics_are_listed_with_what_they_are(bare: Shell) -> None:
    found = bare.ok("metrics", "list", "--json").json
    assert {"cycle-time", "lead-time", "throughput", "wip", "age", "reopen-rate", "velocity",
            "time-in-status", "resolution"} <= {one["name"] for one in found}  # fmt: skip
    assert all(one["definition"] and one["unit"] for one in found)
    assert len(bare.ok("metrics", "list", "--json", "--limit", 2).json) == 2
    assert "cycle-time" in bare.ok("metrics", "list").out


def test_a_figure_is_shown_with_its_percentiles(measured: Shell) -> None:
    (found,) = measured.ok("metrics", "show", "cycle-time", "--json").json
    assert (found["count"], found["p50_seconds"], found["p85_seconds"]) == (2, 172_800, 259_200)
    out = measured.ok("metrics", "show", "cycle-time").out
    assert "2.0 d" in out
    assert "3.0 d" in out
    assert "█" not in out, "nothing is drawn where nobody looks"


def test_a_figure_is_split(measured: Shell) -> None:
    found = measured.ok("metrics", "show", "lead-time", "--by", "assignee", "--json").json
    assert {one["member"]: one["count"] for one in found} == {"login-7": 1, "login-8": 1}
    out = measured.ok("metrics", "show", "wip", "--by", "type", "--plot").out
    assert "bug" in out
    assert "█" in out
    teams = measured.ok("metrics", "show", "throughput", "--by", "team", "--json").json
    assert [(one["member"], one["count"]) for one in teams] == [("Blue", 2)]


def test_a_figure_is_explained_by_its_tickets_and_their_changes(measured: Shell) -> None:
    shown = ("metrics", "show", "cycle-time", "--source", "board", "--explain")
    out = measured.ok(*shown).out
    assert "BOARD-1" in out
    assert "To Do → Doing (in_progress) by ines-varga, inferred" in out
    assert "Doing → Done (done) by ines-varga, exact" in out
    found = measured.ok(*shown, "--json").json
    assert [one["key"] for one in found] == ["BOARD-2", "BOARD-1"]
    steps = found[1]["transitions"]
    assert [(one["from"], one["to"], one["exact"]) for one in steps] == [
        ("To Do", "Doing", False),
        ("Doing", "Done", True),
    ]
    assert len(measured.ok(*shown, "--json", "--limit", 1).json) == 1


def test_velocity_and_resolution_have_columns_of_their_own(measured: Shell) -> None:
    (sprint,) = measured.ok("metrics", "show", "velocity", "--json").json
    assert (sprint["sprint"], sprint["committed"], sprint["completed"]) == ("S1", 8.0, 8.0)
    assert "story points" in measured.ok("metrics", "show", "velocity", "--plot").out
    found = measured.ok("metrics", "show", "resolution", "--json").json
    assert [sum(one[name] for one in found) for name in ("created", "done", "canceled")] == [
        4,
        2,
        1,
    ]
    assert found[-1]["open"] == 1
    assert "created" in measured.ok("metrics", "show", "resolution", "--plot").out


def test_every_metric_answers_in_every_way(measured: Shell) -> None:
    for one in measured.ok("metrics", "list", "--json").json:
        for by in (None, "source", "component", "customer", "priority"):
            split = ("--by", by) if by else ()
            assert measured.ok("metrics", "show", one["name"], "--plot", *split).out
            assert isinstance(
                measured.ok("metrics", "show", one["name"], "--json", *split).json, list
            )
        assert measured.ok("metrics", "show", one["name"], "--explain").out


def test_a_day_is_counted_and_checked(measured: Shell) -> None:
    day = str((TODAY - timedelta(days=8)).date())
    (taken,) = measured.ok("metrics", "snapshot", "--day", day, "--json").json
    assert (taken["source"], taken["day"]) == ("board", day)
    (wip,) = measured.ok("metrics", "show", "wip", "--until", day, "--json").json
    assert wip["count"] == 3
    assert "comes out as it was kept" in measured.ok("metrics", "check").out
    with measured.store() as store:
        late(store)
    found = measured("metrics", "check", "--json")
    assert found.code == 1
    named = [one for one in found.json if (one["metric"], one["dimension"]) == ("wip", "all")]
    assert [(one["day"], one["kept"]["count"], one["now"]["count"]) for one in named] == [
        (day, 3, 4)
    ]
    assert "metrics snapshot --day" in measured("metrics", "check").out
    measured.ok("metrics", "snapshot", "--day", day)
    assert measured.ok("metrics", "check", "--json").json == []


def late(store: Store) -> None:
    """A change of nine days ago that nobody told until now."""
    hold(store, a_life(5).at(30, status="Doing"), sources=[board()])


def test_yesterday_is_counted_by_default_and_the_future_never(measured: Shell) -> None:
    assert str((TODAY - timedelta(days=1)).date()) in measured.ok("metrics", "snapshot").out
    refused = measured("metrics", "snapshot", "--day", "2999-01-01")
    assert (refused.code, "still to come" in refused.err) == (2, True)


def test_a_trend_is_drawn_from_the_days_that_were_counted(measured: Shell) -> None:
    for days in (9, 8, 7, 6):
        measured.ok("metrics", "snapshot", "--day", str((TODAY - timedelta(days=days)).date()))
    out = measured.ok("metrics", "show", "wip", "--plot").out
    assert "wip by day" in out
    assert max(len(one) for one in out.splitlines()) <= 80


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("velocty",), 'no metric "velocty"; there are: lead-time'),
        (("wip", "--by", "colour"), "--by must be source, team"),
        (("wip", "--since", "yesterday"), "--since must be a day like 2026-11-20"),
        (("wip", "--since", "2026-02-02", "--until", "2026-02-01"), "is after --until"),
        (("wip", "--source", "nobody"), 'no source "nobody" is configured'),
        (("wip", "--until", "9999-12-31"), "--until 9999-12-31 is out of reach"),
        (("created", "--until", "0001-01-05"), "--until 0001-01-05 is out of reach"),
    ],
)
def test_what_is_misspelt_is_named(measured: Shell, words: tuple[str, ...], told: str) -> None:
    done = measured("metrics", "show", *words)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert "Traceback" not in done.err


def test_a_day_without_a_snapshot_is_told_what_to_do(measured: Shell) -> None:
    done = measured("metrics", "show", "wip", "--until", "2026-01-05")
    assert done.code == 1
    assert "`metrics snapshot --day 2026-01-05` takes it" in done.err


def test_bars_keep_to_the_width_and_show_what_is_little(capsys: pytest.CaptureFixture[str]) -> None:
    plots.print_bars("count", [("a" * 60, 1_000.0, "1000"), ("b", 1.0, "1"), ("c", 0.0, "0")])
    title, *lines = capsys.readouterr().out.strip("\n").split("\n")
    assert title == "count"
    assert len(lines[0]) <= 80
    assert lines[0].count("█") == 80 - 28 - 4 - 4
    assert "▏" in lines[1]
    assert "▏" not in lines[2]


def test_columns_gather_what_does_not_fit(capsys: pytest.CaptureFixture[str]) -> None:
    plots.print_columns("by day", [float(n) for n in range(365)], ("01-01", "12-31"))
    out = capsys.readouterr().out
    assert max(len(one) for one in out.splitlines()) <= 80
    assert out.splitlines()[-1].endswith("12-31")
    plots.print_columns("nothing", [None, 0.0, None], ("a", "b"))
    plots.print_columns("one", [None, 3.0], ("a", "b"))
    assert capsys.readouterr().out == ""


def test_columns_are_as_high_as_their_values(capsys: pytest.CaptureFixture[str]) -> None:
    plots.print_columns("by day", [0.0, 6.0, 3.0, None], ("a", "d"))
    rows = [one.partition("┤")[2] for one in capsys.readouterr().out.splitlines()[2:8]]
    heights = [sum(row[start : start + 1] == "█" for row in rows) for start in (0, 4, 8)]
    assert heights == [0, 6, 3]
