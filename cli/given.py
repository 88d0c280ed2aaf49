"""What was given before the command's name, and how the program is called here."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

LARGEST = 2**62
"""No database counts further than twice that."""
Limit = Annotated[int | None, typer.Option(min=1, max=LARGEST, help="At most so many.")]
Id = Annotated[int, typer.Argument(metavar="ID", max=LARGEST, help="As `list` shows it.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@dataclass(frozen=True, slots=True)
class Given:
    """The global options."""

    config: Path | None = None
    verbose: bool = False


def given(ctx: typer.Context) -> Given:
    """The global options of this call."""
    return ctx.obj if isinstance(ctx.obj, Given) else Given()


def program() -> str:
    """How a person starts the next command: installed it has a name, in a checkout it is a file."""
    return "ticketsync" if Path(sys.argv[0]).stem == "ticketsync" else "./run"


def who() -> str:
    """Who did it, for the audit table."""
    import getpass

    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # a container's user may have no name
        return "cli"
