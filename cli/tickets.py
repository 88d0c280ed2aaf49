"""`tickets`: what is held of them."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.given import Json, Limit
from schemas.errors import ConfigError, TicketsyncError

if TYPE_CHECKING:
    from schemas.ticket import Ticket

LISTED = (
    "source", "key", "number", "title", "state", "status", "status_category", "labels",
    "assignees", "milestone", "comments", "updated_at", "url", "deleted",
)  # fmt: skip
STATES = ("open", "closed", "deleted", "all")

app = typer.Typer(help="The tickets of all sources.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_tickets(
    ctx: typer.Context,
    source: Annotated[str | None, typer.Option(help="Only of this source.")] = None,
    state: Annotated[str | None, typer.Option(help="open, closed, deleted or all.")] = None,
    label: Annotated[str | None, typer.Option(help="Only with this label.")] = None,
    assignee: Annotated[str | None, typer.Option(help="Only assigned to them.")] = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """Tickets, last changed first."""
    from cli.context import opened
    from cli.screen import cut, most, print_json
    from store import queries

    if state not in (None, *STATES):
        raise ConfigError(f'--state must be {", ".join(STATES)}, not "{state}"')
    with opened(ctx) as here:
        name = here.source(source).name if source else None
        with here.store.read() as connection:
            found = queries.find(
                connection,
                source=name,
                state=None if state == "all" else state,
                label=label,
                assignee=assignee,
                limit=most(limit, json) + 1,
            )
    objects = [_listed(ticket, comments) for ticket, comments in cut(found, limit, json)]
    if json:
        print_json(objects)
    else:
        _print_list(objects)


@app.command("show")
def show_ticket(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(help="What people call it: 42, #42, PROJ-42.")],
    source: Annotated[str | None, typer.Option(help="Of this source.")] = None,
    json: Json = False,
) -> None:
    """One ticket with its comments."""
    from cli.context import opened
    from cli.screen import print_json
    from store import queries

    with opened(ctx) as here:
        name = here.source(source).name if source else None
        with here.store.read() as connection:
            found = queries.by_key(connection, key.removeprefix("#"), name)
    if not found:
        raise TicketsyncError(f'no ticket "{key}" is held{f" of {name}" if name else ""}')
    if len(found) > 1:
        names = ", ".join(ticket.source for ticket in found)
        raise ConfigError(f'"{key}" is a ticket of {names}: say which with --source')
    if json:
        print_json(_whole(found[0]))
    else:
        _print_whole(found[0])


def _listed(ticket: "Ticket", comments: int) -> dict[str, Any]:
    from store.workspace.render import shown

    values = shown(ticket) | {"number": ticket.number, "comments": comments}
    return {name: values[name] for name in LISTED}


def _whole(ticket: "Ticket") -> dict[str, Any]:
    """Under the names of the front matter, with all that a file shows below it."""
    from store.workspace.render import shown, shown_person

    values = _listed(ticket, 0) | shown(ticket) | {"number": ticket.number, "body": ticket.body}
    values["comments"] = [
        {
            "author": shown_person(one.author) if one.author else None,
            "body": one.body,
            "created_at": one.created_at,
            "updated_at": one.updated_at,
            "id": one.id,
            "url": one.url,
        }
        for one in ticket.comments
    ]
    values["relations"] = [
        {
            "kind": one.kind,
            "key": one.target.key or one.target.external_id,
            "title": one.target.title,
            "url": one.target.url,
        }
        for one in ticket.relations
    ]
    return values | {
        "twins": [],
        "sync_status": ticket.sync_status,
        "last_synced_at": ticket.last_synced_at,
    }


def _print_list(objects: list[dict[str, Any]]) -> None:
    from cli.screen import ago, print_table

    print_table(
        ("source", "KEY", "state", "title", "labels", ">comments", "changed"),
        [
            (
                one["source"],
                one["key"],
                "deleted" if one["deleted"] else one["state"],
                one["title"],
                ", ".join(one["labels"]),
                one["comments"],
                ago(one["updated_at"]),
            )
            for one in objects
        ],
        empty="no ticket fits",
    )


def _print_whole(ticket: "Ticket") -> None:
    from cli.screen import clock, line, plain, print_pairs
    from store.workspace.render import shown, shown_person

    values = shown(ticket)
    print(f"{line(ticket.key)}  {line(ticket.title)}\n")
    left_out = ("key", "title", "comments", "deleted", "created_at", "updated_at", "closed_at")
    pairs = [
        (name, ", ".join(map(str, value)) if isinstance(value, list) else value)
        for name, value in values.items()
        if name not in left_out
    ]
    times = [(name, clock(values.get(name))) for name in ("created_at", "updated_at", "closed_at")]
    print_pairs([*pairs, *times])
    if ticket.body:
        print(f"\n{plain(ticket.body).strip()}")
    for one in ticket.comments:
        author = shown_person(one.author) if one.author else "somebody"
        print(f"\n-- {line(author)}, {clock(one.created_at)}\n{plain(one.body).strip()}")
