"""What no single key of `[views]` can tell: names no schema may have, or two trackers share."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from runtime.usual_names import schema_name
from schemas.settings import TRACKERS, ViewSettings

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,39}")
"""Short enough for a view's name behind it; PostgreSQL cuts names at 63 characters."""

_TAKEN = re.compile(r"ticketsync|information_schema|pg_.*|sqlite_.*")
"""Our own tables, and what belongs to the databases."""


def check(table: Mapping[str, Any]) -> Iterator[str]:
    """All faults, one line each."""
    section = table.get("views", {})
    if not isinstance(section, dict):  # the wrong type is a fault of its own
        return
    names = {one: section.get(one, getattr(ViewSettings(), one)) for one in TRACKERS}
    placed: dict[str, str] = {}
    for tracker, name in names.items():
        if not isinstance(name, str):
            continue
        where = f"[views] {tracker} ({schema_name(tracker)})"
        if name and not _NAME.fullmatch(name):
            allowed = "lower-case letters, digits and _ (at most 40)"
            yield f"{where} must be {allowed}, not {name[:40]!r}"
        elif _TAKEN.fullmatch(name):
            yield f'{where} must not be "{name}", which is not for views of tickets'
        elif placed.setdefault(name, tracker) != tracker:
            yield f"{where} is also the name of {placed[name]}; each needs one of its own"
