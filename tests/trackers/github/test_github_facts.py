"""What a delivery says, event by event, and which bodies are broken."""

import pytest

from schemas.errors import Permanent
from schemas.event import Doubtful, Ignored, Ping, ProjectSeen, TicketGone, TicketMoved, TicketSeen
from schemas.ticket import TicketRef
from tests.trackers.github.github_payloads import (
    NAME,
    a_comment,
    a_label,
    a_milestone,
    a_payload,
    a_pull_request,
    a_repository,
    a_user,
    an_issue,
    encoded,
    headers,
)
from tests.trackers.stand_ins import a_delivery
from trackers.registry import tracker_named

GITHUB = tracker_named("github")
ELSEWHERE = a_repository(1, "somebody/else")
HOME = ProjectSeen(id="660001", name=NAME)


def events(event, payload):
    body = payload if isinstance(payload, bytes) else encoded(payload)
    return GITHUB.parse(a_delivery(headers(event, body), body))


def facts(event, action, **parts):
    first, *others = events(event, a_payload(action, **parts))
    assert first == HOME
    return others


@pytest.mark.parametrize("action", ["opened", "pinned", "labeled", "something_of_next_year"])
def test_any_act_on_an_issue_brings_its_record(action):
    issue = an_issue()
    assert facts("issues", action, issue=issue) == [TicketSeen(ticket="12", record=issue)]


def test_an_issue_that_came_by_transfer_is_seen_as_usual():
    changes = {"old_issue": an_issue(90), "old_repository": ELSEWHERE}
    [seen] = facts("issues", "opened", issue=an_issue(), changes=changes)
    assert seen.ticket == "12"


SEEN = TicketSeen(ticket="12", record=an_issue())


def test_a_deleted_issue_is_gone_with_proof_and_its_last_state():
    gone = TicketGone(ticket="12", proof="issues.deleted")
    assert facts("issues", "deleted", issue=an_issue()) == [SEEN, gone]


def test_a_transferred_issue_tells_where_it_went():
    new = an_issue(5, title="Beacon", html_url="https://github.com/somebody/else/issues/5")
    changes = {"new_issue": new, "new_repository": ELSEWHERE}
    place = TicketRef(key="somebody/else#5", url=new["html_url"], title="Beacon")
    moved = TicketMoved(ticket="12", to=place)
    assert facts("issues", "transferred", issue=an_issue(), changes=changes) == [SEEN, moved]


def test_a_transfer_that_does_not_say_where_is_a_transfer_all_the_same():
    moved = TicketMoved(ticket="12", to=TicketRef())
    assert facts("issues", "transferred", issue=an_issue()) == [SEEN, moved]


@pytest.mark.parametrize("action", ["created", "edited"])
def test_a_comment_brings_its_issue_too(action):
    told = facts("issue_comment", action, issue=an_issue(), comment=a_comment())
    assert [one.fact for one in told] == ["ticket_seen", "comment_seen"]


def test_a_deleted_comment_is_gone():
    told = facts("issue_comment", "deleted", issue=an_issue(), comment=a_comment())
    assert [(one.fact, one.ticket) for one in told] == [
        ("ticket_seen", "12"),
        ("comment_gone", "12"),
    ]


@pytest.mark.parametrize("event", ["issues", "issue_comment"])
def test_pull_requests_are_ignored(event):
    told = facts(event, "created", issue=a_pull_request(), comment=a_comment())
    assert told == [Ignored(reason="pull request #13")]
    assert facts(event, "created", issue=an_issue(pull_request={}))[0].fact == "ignored"


@pytest.mark.parametrize(
    ("event", "ends"),
    [
        ("sub_issues", ("sub_issue", "parent_issue")),
        ("issue_dependencies", ("blocked_issue", "blocking_issue")),
    ],
)
def test_a_link_puts_both_ends_in_doubt(event, ends):
    parts = dict(zip(ends, (an_issue(8), an_issue(9)), strict=True))
    doubt = Doubtful(tickets=("8", "9"), aspect="links", reason=f"{event}.added")
    assert facts(event, "added", **parts) == [doubt]


def test_the_end_in_another_repository_is_none_of_ours():
    parts = {"sub_issue": an_issue(8), "sub_issue_repo": ELSEWHERE, "parent_issue": an_issue(9)}
    [doubt] = facts("sub_issues", "sub_issue_added", **parts)
    assert doubt.tickets == ("9",)


@pytest.mark.parametrize(
    ("event", "action", "fact"),
    [
        ("label", "created", "definition_seen"),
        ("label", "edited", "definition_seen"),
        ("label", "deleted", "definition_gone"),
        ("milestone", "closed", "definition_seen"),
        ("milestone", "deleted", "definition_gone"),
    ],
)
def test_definitions_are_seen_and_gone(event, action, fact):
    [told] = facts(event, action, label=a_label(), milestone=a_milestone())
    assert told.fact == fact


def test_a_renamed_repository_tells_its_former_name():
    changes = {"repository": {"name": {"from": "old"}}}
    [seen] = events("repository", a_payload("renamed", changes=changes))
    assert seen == HOME.model_copy(update={"renamed_from": "lantern/old"})


@pytest.mark.parametrize("kind", ["user", "organization"])
def test_a_repository_that_changed_hands_tells_its_former_name(kind):
    changes = {"owner": {"from": {kind: a_user("pier")}}}
    [seen] = events("repository", a_payload("transferred", changes=changes))
    assert seen.renamed_from == "pier/harbour"


def test_ping_is_a_ping_with_or_without_a_repository():
    assert facts("ping", None) == [Ping()]
    assert events("ping", {"zen": "Design for failure."}) == [Ping()]


@pytest.mark.parametrize(
    ("event", "action", "told"),
    [
        ("push", None, "push"),
        ("repository", "edited", "repository.edited"),
        ("pull_request", "synchronize", "pull_request.synchronize"),
        ("meta", "blessed", "meta.blessed"),
        ("issue_comment", "pinned", "issue_comment.pinned"),
        ("label", "blessed", "label.blessed"),
        ("event_of_next_year", "done", "event_of_next_year.done"),
    ],
)
def test_what_we_do_not_keep_is_ignored_by_name(event, action, told):
    parts = {"issue": an_issue(), "label": a_label()}
    assert events(event, a_payload(action, **parts)) == [
        Ignored(reason=f"{told} holds nothing we keep")
    ]


@pytest.mark.parametrize(
    ("event", "body", "cause"),
    [
        ("issues", b"{", "no JSON"),
        ("issues", b"\xff", "not UTF-8 at byte 0"),
        ("issues", b"[" * 5000 + b"]" * 5000, "nested too deeply"),
        ("issues", b'{"a":' * 400 + b"1" + b"}" * 400, "nested deeper"),
        ("issues", b"[]", "the body is a list"),
        ("issues", {"action": "opened"}, "issues.issue is missing"),
        ("issues", {"issue": []}, "issues.issue is a list"),
        ("issues", {"issue": {"title": "x"}}, "issues.issue.number is missing"),
        ("issues", {"issue": {"number": "12"}}, "issues.issue.number is a text"),
        ("issues", {"issue": {"number": 0}}, "issues.issue.number is 0"),
        ("issues", {"issue": {"number": 2**33}}, "issues.issue.number is a number"),
        ("issues", {"issue": an_issue()}, "issues.repository is missing"),
        ("issue_comment", {"action": "created", "issue": an_issue()}, "comment is missing"),
        (
            "issue_comment",
            {"action": "created", "issue": an_issue(), "comment": {"id": True}},
            "issue_comment.comment.id is true",
        ),
        ("sub_issues", {"action": "sub_issue_added"}, "sub_issues.sub_issue is missing"),
        ("label", {"action": "edited", "label": {"name": "x"}}, "label.label.id is missing"),
        ("milestone", {"action": "edited", "milestone": 4}, "milestone.milestone is a number"),
        ("", a_payload("opened"), "X-GitHub-Event"),
    ],
)
def test_a_broken_body_ends_with_a_cause(event, body, cause):
    with pytest.raises(Permanent, match=cause):
        events(event, body)


def test_a_dropped_body_cannot_be_read():
    with pytest.raises(Permanent, match="dropped"):
        GITHUB.parse(a_delivery(headers("issues", b""), None))
