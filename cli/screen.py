"""What people and programs read: tables at 80 columns, JSON, and text that is safe to show."""

import re
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import typer

ROWS = 50
MOST = 100_000
T = TypeVar("T")

# Terminals obey these; nobody who writes a ticket shall move a reader's cursor.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def most(limit: int | None, as_json: bool) -> int:
    """How many rows a list shows when nobody said: a screenful, for programs all."""
    return limit or (MOST if as_json else ROWS)


def cut(found: Sequence[T], limit: int | None, as_json: bool) -> Sequence[T]:
    """The rows to show; says so, on stderr, when there are more of them."""
    allowed = most(limit, as_json)
    if len(found) > allowed and limit is None:
        print(f"{allowed} shown, there are more: --limit N", file=sys.stderr)
    return found[:allowed]


def plain(text: object) -> str:
    """Text without control characters; line ends and tabs stay."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", str(text).replace("\r\n", "\n"))


def line(text: object) -> str:
    """Text as one line."""
    return " ".join(plain(text).split())


def print_json(value: Any) -> None:
    """A value as JSON; times are RFC 3339 in UTC."""
    import orjson

    options = orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z
    print(orjson.dumps(value, option=options).decode())


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """A table; `>` before a column's name aligns it right. Without rows the sentence `empty`."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in columns:
        table.add_column(
            name.lstrip(">"),
            justify="right" if name.startswith(">") else "left",
            no_wrap=name.lstrip(">").isupper(),
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text(line(cell)) for cell in row))
    if table.row_count:
        Console(highlight=False).print(table)
    else:
        print(empty)


def print_pairs(pairs: Iterable[tuple[str, object]]) -> None:
    """Names and values below each other; what is empty is left out."""
    shown = [(name, value) for name, value in pairs if value not in (None, "", (), [])]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        print(f"{name:<{width}}  {line(value)}")


def ago(moment: datetime | None) -> str:
    """How long ago, in one unit."""
    from runtime.clock import utc_now

    return span((utc_now() - moment).total_seconds()) if moment else "never"


def span(seconds: float) -> str:
    """A time span in one unit."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def clock(moment: datetime | None) -> str:
    """A moment for people, in UTC."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""


def sure(question: str, yes: bool) -> None:
    """Asks before something that cannot be taken back; ends the command if the answer is no."""
    if not yes and not typer.confirm(question):
        print("nothing was done")
        raise typer.Exit(1)
