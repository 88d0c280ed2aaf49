"""`deliveries`: the journal, what became of each row, and running one again."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.given import LARGEST, Id, Json, Limit
from schemas.errors import ConfigError, TicketsyncError

if TYPE_CHECKING:
    from cli.context import Opened
    from schemas.delivery import Attempt, Delivery

LISTED = (
    "id", "source", "via", "event", "delivery_key", "ticket", "outcome", "attempts",
    "received_at", "reason", "due_at",
)  # fmt: skip

Depth = Annotated[
    str, typer.Option(help="verify: prove the kept body again, then apply; apply; fetch: ask anew.")
]
Ids = Annotated[
    list[int], typer.Argument(metavar="ID...", max=LARGEST, help="As `list` shows them.")
]

app = typer.Typer(help="Everything that arrived.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_deliveries(
    ctx: typer.Context,
    source: Annotated[str | None, typer.Option(help="Only of this source.")] = None,
    ticket: Annotated[str | None, typer.Option(help="Only of this ticket.")] = None,
    outcome: Annotated[
        str | None, typer.Option(help="Only with this outcome; pending: those without one.")
    ] = None,
    event: Annotated[str | None, typer.Option(help="Only of this event.")] = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """Deliveries, newest first."""
    from cli.context import opened
    from cli.screen import cut, most
    from store import journal

    _check_outcome(outcome)
    with opened(ctx) as here, here.store.read() as connection:
        found = journal.find(
            connection,
            source=source,
            ticket=ticket,
            outcome=outcome,
            event=event,
            limit=most(limit, json) + 1,
        )
    print_list(cut(found, limit, json), as_json=json)


@app.command("show")
def show_delivery(
    ctx: typer.Context,
    delivery: Id,
    json: Json = False,
) -> None:
    """One delivery: headers, body, and every attempt at it."""
    from cli.context import opened
    from cli.screen import print_json
    from store import journal

    with opened(ctx) as here:
        with here.store.read() as connection:
            row = journal.get(connection, delivery)
            tries = journal.attempts_of(connection, delivery)
        if row is None:
            raise TicketsyncError(f"there is no delivery {delivery}")
        shown = _whole(here, row, tries)
    if json:
        print_json(shown)
    else:
        _print_whole(shown)


@app.command("replay")
def replay_deliveries(
    ctx: typer.Context, ids: Ids, depth: Depth = "apply", json: Json = False
) -> None:
    """Run kept deliveries again."""
    from cli.context import opened
    from cli.replay import report, run

    with opened(ctx) as here:
        results = run(here, ids, depth)
    report(results, json)


def print_list(found: Any, *, as_json: bool) -> None:
    """Deliveries as a table or as JSON."""
    from cli.screen import ago, print_json, print_table

    if as_json:
        print_json([{key: getattr(one, key) for key in LISTED} for one in found])
        return
    print_table(
        (">ID", "source", "event", "ticket", "outcome", ">tries", "arrived"),
        [
            (
                one.id,
                one.source,
                one.event,
                one.ticket or "-",
                one.outcome or "pending",
                one.attempts,
                ago(one.received_at),
            )
            for one in found
        ],
        empty="no delivery fits",
    )


def _check_outcome(outcome: str | None) -> None:
    from schemas.delivery import Outcome

    known = ["pending", *map(str, Outcome)]
    if outcome not in (None, *known):
        raise ConfigError(f'--outcome must be one of {", ".join(known)}, not "{outcome}"')


def _whole(here: "Opened", row: "Delivery", tries: "list[Attempt]") -> dict[str, Any]:
    """All that is kept of a delivery; what is or looks like a secret of ours is struck out."""
    redactor = here.redactor
    return {
        **{key: getattr(row, key) for key in LISTED},
        "observed_at": row.observed_at,
        "done_at": row.done_at,
        "session": row.session,
        "last_error": redactor.value(row.last_error),
        "headers": {name: redactor.named(name, value) for name, value in row.headers.items()},
        "body": None if row.body is None else redactor.text(_readable(row.body)),
        "failures": [
            {
                "number": one.number,
                "at": one.at,
                "error": redactor.text(one.error),
                "traceback": redactor.text(one.traceback),
                "next_at": one.next_at,
            }
            for one in tries
        ],
    }


def _readable(body: bytes) -> str:
    """JSON with line ends, anything else as it came."""
    import orjson

    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    except (ValueError, TypeError):  # no JSON, or nested beyond all reason
        return body.decode("utf-8", "replace")


def _print_whole(shown: dict[str, Any]) -> None:
    from cli.screen import clock, plain, print_pairs

    times = ("received_at", "observed_at", "due_at", "done_at")
    left_out = (*times, "headers", "body", "failures", "outcome")
    pairs = [(name, value) for name, value in shown.items() if name not in left_out]
    print_pairs(
        [
            *pairs,
            ("outcome", shown["outcome"] or "pending"),
            *((name, clock(shown[name])) for name in times),
            *((f"header {name}", value) for name, value in shown["headers"].items()),
        ]
    )
    print(f"\n{plain(shown['body'])}" if shown["body"] is not None else "\n(the body was dropped)")
    for one in shown["failures"]:
        again = f"again at {clock(one['next_at'])}" if one["next_at"] else "not tried again"
        print(f"\nattempt {one['number']}, {clock(one['at'])}: {plain(one['error'])} ({again})")
        sys.stdout.write(plain(one["traceback"]))
