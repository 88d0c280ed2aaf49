"""What deliveries say, and what they are not believed."""

from datetime import timedelta

import orjson
import pytest

from schemas.errors import Permanent
from schemas.event import (
    CommentGone,
    CommentSeen,
    DefinitionGone,
    DefinitionSeen,
    Doubtful,
    Ignored,
    ProjectSeen,
    TicketGone,
    TicketSeen,
)
from tests.trackers.linear.linear_payloads import (
    SENT,
    STATE,
    TEAM,
    TICKET,
    a_comment,
    an_issue,
    facts,
    payload,
    source,
)
from tests.trackers.stand_ins import NOW, a_delivery, shared
from trackers.linear import LINEAR

OURS = ProjectSeen(id=TEAM["id"], name="ENG")


def said(kind, action, about, **over):
    return facts(LINEAR, payload(kind, action, about, **over))


def test_an_issue_is_told_with_its_team():
    issue = an_issue()
    assert said("Issue", "create", issue) == [OURS, TicketSeen(ticket=TICKET, record=issue)]


def test_a_team_without_a_name_is_named_by_the_issues_key():
    issue = an_issue()
    del issue["team"]
    assert said("Issue", "create", issue)[0] == OURS


def test_an_issue_that_changed_teams_is_asked_about_by_both_sources():
    events = said("Issue", "update", an_issue(), updatedFrom={"teamId": "another", "number": 3})
    assert [(one.fact, one.aspect) for one in events] == [("doubtful", "core")]


def test_trash_deletion_and_restore_are_told_apart():
    trashed = an_issue(trashed=True, archivedAt="2026-11-20T09:00:00.404Z")
    gone = TicketGone(ticket=TICKET, proof="trashed")
    assert said("Issue", "update", trashed, updatedFrom={"trashed": None})[-1] == gone
    removed = TicketGone(ticket=TICKET, proof="Issue.remove")
    assert said("Issue", "remove", trashed)[-1] == removed
    back = said("Issue", "update", an_issue(), updatedFrom={"trashed": True})
    assert [one.fact for one in back] == ["project_seen", "ticket_seen", "doubtful"]
    archived = an_issue(archivedAt="2026-11-20T09:00:00.404Z")
    told = said("Issue", "update", archived, updatedFrom={"archivedAt": None})
    assert [one.fact for one in told] == ["project_seen", "ticket_seen"]


def test_a_stub_of_an_issue_is_only_a_hint():
    [hint] = said("Issue", "update", {"id": TICKET})
    assert (hint.fact, hint.tickets) == ("doubtful", (TICKET,))
    assert said("Issue", "remove", {"id": TICKET}) == [
        TicketGone(ticket=TICKET, proof="Issue.remove")
    ]


def test_a_changed_parent_puts_the_links_of_all_three_in_doubt():
    events = said("Issue", "update", an_issue(parentId="new"), updatedFrom={"parentId": "old"})
    assert events[-1].tickets == (TICKET, "old", "new")
    first = said("Issue", "update", an_issue(), updatedFrom={"parentId": None})
    assert first[-1].tickets == (TICKET,)


def test_a_new_sub_issue_puts_the_links_of_both_in_doubt():
    events = said("Issue", "create", an_issue(parentId="old"))
    assert (events[-1].aspect, events[-1].tickets) == ("links", (TICKET, "old"))
    assert [one.fact for one in said("Issue", "create", an_issue())] == [
        "project_seen",
        "ticket_seen",
    ]


def test_definitions_tell_their_team_even_without_its_name():
    for kind, about in (
        ("IssueLabel", {"id": "l", "name": "Bug"}),
        ("Cycle", {"id": "c", "number": 7}),
    ):
        [project, _] = said(kind, "update", about | {"teamId": "another"})
        assert project == ProjectSeen(id="another", name="another")


def test_an_issue_marked_as_duplicate_has_a_new_link():
    marked = an_issue(state=STATE | {"type": "duplicate"})
    events = said("Issue", "update", marked, updatedFrom={"stateId": "s0"})
    assert (events[-1].fact, events[-1].aspect) == ("doubtful", "links")


@pytest.mark.parametrize(
    ("kind", "about", "fact"),
    [
        ("Issue", an_issue(), ("core", (TICKET,))),
        ("Comment", a_comment(), ("comments", (TICKET,))),
        ("Attachment", {"id": "a", "issueId": TICKET}, ("links", (TICKET,))),
    ],
)
def test_a_late_retry_is_read_again_and_not_believed(kind, about, fact):
    content = payload(kind, "update", about)
    events = facts(LINEAR, content, received_at=NOW + timedelta(seconds=61))
    hints = [one for one in events if isinstance(one, Doubtful)]
    assert [(one.aspect, one.tickets) for one in hints] == [fact]
    assert {one.fact for one in events} <= {"project_seen", "doubtful"}


def test_a_late_definition_waits_for_the_next_pass():
    content = payload("IssueLabel", "update", {"id": "l", "name": "Bug", "teamId": TEAM["id"]})
    [_, ignored] = facts(LINEAR, content, received_at=NOW + timedelta(hours=1))
    assert "too late" in ignored.reason


def test_a_body_without_any_time_is_not_believed():
    content = payload("Issue", "update", an_issue())
    del content["webhookTimestamp"]
    assert [one.fact for one in facts(LINEAR, content)] == ["project_seen", "doubtful"]
    headers = {"linear-timestamp": str(SENT)}
    assert [one.fact for one in facts(LINEAR, content, headers)] == ["project_seen", "ticket_seen"]


def test_comments_are_told_by_their_issue():
    url = "https://linear.app/harbour/issue/ENG-412/x#comment-c1"
    [_, seen] = said("Comment", "update", a_comment(), url=url)
    assert seen == CommentSeen(ticket=TICKET, record={"url": url} | a_comment())
    [_, gone] = said("Comment", "remove", a_comment())
    assert gone == CommentGone(ticket=TICKET, comment="c1")
    [elsewhere] = said("Comment", "create", {"id": "c2", "body": "x", "projectId": "p"})
    assert isinstance(elsewhere, Ignored)


def test_a_comment_with_signed_uploads_is_read_again():
    body = "![x](https://uploads.linear.app/a/b?signature=abc)"
    [_, hint] = said("Comment", "create", a_comment(body=body))
    assert (hint.fact, hint.aspect) == ("doubtful", "comments")


def test_definitions_come_and_go():
    label = {"id": "l", "name": "Bug", "color": "#eb5757", "teamId": None}
    [seen] = said("IssueLabel", "update", label)
    assert isinstance(seen, DefinitionSeen)
    assert (seen.definition.kind, seen.definition.name) == ("label", "Bug")
    assert said("IssueLabel", "remove", label) == [DefinitionGone(kind="label", id="l")]
    [group] = said("IssueLabel", "create", label | {"isGroup": True})
    assert isinstance(group, Ignored)
    cycle = {"id": "c", "number": 7, "name": None, "teamId": TEAM["id"], "completedAt": "x"}
    [project, sprint] = said("Cycle", "update", cycle, url="https://linear.app/h/team/ENG/cycle/7")
    assert project == OURS
    assert (sprint.definition.name, sprint.definition.state) == ("Cycle 7", "closed")
    assert said("Cycle", "remove", cycle)[1:] == [DefinitionGone(kind="sprint", id="c")]
    project = {"id": "p", "name": "Lanterns", "milestones": [{"id": "m", "name": "One"}]}
    [stone] = said("Project", "update", project)
    assert (stone.definition.kind, stone.definition.id) == ("milestone", "m")
    assert said("Project", "remove", project) == [DefinitionGone(kind="milestone", id="m")]
    assert isinstance(said("Project", "update", {"id": "p"})[0], Ignored)


def test_relations_and_reactions_are_hints():
    [relation] = said(
        "IssueRelation", "create", {"id": "r", "issueId": TICKET, "relatedIssueId": "o"}
    )
    assert (relation.aspect, relation.tickets) == ("links", (TICKET, "o"))
    [reaction] = said("Reaction", "remove", {"id": "r", "issueId": TICKET})
    assert (reaction.aspect, reaction.tickets) == ("core", (TICKET,))
    [comment] = said("Reaction", "create", {"id": "r", "commentId": "c"})
    assert isinstance(comment, Ignored)


@pytest.mark.parametrize(
    ("kind", "action"),
    [("User", "update"), ("IssueSLA", "highRisk"), ("OAuthApp", "revoked"), ("Issue", "dance")],
)
def test_what_is_not_ours_is_ignored_by_name(kind, action):
    [ignored] = said(kind, action, {})
    assert f"{kind}.{action}" in ignored.reason


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (None, "was dropped"),
        (b"{", "no JSON"),
        (b"[]", "a list, not an object"),
        (b'{"data": {}}', "names no type"),
        (b'{"type": "Issue", "action": "update"}', "data is missing"),
        (b'{"type": "Issue", "action": "update", "data": 3}', "data is a number"),
        (orjson.dumps(payload("Issue", "update", {"id": []})), "id is a list"),
        (orjson.dumps(payload("Comment", "update", a_comment(body=[]))), "body is a list"),
        (orjson.dumps(payload("IssueLabel", "update", {"id": "l"})), "name is missing"),
    ],
)
def test_broken_bodies_end_with_their_cause(body, cause):
    with pytest.raises(Permanent, match=cause):
        LINEAR.parse(a_delivery({}, body))


def test_the_documented_payloads_all_have_a_meaning():
    folder = shared("reference/payloads/linear")
    told = {}
    for path in sorted(folder.glob("*_*.json")):
        content = orjson.loads(path.read_bytes())
        if "type" not in content:
            continue
        now = NOW.fromtimestamp(content["webhookTimestamp"] / 1000, NOW.tzinfo)
        events = facts(LINEAR, content, received_at=now)
        told[path.stem] = [one.fact for one in events]
        for event in events:
            if isinstance(event, TicketSeen):
                assert LINEAR.to_ticket(event.record, source()).full
            if isinstance(event, CommentSeen):
                assert LINEAR.to_comment(event.record, source()).body
    assert told["issue_update_state_assignee"] == ["project_seen", "ticket_seen", "changes_told"]
    assert told["issue_update_team_move"] == ["doubtful"]
    assert told["issue_update_trashed"] == ["project_seen", "ticket_seen", "ticket_gone"]
    assert told["comment_remove"] == ["project_seen", "comment_gone"]
    assert told["project_update"] == ["ignored"]
    assert len(told) >= 14
