"""What our client notes beside a record, since the translator is pure: ids of fields, the filter.

`{"ticketsync": {"fields": {"sprint": [ids], …}, "inside": bool}}`; inside says whether the tracker
found the issue in the source's JQL.
"""

from collections.abc import Mapping, Sequence

from schemas.change import Marker
from schemas.model import Json
from schemas.source import Source
from trackers import markers
from trackers.fields import Fields

NAME = "ticketsync"
"""Also the key of the entity property that holds a marker."""

USUAL: Mapping[str, tuple[str, ...]] = {
    "sprint": ("customfield_10020",),
    "story_points": ("customfield_10016", "customfield_10004", "customfield_10034"),
    "customer": ("customfield_10001",),
    "epic": ("customfield_10014",),
}
"""Where these fields often are; ids differ from site to site."""

Found = Mapping[str, Sequence[str]]


def of(record: Json) -> dict[str, Json]:
    """The notes on a record; empty on one that came by webhook."""
    notes = record.get(NAME) if isinstance(record, dict) else None
    return notes if isinstance(notes, dict) else {}


def inside(record: Json) -> bool | None:
    """Whether the issue lies in the JQL, if the tracker was asked."""
    found = of(record).get("inside")
    return found if isinstance(found, bool) else None


def found_fields(record: Json) -> Found:
    """The ids of fields by our name, as the site's own list told them."""
    notes = of(record).get("fields")
    return notes if isinstance(notes, dict) else {}


def found(record: Json) -> list[Marker]:
    """Markers among the properties of an issue (an object) or of a comment (a list)."""
    held = record.get("properties") if isinstance(record, dict) else None
    if isinstance(held, list):
        values = [
            one.get("value") for one in held if isinstance(one, dict) and one.get("key") == NAME
        ]
    else:
        values = [held.get(NAME)] if isinstance(held, dict) else []
    return [one for value in values for one in markers.in_texts(value, "marker")]


def candidates(name: str, source: Source, found: Found) -> tuple[str, ...]:
    """The ids a field of ours may have, best first: configured, else discovered, then usual."""
    own = source.fields.get(name)
    if own:
        return (own,)
    return tuple(dict.fromkeys((*found.get(name, ()), *USUAL.get(name, ()))))


def place(name: str, usual: str, source: Source) -> str:
    """The id of a field of ours that has one of its own at Jira: configured, else Jira's."""
    return source.fields.get(name, usual)


def first(fields: Fields, name: str, source: Source, found: Found) -> tuple[str, Json]:
    """(id, value) of the first candidate that has one; ("", None) when none has."""
    for key in candidates(name, source, found):
        value = fields.value.get(key)
        if value is not None:
            return key, value
    return "", None
