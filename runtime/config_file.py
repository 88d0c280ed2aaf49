"""The TOML file as a table, or one fault in plain words."""

import tomllib
from pathlib import Path
from typing import Any


def read(path: Path, faults: list[str]) -> dict[str, Any]:
    """The file's table; empty, with a fault added, when it cannot be read or parsed."""
    if not path.exists():
        faults.append(
            f'no {path.name} in {path.parent}: "./run add github URL" writes one, '
            '"./run demo" needs none'
        )
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        # The message names line and column, never the line's text.
        faults.append(f"{path.name}: not valid TOML: {_sentence(error)}")
    except UnicodeDecodeError:
        faults.append(f"{path.name}: not valid UTF-8 text")
    except OSError as error:
        faults.append(f"{path}: cannot be read: {error.strerror}")
    return {}


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[:1].lower() + text[1:]
