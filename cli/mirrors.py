"""`mirrors`: which tickets live in two places, and what became of each."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import mirror_writes, mirrors_add
from cli.given import Json, Limit, Yes, given, program, who
from cli.mirror_named import Name, named
from schemas.errors import ConfigError, TicketsyncError

if TYPE_CHECKING:
    from schemas.mirror import Base, Mapping, Mirror, MirrorOptions, Side
    from schemas.ticket import Ticket
    from store.database import Connection

Twin = Annotated[bool, typer.Option("--twin", help="KEY is that of the twin, at the target.")]

MADE = ("footer", "badges")
WAITING = ("parked", "retired", "new")
WAITING_SHOWN = 20
WRITTEN_SHOWN = 50

app = typer.Typer(
    help="Tickets that live in two sources.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("list")
def list_mirrors(ctx: typer.Context, limit: Limit = None, json: Json = False) -> None:
    """All mirrors, of the file and of the API."""
    from cli.context import opened
    from cli.mirror_screen import print_list, standing
    from cli.screen import cut, print_json
    from store import mirrors

    with opened(ctx) as here, here.store.read() as connection:
        found = cut(mirrors.every(connection), limit, json)
        shown = standing(connection, found)
    if json:
        print_json(shown)
    else:
        print_list(shown)


@app.command("show")
def show_mirror(
    ctx: typer.Context,
    name: Name,
    key: Annotated[
        str | None, typer.Argument(metavar="[KEY]", help="One ticket with its twin.")
    ] = None,
    twin: Twin = False,
    json: Json = False,
) -> None:
    """One mirror; with KEY a ticket, its twin, and all that was written."""
    from cli.context import opened
    from cli.mirror_screen import print_mapping, print_mirror
    from cli.screen import print_json

    with opened(ctx) as here, here.store.read() as connection:
        mirror = named(connection, name)
        if key is None:
            shown, waiting = _mirror(connection, mirror)
        else:
            shown, waiting = _mapping(connection, mirror, key, twin), []
    if json:
        print_json(shown)
    elif key is None:
        print_mirror(shown, waiting)
    else:
        print_mapping(shown)


@app.command()
def enable(ctx: typer.Context, name: Name) -> None:
    """Switch a mirror on; what happened while it was off is carried now."""
    _switch(ctx, name, on=True)


@app.command()
def disable(ctx: typer.Context, name: Name) -> None:
    """Switch a mirror off; its twins stay as they are."""
    _switch(ctx, name, on=False)


@app.command()
def remove(ctx: typer.Context, name: Name, yes: Yes = False) -> None:
    """Take a mirror away; its twins stay, and are known again should it come back."""
    from cli.context import opened
    from cli.screen import sure
    from runtime.clock import utc_now
    from store import mirrors

    with opened(ctx) as here:
        with here.store.read() as connection:
            mirror = named(connection, name)
        sure(f'remove the mirror "{mirror.name}"? Its twins stay where they are.', yes)
        if mirror.origin == "file":
            _remove_from_file(ctx, mirror)
        with here.store.write() as connection:
            mirrors.remove(connection, mirror, utc_now(), who())
    print(f"removed {mirror.name}; its twins stay")


def mapped(
    connection: "Connection", mirror: "Mirror", key: str, twin: bool
) -> "tuple[Ticket, Side, Mapping | None]":
    """The ticket people call so, the side it is on, and its mapping if it has one.

    Looked for at the source first, unless it is said to be the twin's.
    """
    from store import mappings

    sides: tuple[Side, ...] = ("right",) if twin else ("left", "right")
    held: list[tuple[Ticket, Side]] = []
    for side in sides:
        for ticket in _called(connection, mirror.at(side), key):
            held.append((ticket, side))
            mapping = mappings.at(connection, mirror.id, side, ticket.external_id)
            if mapping is not None:
                return ticket, side, mapping
    if not held:
        places = " or ".join(mirror.at(side) for side in sides)
        raise TicketsyncError(f'no ticket "{key}" is held of {places}')
    return (*held[0], None)


def _called(connection: "Connection", source: str, key: str) -> "Sequence[Ticket]":
    from store import queries

    return queries.by_key(connection, key.removeprefix("#"), source)


def _mirror(
    connection: "Connection", mirror: "Mirror"
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A mirror with its options, and those of its tickets that wait for a person."""
    from cli.mirror_screen import standing
    from store import mappings

    (shown,) = standing(connection, [mirror])
    shown |= {
        "lacks": list(mirror.lacks),
        "options": mirror.options.model_dump(mode="json"),
        "options_set": _set(mirror.options),
        "created_at": mirror.created_at,
    }
    waiting = [
        one
        for state in WAITING
        for one in mappings.find(connection, mirror.id, state=state, limit=WAITING_SHOWN)
    ]
    found = list(_objects(connection, mirror, waiting))
    return shown | {"waiting": found}, found


def _set(options: "MirrorOptions") -> dict[str, Any]:
    """The options that are not the usual ones, but for those that are shown in words."""
    said = {"direction", "mode", "sync_interval_minutes"}
    return options.model_dump(mode="json", exclude_defaults=True, exclude=said)


def _objects(
    connection: "Connection", mirror: "Mirror", found: "Iterable[Mapping]"
) -> Iterable[dict[str, Any]]:
    from cli.mirror_screen import mapping_object
    from store.whole import whole_tickets

    for one in found:
        left, right = (mirror.source, one.left or ""), (mirror.target, one.right or "")
        held = whole_tickets(connection, [left, right])
        yield mapping_object(mirror, one, held.get(left), held.get(right))


def _mapping(connection: "Connection", mirror: "Mirror", key: str, twin: bool) -> dict[str, Any]:
    """A ticket with its twin, what they do not share, and what was written."""
    from cli.mirror_screen import receipt_objects
    from store import receipts

    ticket, _, mapping = mapped(connection, mirror, key, twin)
    if mapping is None:
        raise TicketsyncError(
            f"{ticket.source} {ticket.key} is not mirrored by {mirror.name}; "
            f"`{program()} mirrors push {mirror.name} {ticket.key}` takes it in"
        )
    (shown,) = _objects(connection, mirror, [mapping])
    written = receipts.of_mapping(connection, mapping.id, WRITTEN_SHOWN)
    return shown | {
        "differences": _differences(mapping.base),
        "written": receipt_objects(connection, written),
    }


def _differences(base: "Base | None") -> list[dict[str, Any]]:
    """Fields that both sides say otherwise, though they agree; what we made ourselves is none."""
    if base is None:
        return []
    fields = [name for name in base.left if name in base.right and name not in MADE]
    return [
        {"field": name, "source": base.left[name], "target": base.right[name]}
        for name in fields
        if base.left[name] != base.right[name]
    ]


def _switch(ctx: typer.Context, name: str, *, on: bool) -> None:
    from cli.context import opened
    from runtime.clock import utc_now
    from store import mirrors

    word = "on" if on else "off"
    with opened(ctx) as here, here.store.write() as connection:
        mirror = named(connection, name)
        if mirror.enabled == on:
            print(f"{mirror.name} is {word} already")
            return
        mirrors.enable(connection, mirror, on, utc_now(), who())
    print(f"{mirror.name} is {word}")
    if on:
        print(f"next: {program()} mirrors push {mirror.name}   (a running `up` does it by itself)")


def _remove_from_file(ctx: typer.Context, mirror: "Mirror") -> None:
    from cli import settings_file
    from runtime import config
    from runtime.config_mirrors import called

    path = config.path_of(given(ctx).config)
    document = settings_file.read(path)
    fits = settings_file.remove_where(
        document, "mirrors", lambda table: called(dict(table)) == mirror.name
    )
    if not fits:
        raise ConfigError(f'{path.name}: has no [[mirrors]] table named "{mirror.name}"')
    settings_file.write(path, document)


mirrors_add.register(app)
mirror_writes.register(app)
