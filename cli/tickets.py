"""`tickets`: what is held of them."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import past, search
from cli.given import Json, Limit
from cli.past import At
from schemas.errors import ConfigError, TicketsyncError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.context import Opened
    from schemas.ticket import Ticket
    from store.as_of import AsOf

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
    at: At = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """Tickets, last changed first."""
    from cli.context import opened
    from cli.screen import most
    from store import queries

    if state not in (None, *STATES):
        raise ConfigError(f'--state must be {", ".join(STATES)}, not "{state}"')
    with opened(ctx) as here:
        name = here.source(source).name if source else None
        if at is not None:
            fits = partial(past.fits, state=state, label=label, assignee=assignee)
            most_of = most(limit, json) + 1
            then = past.as_they_were(here, name, past.moment_of(at), fits, most_of)
            _tell([_was(*one) for one in then], limit, json)
            return
        with here.store.read() as connection:
            found = queries.find(
                connection,
                source=name,
                state=None if state == "all" else state,
                label=label,
                assignee=assignee,
                limit=most(limit, json) + 1,
            )
    _tell([listed(ticket, comments) for ticket, comments in found], limit, json)


def _tell(objects: "Sequence[dict[str, Any]]", limit: int | None, json: bool) -> None:
    from cli.screen import cut, print_json

    shown = list(cut(objects, limit, json))
    if json:
        print_json(shown)
    else:
        _print_list(shown)


def _was(one: "AsOf", comments: int) -> dict[str, Any]:
    """A ticket as it was, with the names of the fields nobody can tell any more."""
    return listed(one.ticket, comments) | {"unknown": sorted(one.unknown)}


@app.command("show")
def show_ticket(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(help="What people call it: 42, #42, PROJ-42.")],
    source: Annotated[str | None, typer.Option(help="Of this source.")] = None,
    at: At = None,
    json: Json = False,
) -> None:
    """One ticket with its comments."""
    from cli.context import opened
    from cli.screen import clock, print_json

    with opened(ctx) as here:
        ticket = _linked(here, held(here, key, source))
        then = None if at is None else past.as_it_was(here, ticket, past.moment_of(at))
        twins = _twins(here, ticket)
    if at is not None and then is None:
        raise TicketsyncError(f"{ticket.key} did not exist then: {clock(ticket.created_at)}")
    shown = then.ticket if then else ticket
    more = {"at": past.moment_of(at), "unknown": sorted(then.unknown)} if at and then else {}
    if json:
        print_json(_whole(shown) | {"twins": twins} | more)
    else:
        _print_whole(shown, twins)
        if then and then.unknown:
            print(f"\nnobody can tell what they were then: {', '.join(sorted(then.unknown))}")


def _linked(here: "Opened", ticket: "Ticket") -> "Ticket":
    """With the links that only the other end tells of: a parent shows its children."""
    from runtime.clock import utc_now
    from store import derived, links

    derived.bring_up(here.store, here.known, utc_now())
    key = (ticket.source, ticket.external_id)
    with here.store.read() as connection:
        return links.both_ends(connection, {key: ticket})[key]


def _twins(here: "Opened", ticket: "Ticket") -> list[dict[str, Any]]:
    """Where else it lives, by which mirror."""
    from store import mappings
    from store.whole import whole_tickets

    with here.store.read() as connection:
        key = (ticket.source, ticket.external_id)
        found = mappings.twins(connection, [key]).get(key, [])
        tickets = whole_tickets(connection, [other for other, _ in found])
    return [
        {
            "mirror": mirror,
            "source": other[0],
            "key": tickets[other].key if other in tickets else other[1],
            "url": tickets[other].url if other in tickets else None,
            "state": tickets[other].state if other in tickets else None,
        }
        for other, mirror in found
    ]


def held(here: "Opened", key: str, source: str | None) -> "Ticket":
    """The ticket people call so. Raises TicketsyncError without one, ConfigError for several."""
    from store import queries

    name = here.source(source).name if source else None
    with here.store.read() as connection:
        found = queries.by_key(connection, key.removeprefix("#"), name)
    if not found:
        raise TicketsyncError(f'no ticket "{key}" is held{f" of {name}" if name else ""}')
    if len(found) > 1:
        names = ", ".join(ticket.source for ticket in found)
        raise ConfigError(f'"{key}" is a ticket of {names}: say which with --source')
    return found[0]


def listed(ticket: "Ticket", comments: int) -> dict[str, Any]:
    """A ticket under the names that lists have."""
    from store.workspace.render import shown

    values = shown(ticket) | {"number": ticket.number, "comments": comments}
    return {name: values[name] for name in LISTED}


def _whole(ticket: "Ticket") -> dict[str, Any]:
    """Under the names of the front matter, with all that a file shows below it."""
    from store.workspace.render import shown, shown_person

    values = listed(ticket, 0) | shown(ticket) | {"number": ticket.number, "body": ticket.body}
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


def _print_whole(ticket: "Ticket", twins: list[dict[str, Any]]) -> None:
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
    for twin in twins:
        print(line(f"twin: {twin['source']} {twin['key']}  {twin['url'] or ''}"))
    if ticket.body:
        print(f"\n{plain(ticket.body).strip()}")
    for one in ticket.comments:
        author = shown_person(one.author) if one.author else "somebody"
        print(f"\n-- {line(author)}, {clock(one.created_at)}\n{plain(one.body).strip()}")


past.register(app)
search.register(app)
