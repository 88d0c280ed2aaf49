"""`tickets search`: tickets by the words in them."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.given import Json, Limit
from schemas.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store.database import Store
    from store.keys import Key

PORTION = 100
STATES = ("open", "closed", "deleted", "all")


def register(app: typer.Typer) -> None:
    """Adds the command to `tickets`."""
    app.command("search", no_args_is_help=True)(search_tickets)


def search_tickets(
    ctx: typer.Context,
    words: Annotated[
        list[str],
        typer.Argument(help='What to find: words (all of them), "a phrase", a beginning*.'),
    ],
    source: Annotated[str | None, typer.Option(help="Only of this source.")] = None,
    state: Annotated[str | None, typer.Option(help="open, closed, deleted or all.")] = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """Tickets with these words in key, title, text, labels or comments, best first."""
    from cli.context import opened
    from cli.screen import cut, line, most, print_json
    from runtime.clock import utc_now
    from store import derived, search
    from store import words as language

    if state not in (None, *STATES):
        raise ConfigError(f'--state must be {", ".join(STATES)}, not "{state}"')
    wanted = " ".join(words)
    if not language.terms(wanted):
        print(f'there is no word in "{line(wanted)}" to search for', file=sys.stderr)
    with opened(ctx) as here:
        name = here.source(source).name if source else None
        derived.bring_up(here.store, here.known, utc_now())
        with here.store.read() as connection:
            keys = search.search(
                connection,
                wanted,
                source=name,
                state=None if state == "all" else state,
                limit=most(limit, json) + 1,
            )
        found = _with_excerpts(here.store, list(cut(keys, limit, json)), wanted)
    if json:
        print_json(found)
    else:
        _print_found(found)


def _with_excerpts(store: "Store", keys: "Sequence[Key]", words: str) -> list[dict[str, Any]]:
    """As they are listed, with `found_in` (body, comment, or empty: key, title or labels) and
    `snippet`; the texts are read in portions, for each may be long."""
    from cli.tickets import listed
    from store.excerpt import excerpt
    from store.whole import whole_tickets

    found: list[dict[str, Any]] = []
    for start in range(0, len(keys), PORTION):
        some = keys[start : start + PORTION]
        with store.read() as connection:
            whole = whole_tickets(connection, some, parts=True)
        for ticket in (whole[key] for key in some if key in whole):
            one = excerpt(ticket, words)
            place = {"found_in": one.place, "snippet": one.text}
            found.append(listed(ticket, len(ticket.comments)) | place)
    return found


def _print_found(objects: list[dict[str, Any]]) -> None:
    from cli.screen import print_table

    print_table(
        ("source", "KEY", "state", "title", "where it says so"),
        [
            (
                one["source"],
                one["key"],
                "deleted" if one["deleted"] else one["state"],
                one["title"],
                f"{one['found_in']}: {one['snippet']}" if one["found_in"] else "",
            )
            for one in objects
        ],
        empty="no ticket fits",
    )
