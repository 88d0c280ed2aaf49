"""What webhook bodies say; the recorded cases are in `cases/`."""

import pytest

from schemas.errors import Permanent
from schemas.event import Doubtful, Ignored, ProjectSeen, TicketMoved, TicketSeen
from tests.trackers.jira.jira_payloads import (
    URL,
    a_change,
    a_comment,
    a_status,
    an_event,
    an_issue,
    encoded,
    hooked,
    slim,
)
from tests.trackers.stand_ins import a_delivery, a_source
from trackers.jira import JIRA


@pytest.fixture
def source():
    return a_source("jira", URL)


def said(body, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return JIRA.parse(a_delivery(named, body if isinstance(body, bytes) else encoded(body)))


def updated(*items, **over):
    issue = hooked(an_issue(**over))
    return an_event("jira:issue_updated", issue=issue, changelog={"id": "1", "items": list(items)})


def test_a_webhook_tells_no_text_and_asks_for_the_rest():
    [_, seen, doubt, _] = said(updated(a_change("summary", "a", "b")))
    assert isinstance(seen, TicketSeen)
    assert not {"summary", "description", "labels", "priority"} & set(seen.record["fields"])
    assert doubt == Doubtful(tickets=("20481",), aspect="core", reason="jira:issue_updated")


@pytest.mark.parametrize(
    "item",
    [
        a_change("Link", None, "HARB-9"),
        a_change("issuelinks", None, "HARB-9"),
        a_change("IssueParentAssociation", "1", "2"),
        a_change("Epic Link", "1", "2", fieldId="customfield_10014"),
    ],
)
def test_a_changed_link_puts_the_links_in_doubt(item):
    assert "links" in [one.aspect for one in said(updated(item)) if isinstance(one, Doubtful)]


def test_a_drag_on_the_board_is_ignored_but_not_with_something_else():
    rank = a_change("Rank", None, None, fieldId="customfield_10019")
    assert [type(one) for one in said(updated(rank))] == [Ignored]
    both = said(updated(rank, a_change("status", "1", "3")))
    assert TicketSeen in [type(one) for one in both]


def test_a_move_inside_the_project_is_none():
    same = a_change("project", "10500", "10500")
    assert TicketMoved not in [type(one) for one in said(updated(same))]


def test_a_moved_issue_is_told_of_by_the_project_it_left():
    body = updated(
        a_change("project", "10500", "10520"),
        a_change("Key", None, None, fromString="HARB-12", toString="OPS-77"),
    )
    [project, moved] = said(body)
    assert project == ProjectSeen(id="10500", name="HARB")
    assert isinstance(moved, TicketMoved)


def test_a_created_event_may_carry_a_changelog_or_none():
    issue = hooked(an_issue())
    plain = said(an_event("jira:issue_created", issue=issue))
    assert [one.fact for one in plain] == ["project_seen", "ticket_seen", "doubtful"]


def test_a_slim_issue_does_not_know_why_it_was_closed(source):
    body = an_event(
        "comment_created", comment=a_comment(), issue=slim(an_issue(status=a_status("Done")))
    )
    [_, seen, _] = said(body)
    ticket = JIRA.to_ticket(seen.record, source)
    assert ticket.state == "closed"
    assert not {"close_reason", "status_category", "revision"} & ticket.present


@pytest.mark.parametrize(
    "event",
    [
        "attachment_created", "issue_property_set", "board_created", "user_updated",
        "issuetype_created", "event_of_next_year", "jira:worklog_updated",
    ],
)  # fmt: skip
def test_other_events_are_ignored_by_name(event):
    [ignored] = said(an_event(event, property={"key": "a"}))
    assert isinstance(ignored, Ignored)
    assert event in ignored.reason


@pytest.mark.parametrize(
    ("event", "reason"),
    [("project_soft_deleted", "read again"), ("project_archived", "read again")],
)
def test_what_happens_to_a_project_is_left_to_reading(event, reason):
    [project, ignored] = said(an_event(event, project={"id": 10500, "key": "HARB"}))
    assert project.name == "HARB"
    assert reason in ignored.reason


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{", b"null", b'{"webhookEvent": 3}', b'{"webhookEvent": "A B"}',
        b'{"webhookEvent": "jira:issue_updated"}', b'{"webhookEvent": "comment_created"}',
        b'{"webhookEvent": "jira:issue_updated", "issue": {"id": "x", "key": "A-1"}}',
        b'{"webhookEvent": "issuelink_created", "issueLink": {"sourceIssueId": 1}}',
        b'{"webhookEvent": "sprint_started"}',
    ],
)  # fmt: skip
def test_a_broken_body_is_permanent(body):
    with pytest.raises(Permanent):
        said(body)


def test_a_dropped_body_says_so():
    with pytest.raises(Permanent, match="dropped"):
        JIRA.parse(a_delivery({}, None))


@pytest.mark.parametrize(("flow", "fact"), [("Primary", "comment_gone"), ("Secondary", "doubtful")])
def test_only_a_deletion_of_the_comment_itself_is_one(flow, fact):
    body = an_event("comment_deleted", comment=a_comment(), issue=slim(an_issue()))
    assert said(body, x_atlassian_webhook_flow=flow)[-1].fact == fact
    assert said(body)[-1].fact == "doubtful"


@pytest.mark.parametrize("present", [True, False])
def test_an_issue_nobody_reported_has_its_creator_by_webhook_as_in_the_record(present, source):
    issue = hooked(an_issue(reporter=None))
    if not present:
        del issue["fields"]["creator"]
    events = said(an_event("jira:issue_updated", issue=issue))
    [seen] = [one for one in events if isinstance(one, TicketSeen)]
    told = JIRA.to_ticket(seen.record, source)
    assert ("reporter" in told.present) is present
    if present:
        assert told.reporter == JIRA.to_ticket(an_issue(reporter=None), source).reporter


def test_an_edit_that_brings_a_comment_is_an_edit_too():
    body = an_event(
        "jira:issue_updated",
        issue_event_type_name="issue_commented",
        issue=hooked(an_issue()),
        comment={"id": "5"},
        changelog={"id": "7", "items": [a_change("summary", "a", "b")]},
    )
    aspects = [one.aspect for one in said(body) if isinstance(one, Doubtful)]
    assert sorted(aspects) == ["comments", "core"]
