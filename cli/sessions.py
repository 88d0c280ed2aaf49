"""`sessions`: the reconcile runs, and what each found."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.given import Id, Json, Limit, Yes
from schemas.errors import TicketsyncError

if TYPE_CHECKING:
    from schemas.model import Json as JsonValue
    from schemas.record import Cursor
    from schemas.session import Pass, Session

WIDE = 40

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
    session: Id,
    json: Json = False,
) -> None:
    """One session with its report."""
    from cli.context import opened
    from cli.screen import clock, print_json, print_pairs
    from store import passes, sessions, sources

    with opened(ctx) as here, here.store.read() as connection:
        found = sessions.look_up(connection, session)
        if found is None:
            raise TicketsyncError(f"there is no session {session}")
        made = passes.of(connection, found.source)
        state = sources.state(connection, found.source)
    cursor = state.cursor if state else None
    standing = [_standing(one, cursor) for _, one in sorted(made.items())]
    if json:
        print_json(as_object(found) | {"source_passes": standing})
        return
    moments = ("started_at", "ended_at", "resumes_at")
    values = as_object(found) | {name: clock(getattr(found, name)) for name in moments}
    took = (f"{name} {seconds:.1f} s" for name, seconds in found.report.passes.items())
    print_pairs((values | {"passes": ", ".join(took)}).items())
    _print_passes(found.source, standing)


@app.command("rollback")
def roll_back(
    ctx: typer.Context,
    session: Id,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, no more.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also what something newer changed since.")
    ] = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Put back what one session changed here; nothing is written to the tracker."""
    from cli.rollback import roll_back as run

    run(ctx, session, dry_run=dry_run, force=force, yes=yes, as_json=json)


def _standing(one: "Pass", cursor: "Cursor | None") -> dict[str, Any]:
    """A pass of the source as it is now; `where` an unfinished one goes on, in its own words."""
    walk = one.name in ("tickets", "whole") and one.status != "complete" and cursor is not None
    where = cursor.position if walk and cursor else one.mark
    told = one.model_dump(include={"name", "status", "session", "began_at", "ended_at", "error"})
    return told | {"where": where}


def _print_passes(source: str, standing: list[dict[str, Any]]) -> None:
    from cli.screen import ago, line, print_table

    print()
    print_table(
        (f"pass of {source}", "now", "began", "last complete", ">session"),
        [
            (
                one["name"],
                one["status"],
                ago(one["began_at"]),
                ago(one["ended_at"]),
                one["session"],
            )
            for one in standing
        ],
        empty="no pass was made yet",
    )
    for one in standing:
        if one["error"]:
            print(f"{one['name']}: {line(one['error'])}")
        if one["status"] != "complete" and one["where"]:
            print(f"{one['name']}: goes on at {line(_where(one['where']))}")


def _where(mark: "JsonValue") -> str:
    """Where a pass goes on, as it fits a line."""
    import orjson

    told = mark if isinstance(mark, str) else orjson.dumps(mark).decode() if mark else ""
    return told if len(told) <= WIDE else f"{told[: WIDE - 1]}…"


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
        "resumes_at": session.resumes_at,
        **session.report.model_dump(),
    }
