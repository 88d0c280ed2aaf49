"""Records as tickets: every field, both forms, and what has a wrong type."""

from datetime import UTC, date, datetime

import pytest

from schemas import fingerprint
from schemas.errors import Permanent
from schemas.ticket import StatusCategory
from tests.trackers.linear.linear_payloads import STATE, TICKET, a_comment, an_issue, source
from trackers import markers
from trackers.linear import LINEAR

UPLOAD = "https://uploads.linear.app/5a1c/9f2e/lamp.png"


def ticket(source_=None, **over):
    return LINEAR.to_ticket(an_issue(**over), source_ or source())


@pytest.mark.parametrize(
    ("kind", "category", "state"),
    [
        ("triage", "todo", "open"),
        ("backlog", "todo", "open"),
        ("unstarted", "todo", "open"),
        ("started", "in_progress", "open"),
        ("completed", "done", "closed"),
        ("canceled", "canceled", "closed"),
        ("duplicate", "canceled", "closed"),
        ("something new", "todo", "open"),
    ],
)
def test_states_mean_what_their_type_says(kind, category, state):
    found = ticket(state=STATE | {"type": kind, "name": "A name"})
    assert (found.status_category, found.state) == (category, state)
    assert (found.status, found.status_id) == ("A name", "s1")
    assert found.close_reason == (kind if state == "closed" else None)


def test_a_source_may_say_what_its_states_mean():
    own = source(statuses={"backlog": "done"})
    found = ticket(own)
    assert (found.status_category, found.state) == (StatusCategory.done, "closed")
    with pytest.raises(Permanent, match="'finished' is no category"):
        ticket(source(statuses={"backlog": "finished"}))


@pytest.mark.parametrize(
    ("priority", "word", "severity"),
    [
        (0, None, None),
        (1, "Urgent", "P1"),
        (2, "High", "P2"),
        (3.0, "Medium", "P3"),
        (4, "Low", "P4"),
    ],
)
def test_priorities_are_words_and_severities(priority, word, severity):
    found = ticket(priority=priority)
    assert (found.priority, found.severity) == (word, severity)


def test_severities_may_be_mapped():
    assert ticket(source(severities={"high": "P1"})).severity == "P1"


def test_types_come_from_labels_where_the_source_says_so():
    labels = [{"id": "l", "name": "Defect"}]
    assert ticket(labels=labels).type == "issue"
    assert ticket(source(types={"defect": "bug"}), labels=labels).type == "bug"


def test_both_forms_of_a_record_say_the_same():
    hooked = ticket(
        labels=[{"id": "l", "name": "Bug", "color": "#eb5757", "parentId": "g"}],
        parentId="p",
        botActor='{"id": "b", "type": "slack", "name": "Slack"}',
        assigneeId="u",
    )
    read = ticket(
        labels={"nodes": [{"id": "l", "name": "Bug", "color": "#eb5757", "parent": {"id": "g"}}]},
        parent={"id": "p", "identifier": "ENG-1", "title": "T", "url": "u"},
        botActor={"id": "b", "type": "slack", "name": "Slack"},
        assignee={"id": "u", "name": "Otto", "url": "https://linear.app/h/profiles/otto"},
    )
    assert hooked.full
    assert read.full
    assert fingerprint.core(hooked) == fingerprint.core(read)
    assert hooked.labels == read.labels
    assert (read.reporter.login, read.reporter.kind) == ("Slack", "bot")
    assert read.assignees[0].login == "otto"


def test_the_rest_of_the_fields_find_their_places():
    found = ticket(
        estimate=3,
        dueDate="2026-12-24",
        cycle={"id": "c", "number": 7, "name": None, "startsAt": "2026-11-16T08:00:00.000Z"},
        project={"id": "p", "name": "Lanterns"},
        projectMilestone={"id": "m", "name": "One", "targetDate": "2026-12-31"},
        reactionData=[{"emoji": "+1", "reactions": [{"id": "1"}, {"id": "2"}]}],
        completedAt="2026-11-20T11:00:00.000Z",
        archivedAt="2026-11-20T12:00:00.000Z",
        previousIdentifiers=["OLD-1"],
        delegateId="agent",
        creator={"id": "u1", "name": "Ines", "email": "ines@harbour.example"},
    )
    assert (found.estimate, found.story_points) == (3.0, 3.0)
    assert found.due_date == date(2026, 12, 24)
    assert (found.sprint.id, found.sprint.name) == ("c", "Cycle 7")
    assert found.sprints == (found.sprint,)
    assert found.project.name == "Lanterns"
    assert found.milestone.due_on == datetime(2026, 12, 31, tzinfo=UTC)
    assert found.reactions == {"+1": 2}
    assert found.closed_at == datetime(2026, 11, 20, 11, tzinfo=UTC)
    assert found.external_fields == {
        "archived_at": "2026-11-20T12:00:00.000Z",
        "previous_identifiers": ["OLD-1"],
        "delegate": "agent",
    }
    assert found.reporter.email == "ines@harbour.example"
    assert (found.key, found.number, found.external_id) == ("ENG-412", 412, TICKET)
    assert found.revision == "2026-11-20T09:00:00.404Z"
    assert found.url == "https://linear.app/harbour/issue/ENG-412"


def test_keys_of_empty_relations_may_be_missing():
    bare = ticket(cycle=None, parent=None, assignee=None, estimate=None, botActor=None)
    assert fingerprint.core(bare) == fingerprint.core(ticket())
    assert bare.full


def test_a_stub_speaks_only_for_what_it_holds():
    found = LINEAR.to_ticket({"id": TICKET, "title": "New"}, source())
    assert found.present == {"title", "native_id"}
    assert (found.key, found.title) == (TICKET, "New")


def test_signed_uploads_make_a_webhooks_text_unknown():
    text = f"See ![lamp]({UPLOAD}?signature=abc.def) twice ![lamp]({UPLOAD}?signature=x)"
    found = ticket(description=text)
    assert not found.full
    assert not found.present & {"body", "attachments"}
    assert {"title", "state", "labels", "revision"} <= found.present
    read = ticket(description=text, labels={"nodes": []})
    assert read.full
    assert "signature" not in read.body
    plain = ticket(description=f"See ![lamp]({UPLOAD}) twice ![lamp]({UPLOAD})")
    assert plain.full
    assert plain.body == read.body
    assert [(one.name, one.url) for one in plain.attachments] == [("lamp", UPLOAD)]


def test_texts_have_lf_and_none_of_our_marks():
    marker = markers.hidden(markers.minted(b"k", "i", "m", "s/1"))
    assert ticket(description=f"a\r\nb\n\n{marker}").body == "a\nb"
    comment = LINEAR.to_comment(a_comment(body=f"Hi\n\n{marker}"), source())
    assert comment.body == "Hi"


def test_people_outside_linear_and_nobody_at_all():
    outsider = {"id": "x", "name": "Dan", "email": None}
    comment = LINEAR.to_comment(a_comment(externalUser=outsider), source())
    assert (comment.author.id, comment.author.name) == ("x", "Dan")
    assert LINEAR.to_comment(a_comment(), source()).author is None
    bot = LINEAR.to_comment(a_comment(botActor="github"), source()).author
    assert (bot.id, bot.kind) == ("integration:github", "bot")


@pytest.mark.parametrize(
    ("over", "named"),
    [
        ({"title": 3}, "issue.title"),
        ({"description": []}, "issue.description"),
        ({"state": "open"}, "issue.state"),
        ({"priority": "high"}, "issue.priority"),
        ({"priority": 7}, "issue.priority"),
        ({"priority": True}, "issue.priority"),
        ({"labels": {"nodes": "x"}}, "issue.labels"),
        ({"labels": [{"name": "Bug"}]}, "issue.labels.id"),
        ({"labels": 3}, "issue.labels"),
        ({"estimate": "3"}, "issue.estimate"),
        ({"dueDate": "soon"}, "issue.dueDate"),
        ({"updatedAt": "now"}, "issue.updatedAt"),
        ({"assignee": {"name": "x"}}, "issue.assignee.id"),
        ({"parent": "ENG-1"}, "issue.parent"),
        ({"botActor": 3}, "issue.botActor"),
        ({"reactionData": [3]}, "issue.reactionData"),
        ({"id": None}, "issue.id"),
    ],
)
def test_a_wrong_type_is_named(over, named):
    with pytest.raises(Permanent, match=named):
        ticket(**over)


def test_a_link_of_an_unknown_kind_is_refused():
    with pytest.raises(Permanent, match=r"link\.kind"):
        LINEAR.to_relation({"kind": "hates", "id": "x"}, source())
