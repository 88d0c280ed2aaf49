"""`links`: how tickets hang together, across sources."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from cli.given import Json, Limit

app = typer.Typer(help="Links between tickets.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_links(
    ctx: typer.Context,
    source: Annotated[str | None, typer.Option(help="Only with an end in this source.")] = None,
    dangling: Annotated[
        bool, typer.Option("--dangling", help="Only those of which one end is not held.")
    ] = False,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """Links, each once, whichever end told of it."""
    from cli.context import opened
    from cli.screen import cut, most, print_json
    from runtime.clock import utc_now
    from store import derived, links

    with opened(ctx) as here:
        name = here.source(source).name if source else None
        derived.bring_up(here.store, here.known, utc_now())
        with here.store.read() as connection:
            count = most(limit, json) + 1
            found = links.find(connection, source=name, dangling=dangling, limit=count)
    objects = cut(found, limit, json)
    if json:
        print_json(objects)
    else:
        _print(objects)


def _print(objects: Sequence[dict[str, Any]]) -> None:
    from cli.screen import print_table

    print_table(
        ("from", "FROM", "kind", "to", "TO", "title"),
        [
            (
                one["from"]["source"] or "?",
                one["from"]["key"] or one["from"]["url"] or "",
                one["kind"],
                one["to"]["source"] or ("" if one["pull_request"] else "?"),
                one["to"]["key"] or one["to"]["url"] or "",
                one["to"]["title"] or "",
            )
            for one in objects
        ],
        empty="no link fits",
    )
