"""Formats of an export: JSON lines, CSV, Parquet. A file is there whole or not at all."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

import orjson

from schemas.errors import ConfigError, TicketsyncError
from store.columns import Columns, Shape

FORMATS = ("jsonl", "csv", "parquet")
Batches = Iterable[list[dict[str, Any]]]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet calculate (https://owasp.org/www-community/attacks/CSV_Injection)."""


def write(format_: str, target: BinaryIO, columns: Columns, batches: Batches) -> int:
    """Writes rows in one of FORMATS; how many. Raises ConfigError when Parquet is not installed."""
    writers: dict[str, Callable[[BinaryIO, Columns, Batches], int]] = {
        "jsonl": _jsonl,
        "csv": _csv,
        "parquet": _parquet,
    }
    return writers[format_](target, columns, batches)


def check(format_: str) -> None:
    """Raises ConfigError for a format there is not, or not here."""
    if format_ not in FORMATS:
        raise ConfigError(f'--format must be {", ".join(FORMATS)}, not "{format_}"')
    if format_ == "parquet":
        _pyarrow()


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file that appears under its name when all is written; raises TicketsyncError."""
    part = path.with_name(f".{path.name}.part-{uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as target:
            yield target
        part.replace(path)
    except OSError as error:
        raise TicketsyncError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _jsonl(target: BinaryIO, columns: Columns, batches: Batches) -> int:
    names, total = [name for name, _ in columns], 0
    options = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
    for rows in batches:
        for row in rows:
            target.write(orjson.dumps({name: row[name] for name in names}, option=options))
        total += len(rows)
    return total


def _csv(target: BinaryIO, columns: Columns, batches: Batches) -> int:
    text = io.TextIOWrapper(target, encoding="utf-8", newline="", write_through=True)
    writer, total = csv.writer(_Lines(text), lineterminator="\r\n"), 0
    writer.writerow([name for name, _ in columns])
    for rows in batches:
        for row in rows:
            writer.writerow([_cell(row[name], shape) for name, shape in columns])
        total += len(rows)
    text.detach()
    return total


class _Lines:
    """Ends every row in LF alone: with that as its own ending `csv` leaves a lone CR unquoted, and
    readers take it for the end of a row."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text

    def write(self, row: str) -> int:
        """One row, as `csv.writer` hands it over."""
        return self._text.write(row.removesuffix("\r\n") + "\n")


def _cell(value: Any, shape: Shape) -> str:
    """Empty for unset; lists and JSON as JSON text; text that begins like a formula after a '."""
    if value is None:
        return ""
    if shape in ("texts", "json"):
        return _defused(_json_text(value))
    if isinstance(value, datetime | date | bool):
        return orjson.dumps(value, option=orjson.OPT_UTC_Z).decode().strip('"')
    return _defused(value) if isinstance(value, str) else str(value)


def _defused(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _json_text(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()


def _parquet(target: BinaryIO, columns: Columns, batches: Batches) -> int:
    arrow, parquet = _pyarrow()
    schema, total = _schema(arrow, columns), 0
    with parquet.ParquetWriter(target, schema, compression="zstd") as writer:
        for rows in batches:
            if rows:
                made = [{name: _arrow(row[name], shape) for name, shape in columns} for row in rows]
                writer.write_table(arrow.Table.from_pylist(made, schema=schema))
            total += len(rows)
    return total


def _arrow(value: Any, shape: Shape) -> Any:
    if value is None:
        return None
    return _json_text(value) if shape == "json" else value


def _schema(arrow: Any, columns: Columns) -> Any:
    kinds = {
        "text": arrow.string(),
        "number": arrow.int64(),
        "real": arrow.float64(),
        "flag": arrow.bool_(),
        "time": arrow.timestamp("us", tz="UTC"),
        "day": arrow.date32(),
        "texts": arrow.list_(arrow.string()),
        "json": arrow.string(),
    }
    return arrow.schema([(name, kinds[shape]) for name, shape in columns])


def _pyarrow() -> tuple[Any, Any]:
    """Half a hundred megabytes that few need: an extra, imported for its format alone."""
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise ConfigError(
            "--format parquet needs pyarrow: pip install 'ticketsync[parquet]'"
        ) from None
