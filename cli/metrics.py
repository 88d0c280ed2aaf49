"""`metrics`: how long work takes, how much of it there is, how it was on each day."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cli.given import Json, Limit
from schemas.errors import ConfigError

if TYPE_CHECKING:
    from cli.context import Opened
    from store.numbers.question import Question

DAYS = 30
"""A period that nobody named."""

FIRST = "1970-01-01"

BEHIND = 20
"""So many tickets are explained when nobody said how many."""

app = typer.Typer(help="Numbers about tickets.", no_args_is_help=True, rich_markup_mode=None)

Sources = Annotated[
    list[str] | None, typer.Option("--source", help="Only of this source; may be repeated.")
]
Since = Annotated[str | None, typer.Option(help="From this day on (2026-11-20, UTC).")]
Until = Annotated[str | None, typer.Option(help="Up to this day, which is included.")]


@app.command("list")
def list_metrics(limit: Limit = None, json: Json = False) -> None:
    """What can be asked for."""
    from cli.screen import cut, print_json, print_table
    from store.numbers.names import METRICS

    found = cut(list(METRICS.values()), limit, json)
    if json:
        print_json(
            [
                {"name": one.name, "definition": one.told, "unit": one.unit, "daily": one.daily}
                for one in found
            ]
        )
        return
    rows = [(one.name, one.told, one.unit, "yes" if one.daily else "") for one in found]
    print_table(("metric", "what it is", "unit", "daily"), rows, empty="")


@app.command("show")
def show_metric(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="As `list` shows it.")],
    source: Sources = None,
    by: Annotated[
        str | None,
        typer.Option(help="Split by source, team, type, priority, assignee, customer, component."),
    ] = None,
    since: Since = None,
    until: Until = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="The tickets and changes behind the figure.")
    ] = False,
    plot: Annotated[
        bool | None, typer.Option("--plot/--no-plot", help="Draw it; on a terminal it is drawn.")
    ] = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """A figure, split by what you like."""
    from cli import metrics_screen as screen
    from cli.context import opened
    from store import derived

    _check_names(name, by)
    with opened(ctx) as here:
        # Without a period the newest sprints are told, however long ago they were.
        first = FIRST if name == "velocity" and since is None else since
        asked = _question(here, source, by, first, until)
        derived.bring_up(here.store, here.known, asked.now)
        every = since is not None
        with here.store.read() as connection:
            if explain:
                from cli.metrics_behind import print_behind
                from store.numbers.explain import behind

                most = limit or (10_000 if json else BEHIND)
                found = behind(connection, name, asked, most, every=every)
                print_behind(name, asked, found, json=json)
            else:
                screen.print_figure(
                    connection, name, asked, limit, json=json, plot=plot, every=every
                )


@app.command("snapshot")
def take_snapshot(
    ctx: typer.Context,
    day: Annotated[
        str | None, typer.Option(help="Of this day (2026-11-20, UTC), instead of yesterday.")
    ] = None,
    source: Sources = None,
    json: Json = False,
) -> None:
    """Counts a day and keeps it, in place of what was kept of it before."""
    from cli.context import opened
    from cli.screen import print_json
    from runtime.clock import utc_now
    from store import derived
    from store.numbers import snapshots

    now = utc_now()
    wanted = _day(day, "--day") if day else now.date() - timedelta(days=1)
    if wanted > now.date():
        raise ConfigError(f"--day {wanted} is still to come")
    taken = []
    with opened(ctx) as here:
        chosen = here.chosen(source or ())
        derived.bring_up(here.store, here.known, now)
        for one in chosen:
            count = snapshots.take(here.store, one.name, wanted, now)
            taken.append({"source": one.name, "day": str(wanted), "figures": count})
    if json:
        print_json(taken)
        return
    for done in taken:
        print(f"{done['source']}: {done['figures']} figures of {done['day']}")
    if not taken:
        print("no source is configured: `add` one")
    if wanted == now.date():
        print("the day is not over: the reconciler counts it anew only with --day")


@app.command("check")
def check_snapshots(
    ctx: typer.Context,
    source: Sources = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """Counts kept days anew and names what would come out otherwise now; exit 1 if anything does.

    History that was learnt late changes a past day: `metrics snapshot --day` replaces it.
    """
    from cli.context import opened
    from cli.metrics_behind import print_differences
    from cli.screen import cut
    from store import derived
    from store.numbers import snapshots

    with opened(ctx) as here:
        asked = _question(here, source, None, since, until)
        derived.bring_up(here.store, here.known, asked.now)
        with here.store.read() as connection:
            days = [
                (name, day)
                for name in asked.names
                for day in snapshots.days_kept(connection, name)
                if asked.since.date() <= day < asked.until.date()
            ]
            found = [one for name, day in days for one in snapshots.check(connection, name, day)]
    print_differences(cut(found, limit, json), len(days), json=json)
    if found:
        raise typer.Exit(1)


def _question(
    here: "Opened",
    source: list[str] | None,
    by: str | None,
    since: str | None,
    until: str | None,
) -> "Question":
    from runtime.clock import utc_now
    from store.numbers.daily import end_of, start_of
    from store.numbers.question import Question

    now = utc_now()
    last = _day(until, "--until") if until else now.date()
    first = _day(since, "--since") if since else last - timedelta(days=DAYS - 1)
    if first > last:
        raise ConfigError(f"--since {first} is after --until {last}")
    chosen = tuple(here.chosen(source or ()))
    return Question(chosen, start_of(first), end_of(last), now, by)


def _check_names(name: str, by: str | None) -> None:
    from store.numbers.names import DIMENSIONS, METRICS

    if name not in METRICS:
        raise ConfigError(f'no metric "{name}"; there are: {", ".join(METRICS)}')
    if by is not None and by not in DIMENSIONS:
        raise ConfigError(f'--by must be {", ".join(DIMENSIONS)}, not "{by}"')


def _day(told: str, option: str) -> date:
    try:
        found = datetime.strptime(told, "%Y-%m-%d").date()
    except ValueError:
        raise ConfigError(f'{option} must be a day like 2026-11-20, not "{told}"') from None
    if not 1970 <= found.year < date.max.year:
        raise ConfigError(f"{option} {told} is out of reach: from {FIRST} to {date.max.year - 1}")
    return found
