"""The fields an issue has here: GitHub's own, and the organisation's issue fields found on issues.

https://docs.github.com/rest/issues/issue-field-values
"""

from typing import Any

from schemas.errors import Denied
from schemas.model import Json
from schemas.source import Source
from schemas.tracker import FieldInfo
from trackers.fields import Fields
from trackers.github.repository import FULL_PAGE, Repository, is_pull_request
from trackers.github.translate import to_ticket
from trackers.github.writes import LOCK_REASONS, REASONS
from trackers.http import Params

_OWN: tuple[tuple[str, str, str, str], ...] = (
    ("title", "Title", "text", "title"),
    ("body", "Description", "markdown", "body"),
    ("type", "Type", "issue type", "type"),
    ("state", "State", "state", "state"),
    ("state_reason", "Close reason", "reason", "close_reason"),
    ("labels", "Labels", "labels", "labels"),
    ("assignees", "Assignees", "users", "assignees"),
    ("milestone", "Milestone", "milestone", "milestone"),
    ("locked", "Locked", "boolean", "locked"),
    ("active_lock_reason", "Lock reason", "reason", "external_fields"),
)
_GUESSES = {
    "priority": "priority", "severity": "severity", "customer": "customer", "client": "customer",
    "story points": "story_points", "points": "story_points", "estimate": "estimate",
    "effort": "estimate", "weight": "weight", "due date": "due_date", "target date": "due_date",
}  # fmt: skip


def fields(repository: Repository, source: Source) -> list[FieldInfo]:
    """GitHub's own fields, then issue fields; samples come from the issues changed last."""
    issues = _sample(repository)
    shown = [to_ticket(issue, source).model_dump(mode="json") for issue in issues]
    options = {
        "type": repository.type_names(),
        "state": ("open", "closed"),
        "state_reason": REASONS,
        "active_lock_reason": LOCK_REASONS,
    }
    own = [
        FieldInfo(
            id=key,
            name=name,
            type=kind,
            required=key == "title",
            sample=_first(issue.get(key) for issue in issues)
            if key != "labels"
            else _labels(shown),
            options=options.get(key, ()),
            fills=fills,
        )
        for key, name, kind, fills in _OWN
    ]
    return [*own, *_custom(issues, source)]


def _custom(issues: list[dict[str, Json]], source: Source) -> list[FieldInfo]:
    ours = {key: name for name, key in source.fields.items()}
    found: dict[str, FieldInfo] = {}
    for issue in issues:
        for item in Fields.of(issue, "issue").items("issue_field_values"):
            field = Fields.of(item, "issue.issue_field_values")
            key, name = field.need_id("issue_field_id"), field.text("issue_field_name") or ""
            if key not in found:
                found[key] = FieldInfo(
                    id=key,
                    name=name,
                    type=field.text("data_type") or "",
                    custom=True,
                    sample=item.get("value"),
                    fills=ours.get(key) or _GUESSES.get(name.lower()),
                )
    return list(found.values())


def _sample(repository: Repository) -> list[dict[str, Json]]:
    order: Params = {"state": "all", "sort": "updated", "direction": "desc", "per_page": FULL_PAGE}
    answer = repository.session.get(repository.path("/issues"), order)
    if not answer.ok:
        raise Denied(f"issues of {repository.name} cannot be read (HTTP {answer.status})")
    return [item for item in answer.items if not is_pull_request(item)]


def _labels(shown: list[dict[str, Any]]) -> Json:
    return _first([label["name"] for label in one["labels"]] for one in shown)


def _first(values: Any) -> Json:
    """The first value that is any, in the form people read."""
    return next((_plain(value) for value in values if value not in (None, "", [], False)), None)


def _plain(value: Json) -> Json:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return next((value[name] for name in ("login", "title", "name") if name in value), None)
    return value[:200] if isinstance(value, str) else value
