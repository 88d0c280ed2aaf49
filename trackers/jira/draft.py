"""What a write of a ticket will hold, in Jira's own form where that is known without asking.

What depends on the site (ids of fields, names of priorities) waits under `ours` for the client.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from schemas.model import Json
from schemas.source import Source
from schemas.ticket import Ticket, TicketRef
from trackers.jira import marks, people, texts

_LONGEST_TITLE = 255


@dataclass(slots=True)
class Draft:
    """`record` are the fields of the issue as last read, None for a new one."""

    source: Source
    cloud: bool
    record: dict[str, Json] | None
    fields: dict[str, Json] = field(default_factory=dict)
    update: dict[str, Json] = field(default_factory=dict)
    ours: dict[str, Json] = field(default_factory=dict)
    losses: list[str] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        return not (self.fields or self.update or self.ours)

    def take(self, name: str, wanted: Ticket) -> None:
        """Puts one field of a ticket in; what has no place here is a loss."""
        writer = _WRITERS.get(name)
        if writer:
            writer(self, wanted)
        elif getattr(wanted, name, None):
            self.losses.append(f"{name} has no place at Jira")


def _title(draft: Draft, wanted: Ticket) -> None:
    line = " ".join(wanted.title.split()) or "(no title)"
    if len(line) > _LONGEST_TITLE:
        draft.losses.append(f"the title was cut at {_LONGEST_TITLE} characters")
        line = f"{line[: _LONGEST_TITLE - 1]}…"
    draft.fields["summary"] = line


def _body(draft: Draft, wanted: Ticket) -> None:
    key = marks.place("body", "description", draft.source)
    original = (draft.record or {}).get(key)
    document, losses = texts.written(wanted.body, original, cloud=draft.cloud)
    draft.fields[key] = document if wanted.body.strip() else None
    draft.losses += losses


def _labels(draft: Draft, wanted: Ticket) -> None:
    """Labels hold no blanks. An edit adds and removes, so that those of others stay."""
    names = []
    for label in wanted.labels:
        name = "-".join(label.name.split())
        if name != label.name:
            draft.losses.append(f"label {label.name!r} is written {name!r}: Jira takes no blanks")
        names.append(name)
    held = (draft.record or {}).get("labels")
    if not isinstance(held, list):
        draft.fields["labels"] = names
        return
    steps = [{"add": name} for name in names if name not in held]
    steps += [{"remove": name} for name in held if name not in names]
    if steps:
        draft.update["labels"] = steps


def _assignees(draft: Draft, wanted: Ticket) -> None:
    first = wanted.assignees[0] if wanted.assignees else None
    draft.fields["assignee"] = people.reference(first, cloud=draft.cloud) if first else None
    for other in wanted.assignees[1:]:
        name = other.name or other.login or other.id
        draft.losses.append(f"assignee {name} has no place: an issue has one")


def _reporter(draft: Draft, wanted: Ticket) -> None:
    if wanted.reporter:
        draft.fields["reporter"] = people.reference(wanted.reporter, cloud=draft.cloud)


def _type(draft: Draft, wanted: Ticket) -> None:
    draft.ours["type"] = wanted.type


def _priority(draft: Draft, wanted: Ticket) -> None:
    if wanted.priority:
        draft.ours["priority"] = wanted.priority


def _severity(draft: Draft, wanted: Ticket) -> None:
    if wanted.severity:
        draft.ours["severity"] = wanted.severity


def _milestone(draft: Draft, wanted: Ticket) -> None:
    """Versions by name, which is unique in a project."""
    found = wanted.milestone
    named = [{"name": found.title} if found.title else {"id": found.id}] if found else []
    draft.fields[marks.place("milestone", "fixVersions", draft.source)] = named


def _components(draft: Draft, wanted: Ticket) -> None:
    named = [{"name": one.name} if one.name else {"id": one.id} for one in wanted.components]
    draft.fields[marks.place("components", "components", draft.source)] = named


def _sprint(draft: Draft, wanted: Ticket) -> None:
    """By id: a sprint's name is not unique, and only boards list them."""
    sprint = wanted.sprint
    if sprint and not sprint.id.isdecimal():
        draft.losses.append(f"sprint {sprint.name!r} is none of this site")
        return
    draft.ours["sprint"] = int(sprint.id) if sprint else None


def _parent(draft: Draft, wanted: Ticket) -> None:
    _above(draft, wanted.parent)


def _epic(draft: Draft, wanted: Ticket) -> None:
    if "parent" not in draft.fields and "parent" not in draft.update:
        _above(draft, wanted.epic)


def _above(draft: Draft, other: TicketRef | None) -> None:
    """https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/ (parent)."""
    if other and (other.external_id or other.key):
        named = {"id": other.external_id} if other.external_id else {"key": other.key}
        draft.fields["parent"] = named
    elif other is None and draft.record is not None:
        draft.update["parent"] = [{"set": {"none": True}}]


def _points(draft: Draft, wanted: Ticket) -> None:
    draft.ours["story_points"] = wanted.story_points


def _time_estimate(draft: Draft, wanted: Ticket) -> None:
    """In minutes, the least that Jira's own time units hold."""
    minutes = (wanted.time_estimate or 0) // 60
    draft.fields["timetracking"] = {"originalEstimate": f"{minutes}m"}


def _due_date(draft: Draft, wanted: Ticket) -> None:
    key = marks.place("due_date", "duedate", draft.source)
    draft.fields[key] = wanted.due_date.isoformat() if wanted.due_date else None


def _customer(draft: Draft, wanted: Ticket) -> None:
    draft.ours["customer"] = wanted.customer


def _custom_fields(draft: Draft, wanted: Ticket) -> None:
    for key, value in wanted.custom_fields.items():
        if key.startswith("customfield_"):
            draft.ours[key] = value
        else:
            draft.losses.append(f"field {key!r} has no place at Jira")


_WRITERS: dict[str, Callable[[Draft, Ticket], None]] = {
    "title": _title,
    "body": _body,
    "labels": _labels,
    "assignees": _assignees,
    "reporter": _reporter,
    "type": _type,
    "priority": _priority,
    "severity": _severity,
    "milestone": _milestone,
    "components": _components,
    "sprint": _sprint,
    "parent": _parent,
    "epic": _epic,
    "story_points": _points,
    "time_estimate": _time_estimate,
    "due_date": _due_date,
    "customer": _customer,
    "custom_fields": _custom_fields,
}
WRITES = frozenset(_WRITERS) | {"state", "status", "status_category", "close_reason"}
"""The ticket fields that can be written; time spent is a sum of worklogs."""
