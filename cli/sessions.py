"""`sessions`: the reconcile runs, and what each found."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.given import Json, Limit
from schemas.errors import TicketsyncError

if TYPE_CHECKING:
    from schemas.session import Session

app = typer.Typer(help="Reconcile runs.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_sessions(
    ctx: typer.Context,
    source: Annotated[str | None, typer.Option(help="Only of this source.")] = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """Sessions, newest first."""
    from cli.context import opened
    from cli.screen import ago, cut, most, print_json, print_table
    from store import sessions

    with opened(ctx) as here, here.store.read() as connection:
        found = cut(sessions.find(connection, source, most(limit, json) + 1), limit, json)
    if json:
        print_json([as_object(one) for one in found])
        return
    print_table(
        (">ID", "source", "kind", "status", ">seen", ">new", ">changed", ">requests", "began"),
        [
            (
                one.id,
                one.source,
                one.kind,
                one.status,
                one.report.seen,
                one.report.new,
                one.report.changed,
                one.report.requests,
                ago(one.started_at),
            )
            for one in found
        ],
        empty="no session yet: `sync` runs one",
    )


@app.command("show")
def show_session(
    ctx: typer.Context,
    session: Annotated[int, typer.Argument(metavar="ID", help="As `list` shows it.")],
    json: Json = False,
) -> None:
    """One session with its report."""
    from cli.context import opened
    from cli.screen import clock, print_json, print_pairs
    from store import sessions

    with opened(ctx) as here, here.store.read() as connection:
        found = sessions.look_up(connection, session)
    if found is None:
        raise TicketsyncError(f"there is no session {session}")
    if json:
        print_json(as_object(found))
        return
    values = as_object(found) | {
        "started_at": clock(found.started_at),
        "ended_at": clock(found.ended_at),
    }
    print_pairs(values.items())


def as_object(session: "Session") -> dict[str, Any]:
    """A session as programs read it: the report's numbers beside the rest."""
    return {
        "id": session.id,
        "source": session.source,
        "kind": session.kind,
        "status": session.status,
        "error": session.error,
        "started_at": session.started_at,
        "ended_at": session.ended_at,
        **session.report.model_dump(),
    }
