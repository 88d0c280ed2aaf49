"""`new`: a ticket of one's own, in a folder of its own, in no tracker."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from cli.given import Json, program, who
from schemas.errors import ConfigError, Transient
from schemas.ticket import Privacy

if TYPE_CHECKING:
    from pathlib import Path

    from cli.context import Opened
    from store.keys import Key

MOST_BYTES = 1_000_000


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(new)


def new(
    ctx: typer.Context,
    title: Annotated[str, typer.Argument(help="What it is about, in a line.")],
    body: Annotated[
        str | None, typer.Option(help="Its text in Markdown; - reads it from standard input.")
    ] = None,
    label: Annotated[
        list[str] | None, typer.Option(help="A label; may be given several times.")
    ] = None,
    assignee: Annotated[
        list[str] | None, typer.Option(help="Who does it; may be given several times.")
    ] = None,
    kind: Annotated[str, typer.Option("--type", help="issue, bug, task, ...")] = "issue",
    privacy: Annotated[
        str, typer.Option(help="local_only, shareable or public: may a mirror take it elsewhere?")
    ] = "local_only",
    json: Json = False,
) -> None:
    """Make a local ticket; edit its file to change it."""
    from cli.context import opened
    from cli.screen import print_json
    from workers.local import Wish, create

    if not title.strip():
        raise ConfigError("TITLE must not be empty")
    if any(map(_broken, (title, body or "", kind, *(label or ()), *(assignee or ())))):
        raise ConfigError("what was given is no UTF-8 text")
    if privacy not in list(Privacy):
        raise ConfigError(f"--privacy must be one of {', '.join(Privacy)}")
    wish = Wish(
        title=title,
        body=_text(body),
        type=kind,
        labels=tuple(label or ()),
        assignees=tuple(assignee or ()),
        reporter=who().removeprefix("cli:"),
        privacy=privacy,
    )
    with opened(ctx) as here:
        place, key = create(here.work, wish)
        here.drain([place])
        why = _written(here)
        file = _file(here, place)
    if json:
        print_json({"source": place[0], "key": key, "path": str(file) if file else None})
    else:
        print(f"{key}  {file or f'(no file: {why})'}")


def _written(here: "Opened") -> str:
    """Writes the file; why there is none. The ticket is made all the same: after an error somebody
    would make it twice."""
    if here.work.workspace is None:
        return "[workspace] path is not set"
    try:
        here.render()
    except Transient as error:
        return f"{error}; a later `{program()} sync` writes it"
    return "another process writes it"


def _broken(given: str) -> bool:
    """Whether the terminal gave bytes that are no text."""
    return any("\ud800" <= sign <= "\udfff" for sign in given)


def _text(body: str | None) -> str:
    if body != "-":
        return body or ""
    raw = sys.stdin.buffer.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise ConfigError(f"--body: more than {MOST_BYTES:,} bytes on standard input")
    try:
        return raw.decode().replace("\r\n", "\n").rstrip("\n")
    except UnicodeDecodeError:
        raise ConfigError("--body: standard input is no UTF-8 text") from None


def _file(here: "Opened", place: "Key") -> "Path | None":
    """The file of a ticket, from here when it lies below."""
    from pathlib import Path

    from store.workspace import attached, layout

    root = here.work.workspace
    with here.store.read() as connection:
        folder = attached.folder_of(connection, place)
    if root is None or folder is None:
        return None
    file = root / layout.source_folder(place[0]) / folder / layout.FILE
    return file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
