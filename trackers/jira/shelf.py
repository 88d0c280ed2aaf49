"""What a site told of its fields, kept for some minutes so that a pass need not ask again."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from schemas.model import Json
from trackers.fields import Fields
from trackers.kept import Kept

KEPT_SECONDS = 600.0

_BY_SCHEMA = {
    "com.pyxis.greenhopper.jira:gh-sprint": "sprint",
    "com.pyxis.greenhopper.jira:jsw-story-points": "story_points",
    "com.pyxis.greenhopper.jira:gh-epic-link": "epic",
}
"""Types are the same everywhere, ids and names are not."""

_FLOAT = "com.atlassian.jira.plugin.system.customfieldtypes:float"
_POINTS = "story points"


@dataclass(slots=True)
class Shelf:
    """Field lists in memory, by credential and site; `metas` are what creating takes."""

    clock: Callable[[], float] = time.monotonic
    kept: dict[str, tuple[float, list[dict[str, Json]]]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    metas: Kept = field(default_factory=Kept)

    def fields(
        self, where: str, read: Callable[[], list[dict[str, Json]]]
    ) -> list[dict[str, Json]]:
        """The field list of a site, read when it is not at hand or too old."""
        with self.lock:
            at, found = self.kept.get(where, (0.0, []))
        if found and self.clock() - at < KEPT_SECONDS:
            return found
        found = read()
        with self.lock:
            self.kept[where] = (self.clock(), found)
        return found


def discovered(listed: Sequence[dict[str, Json]]) -> Mapping[str, list[str]]:
    """Ids by our name: by the type of the field, story points of company projects by name."""
    found: dict[str, list[str]] = {}
    for record in listed:
        told = Fields.of(record, "field")
        name = kind(told)
        if name:
            found.setdefault(name, []).append(told.need_id("id"))
    return found


def kind(told: Fields) -> str | None:
    """What a field is to us, by its type."""
    schema = told.object("schema")
    custom = (schema.text("custom") if schema else None) or ""
    if custom == _FLOAT and (told.text("name") or "").casefold() == _POINTS:
        return "story_points"
    return _BY_SCHEMA.get(custom)


def sort(told: Fields) -> str:
    """The type of a field's values: `string`, `number`, `option`, `array`…, rich text apart."""
    schema = told.object("schema")
    if schema is None:
        return ""
    rich = (schema.text("custom") or "").endswith(":textarea")
    return "text" if rich else schema.text("type") or ""
