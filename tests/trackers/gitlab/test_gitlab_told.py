"""What GitLab's webhooks tell of changes: each pair of values, in the form of the history."""

from datetime import UTC, datetime

import orjson
import pytest

from schemas.event import ChangesTold
from tests.trackers.gitlab.gitlab_payloads import a_person
from tests.trackers.stand_ins import a_delivery
from trackers.gitlab import GITLAB


def hook(action="update", kind="issue", issue=None, **changed):
    """The entries in a hook with these changes."""
    body = orjson.dumps(
        {
            "object_kind": kind,
            "user": {"id": 501, "name": "Ines", "username": "ines-varga", "email": "[REDACTED]"},
            "project": {"id": 77001, "path_with_namespace": "lantern/coast/harbour"},
            "object_attributes": {
                "iid": 12, "updated_at": "2026-11-20 09:30:00 UTC", "action": action,
                **(issue or {}),
            },
            "changes": {
                name: {"previous": before, "current": after}
                for name, (before, after) in changed.items()
            },
        }
    )  # fmt: skip
    events = GITLAB.parse(a_delivery({"x-gitlab-event": "Issue Hook"}, body))
    return [one for event in events if isinstance(event, ChangesTold) for one in event.entries]


def a_told_label(name):
    return {"id": 1, "title": name, "color": "#fff"}


PAIRS = [
    ("title", "A", "B", ("title", "A", "B", True)),
    ("description", "a\r\nb", None, ("body", "a\nb", None, True)),
    ("description", "a", "![x](/uploads/0/x.png)", ("body", None, None, False)),
    ("state_id", 1, 2, ("status", "opened", "closed", True)),
    ("due_date", None, "2026-12-24", ("due_date", None, "2026-12-24", True)),
    ("confidential", False, True, ("confidential", False, True, True)),
    ("discussion_locked", None, True, ("locked", False, True, True)),
    ("weight", None, 0, ("weight", None, 0, True)),
    ("time_estimate", 0, 3600, ("time_estimate", None, 3600, True)),
    ("total_time_spent", 3600, 0, ("time_spent", 3600, None, True)),
    ("milestone_id", None, 5, ("milestone", None, None, False)),
    ("iteration", 5, None, ("sprint", None, None, False)),
    ("type", "Issue", "Incident", ("type", None, None, False)),
    ("severity", "unknown", "high", ("severity", None, None, False)),
    ("health_status", None, "at_risk", (None, None, "at_risk", True)),
    ("labels", [a_told_label("a"), a_told_label("b")], [a_told_label("b"), a_told_label("c")],
     ("labels", ["a"], ["c"], True)),
    ("assignees", [], [a_person(7, "x")], ("assignees", None, ["7"], True)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "before", "after", "expected"), PAIRS)
def test_each_pair_of_a_hook_tells_its_change(name, before, after, expected):
    [one] = hook(**{name: (before, after)})
    assert (one.field, one.before, one.after, one.told) == expected
    assert one.id.startswith("told:")
    assert one.actor.id == "501"
    assert one.at == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"updated_at": ("2026-11-20 09:00:00 UTC", "2026-11-20 09:30:00 UTC")},
        {"relative_position": (1, 2), "closed_at": (None, "2026-11-20 09:30:00 UTC")},
        {"discussion_locked": (None, False)},
        {"description": ("a\r\n", "a\n")},
    ],
)
def test_what_is_no_change_is_not_told(changed):
    assert hook(**changed) == []


def test_a_hook_tells_the_exact_time_when_it_has_it():
    moved = ("2026-11-20T09:00:00.000Z", "2026-11-20T09:30:00.123Z")
    [one] = hook(title=("A", "B"), updated_at=moved)
    assert one.at == datetime(2026, 11, 20, 9, 30, 0, 123000, tzinfo=UTC)


def test_an_opening_is_no_change_and_a_work_item_tells_like_an_issue():
    assert hook("open", title=(None, "A")) == []
    assert [one.field for one in hook(kind="work_item", title=("A", "B"))] == ["title"]
