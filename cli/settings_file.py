"""Editing `ticketsync.toml` without touching what a person wrote into it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT

from schemas.errors import ConfigError

EXAMPLE = Path(__file__).parents[1] / "ticketsync.example.toml"
_HEAD = "# ticketsync: every setting and its default is in the documentation.\n"


def read(path: Path) -> tomlkit.TOMLDocument:
    """The file, or the commented example when there is none. Raises ConfigError."""
    try:
        text = path.read_text(encoding="utf-8-sig") if path.exists() else _example()
        return tomlkit.parse(text)
    except UnicodeDecodeError:
        raise ConfigError(f"{path.name}: not valid UTF-8 text") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except TOMLKitError as error:
        raise ConfigError(f"{path.name}: not valid TOML: {error}") from None


def write(path: Path, document: tomlkit.TOMLDocument) -> None:
    """Replaces the file in one step; a link stays a link."""
    target = path.resolve()
    beside = target.with_name(f".{target.name}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(tomlkit.dumps(document), encoding="utf-8")
        if target.exists():
            beside.chmod(target.stat().st_mode & 0o777)
        beside.replace(target)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from None


def sources(document: tomlkit.TOMLDocument) -> list[dict[str, Any]]:
    """The `[[sources]]` tables as they stand; broken ones are left out."""
    return tables(document, "sources")


def tables(document: tomlkit.TOMLDocument, kind: str) -> list[dict[str, Any]]:
    """The `[[sources]]` or `[[mirrors]]` tables as they stand; broken ones are left out."""
    found = document.get(kind, [])
    listed = found if isinstance(found, list) else []
    return [dict(one) for one in listed if isinstance(one, dict)]


def append(document: tomlkit.TOMLDocument, values: dict[str, Any], kind: str = "sources") -> None:
    """Adds a `[[sources]]` or `[[mirrors]]` table at the end."""
    found = document.get(kind)
    if found is not None and not isinstance(found, AoT):
        line = tomlkit.inline_table()
        line.update(values)
        found.append(line)
        return
    table = tomlkit.table()
    for key, value in values.items():
        table.add(key, _item(value))
    if found is None:
        if document.as_string().strip():
            document.add(tomlkit.nl())
        found = tomlkit.aot()
        found.append(table)
        document.add(kind, found)
    else:
        if found and not document.as_string().endswith("\n\n"):
            found[-1].add(tomlkit.nl())
        found.append(table)


def remove(document: tomlkit.TOMLDocument, name: str) -> bool:
    """Takes a source's table out; False when it has none."""
    return remove_where(document, "sources", lambda table: table.get("name") == name)


def remove_where(document: tomlkit.TOMLDocument, kind: str, fits: Callable[[Any], bool]) -> bool:
    """Takes the first table that fits out of `[[sources]]` or `[[mirrors]]`; False without one."""
    found: Any = document.get(kind, [])
    for index, table in enumerate(found):
        if isinstance(table, dict) and fits(table):
            del found[index]
            if not found:
                document.remove(kind)
            return True
    return False


def _item(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    line = tomlkit.inline_table()
    line.update(value)
    return line


def _example() -> str:
    return EXAMPLE.read_text(encoding="utf-8") if EXAMPLE.exists() else _HEAD
