"""What GitLab says with labels: severity, priority, status and whatever a source maps to one.

Scoped labels (`severity::1`) are fields in all but name; an issue carries one of a scope at most
(https://docs.gitlab.com/user/project/labels/#scoped-labels).
"""

from collections.abc import Iterable, Mapping

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


def kind(source: Source, native: str, labels: tuple[Label, ...]) -> str:
    """The type in the source's words; a plain issue may be told apart by a label."""
    names = sorted(label.name for label in labels) if native == "issue" else []
    return next(iter(_mapped(source.types, [native, *names])), native)


def _mapped(told: Mapping[str, str], names: Iterable[str]) -> list[str]:
    """What the names are mapped to, without case and in their order."""
    folded = {name.casefold(): value for name, value in told.items()}
    return [folded[one.casefold()] for one in names if one.casefold() in folded] if folded else []
