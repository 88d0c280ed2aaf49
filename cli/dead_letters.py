"""`dead-letters`: deliveries that were given up on, with their cause; one, or all that fit."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.deliveries import LISTED, Depth, show_delivery
from cli.given import LARGEST, Json, Limit, Yes, who
from schemas.errors import ConfigError, TicketsyncError

if TYPE_CHECKING:
    from cli.context import Opened

Ids = Annotated[
    list[int] | None, typer.Argument(metavar="[ID]...", max=LARGEST, help="These, by number.")
]
OfSource = Annotated[str | None, typer.Option("--source", help="All of this source.")]
OfEvent = Annotated[str | None, typer.Option("--event", help="All of this event.")]
OfCause = Annotated[str | None, typer.Option("--cause", help="All whose cause holds this text.")]
All = Annotated[bool, typer.Option("--all", help="All there are.")]

app = typer.Typer(help="What was given up on.", no_args_is_help=True, rich_markup_mode=None)
app.command("show")(show_delivery)


@app.command("list")
def list_dead(
    ctx: typer.Context,
    source: OfSource = None,
    event: OfEvent = None,
    cause: OfCause = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """Dead letters, oldest first, with age and cause."""
    from cli.context import opened
    from cli.screen import cut, most
    from store import dead_letters

    with opened(ctx) as here, here.store.read() as connection:
        found = dead_letters.find(
            connection, source=source, event=event, cause=cause, limit=most(limit, json) + 1
        )
    _print_list(cut(found, limit, json), json)


@app.command("replay")
def replay_dead(
    ctx: typer.Context,
    ids: Ids = None,
    source: OfSource = None,
    event: OfEvent = None,
    cause: OfCause = None,
    everything: All = False,
    depth: Depth = "apply",
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Run dead letters again, one or all that fit."""
    from cli.context import opened
    from cli.replay import report, run

    with opened(ctx) as here:
        chosen = _chosen(here, ids or [], (source, event, cause), everything, json)
        _confirm("replay", ids, chosen, yes)
        results = run(here, chosen, depth)
    report(results, json)


@app.command("drop")
def drop_dead(
    ctx: typer.Context,
    ids: Ids = None,
    source: OfSource = None,
    event: OfEvent = None,
    cause: OfCause = None,
    everything: All = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Give dead letters up for good, one or all that fit."""
    from cli.context import opened
    from cli.screen import print_json
    from runtime.clock import utc_now
    from store import dead_letters

    with opened(ctx) as here:
        chosen = _chosen(here, ids or [], (source, event, cause), everything, json)
        _confirm("drop", ids, chosen, yes)
        with here.store.write() as connection:
            dropped = dead_letters.drop(connection, chosen, who(), utc_now())
    if json:
        print_json({"dropped": dropped})
    else:
        print(f"dropped: {dropped}")


def _chosen(
    here: "Opened",
    ids: list[int],
    filters: tuple[str | None, str | None, str | None],
    everything: bool,
    quiet: bool,
) -> list[int]:
    """The dead letters meant; a number that is none of them fails before anything is done."""
    from store import dead_letters

    source, event, cause = filters
    if not (ids or everything or any(filters)):
        raise ConfigError("say which: ID…, --source, --event, --cause or --all")
    with here.store.read() as connection:
        found = dead_letters.find(
            connection, ids=ids, source=source, event=event, cause=cause, limit=None
        )
    chosen = [one.id for one in found]
    missing = sorted(set(ids) - set(chosen))
    if missing:
        raise TicketsyncError(f"{', '.join(map(str, missing))}: no dead letter of that kind")
    if not ids and not quiet:
        print(f"{len(chosen)} of them" if chosen else "no dead letter fits")
    return chosen


def _confirm(action: str, ids: list[int] | None, chosen: Sequence[int], yes: bool) -> None:
    from cli.screen import sure

    if not ids and chosen:
        sure(f"{action} {len(chosen)} dead letters?", yes)


def _print_list(found: Any, as_json: bool) -> None:
    from cli.screen import ago, print_json, print_table
    from runtime.clock import utc_now

    if as_json:
        now = utc_now()
        print_json(
            [
                {key: getattr(one, key) for key in LISTED}
                | {
                    "cause": one.reason,
                    "age_seconds": round((now - one.received_at).total_seconds(), 3),
                }
                for one in found
            ]
        )
        return
    print_table(
        (">ID", "source", "event", "ticket", ">tries", "age", "cause"),
        [
            (
                one.id,
                one.source,
                one.event,
                one.ticket or "-",
                one.attempts,
                ago(one.received_at),
                one.reason,
            )
            for one in found
        ],
        empty="no dead letters",
    )
