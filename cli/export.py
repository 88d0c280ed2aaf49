"""`export`: what is held as JSON lines, CSV or Parquet, for spreadsheets and notebooks."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.past import At
from schemas.errors import ConfigError, TicketsyncError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cli.context import Opened
    from store.database import Connection
    from store.export import Asked

SHORTEST_SECRET = 6


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("export")(export)


def export(
    ctx: typer.Context,
    format_: Annotated[str, typer.Option("--format", help="jsonl, csv or parquet.")] = "jsonl",
    what: Annotated[
        str,
        typer.Option(help="tickets, comments, history, numbers, snapshots, links or all."),
    ] = "tickets",
    source: Annotated[str | None, typer.Option(help="Only of this source.")] = None,
    out: Annotated[
        str | None, typer.Option(help="A file, a folder, or - for the screen (no --out).")
    ] = None,
    at: At = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Write out tickets, comments, history and numbers."""
    from cli.context import opened
    from cli.past import moment_of
    from runtime.clock import utc_now
    from store import categories, derived, formats
    from store.export import Asked, one_moment

    formats.check(format_)
    moment = moment_of(at) if at else None
    kinds = _chosen(what, as_of=moment is not None)
    targets = _targets(kinds, out, format_)
    _check_free(targets.values(), force=force)
    with opened(ctx) as here:
        name = here.source(source).name if source else None
        derived.bring_up(here.store, here.known, utc_now())
        with one_moment(here.store) as connection:
            meant = categories.Meant(connection, here.known.values()) if moment else None
            asked = Asked(name, moment, meant, _secrets(here))
            for kind, target in targets.items():
                _write(connection, kind, asked, format_, target)


def _chosen(what: str, *, as_of: bool) -> list[str]:
    """The kinds asked for. Raises ConfigError for one there is not, or not of a past time."""
    from store.export import KINDS, OF_A_MOMENT

    if what != "all" and what not in KINDS:
        raise ConfigError(f'--what must be {", ".join(KINDS)} or all, not "{what}"')
    if as_of and what != "all" and what not in OF_A_MOMENT:
        raise ConfigError(f"--at goes with --what {', '.join(OF_A_MOMENT)} or all: not {what}")
    return [what] if what != "all" else list(OF_A_MOMENT if as_of else KINDS)


def _targets(kinds: list[str], out: str | None, format_: str) -> dict[str, Path | None]:
    """The file of each kind, None for the screen. Raises ConfigError where that cannot be."""
    if out in (None, "-"):
        if len(kinds) > 1:
            raise ConfigError("--what all writes several files: name a folder with --out")
        if format_ == "parquet":
            raise ConfigError("--format parquet is not for the screen: name a file with --out")
        return dict.fromkeys(kinds)
    path = Path(str(out)).expanduser()
    folder = path.is_dir() or str(out).endswith("/")
    if len(kinds) == 1 and not folder:
        return {kinds[0]: path}
    if path.exists() and not folder:
        raise ConfigError(f"--what all writes several files, and {path} is no folder")
    return {kind: path / f"{kind}.{format_}" for kind in kinds}


def _secrets(here: "Opened") -> tuple[str, ...]:
    values = here.secrets.values(tuple(here.declared.values()))
    return tuple(one for one in values if len(one) >= SHORTEST_SECRET)


def _check_free(targets: "Iterable[Path | None]", *, force: bool) -> None:
    """Before anything is written. Raises TicketsyncError."""
    taken = [str(path) for path in targets if path is not None and path.exists() and not force]
    if taken:
        raise TicketsyncError(f"{', '.join(taken)}: there already; --force replaces")


def _write(
    connection: "Connection", kind: str, asked: "Asked", format_: str, target: Path | None
) -> None:
    from store import formats
    from store.export import KINDS, exported

    columns, rows = KINDS[kind][0], exported(connection, kind, asked)
    if target is None:
        sys.stdout.flush()
        formats.write(format_, sys.stdout.buffer, columns, rows)
        sys.stdout.buffer.flush()
        return
    with formats.whole_file(target) as file:
        count = formats.write(format_, file, columns, rows)
    print(f"{count} {kind} written to {target}", file=sys.stderr)
