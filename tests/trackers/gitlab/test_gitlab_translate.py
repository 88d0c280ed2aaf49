"""Records as tickets, comments and relations."""

import pytest

from schemas.errors import Permanent
from schemas.ticket import Privacy, StatusCategory
from tests.trackers.gitlab.gitlab_payloads import (
    URL,
    a_label,
    a_note,
    a_person,
    an_issue,
    the_source,
)
from trackers.gitlab import GITLAB


def a_ticket(source=None, **over):
    return GITLAB.to_ticket(an_issue(**over), source or the_source())


def test_a_whole_record_is_full():
    ticket = a_ticket()
    assert ticket.full
    assert (ticket.key, ticket.number, ticket.native_id) == ("12", 12, "880012")
    assert ticket.revision == "2026-11-20T09:30:00.002Z"
    assert ticket.url == f"{URL}/-/issues/12"


def test_a_record_that_lacks_a_core_field_is_partial():
    record = an_issue()
    del record["user_notes_count"]
    ticket = GITLAB.to_ticket(record, the_source())
    assert not ticket.full
    assert "comment_count" not in ticket.present
    assert {"title", "status", "revision", "time_spent"} <= ticket.present


@pytest.mark.parametrize(
    ("native", "ours"), [("ISSUE", "issue"), ("Test Case", "test_case"), ("TASK", "task")]
)
def test_types_are_words(native, ours):
    assert a_ticket(issue_type=None, type=native).type == ours


def test_a_source_names_types_its_own_way():
    assert a_ticket(the_source(types={"Incident": "bug"}), issue_type="incident").type == "bug"


@pytest.mark.parametrize(
    ("native", "ours"),
    [("CRITICAL", "P1"), ("high", "P2"), ("MEDIUM", "P3"), ("low", "P4"), ("UNKNOWN", None)],
)
def test_the_severity_of_incidents(native, ours):
    assert a_ticket(issue_type="incident", severity=native).severity == ours


def test_severity_priority_and_customer_may_be_scoped_labels():
    labels = [a_label(1, "severity::2"), a_label(2, "priority::high"), a_label(3, "kunde::Öl AG")]
    ticket = a_ticket(the_source(fields={"customer": "kunde::"}), labels=labels)
    assert (ticket.severity, ticket.priority, ticket.customer) == ("P2", "high", "Öl AG")


def test_components_are_labels_of_a_scope_that_the_source_names():
    labels = [a_label(1, "part::Radio"), a_label(2, "part::Mast"), a_label(3, "bug")]
    assert a_ticket(labels=labels).components == ()
    ticket = a_ticket(the_source(fields={"components": "part::"}), labels=labels)
    assert [(one.id, one.name) for one in ticket.components] == [("1", "Radio"), ("2", "Mast")]


def test_a_priority_stands_in_for_a_severity():
    assert a_ticket(labels=[a_label(1, "priority::1")]).severity == "P1"


def test_a_source_maps_labels_to_severities_and_statuses():
    source = the_source(severities={"Sev-A": "P1"}, statuses={"Doing": "in_progress"})
    ticket = a_ticket(source, labels=[a_label(1, "sev-a"), a_label(2, "doing")])
    assert (ticket.severity, ticket.status_category) == ("P1", StatusCategory.in_progress)
    closed = a_ticket(source, state="closed", labels=[a_label(2, "doing")])
    assert closed.status_category is StatusCategory.done


def test_what_labels_say_does_not_depend_on_their_order():
    source = the_source(
        severities={"Sev-A": "P1", "Sev-B": "P2"},
        statuses={"Doing": "in_progress", "Waiting": "todo"},
        types={"kind/bug": "bug", "kind/wish": "wish"},
    )
    names = ("sev-b", "waiting", "doing", "sev-a", "kind/wish", "kind/bug", "x::2", "x::1")
    labels = [a_label(place, name) for place, name in enumerate(names)]
    one, other = (a_ticket(source, labels=each) for each in (labels, labels[::-1]))
    assert (one.severity, one.type, one.status_category) == ("P1", "bug", "in_progress")
    assert (one.severity, one.type, one.status_category) == (
        other.severity,
        other.type,
        other.status_category,
    )


def test_a_duplicate_was_canceled_unless_the_source_says_otherwise():
    twin = {"_links": {"closed_as_duplicate_of": "https://x/projects/1/issues/2"}}
    assert a_ticket(state="closed", **twin).status_category is StatusCategory.canceled
    source = the_source(statuses={"duplicate": "done"})
    assert a_ticket(source, state="closed", **twin).status_category is StatusCategory.done


def test_story_points_are_the_weight_where_the_source_says_so():
    assert a_ticket(weight=5).story_points is None
    assert a_ticket(the_source(fields={"story_points": "weight"}), weight=5).story_points == 5
    scoped = the_source(fields={"story_points": "points::"})
    assert a_ticket(scoped, labels=[a_label(1, "points::8")]).story_points == 8


def test_a_confidential_issue_stays_at_home():
    assert a_ticket(confidential=True).privacy is Privacy.local_only
    assert a_ticket(confidential=False).privacy is None


def test_licensed_fields_are_read_where_there_are_any():
    iteration = {
        "id": 820,
        "iid": 3,
        "title": None,
        "state": 2,
        "start_date": "2026-11-09",
        "due_date": "2026-11-22",
    }
    epic = {"id": 60, "iid": 4, "title": "Winter", "url": "/groups/lantern/-/epics/4"}
    ticket = a_ticket(weight=3, iteration=iteration, epic=epic, health_status="on_track")
    assert (ticket.weight, ticket.sprint.id, ticket.sprint.state) == (3, "820", "current")
    assert ticket.sprint.name == "2026-11-09 - 2026-11-22"
    assert ticket.epic.url == "https://gitlab.com/groups/lantern/-/epics/4"
    assert ticket.external_fields == {"health_status": "on_track"}


def test_a_description_gives_its_files():
    secret = "0123456789abcdef0123456789abcdef"
    [file] = a_ticket(description=f"![a](/uploads/{secret}/a%20map.png)\n").attachments
    assert (file.id, file.name) == (secret, "a map.png")
    assert file.url == f"{URL}/uploads/{secret}/a%20map.png"


def test_our_markers_and_guards_are_no_part_of_a_text():
    proof = "0" * 32
    text = f"\\/close it\r\nplease\n\n<!-- ticketsync:1:home:m:shop%2F7:1:{proof} -->"
    assert a_ticket(description=text).body == "/close it\nplease"


@pytest.mark.parametrize(
    ("over", "reason"),
    [
        ({"moved_to_id": 5}, "moved"),
        ({"_links": {"closed_as_duplicate_of": "https://x/projects/1/issues/2"}}, "duplicate"),
        ({}, None),
    ],
)
def test_why_it_was_closed(over, reason):
    assert a_ticket(state="closed", **over).close_reason == reason


@pytest.mark.parametrize(
    ("login", "kind"),
    [("ghost", "ghost"), ("project_42_bot_9f1c", "bot"), ("group_7_bot", "bot"), ("bot", "user")],
)
def test_kinds_of_accounts(login, kind):
    assert a_ticket(author=a_person(9, login)).reporter.kind == kind


@pytest.mark.parametrize(
    ("over", "named"),
    [
        ({"title": 7}, "issue.title is a number"),
        ({"labels": "bug"}, "issue.labels is a text"),
        ({"state": "merged"}, "neither opened nor closed"),
        ({"iid": None}, "issue.iid is missing"),
        ({"updated_at": "soon"}, "issue.updated_at is a text, not a time"),
        ({"due_date": "soon"}, "issue.due_date is a text, not a day"),
        ({"milestone": {"id": None}}, "issue.milestone.id is missing"),
        ({"author": {"id": []}}, "issue.author.id is a list"),
    ],
)
def test_a_wrong_type_names_its_field(over, named):
    with pytest.raises(Permanent, match=named.replace(".", r"\.")):
        a_ticket(**over)


def test_numbers_may_be_printed_as_text():
    ticket = a_ticket(user_notes_count="3", upvotes="2", weight="5", iid="12")
    assert (ticket.comment_count, ticket.reactions, ticket.weight) == (3, {"+1": 2}, 5)


def test_a_note_of_the_api():
    comment = GITLAB.to_comment(a_note(internal=True), the_source())
    assert (comment.id, comment.internal) == ("66001", True)
    assert comment.url == f"{URL}/-/issues/12#note_66001"
    assert comment.revision == "2026-11-20T09:05:00.000Z"


def test_links_here_and_elsewhere():
    link = {
        "kind": "blocks",
        "iid": 4,
        "project": "lantern/tools",
        "url": "https://x",
        "title": "T",
    }
    here = GITLAB.to_relation(link | {"here": True}, the_source())
    assert (here.kind, here.target.external_id, here.target.key) == ("blocks", "4", "4")
    there = GITLAB.to_relation(link | {"here": False}, the_source())
    assert (there.target.external_id, there.target.key) == (None, "lantern/tools#4")


def test_a_merge_request_is_a_link_and_never_a_ticket():
    link = {
        "kind": "pull_request",
        "iid": 9,
        "project": "lantern/coast/harbour",
        "url": f"{URL}/-/merge_requests/9",
        "title": "A mend",
        "branch": "12-mend",
        "state": "merged",
        "merged_at": "2026-11-20T10:00:00.000Z",
    }
    relation = GITLAB.to_relation(link, the_source())
    request = relation.pull_request
    assert (request.repository, request.number, request.state) == (link["project"], 9, "merged")
    assert (request.branch, relation.target.url) == ("12-mend", link["url"])


def test_an_unknown_link_is_permanent():
    with pytest.raises(Permanent, match=r"link\.kind"):
        GITLAB.to_relation({"kind": "likes", "iid": 1}, the_source())


def test_a_webhook_without_labels_or_severity_does_not_speak_for_what_they_may_tell():
    issue = {"id": 880012, "iid": 12, "title": "x", "state": "opened", "type": "Issue", "weight": 3}
    told = GITLAB.to_ticket(issue, the_source()).present
    assert {"state", "status", "weight"} <= told
    assert not {"type", "severity", "story_points", "status_category"} & told
    beside = GITLAB.to_ticket(issue | {"labels": []}, the_source()).present
    assert {"type", "story_points", "status_category"} <= beside
    assert "severity" not in beside


@pytest.mark.parametrize("name", ["..", "../../../../user", "%2e%2e", "..%2F..%2Fuser", "a%00b"])
def test_an_address_that_leads_elsewhere_is_no_file(name):
    assert a_ticket(description=f"![a](/uploads/{'0a' * 16}/{name})").attachments == ()
