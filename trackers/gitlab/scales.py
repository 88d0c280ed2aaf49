"""What GitLab says with labels: severity, priority, status and whatever a source maps to one.

Scoped labels (`severity::1`) are fields in all but name; an issue carries one of a scope at most
(https://docs.gitlab.com/user/project/labels/#scoped-labels).
"""

from collections.abc import Iterable, Mapping

from schemas.model import Json
from schemas.source import Source
from schemas.ticket import Label, Named, StatusCategory

INCIDENTS = {"critical": "P1", "high": "P2", "medium": "P3", "low": "P4"}
_LEVELS = {"1": "P1", "2": "P2", "3": "P3", "4": "P4"} | INCIDENTS
_STATES = {"opened": StatusCategory.todo, "closed": StatusCategory.done}


def scoped(labels: Iterable[Label], scope: str) -> str | None:
    """The value an issue has of a scope (`customer` or `customer::`); None without such a label.

    Without a licence labels of one scope do not exclude each other: then the first by name counts,
    whatever order they come in.
    """
    names = [label.name for label in labels if "::" in label.name]
    if not names:
        return None
    wanted = scope.removesuffix("::").casefold()
    parts = (name.rpartition("::") for name in sorted(names))
    return next((value for name, _, value in parts if value and name.casefold() == wanted), None)


def members(labels: Iterable[Label], scope: str) -> tuple[Named, ...]:
    """Every label of a scope as a thing of its own (`component::Radio`)."""
    wanted = scope.removesuffix("::").casefold()
    parts = ((label.id, *label.name.rpartition("::")) for label in labels)
    return tuple(
        Named(id=key, name=value)
        for key, name, mark, value in parts
        if mark and wanted and name.casefold() == wanted
    )


def scope(source: Source, field: str, usual: str = "") -> str:
    """The scope that fills a field of ours, as the source maps it."""
    return source.fields.get(field) or usual


def severity(source: Source, labels: tuple[Label, ...], incident: str | None) -> str | None:
    """P1 to P4: the source's own map first (the worst counts), then an incident's severity, then
    scoped labels."""
    told = _mapped(source.severities, [incident or "", *(label.name for label in labels)])
    if told:
        return min(told)
    found = INCIDENTS.get((incident or "").lower())
    for name in (scope(source, "severity", "severity"), scope(source, "priority", "priority")):
        value = scoped(labels, name) or ""
        found = found or _LEVELS.get(value.casefold())
    return found


def category(
    source: Source, state: str, labels: tuple[Label, ...], reason: str | None
) -> StatusCategory:
    """What the status means: an open issue may say more by a label that the source maps, a closed
    one by the reason; a duplicate was not done here."""
    usual = StatusCategory.canceled if reason == "duplicate" else _STATES[state]
    more = [reason or ""] if state == "closed" else sorted(label.name for label in labels)
    told = [*_mapped(source.statuses, more), *_mapped(source.statuses, [state]), usual]
    try:
        return StatusCategory(told[0])
    except ValueError:
        return usual


def kind_of(source: Source, native: str, labels: tuple[Label, ...]) -> str:
    """The type in the source's words; a plain issue may be told apart by a label."""
    names = sorted(label.name for label in labels) if native == "issue" else []
    return next(iter(_mapped(source.types, [native, *names])), native)


def native_type(told: str | None) -> str:
    """`issue`, `incident`, `task`, `test_case`: the API prints words, webhooks titles."""
    return (told or "issue").strip().lower().replace(" ", "_")


def points(source: Source, labels: tuple[Label, ...], weight: int | None) -> float | None:
    """Story points have no field of their own; a source may name the weight or a label scope."""
    told = scope(source, "story_points")
    if told == "weight":
        return None if weight is None else float(weight)
    found = scoped(labels, told) if told else None
    return float(found) if found and found.isascii() and found.isdecimal() else None


def by_labels(
    source: Source,
    labels: tuple[Label, ...],
    *,
    native: str | None,
    incident: str | None,
    weight: int | None,
) -> dict[str, Json]:
    """Every field of ours that labels decide, alone or beside a value of their own."""
    return {
        "type": kind_of(source, native_type(native), labels),
        "priority": scoped(labels, scope(source, "priority", "priority")),
        "severity": severity(source, labels, incident),
        "components": members(labels, scope(source, "components")),
        "customer": scoped(labels, scope(source, "customer")),
        "story_points": points(source, labels, weight),
    }


def _mapped(told: Mapping[str, str], names: Iterable[str]) -> list[str]:
    """What the names are mapped to, without case and in their order."""
    folded = {name.casefold(): value for name, value in told.items()}
    return [folded[one.casefold()] for one in names if one.casefold() in folded] if folded else []
