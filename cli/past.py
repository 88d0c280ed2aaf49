"""Tickets as they were: `tickets history`, and what `--at` asks for."""

from datetime import UTC, date, datetime, time
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.given import Json, Limit
from schemas.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.context import Opened
    from schemas.history import HistoryRow
    from schemas.ticket import Person, Ticket
    from store.as_of import AsOf
    from store.categories import Meanings
    from store.keys import Key

At = Annotated[
    str | None,
    typer.Option(help="As it was then: 2026-11-20, 2026-11-20T14:30, UTC unless it says so."),
]


def moment_of(text: str) -> datetime:
    """The moment a person means; a day alone is its end. Raises ConfigError."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = None
    try:
        found = datetime.combine(day, time.max) if day else datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError(
            f'--at must be a day or a moment like 2026-11-20T14:30, not "{text}"'
        ) from None
    try:
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except OverflowError:  # the first or last hours there are, in another zone
        raise ConfigError(f"--at {text} is out of reach") from None


def as_it_was(here: "Opened", ticket: "Ticket", at: datetime) -> "AsOf | None":
    """One ticket at a moment; None before there was one."""
    from store import as_of

    key = (ticket.source, ticket.external_id)
    with here.store.read() as connection:
        return as_of.as_of(connection, [key], at, _meant(here, connection)).get(key)


def as_they_were(
    here: "Opened", source: str | None, at: datetime, fits: "Callable[[AsOf], bool]", most: int
) -> "list[tuple[AsOf, int]]":
    """At most so many fitting tickets at a moment with the number of their comments then, those
    created last first."""
    from store import as_of

    with here.store.read() as connection:
        found = as_of.newest_as_of(connection, at, _meant(here, connection), source)
        return list(islice((one for one in found if fits(one[0])), most))


def _meant(here: "Opened", connection: Any) -> "Meanings":
    from store import categories

    return categories.Meant(connection, here.known.values())


def fits(past: "AsOf", *, state: str | None, label: str | None, assignee: str | None) -> bool:
    """Whether a ticket was such a one then; names are compared without case."""
    ticket = past.ticket
    gone = ticket.sync_status not in (None, "synced", "in_doubt")
    if state not in (None, "all", "deleted" if gone else ticket.state):
        return False
    labels = {one.name.casefold() for one in ticket.labels}
    if label is not None and label.casefold() not in labels:
        return False
    names = {name.casefold() for one in ticket.assignees for name in (one.id, one.login, one.name)}
    return assignee is None or assignee.casefold() in names


def register(app: typer.Typer) -> None:
    """Adds the command to `tickets`."""
    app.command("history")(show_history)


def show_history(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(help="What people call it: 42, #42, PROJ-42.")],
    source: Annotated[str | None, typer.Option(help="Of this source.")] = None,
    field: Annotated[str | None, typer.Option(help="Only of this field: status, labels…")] = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """Every change of a ticket, oldest first."""
    from cli.context import opened
    from cli.screen import print_json
    from cli.tickets import held
    from store import as_of, history

    with opened(ctx) as here:
        ticket = held(here, key, source)
        place = (ticket.source, ticket.external_id)
        with here.store.read() as connection:
            found = history.of(connection, [place])
            people = as_of.names_in(connection, found).people
            was_read = bool(history.owned_to(connection, [place]))
    rows = [
        one
        for one in found.get(place, [])
        if field is None or field in (one.entry.field, one.entry.native_field)
    ]
    objects = [_object(one, people) for one in (rows[-limit:] if limit else rows)]
    if json:
        print_json(objects)
    else:
        _print(objects, _none(field if found.get(place) else None, was_read=was_read))


def _none(field: str | None, *, was_read: bool) -> str:
    """Why there is nothing to list, and what may help."""
    if field is not None:
        return f'no change of "{field}" is known'
    if was_read:
        return "no change is known, and the tracker's changelog was read"
    return "no change is known: `sync --history` reads the tracker's changelogs"


def _object(row: "HistoryRow", people: "dict[Key, Person]") -> dict[str, Any]:
    from store.workspace.render import shown_person

    entry = row.entry

    def named(value: Any) -> Any:
        if isinstance(value, list):
            return [named(one) for one in value]
        known = people.get((row.source, value)) if isinstance(value, str) else None
        return shown_person(known) if known else value

    who = entry.field in ("assignees", "reporter")
    return {
        "at": entry.at,
        "actor": shown_person(entry.actor) if entry.actor else None,
        "field": entry.field,
        "native_field": entry.native_field,
        "before": named(entry.before) if who else entry.before,
        "after": named(entry.after) if who else entry.after,
        "told": entry.told,
        "basis": row.basis,
        "since": row.since,
        "id": entry.id,
    }


def _print(objects: list[dict[str, Any]], empty: str) -> None:
    from cli.screen import clock, print_table

    print_table(
        ("when", "who", "field", "change", "told by"),
        [
            (
                clock(one["at"]).removesuffix(" UTC"),
                one["actor"] or "",
                one["field"] or one["native_field"],
                _change(one),
                one["basis"],
            )
            for one in objects
        ],
        empty=empty,
    )


def _change(one: dict[str, Any]) -> str:
    """From what to what, in a line that fits."""
    if not one["told"]:
        return "changed"
    if isinstance(one["before"] or one["after"], list):
        gone = (f"-{_short(name)}" for name in one["before"] or ())
        came = (f"+{_short(name)}" for name in one["after"] or ())
        return " ".join((*gone, *came))
    return f"{_short(one['before'])} → {_short(one['after'])}"


def _short(value: Any) -> str:
    text = "(unset)" if value in (None, "") else str(value)
    return text if len(text) <= 30 else f"{text[:29]}…"
