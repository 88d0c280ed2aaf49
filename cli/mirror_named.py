"""Mirrors and their tickets as arguments of commands."""

from typing import TYPE_CHECKING, Annotated

import typer

from schemas.errors import ConfigError

if TYPE_CHECKING:
    from schemas.mirror import Mirror
    from store.database import Connection

Name = Annotated[str, typer.Argument(metavar="NAME", help="As `list` shows it.")]
Key = Annotated[str, typer.Argument(metavar="KEY", help="What people call it: 42, PROJ-42.")]


def named(connection: "Connection", name: str) -> "Mirror":
    """A mirror by its name; an unknown one is a usage error."""
    from store import mirrors

    found = mirrors.every(connection)
    for one in found:
        if one.name == name:
            return one
    names = ", ".join(f'"{one.name}"' for one in found) or "none"
    raise ConfigError(f'no mirror "{name}" is configured; there are: {names}')
