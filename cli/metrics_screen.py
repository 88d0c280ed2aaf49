"""How figures are shown: as a table with a plot below, or as JSON."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cli import plots
from cli.screen import cut, print_json, print_table
from store.numbers import figures, resolution, snapshots, velocity
from store.numbers.names import METRICS

if TYPE_CHECKING:
    from store.database import Connection
    from store.numbers.question import Line, Question


def print_figure(
    connection: "Connection",
    metric: str,
    asked: "Question",
    limit: int | None,
    *,
    json: bool,
    plot: bool | None,
    every: bool,
) -> None:
    """A metric as it was asked for; `every` sprint, or only the newest."""
    if metric == "velocity":
        sprints = velocity.velocity(connection, asked, every=every)
        _print_velocity(cut(sprints, limit, json), asked, json=json, plot=plot)
    elif metric == "resolution":
        moved = resolution.movements(connection, asked)
        _print_resolution(cut(moved, limit, json), asked, json=json, plot=plot)
    else:
        lines = cut(figures.answer(connection, metric, asked), limit, json)
        if json:
            print_json([_as_object(metric, asked, one) for one in lines])
            return
        _print_lines(metric, asked, lines)
        if plots.wanted(plot):
            _plot_lines(connection, metric, asked, lines)


def took(seconds: float | None) -> str:
    """A time span as people say it."""
    if seconds is None:
        return ""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def _period(metric: str, asked: "Question") -> dict[str, Any]:
    last = (asked.until - timedelta(days=1)).date()
    return {"metric": metric, "since": str(asked.since.date()), "until": str(last), "by": asked.by}


def _as_object(metric: str, asked: "Question", one: "Line") -> dict[str, Any]:
    told = _period(metric, asked) | {"member": one.member, "count": one.count}
    if metric == "time-in-status":
        told["status"] = one.status
    if METRICS[metric].unit == "seconds":
        mean = None if one.mean is None else round(one.mean, 3)
        told |= {"mean_seconds": mean, "p50_seconds": one.p50, "p85_seconds": one.p85}
    if metric == "reopen-rate":
        told |= {"done": one.of, "rate": one.rate}
    return told


def _print_lines(metric: str, asked: "Question", lines: Sequence["Line"]) -> None:
    print(heading(metric, asked))
    columns: list[str] = [asked.by] if asked.by else []
    columns += ["status"] if metric == "time-in-status" else []
    columns.append(">reopened" if metric == "reopen-rate" else ">count")
    if METRICS[metric].unit == "seconds":
        columns += [">p50", ">p85", ">mean"]
    if metric == "reopen-rate":
        columns += [">done", ">rate"]
    print_table(columns, [_cells(metric, asked, one) for one in lines], empty="nothing fits")


def _cells(metric: str, asked: "Question", one: "Line") -> list[object]:
    cells: list[object] = [one.member] if asked.by else []
    cells += [one.status] if metric == "time-in-status" else []
    cells.append(one.count)
    if METRICS[metric].unit == "seconds":
        cells += [took(one.p50), took(one.p85), took(one.mean)]
    if metric == "reopen-rate":
        cells += [one.of, "" if one.rate is None else f"{one.rate:.0%}"]
    return cells


def heading(metric: str, asked: "Question") -> str:
    """What is shown below, in one line."""
    one = METRICS[metric]
    last = asked.until - timedelta(days=1)
    if metric == "velocity":
        return f"{metric}: {one.told}"
    if one.at_end:
        when = "now" if asked.until > asked.now else f"at the end of {last:%Y-%m-%d}"
        return f"{metric}, {when}: {one.told}"
    return f"{metric}, {asked.since:%Y-%m-%d} to {last:%Y-%m-%d}: {one.told}"


def _plot_lines(
    connection: "Connection", metric: str, asked: "Question", lines: Sequence["Line"]
) -> None:
    """Bars of the members; of one figure how it was on each day."""
    if asked.by is not None or metric == "time-in-status":
        bars = [
            (
                " · ".join(part for part in (one.member, one.status) if part),
                *_value(metric, one),
            )
            for one in lines
        ]
        plots.print_bars(_measure(metric), bars)
    elif METRICS[metric].daily:
        _plot_days(connection, metric, asked)


def _measure(metric: str) -> str:
    by_unit = {"seconds": "p50", "ratio": "rate"}
    return by_unit.get(METRICS[metric].unit, "count")


def _value(metric: str, one: "Line") -> tuple[float, str]:
    if METRICS[metric].unit == "seconds":
        value = one.p50 if one.p50 is not None else one.mean
        return float(value or 0), took(value)
    if metric == "reopen-rate":
        return float(one.rate or 0), f"{one.rate or 0:.0%}"
    return float(one.count), str(one.count)


def _plot_days(connection: "Connection", metric: str, asked: "Question") -> None:
    """Each kept day of the period, all sources together; of durations the mean, in days."""
    first, last = asked.since.date(), (asked.until - timedelta(days=1)).date()
    counts: dict[Any, int] = {}
    spent: dict[Any, int] = {}
    for _, day, _, figure in snapshots.trend(connection, metric, asked.names, first, last):
        counts[day] = counts.get(day, 0) + figure.count
        spent[day] = spent.get(day, 0) + (figure.seconds or 0)
    if not counts:
        return
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    days = days[: days.index(max(counts)) + 1]
    if METRICS[metric].unit == "seconds":
        values = [spent[day] / counts[day] / 86_400 if counts.get(day) else None for day in days]
        title = f"{metric} by day: mean in days"
    else:
        values = [float(counts[day]) if day in counts else None for day in days]
        title = f"{metric} by day"
    plots.print_columns(title, values, (f"{days[0]:%m-%d}", f"{days[-1]:%m-%d}"))


def _print_resolution(
    moved: Sequence[resolution.Movement], asked: "Question", *, json: bool, plot: bool | None
) -> None:
    if json:
        names = ("member", "created", "done", "canceled", "net", "open")
        print_json(
            [
                _period("resolution", asked)
                | {"since": str(one.since), "until": str(one.until)}
                | {name: getattr(one, name) for name in names}
                for one in moved
            ]
        )
        return
    print(heading("resolution", asked))
    first = asked.by or ("week of" if any(one.since != one.until for one in moved) else "day")
    rows = [
        (
            one.member if asked.by else one.since,
            one.created,
            one.done,
            one.canceled,
            f"{one.net:+d}",
            one.open,
        )
        for one in moved
    ]
    columns = (first, ">created", ">done", ">canceled", ">net", ">open")
    print_table(columns, rows, empty="nothing fits")
    if not plots.wanted(plot):
        return
    if asked.by:
        bars = [(str(one.member), float(one.open), str(one.open)) for one in moved]
        plots.print_bars("open at the end", bars)
    elif moved:
        ends = (f"{moved[0].since:%m-%d}", f"{moved[-1].since:%m-%d}")
        plots.print_columns("created", [float(one.created) for one in moved], ends)
        plots.print_columns("done", [float(one.done) for one in moved], ends)
        plots.print_columns("open at the end", [float(one.open) for one in moved], ends)


def _print_velocity(
    found: Sequence[velocity.Velocity], asked: "Question", *, json: bool, plot: bool | None
) -> None:
    if json:
        names = ("member", "committed", "completed", "committed_tickets", "completed_tickets")
        print_json(
            [
                {
                    "metric": "velocity",
                    "source": one.sprint.source,
                    "sprint": one.sprint.name,
                    "starts_at": one.sprint.starts_at,
                    "ends_at": one.sprint.ends_at,
                    "by": asked.by,
                    **{name: getattr(one, name) for name in names},
                }
                for one in found
            ]
        )
        return
    print(heading("velocity", asked))
    columns = ["source", "sprint", *([asked.by] if asked.by else []), "began"]
    columns += [">committed", ">done", ">tickets", ">done"]
    rows = [
        [
            one.sprint.source,
            one.sprint.name,
            *([one.member] if asked.by else []),
            f"{one.sprint.starts_at:%Y-%m-%d}" if one.sprint.starts_at else "",
            points(one.committed),
            points(one.completed),
            "" if one.committed_tickets is None else one.committed_tickets,
            one.completed_tickets,
        ]
        for one in found
    ]
    print_table(columns, rows, empty="no sprint is known in this period")
    if plots.wanted(plot):
        _plot_velocity(found)


def _plot_velocity(found: Sequence[velocity.Velocity]) -> None:
    bars = []
    for one in found:
        name = " · ".join(part for part in (one.sprint.name, one.member) if part)
        committed = one.committed or 0.0
        bars.append((name, committed, f"{points(one.committed)} committed"))
        bars.append(("", one.completed, f"{points(one.completed)} done"))
    plots.print_bars("story points", bars)


def points(told: float | None) -> str:
    """Story points, without needless digits."""
    return "" if told is None else f"{told:g}"
