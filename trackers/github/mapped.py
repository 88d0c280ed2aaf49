"""The source's own maps: which issue fields and labels stand for ours, in both directions. Pure.

`fields` names the organisation's issue field (by id) that fills a field of ours; `severities`,
`statuses` and `types` name option values, labels or issue types without regard to case.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from schemas.model import Json
from schemas.source import Source
from schemas.ticket import StatusCategory

TEXTS = ("priority", "customer")
NUMBERS = ("estimate", "story_points")
WHOLES = ("weight", "time_estimate", "time_spent")
FILLABLE = frozenset({"severity", "due_date", *TEXTS, *NUMBERS, *WHOLES})
"""The fields of ours that an issue field can fill."""

_SEVERITIES = {
    "urgent": "P1", "critical": "P1", "highest": "P1", "blocker": "P1", "high": "P2",
    "medium": "P3", "low": "P4", "lowest": "P4",
}  # fmt: skip
_WORDS = {"P1": "Urgent", "P2": "High", "P3": "Medium", "P4": "Low"}
"""The options GitHub proposes for a field named Priority
(https://docs.github.com/issues/tracking-your-work-with-issues/using-issues/managing-issue-fields-in-your-organization)."""


def filled(custom: Mapping[str, Json], labels: Iterable[str], source: Source) -> dict[str, Json]:
    """Our fields by name, from the issue fields' values by id and the names of the labels."""
    found = {
        name: _value(name, custom.get(key), source)
        for name, key in source.fields.items()
        if name in FILLABLE
    }
    if "severity" not in source.fields and source.severities:
        known = _folded(source.severities)
        told = sorted(known[name.lower()] for name in labels if name.lower() in known)
        found["severity"] = told[0] if told else None
    return found


def names(source: Source) -> frozenset[str]:
    """The fields of ours that `filled` speaks for."""
    told = {"severity"} if source.severities else set()
    return frozenset(told | (FILLABLE & set(source.fields)))


def category(
    told: StatusCategory, state: str, reason: str | None, labels: Iterable[str], source: Source
) -> StatusCategory:
    """The category by the map: by close reason or state, and for open issues by a label."""
    if not source.statuses:
        return told
    known = _folded(source.statuses)
    words = (reason or "", state) if state == "closed" else (*labels, state)
    found = next((known[word.lower()] for word in words if word.lower() in known), None)
    return StatusCategory(found) if found else told


def kind(told: str, labels: Iterable[str], source: Source) -> str:
    """The type by the map, from the issue type or else from a label, the first by name."""
    if not source.types:
        return told
    known = _folded(source.types)
    words = (told, *sorted(labels)) if told == "issue" else (told,)
    return next((known[word.lower()] for word in words if word.lower() in known), told)


def type_names(wanted: str, source: Source) -> list[str]:
    """The issue types that may stand for a type of ours, best first; empty for a plain issue."""
    named = [name for name, ours in source.types.items() if ours.lower() == wanted.lower()]
    return [*named, *([] if wanted == "issue" else [wanted])]


def severity_labels(source: Source) -> dict[str, str]:
    """Label names by severity, while severities are kept in labels."""
    if "severity" in source.fields:
        return {}
    return {severity: name for name, severity in reversed(source.severities.items())}


def written(name: str, value: Json, source: Source) -> Json:
    """A value of ours in the form an issue field takes; None clears it."""
    if value is None or value == "":
        return None
    if name == "severity":
        named = {ours: word for word, ours in reversed(source.severities.items())}
        return named.get(str(value)) or _WORDS.get(str(value), str(value))
    return value.isoformat() if isinstance(value, date) else value


def _value(name: str, raw: Json, source: Source) -> Json:
    """A value that has not the form of our field is as good as none: the map is the user's."""
    if raw is None or isinstance(raw, list):
        return None
    if name == "severity":
        known = _SEVERITIES | _folded(source.severities)
        return known.get(str(raw).lower())
    if name in TEXTS:
        return str(raw)
    try:
        return date.fromisoformat(str(raw)[:10]) if name == "due_date" else _number(name, raw)
    except (ValueError, OverflowError):
        return None


def _number(name: str, raw: Json) -> float | int:
    number = float(raw)
    return number if name in NUMBERS else int(number)


def _folded(given: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in given.items()}
