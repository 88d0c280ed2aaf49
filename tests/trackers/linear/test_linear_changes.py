"""Changes as steps, without a network: values, losses, what is left to the client."""

import pytest

from schemas.change import CommentChange, LinkChange
from schemas.ticket import Comment, Relation, TicketRef
from tests.trackers.linear.linear_payloads import an_issue, source
from tests.trackers.linear.linear_world import a_change, a_marker
from trackers import markers
from trackers.linear import LINEAR

UUID = "0f0e0d0c-0b0a-4908-8706-050403020100"
OTHER = "0f0e0d0c-0b0a-4908-8706-050403020101"


def step(change, **over):
    [write] = LINEAR.to_writes(change, source(**over))
    return write


def test_a_creation_carries_the_id_of_its_marker():
    write = step(a_change(title="New"))
    assert (write.step, write.ticket) == ("create", None)
    assert write.body["input"] == {"title": "New", "id": markers.as_uuid(a_marker())}


def test_only_named_fields_are_written():
    write = step(a_change("t", body="Text", due_date="2026-12-24", parent=None))
    assert write.step == "update"
    assert write.body == {
        "input": {"description": "Text", "dueDate": "2026-12-24", "parentId": None}
    }


@pytest.mark.parametrize(
    ("values", "number"),
    [
        ({"severity": "P1"}, 1),
        ({"severity": "P4"}, 4),
        ({"severity": None}, 0),
        ({"priority": "high"}, 2),
        ({"priority": "Blocker", "severity": "P1"}, 1),
        ({"priority": "Blocker"}, 0),
    ],
)
def test_priorities_are_written_as_numbers(values, number):
    assert step(a_change("t", **values)).body["input"] == {"priority": number}


def test_mapped_severities_are_written_back():
    write = step(a_change("t", severity="P1"), severities={"medium": "P1", "urgent": "P0"})
    assert write.body["input"] == {"priority": 3}


def test_what_has_no_place_is_a_loss():
    write = step(
        a_change(
            "t",
            weight=3,
            estimate=1.5,
            assignees=({"id": UUID}, {"id": OTHER, "login": "otto"}, {"id": "7", "login": "ines"}),
            sprint={"id": "3", "name": "Sprint 3"},
            milestone={"id": "v1", "title": "v1"},
        )
    )
    assert write.body["input"] == {"assigneeId": UUID}
    told = "\n".join(write.losses)
    for word in ("weight has no place", "1.5 points", "ines is nobody", "otto: an issue has one",
                 "sprint Sprint 3", "milestone"):  # fmt: skip
        assert word in told


def test_nobody_known_leaves_the_assignee_as_it_is():
    assert "assigneeId" not in step(a_change("t", assignees=({"id": "7"},))).body["input"]
    assert step(a_change("t", assignees=())).body["input"] == {"assigneeId": None}


@pytest.mark.parametrize(
    ("values", "category"),
    [
        ({"status_category": "in_progress"}, "in_progress"),
        ({"state": "closed"}, "done"),
        ({"state": "closed", "close_reason": "duplicate"}, "canceled"),
        ({"state": "open"}, "todo"),
        ({"state": "closed", "status_category": "canceled"}, "canceled"),
    ],
)
def test_a_state_is_described_for_the_client_to_find(values, category):
    write = step(a_change("t", an_issue(), **values))
    assert write.body["state"]["category"] == category
    assert write.body["state"]["now"] == "s1"


def test_labels_tell_what_was_wanted_and_what_was_there():
    record = an_issue(labels=[{"id": "l1", "name": "Bug"}])
    write = step(a_change("t", record, labels=({"id": "l2", "name": "Night"},)))
    assert write.body["labels"]["had"] == ["l1"]
    assert write.body["labels"]["wanted"][0]["name"] == "Night"
    assert step(a_change("t", labels=())).body["labels"] == {"wanted": [], "had": None}


def test_comments_have_three_steps():
    text = Comment(id="", body="Hi")
    made = step(CommentChange(ticket="t", wanted=text, marker=a_marker()))
    assert (made.step, made.body["id"]) == ("comment", markers.as_uuid(a_marker()))
    assert step(CommentChange(ticket="t", comment="c", wanted=text)).step == "edit_comment"
    assert step(CommentChange(ticket="t", comment="c")).step == "delete_comment"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("parent", {"form": "parent", "child": "t", "parent": "o"}),
        ("child", {"form": "parent", "child": "o", "parent": "t"}),
        ("blocks", {"form": "relation", "type": "blocks", "issue": "t", "related": "o"}),
        ("blocked_by", {"form": "relation", "type": "blocks", "issue": "o", "related": "t"}),
        ("duplicates", {"form": "relation", "type": "duplicate", "issue": "t", "related": "o"}),
        ("relates", {"form": "relation", "type": "related", "issue": "t", "related": "o"}),
    ],
)
def test_links_are_relations_of_linear(kind, body):
    relation = Relation(kind=kind, target=TicketRef(external_id="o"))
    assert step(LinkChange(ticket="t", relation=relation)).body == body
    assert step(LinkChange(ticket="t", relation=relation, remove=True)).step == "unlink"


def test_a_link_to_elsewhere_is_an_attached_address():
    target = TicketRef(url="https://example.org/1", title="One")
    write = step(LinkChange(ticket="t", relation=Relation(kind="relates", target=target)))
    assert write.body == {"form": "address", "url": "https://example.org/1", "title": "One"}
