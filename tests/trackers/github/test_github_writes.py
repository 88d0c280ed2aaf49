"""Changes as steps: pure, and without a write too many."""

import pytest

from schemas.change import CommentChange, LinkChange, TicketChange
from schemas.ticket import Comment, Label, Milestone, Person, Relation, Ticket, TicketRef
from tests.trackers.github.github_payloads import URL, a_label, a_milestone, a_user, an_issue
from tests.trackers.stand_ins import a_source
from trackers import markers
from trackers.github import GITHUB

SOURCE = a_source("github", URL)
MARK = markers.minted(b"key", "here", "mirror", "jira/10001")


def a_ticket(**fields) -> Ticket:
    return Ticket.model_validate({"source": "shop", "external_id": "12", "key": "12"} | fields)


def steps(record=None, source=SOURCE, marker=None, ticket="12", **wanted):
    """(step, body) of the writes for some fields of a ticket."""
    change = TicketChange(
        ticket=ticket if record else None,
        wanted=a_ticket(**wanted),
        fields=frozenset(wanted),
        record=record,
        marker=marker,
    )
    return [(one.step, one.body) for one in GITHUB.to_writes(change, source)]


def losses(**wanted):
    change = TicketChange(wanted=a_ticket(**wanted), fields=frozenset(wanted))
    return GITHUB.to_writes(change, SOURCE)[0].losses


def labels(*names):
    return tuple(Label(id=name, name=name) for name in names)


def people(*logins):
    return tuple(Person(id=login, login=login) for login in logins)


def test_a_new_issue_is_made_open_and_then_assigned_closed_and_locked():
    told = steps(
        title="T", body="B", labels=labels("bug"), assignees=people("mara"), state="closed",
        close_reason="not_planned", locked=True,
    )  # fmt: skip
    assert told == [
        ("create", {"title": "T", "body": "B", "labels": ["bug"]}),
        ("assign", {"assignees": ["mara"]}),
        ("update", {"state": "closed", "state_reason": "not_planned"}),
        ("lock", None),
    ]


def test_a_new_issue_carries_its_marker_where_nobody_sees_it():
    [(_, body)] = steps(title="T", body="B", marker=MARK)
    assert body["body"] == f"B\n\n{markers.hidden(MARK)}"
    [(_, bare)] = steps(title="T", marker=MARK)
    assert markers.found(bare["body"]) == [MARK]


def test_a_new_text_keeps_the_marker_of_the_old_one():
    old = an_issue(body=f"Old.\r\n\r\n{markers.hidden(MARK)}")
    [(_, body)] = steps(old, body="New.")
    assert body == {"body": f"New.\n\n{markers.hidden(MARK)}"}
    assert GITHUB.to_ticket(old, SOURCE).body == "Old."


def test_only_the_labels_that_differ_are_written():
    record = an_issue(labels=[a_label("Bug"), a_label("late", 2)])
    assert steps(record, labels=labels("bug", "new")) == [
        ("add_labels", {"labels": ["new"]}),
        ("remove_label", {"name": "late"}),
    ]
    assert steps(record, labels=labels("bug", "late")) == []


def test_only_the_people_who_differ_are_written():
    record = an_issue(assignees=[a_user("ines"), a_user("tom", 2)])
    assert steps(record, assignees=people("Ines", "mara")) == [
        ("unassign", {"assignees": ["tom"]}),
        ("assign", {"assignees": ["mara"]}),
    ]


@pytest.mark.parametrize(
    ("record", "wanted", "told"),
    [
        (
            {"state": "open"},
            {"state": "closed"},
            [{"state": "closed", "state_reason": "completed"}],
        ),
        ({"state": "open"}, {"state": "open"}, []),
        ({"state": "closed"}, {"state": "open"}, [{"state": "open"}]),
        ({"state": "closed"}, {"status": "open"}, [{"state": "open"}]),
        (
            {"state": "open"},
            {"status_category": "canceled"},
            [{"state": "closed", "state_reason": "not_planned"}],
        ),
        (
            {"state": "closed", "state_reason": "completed"},
            {"state": "closed", "close_reason": "duplicate"},
            [{"state": "open"}, {"state": "closed", "state_reason": "duplicate"}],
        ),
        (
            {"state": "closed", "state_reason": "duplicate"},
            {"state": "closed", "close_reason": "duplicate"},
            [],
        ),
    ],
)
def test_the_state_is_written_with_its_reason_and_only_when_it_changes(record, wanted, told):
    assert [body for _, body in steps(an_issue(**record), **wanted)] == told


def test_milestone_and_type_are_named_for_the_client_to_find():
    stone = Milestone(id="7", title="Spring", number=99)
    [(_, body)] = steps(an_issue(), milestone=stone, type="bug")
    assert body["milestone"]["title"] == "Spring"
    assert body["type"] == ["bug"]
    cleared = steps(an_issue(milestone=a_milestone()), milestone=None, type="issue")
    assert cleared == [("update", {"milestone": None, "type": None})]


def test_what_is_too_long_is_shortened_and_told():
    told = losses(title="x" * 300, body="y" * 70_000, assignees=people(*map(str, range(12))))
    assert [loss.partition(":")[0] for loss in told] == ["title", "body", "assignees"]
    [(_, body), _] = steps(title="x" * 300, body="y" * 70_000, assignees=people("mara"))
    assert (len(body["title"]), len(body["body"])) == (256, 65_536)


def test_a_long_text_is_shortened_before_its_marker():
    [(_, body)] = steps(title="T", body="y" * 70_000, marker=MARK)
    assert len(body["body"]) == 65_536
    assert markers.found(body["body"]) == [MARK]


def test_what_has_no_place_is_a_loss():
    assert losses(title="T", story_points=3, severity="P1") == (
        "severity has no place here",
        "story_points has no place here",
    )


def test_mapped_fields_are_written_as_issue_fields():
    source = a_source("github", URL, fields={"severity": "520", "due_date": "521"})
    told = steps(title="T", severity="P2", due_date="2027-01-02", source=source)
    values = [{"field_id": 520, "value": "High"}, {"field_id": 521, "value": "2027-01-02"}]
    assert told[1] == ("set_fields", {"issue_field_values": values})
    record = an_issue(issue_field_values=[{"issue_field_id": 520, "value": "High"}])
    cleared = steps(record, severity=None, due_date=None, source=source)
    assert cleared == [("clear_field", {"field_id": 520})]


def test_severities_kept_in_labels_are_written_as_labels():
    source = a_source("github", URL, severities={"prio/1": "P1", "prio/3": "P3"})
    record = an_issue(labels=[a_label("prio/3"), a_label("bug", 2)])
    assert steps(record, severity="P1", source=source) == [
        ("add_labels", {"labels": ["prio/1"]}),
        ("remove_label", {"name": "prio/3"}),
    ]
    assert steps(record, labels=labels("bug"), source=source) == []


def test_comments_are_made_changed_and_deleted():
    said = CommentChange(ticket="12", wanted=Comment(id="", body="Hello"), marker=MARK)
    [made] = GITHUB.to_writes(said, SOURCE)
    assert (made.step, made.body) == ("comment", {"body": f"Hello\n\n{markers.hidden(MARK)}"})
    old = {"body": made.body["body"]}
    again = CommentChange(ticket="12", comment="5", wanted=Comment(id="5", body="Hi"), record=old)
    [changed] = GITHUB.to_writes(again, SOURCE)
    assert changed.body == {"body": f"Hi\n\n{markers.hidden(MARK)}"}
    [gone] = GITHUB.to_writes(again.model_copy(update={"wanted": None}), SOURCE)
    assert (gone.step, gone.comment, gone.body) == ("delete_comment", "5", None)


def test_links_that_github_makes_itself_are_not_written():
    for kind in ("relates", "pull_request", "duplicates"):
        relation = Relation(kind=kind, target=TicketRef(key="3"))
        assert GITHUB.to_writes(LinkChange(ticket="12", relation=relation), SOURCE) == []
