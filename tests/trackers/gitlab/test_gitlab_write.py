"""Changes as steps, in GitLab's form."""

from datetime import UTC, date, datetime

import pytest

from schemas.change import CommentChange, LinkChange, TicketChange
from schemas.errors import Permanent
from schemas.ticket import Comment, Label, Milestone, Person, Relation, Ticket, TicketRef
from tests.trackers.gitlab.gitlab_payloads import a_label, an_issue, the_source
from trackers import markers
from trackers.gitlab import GITLAB
from trackers.gitlab.write import duration

MARKER = markers.minted(b"key", "home", "m", "jira/PROJ-1")


def wanted(**over) -> Ticket:
    given = {"source": "shop", "external_id": "12", "key": "12", "title": "T"}
    return Ticket.model_validate(given | over)


def steps(ticket="12", *, record=None, marker=None, source=None, **over):
    change = TicketChange(
        ticket=ticket,
        wanted=wanted(**over),
        fields=frozenset(over),
        record=record,
        marker=marker,
    )
    return GITLAB.to_writes(change, source or the_source())


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(12600, "3h30m"), (45, "45s"), (3661, "1h1m1s"), (0, "0s"), (360000, "100h"), (-900, "-15m")],
)
def test_spans_are_told_in_hours_minutes_and_seconds(seconds, told):
    assert duration(seconds) == told


def test_a_new_issue_carries_its_marker_and_is_closed_in_a_step_of_its_own():
    create, estimate, close = steps(
        None, title="New", body="Text", state="closed", time_estimate=60, marker=MARKER
    )
    assert create.step == "create"
    assert create.body["description"] == f"Text\n\n{markers.hidden(MARKER)}"
    assert "state_event" not in create.body
    assert (estimate.step, estimate.ticket) == ("estimate", None)
    assert estimate.body == {"seconds": 60, "read": False}
    assert (close.step, close.body) == ("update", {"state_event": "close"})


def test_a_new_issue_without_a_text_still_carries_its_marker():
    [create] = steps(None, title="New", marker=MARKER)
    assert create.body["description"] == markers.hidden(MARKER)


def test_a_changed_text_keeps_the_marker_it_had():
    record = an_issue(description=f"Old\n\n{markers.hidden(MARKER)}")
    [update] = steps(body="/close is a word", record=record)
    assert update.body == {"description": f"\\/close is a word\n\n{markers.hidden(MARKER)}"}


def test_labels_are_added_and_removed_where_the_issue_is_known():
    labels = (Label(id="1", name="BUG"), Label(id="2", name="new"))
    record = an_issue(labels=[a_label(1, "bug"), a_label(3, "old")])
    [update] = steps(labels=labels, record=record)
    assert update.body == {"add_labels": ["new"], "remove_labels": ["old"]}
    [update] = steps(labels=labels)
    assert update.body == {"labels": ["BUG", "new"]}
    assert steps(labels=(Label(id="1", name="bug"),), record=an_issue(labels=["bug"])) == []


def test_what_cannot_be_said_is_told_as_a_loss():
    [update] = steps(
        labels=(Label(id="1", name="a,b"),),
        assignees=(Person(id="712020:ab"), Person(id="7")),
        type="epic",
        title="x" * 300,
        reporter=Person(id="1"),
    )
    assert update.body["assignee_ids"] == [7]
    assert len(update.body["title"]) == 255
    assert len(update.losses) == 5
    assert any("reporter" in loss for loss in update.losses)


def test_fields_are_cleared():
    [update] = steps(milestone=None, assignees=(), due_date=None, weight=None, state="open")
    assert update.body == {
        "milestone": None,
        "assignee_ids": [],
        "due_date": "",
        "weight": None,
        "state_event": "reopen",
    }


def test_a_milestone_goes_by_its_title():
    due = datetime(2027, 3, 1, 8, tzinfo=UTC)
    stone = Milestone(id="from elsewhere", title="v2", due_on=due)
    [update] = steps(milestone=stone, due_date=date(2027, 1, 2))
    told = {"title": "v2", "description": "", "due_date": "2027-03-01"}
    assert update.body == {"milestone": told, "due_date": "2027-01-02"}


def test_types_go_back_by_the_source_s_own_names():
    [update] = steps(type="bug", source=the_source(types={"incident": "bug"}))
    assert update.body == {"issue_type": "incident"}


def test_an_issue_without_a_title_is_refused():
    with pytest.raises(Permanent, match="title"):
        steps(None, title="  ")


def test_comments_are_made_changed_and_taken_away():
    new = CommentChange(
        ticket="12", wanted=Comment(id="", body="/close", internal=True), marker=MARKER
    )
    [step] = GITLAB.to_writes(new, the_source())
    assert step.step == "comment"
    assert step.body == {"body": f"\\/close\n\n{markers.hidden(MARKER)}", "internal": True}
    edit = CommentChange(
        ticket="12",
        comment="5",
        wanted=Comment(id="5", body="New"),
        record={"body": f"Old\n\n{markers.hidden(MARKER)}"},
    )
    [step] = GITLAB.to_writes(edit, the_source())
    assert step.body == {"body": f"New\n\n{markers.hidden(MARKER)}"}
    [step] = GITLAB.to_writes(CommentChange(ticket="12", comment="5"), the_source())
    assert (step.step, step.comment) == ("delete_comment", "5")


def a_link(kind, **target) -> LinkChange:
    return LinkChange(ticket="12", relation=Relation(kind=kind, target=TicketRef(**target)))


@pytest.mark.parametrize(
    ("kind", "target", "body"),
    [
        ("relates", {"external_id": "4"}, ("relates_to", "4", None)),
        ("blocked_by", {"key": "lantern/tools#9"}, ("is_blocked_by", "9", "lantern/tools")),
    ],
)
def test_links_are_made_here_and_to_other_projects(kind, target, body):
    [step] = GITLAB.to_writes(a_link(kind, **target), the_source())
    found = (step.body[name] for name in ("link_type", "target_issue_iid", "target_project"))
    assert tuple(found) == body


@pytest.mark.parametrize(("kind", "key"), [("parent", "4"), ("relates", "PROJ-12"), ("blocks", "")])
def test_links_that_gitlab_cannot_hold_are_refused(kind, key):
    with pytest.raises(Permanent):
        GITLAB.to_writes(a_link(kind, key=key), the_source())
