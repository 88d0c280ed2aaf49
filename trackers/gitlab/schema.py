"""The fields issues have here, for a person who maps them: fixed ones, and scopes of labels."""

from schemas.errors import Denied
from schemas.model import Json
from schemas.tracker import FieldInfo
from trackers.gitlab.project import Project
from trackers.gitlab.write import TYPES

_SAMPLES = 20
_FIXED: tuple[tuple[str, str, str | None], ...] = (
    ("title", "text", "title"),
    ("description", "markdown", "body"),
    ("state", "opened, closed", "status"),
    ("labels", "labels", "labels"),
    ("assignees", "users", "assignees"),
    ("author", "user", "reporter"),
    ("milestone", "milestone", "milestone"),
    ("issue_type", "type", "type"),
    ("due_date", "date", "due_date"),
    ("confidential", "flag", "confidential"),
    ("discussion_locked", "flag", "locked"),
    ("time_stats", "seconds", "time_estimate"),
    ("severity", "severity of an incident", "severity"),
    ("weight", "number", "weight"),
    ("iteration", "iteration", "sprint"),
    ("epic", "epic", "epic"),
    ("health_status", "health", None),
)
_LICENSED = ("weight", "iteration", "epic", "health_status")
_SCOPES = {"severity": "severity", "priority": "priority", "customer": "customer"}


def fields(project: Project) -> list[FieldInfo]:
    """GitLab's API has no list of fields; the records of recent issues show which there are."""
    answer = project.get(
        project.path("/issues"), {"order_by": "updated_at", "sort": "desc", "per_page": _SAMPLES}
    )
    if not answer.ok:
        raise Denied(
            f"issues of {project.name} cannot be read (HTTP {answer.status}{answer.reason})"
        )
    issues = answer.items
    fixed = [
        FieldInfo(
            id=name,
            name=name.replace("_", " ").capitalize(),
            type=kind,
            required=name == "title",
            sample=_sample(issues, name),
            options=TYPES if name == "issue_type" else (),
            fills=fills,
        )
        for name, kind, fills in _FIXED
        if name not in _LICENSED or any(name in issue for issue in issues)
    ]
    return [*fixed, *_scopes(project)]


def _scopes(project: Project) -> list[FieldInfo]:
    """Scoped labels, each scope a field that a source can map (`customer = "customer::"`)."""
    options: dict[str, list[str]] = {}
    for label in project.everything("/labels") or []:
        scope, mark, value = str(label.get("name") or "").rpartition("::")
        if mark and scope and value:
            options.setdefault(scope, []).append(value)
    return [
        FieldInfo(
            id=f"{scope}::",
            name=scope,
            type="scoped label",
            custom=True,
            sample=values[0],
            options=tuple(values),
            fills=_SCOPES.get(scope.casefold()),
        )
        for scope, values in sorted(options.items())
    ]


def _sample(issues: list[dict[str, Json]], name: str) -> Json:
    found = next((issue[name] for issue in issues if issue.get(name)), None)
    if isinstance(found, dict):
        return found.get("title") or found.get("username") or found.get("human_time_estimate")
    if isinstance(found, list):
        return [one.get("username") if isinstance(one, dict) else one for one in found]
    return found
