"""The fields an issue has: Linear's own, and each group of labels, which people use as one."""

from schemas.model import Json
from schemas.source import Source
from schemas.tracker import FieldInfo
from trackers.fields import Fields
from trackers.linear import queries, words
from trackers.linear.team import Team

_OWN = (
    ("title", "Title", "String", "title"),
    ("description", "Description", "String", "body"),
    ("state", "Status", "WorkflowState", "status"),
    ("priority", "Priority", "Float", "priority"),
    ("assignee", "Assignee", "User", "assignees"),
    ("creator", "Creator", "User", "reporter"),
    ("labels", "Labels", "IssueLabel", "labels"),
    ("estimate", "Estimate", "Float", "estimate"),
    ("dueDate", "Due date", "TimelessDate", "due_date"),
    ("cycle", "Cycle", "Cycle", "sprint"),
    ("project", "Project", "Project", "project"),
    ("projectMilestone", "Milestone", "ProjectMilestone", "milestone"),
    ("parent", "Parent", "Issue", "parent"),
    ("delegate", "Delegate", "User", None),
)


def fields(team: Team) -> list[FieldInfo]:
    """All fields, with a sample each from the issue updated last."""
    where: dict[str, Json] = {"team": {"id": {"eq": team.id}}}
    labels = {
        "and": [{"isGroup": {"eq": True}}, {"or": [where, {"team": {"null": True}}]}],
    }
    answer = team.graph.ask(queries.GROUPS, {"issues": where, "labels": labels})
    nodes = answer.need_object("issues").items("nodes")
    sample = Fields.of(nodes[0], "issue") if nodes else Fields({}, "issue")
    groups = answer.need_object("issueLabels").items("nodes")
    own = [_own(one, sample) for one in _OWN]
    return own + [_group(Fields.of(one, "label"), sample, team.source) for one in groups]


def _own(told: tuple[str, str, str, str | None], sample: Fields) -> FieldInfo:
    key, name, kind, fills = told
    options = words.PRIORITIES[1:] if key == "priority" else ()
    return FieldInfo(
        id=key,
        name=name,
        type=kind,
        required=key == "title",
        sample=_shown(sample.value.get(key)),
        options=options,
        fills=fills,
    )


def _group(group: Fields, sample: Fields, source: Source) -> FieldInfo:
    key = group.need_id("id")
    children = group.need_object("children").items("nodes")
    chosen = [one for one in _labels(sample) if (one.object("parent") or one).id("id") == key]
    fills = next((ours for ours, native in source.fields.items() if native == key), None)
    return FieldInfo(
        id=key,
        name=group.need_text("name"),
        type="label group",
        custom=True,
        sample=chosen[0].text("name") if chosen else None,
        options=tuple(Fields.of(one, "label").need_text("name") for one in children),
        fills=fills,
    )


def _labels(sample: Fields) -> list[Fields]:
    connection = sample.object("labels")
    return [Fields.of(one, "label") for one in connection.items("nodes")] if connection else []


def _shown(value: Json) -> Json:
    """A plain value, or what names a thing."""
    if isinstance(value, dict):
        nodes = value.get("nodes")
        if isinstance(nodes, list):
            return [_shown(one) for one in nodes]
        return value.get("name") or value.get("identifier")
    return value
