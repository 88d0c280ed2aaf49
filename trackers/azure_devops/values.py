"""Values of fields, read by the names the source's map or the processes give them. Pure."""

import re
from datetime import date

from schemas.errors import Permanent
from schemas.model import Json
from schemas.source import Source
from trackers.azure_devops import names, texts
from trackers.fields import Fields
from trackers.markdown import Converted

USUAL: dict[str, tuple[str, ...]] = {
    "priority": (names.PRIORITY,),
    "severity": (names.SEVERITY,),
    "story_points": names.POINTS,
    "time_estimate": names.ESTIMATES,
    "time_spent": (names.COMPLETED_WORK,),
    "due_date": names.DUE,
    "estimate": (),
    "weight": (),
}
"""Fields by what they fill; of several the first that a work item has. Where there is none the
source's map has to name one."""

FILLED = frozenset({*USUAL, "body", "customer"})
"""What the source's map can fill; under any other name of ours a field stays a custom one."""

SEVERITIES = {
    "P1": "1 - Critical",
    "P2": "2 - High",
    "P3": "3 - Medium",
    "P4": "4 - Low",
}

_KNOWN = {
    names.TITLE, names.DESCRIPTION, names.REPRO_STEPS, names.CLOSED, names.PRIORITY,
    names.SEVERITY, *names.POINTS, names.ORIGINAL_ESTIMATE, names.COMPLETED_WORK, *names.DUE,
}  # fmt: skip
MOVING = {
    "Microsoft.VSTS.Common.StackRank", "Microsoft.VSTS.Common.BacklogPriority",
    "Microsoft.VSTS.Common.StateChangeDate", "Microsoft.VSTS.Common.ActivatedDate",
    "Microsoft.VSTS.Common.ActivatedBy", "Microsoft.VSTS.Common.ResolvedDate",
    "Microsoft.VSTS.Common.ResolvedBy", "Microsoft.VSTS.Common.ClosedBy",
    "Microsoft.VSTS.Common.ResolvedReason",
}  # fmt: skip
"""Orders of backlogs and what a change of state leaves behind: nobody's to synchronise."""

_OWN = ("System.", "WEF_")
"""The tracker's own book-keeping and the columns of its boards."""

_HOUR = 3600
_DIGITS = {"1": "P1", "2": "P2", "3": "P3", "4": "P4"}


def first(fields: Fields, source: Source, ours: str) -> str | None:
    """The field that fills one of ours: the configured one, else the first there is."""
    named = source.fields.get(ours)
    if named:
        return named
    return next((name for name in USUAL[ours] if fields.value.get(name) is not None), None)


def body_field(fields: Fields, source: Source) -> str:
    """Where the text lives: bugs show their steps, everything else its description.

    Types of other names that were derived from Bug fill the steps alone.
    """
    named = source.fields.get("body")
    if named:
        return named
    is_bug = (fields.text(names.TYPE) or "").casefold() == "bug"
    has_steps = bool(fields.text(names.REPRO_STEPS)) and not fields.text(names.DESCRIPTION)
    return names.REPRO_STEPS if is_bug or has_steps else names.DESCRIPTION


def is_markdown(record: dict[str, Json], field: str) -> bool:
    """Whether a field holds Markdown; newer versions tell it beside the fields."""
    told = record.get("multilineFieldsFormat")
    found = told.get(field) if isinstance(told, dict) else None
    return isinstance(found, str) and found.casefold() == "markdown"


def body(record: dict[str, Json], fields: Fields, source: Source) -> Converted:
    """The text as Markdown."""
    field = body_field(fields, source)
    return texts.read(fields.text(field), is_markdown=is_markdown(record, field))


def number(fields: Fields, name: str | None) -> float | None:
    """A number; None for a field that is not there."""
    found = fields.value.get(name) if name else None
    if found is None or found == "":
        return None
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise Permanent(f"{fields.path}.{name} is no number")
    return float(found)


def whole(fields: Fields, name: str | None) -> int | None:
    """A number without its fraction."""
    found = number(fields, name)
    return None if found is None else round(found)


def seconds(fields: Fields, name: str | None) -> int | None:
    """A time span, which the tracker counts in hours."""
    found = number(fields, name)
    return None if found is None else round(found * _HOUR)


def hours(span: int | None) -> float | None:
    """Seconds as the tracker counts them."""
    return None if span is None else round(span / _HOUR, 4)


def day(fields: Fields, name: str | None) -> date | None:
    """The day of a time."""
    found = fields.time(name) if name else None
    return found.date() if found else None


def word(fields: Fields, name: str | None) -> str | None:
    """A text, a number as text, or the unique name of somebody."""
    found = fields.value.get(name) if name else None
    if found is None or isinstance(found, bool):
        return None
    if isinstance(found, dict):
        return str(_plain(found)) or None
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    return str(found) or None


def severity(fields: Fields, source: Source) -> str | None:
    """P1 to P4, by the source's map, else by the leading digit (`2 - High`)."""
    native = word(fields, first(fields, source, "severity"))
    if native is None:
        return None
    for name, ours in source.severities.items():
        if name.casefold() == native.casefold():
            return ours
    digit = re.match(r"\s*([1-4])\b", native)
    return _DIGITS[digit[1]] if digit else native


def custom(fields: Fields, source: Source) -> dict[str, Json]:
    """All other fields by reference name; people as their unique names."""
    mapped = {native for ours, native in source.fields.items() if ours in FILLED}
    filled = {body_field(fields, source), *mapped}
    shown = {
        name: _plain(value)
        for name, value in fields.value.items()
        if name not in _KNOWN | MOVING | filled and not name.startswith(_OWN)
    }
    for name in {names.DESCRIPTION, names.REPRO_STEPS} - filled:
        found = fields.text(name)
        if found:
            shown[name] = texts.read(found, is_markdown=False).text
    return {name: value for name, value in shown.items() if value not in (None, "")}


def _plain(value: Json) -> Json:
    if isinstance(value, dict):
        return value.get("uniqueName") or value.get("displayName") or value.get("id") or ""
    return value
