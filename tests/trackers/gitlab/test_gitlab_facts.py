"""What a delivery says, beyond the recorded cases."""

import orjson
import pytest

from schemas.errors import Permanent
from schemas.event import CommentSeen, Doubtful, Ignored, ProjectSeen, TicketSeen
from tests.trackers.gitlab.gitlab_payloads import URL, the_source
from tests.trackers.stand_ins import NOW, a_delivery
from trackers.gitlab import GITLAB

PROJECT = {"id": 77001, "path_with_namespace": "lantern/coast/harbour", "web_url": URL}
ACTOR = {"id": 501, "username": "ines-varga", "name": "Ines Varga"}
ISSUE = {"id": 880012, "iid": 12, "title": "A", "state": "opened", "confidential": False}


def told(payload):
    return GITLAB.parse(a_delivery({}, orjson.dumps(payload)))


def lane(payload):
    return GITLAB.verify({"x-gitlab-token": "t"}, orjson.dumps(payload), ["t"], NOW).ticket


def a_note(**over):
    note = {"id": 1, "note": "Hello", "author_id": 501, "noteable_type": "Issue", "system": False}
    return {
        "object_kind": "note",
        "event_type": "note",
        "user": ACTOR,
        "project": PROJECT,
        "object_attributes": note | over.pop("note", {}),
        "issue": ISSUE,
    } | over


def test_a_note_of_old_versions_has_no_action_and_is_read_as_new():
    events = told(a_note())
    assert [event.fact for event in events] == ["project_seen", "ticket_seen", "comment_seen"]


def test_a_note_on_a_work_item_is_one_on_its_issue():
    payload = a_note(note={"noteable_type": "WorkItem"}, work_item=ISSUE, issue=None)
    assert lane(payload) == "12"
    assert any(isinstance(event, CommentSeen) for event in told(payload))


def test_a_note_is_internal_by_its_event_where_versions_do_not_print_it():
    [seen] = [e for e in told(a_note(event_type="confidential_note")) if e.fact == "comment_seen"]
    assert GITLAB.to_comment(seen.record, the_source()).internal
    confidential = a_note(event_type="confidential_note", issue=ISSUE | {"confidential": True})
    [seen] = [e for e in told(confidential) if e.fact == "comment_seen"]
    assert not GITLAB.to_comment(seen.record, the_source()).internal


def test_a_note_whose_author_is_not_described_asks_for_a_reading():
    assert told(a_note(note={"author_id": 7}))[-1] == Doubtful(
        tickets=("12",), aspect="comments", reason="note.create by somebody else than its author"
    )


@pytest.mark.parametrize("kind", ["MergeRequest", "Commit", "Snippet"])
def test_notes_on_other_things_are_ignored_by_name(kind):
    payload = a_note(note={"noteable_type": kind})
    assert lane(payload) is None
    assert told(payload)[-1] == Ignored(reason=f"a note on {kind}")


def test_an_emoji_on_a_note_is_ignored():
    about = {"awardable_type": "Note", "name": "thumbsup"}
    payload = {"object_kind": "emoji", "project": PROJECT, "object_attributes": about}
    assert told(payload | {"issue": ISSUE})[-1] == Ignored(reason="an emoji on Note")


def test_assignees_come_beside_the_issue_and_are_absent_when_there_are_none():
    payload = {
        "object_kind": "issue",
        "project": PROJECT,
        "object_attributes": ISSUE | {"assignee_ids": [501]},
        "assignees": [ACTOR],
    }
    [seen] = [event for event in told(payload) if isinstance(event, TicketSeen)]
    ticket = GITLAB.to_ticket(seen.record, the_source())
    assert [one.login for one in ticket.assignees] == ["ines-varga"]
    assert "assignees" in ticket.present
    unknown = payload | {"assignees": None}
    [seen] = [event for event in told(unknown) if isinstance(event, TicketSeen)]
    assert "assignees" not in GITLAB.to_ticket(seen.record, the_source()).present
    none = unknown | {"object_attributes": ISSUE | {"assignee_ids": []}}
    [seen] = [event for event in told(none) if isinstance(event, TicketSeen)]
    assert "assignees" in GITLAB.to_ticket(seen.record, the_source()).present


def test_a_renamed_project_tells_its_former_name():
    payload = {
        "event_name": "project_transfer",
        "project_id": 77001,
        "path_with_namespace": "lantern/harbour",
        "old_path_with_namespace": "lantern/coast/harbour",
    }
    assert told(payload) == [
        ProjectSeen(id="77001", name="lantern/harbour", renamed_from="lantern/coast/harbour")
    ]


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"{", "no JSON"),
        (b"[]", "not an object"),
        (b"{}", "neither object_kind nor event_name"),
        (b'{"object_kind":"issue"}', "object_attributes is missing"),
        (b'{"object_kind":"issue","project":{"id":1}}', "path_with_namespace is missing"),
        (
            b'{"object_kind":"issue","project":{"id":1,"path_with_namespace":"a/b"},'
            b'"object_attributes":{"iid":"x"}}',
            "iid is a text",
        ),
    ],
)
def test_a_broken_body_is_permanent_with_its_cause(body, cause):
    with pytest.raises(Permanent, match=cause):
        GITLAB.parse(a_delivery({}, body))


def test_a_dropped_body_is_permanent():
    with pytest.raises(Permanent, match="dropped"):
        GITLAB.parse(a_delivery({}, None))


@pytest.mark.parametrize("kind", ["push", "merge_request", "pipeline", "wiki_page", "x_new_kind"])
def test_everything_else_is_ignored_by_name(kind):
    [ignored] = told({"object_kind": kind, "project": PROJECT})
    assert kind in ignored.reason
