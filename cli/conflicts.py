"""`conflicts`: what two sides say otherwise, and saying which of them holds."""

from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer

from cli.given import Id, Json, Limit, who
from schemas.errors import ConfigError, TicketsyncError

if TYPE_CHECKING:
    from schemas.mirror import Conflict
    from schemas.model import Json as Value
    from store.database import Connection

Take = Literal["left", "right", "value"]

app = typer.Typer(
    help="Fields that both sides changed.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("list")
def list_conflicts(
    ctx: typer.Context,
    source: Annotated[str | None, typer.Option(help="Only with an end in this source.")] = None,
    settled: Annotated[
        bool, typer.Option("--settled", help="Those that are settled, instead of open ones.")
    ] = False,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """Conflicts, oldest first; open ones if nothing else is asked."""
    from cli.conflict_screen import as_objects, print_list
    from cli.context import opened
    from cli.screen import cut, most, print_json
    from store import conflicts

    with opened(ctx) as here, here.store.read() as connection:
        name = here.source(source).name if source else None
        found = conflicts.find(
            connection, source=name, settled=settled, limit=most(limit, json) + 1
        )
        shown = as_objects(connection, cut(found, limit, json))
    if json:
        print_json(shown)
    else:
        print_list(shown, settled=settled)


@app.command("show")
def show_conflict(ctx: typer.Context, conflict: Id, json: Json = False) -> None:
    """One conflict: what was agreed, and what each side says now."""
    from cli.conflict_screen import as_objects, print_conflict
    from cli.context import opened
    from cli.screen import print_json

    with opened(ctx) as here, here.store.read() as connection:
        (shown,) = as_objects(connection, [_one(connection, conflict)])
    if json:
        print_json(shown)
    else:
        print_conflict(shown)


@app.command()
def resolve(
    ctx: typer.Context,
    conflict: Id,
    take: Annotated[str, typer.Option(metavar="left|right|value", help="Which of them holds.")],
    value: Annotated[
        str | None,
        typer.Option(help="With `--take value`: a text, or JSON where the field is none."),
    ] = None,
    json: Json = False,
) -> None:
    """Settle a conflict, and write what holds now, here and at once."""
    from cli.conflict_screen import as_objects, print_settled
    from cli.context import opened
    from cli.pushing import print_pushed, push_after
    from cli.screen import print_json
    from runtime.clock import utc_now
    from store import conflicts

    how = _take(take, value)
    with opened(ctx) as here:
        with here.store.write() as connection:
            found = _one(connection, conflict)
            chosen = _chosen(found, how, value)
            if not conflicts.settle(connection, found, how, chosen, who(), utc_now()):
                raise TicketsyncError(
                    f"conflict {found.id} was settled already, by {found.settled_by}"
                )
        pushed = push_after(here, found)
        with here.store.read() as connection:
            (shown,) = as_objects(connection, [_one(connection, conflict)])
    if json:
        print_json(shown | {"pushed": pushed})
        return
    print_settled(shown)
    print_pushed(pushed)


def _take(take: str, value: str | None) -> Take:
    if take not in get_args(Take):
        raise ConfigError(f'--take must be left, right or value, not "{take[:40]}"')
    if take == "value" and value is None:
        raise ConfigError("--take value needs the value, too: --value …")
    if take != "value" and value is not None:
        raise ConfigError("--value belongs to `--take value`; left and right need none")
    how: Take = "left" if take == "left" else "right" if take == "right" else "value"
    return how


def _one(connection: "Connection", conflict: int) -> "Conflict":
    from store import conflicts

    found = conflicts.get(connection, conflict)
    if found is None:
        raise TicketsyncError(f"there is no conflict {conflict}")
    return found


def _chosen(found: "Conflict", how: Take, value: str | None) -> "Value":
    """The value that holds; one that was typed is JSON where the field is no text."""
    import orjson

    if how != "value":
        return found.left if how == "left" else found.right
    if all(one is None or isinstance(one, str) for one in (found.base, found.left, found.right)):
        return value
    try:
        return orjson.loads(value or "null")
    except orjson.JSONDecodeError:
        if isinstance(found.left, list) or isinstance(found.right, list):
            return [one.strip() for one in (value or "").split(",") if one.strip()]
        raise ConfigError(f"--value: {found.field} is no text; give it in JSON") from None
