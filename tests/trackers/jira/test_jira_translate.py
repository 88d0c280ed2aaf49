"""Records of Jira as tickets, comments and relations."""

from datetime import UTC, date, datetime

import pytest

from schemas.errors import ConfigError, Permanent
from schemas.ticket import StatusCategory
from tests.trackers.jira.jira_payloads import (
    INES,
    TOMASZ,
    URL,
    a_comment,
    a_doc,
    a_status,
    a_user,
    an_issue,
)
from tests.trackers.stand_ins import a_source
from trackers import markers
from trackers.jira import JIRA, links, states

SOURCE = a_source("jira", URL)


def translated(source=SOURCE, notes=None, **fields):
    record = an_issue(**fields)
    return JIRA.to_ticket(record | ({"ticketsync": notes} if notes else {}), source)


def configured(**over):
    return a_source("jira", URL, **over)


def test_a_whole_record_is_a_full_ticket():
    ticket = translated()
    assert ticket.full
    assert (ticket.external_id, ticket.key, ticket.number) == ("20481", "HARB-12", 12)
    assert ticket.url == "https://lantern.atlassian.net/browse/HARB-12"
    assert ticket.body == "Every evening.\n\nSince Monday."
    assert ticket.revision == "2026-11-20T09:15:00.120Z"
    assert ticket.due_date == date(2026, 12, 1)
    assert [one.id for one in ticket.assignees] == [TOMASZ]
    assert ticket.reporter.id == INES
    assert (ticket.milestone.id, ticket.milestone.state) == ("10300", "unreleased")
    assert [one.name for one in ticket.components] == ["lamp"]
    assert [one.id for one in ticket.labels] == ["night", "optics"]
    assert ticket.comment_count == 0
    assert ticket.confidential is False


@pytest.mark.parametrize(
    ("name", "resolution", "category", "state", "reason"),
    [
        ("To Do", None, "todo", "open", None),
        ("In Review", "Done", "in_progress", "open", None),
        ("Done", None, "done", "closed", None),
        ("Done", "Done", "done", "closed", "completed"),
        ("Done", "Won't Do", "canceled", "closed", "not_planned"),
        ("Done", "Duplicate", "canceled", "closed", "duplicate"),
        ("Done", "Sold", "done", "closed", "Sold"),
    ],
)
def test_a_status_means_its_category_and_a_resolution_why(
    name, resolution, category, state, reason
):
    named = {"id": "1", "name": resolution} if resolution else None
    ticket = translated(status=a_status(name), resolution=named)
    assert (ticket.status, str(ticket.status_category)) == (name, category)
    assert (ticket.state, ticket.close_reason) == (state, reason)


def test_a_done_status_may_say_itself_that_nothing_was_done():
    status = a_status("Done") | {"name": "Won't Do"}
    assert translated(status=status).status_category is StatusCategory.canceled


def test_configured_statuses_severities_and_types_win():
    source = configured(
        statuses={"in review": "done"}, severities={"high": "P1"}, types={"bug": "defect"}
    )
    ticket = translated(source, status=a_status("In Review"))
    assert (ticket.state, ticket.severity, ticket.type) == ("closed", "P1", "defect")


def test_a_status_mapped_to_no_category_is_a_fault_of_the_configuration():
    with pytest.raises(ConfigError, match="'Review' is 'reviewing'; known: todo"):
        states.check(configured(statuses={"Review": "reviewing"}))


def test_a_category_without_a_known_key_is_todo():
    status = {"id": "7", "name": "?", "statusCategory": {"key": "undefined"}}
    assert translated(status=status).status_category is StatusCategory.todo


@pytest.mark.parametrize(
    ("priority", "severity"),
    [
        ("Critical", "P1"), ("Highest", "P1"), ("Blocker", "P1"), ("High", "P2"),
        ("Medium", "P3"), ("Low", "P4"), ("Lowest", "P4"), ("Someday", None),
    ],
)  # fmt: skip
def test_severity_follows_the_priority(priority, severity):
    ticket = translated(priority={"id": "1", "name": priority})
    assert (ticket.priority, ticket.severity) == (priority, severity)


def test_a_configured_severity_field_wins_over_the_priority():
    source = configured(fields={"severity": "customfield_10070"})
    assert translated(source, customfield_10070={"value": "Low"}).severity == "P4"
    assert translated(source, customfield_10070=None).severity == "P2"


def test_the_active_sprint_is_the_sprint_and_all_are_kept():
    ticket = translated()
    assert (ticket.sprint.id, ticket.sprint.state) == ("42", "active")
    assert [one.id for one in ticket.sprints] == ["41", "42"]


@pytest.mark.parametrize(
    ("states_", "chosen"),
    [
        (["closed", "future", "closed"], 1),
        (["closed", "closed"], 1),
        (["future", "active"], 1),
    ],
)
def test_without_an_active_sprint_the_next_or_the_last_counts(states_, chosen):
    told = [{"id": place, "name": "S", "state": one} for place, one in enumerate(states_)]
    assert translated(customfield_10020=told).sprint.id == str(chosen)


def test_sprints_of_data_center_are_printed_java():
    text = (
        "com.atlassian.greenhopper.service.sprint.Sprint@1f[id=7,rapidViewId=2,state=ACTIVE,"
        "name=Harbour 1, at last,startDate=2026-11-09T08:00:00.000Z,endDate=<null>]"
    )
    sprint = translated(customfield_10020=[text]).sprint
    assert (sprint.id, sprint.name, sprint.state) == ("7", "Harbour 1, at last", "active")
    assert sprint.starts_at == datetime(2026, 11, 9, 8, tzinfo=UTC)
    assert sprint.ends_at is None


def test_fields_are_taken_by_configuration_then_discovery_then_habit():
    told = {"customfield_10016": 3, "customfield_20000": 5, "customfield_30000": 8}
    found = {"fields": {"story_points": ["customfield_20000"]}}
    configuration = configured(fields={"story_points": "customfield_30000"})
    assert translated(**told).story_points == 3
    assert translated(notes=found, **told).story_points == 5
    assert translated(configuration, notes=found, **told).story_points == 8


def test_of_two_fields_for_points_the_one_with_a_value_counts():
    found = {"fields": {"story_points": ["customfield_20000", "customfield_10034"]}}
    ticket = translated(
        notes=found, customfield_20000=None, customfield_10034=2.5, customfield_10016=None
    )
    assert ticket.story_points == 2.5


@pytest.mark.parametrize(
    ("value", "customer"),
    [
        ("Quay Ltd.", "Quay Ltd."),
        ({"id": "1", "value": "Quay Ltd."}, "Quay Ltd."),
        ([{"value": "A"}, {"value": "B"}], "A, B"),
        ({"id": "x", "name": "Team Quay"}, "Team Quay"),
        (None, None),
        (12, "12"),
    ],
)
def test_a_customer_is_read_from_any_kind_of_field(value, customer):
    assert translated(customfield_10001=value).customer == customer


def test_other_custom_fields_are_kept_in_plain_form():
    ticket = translated(
        customfield_1=[{"value": "red"}, {"value": "green"}],
        customfield_2={"value": "Europe", "child": {"value": "Spain"}},
        customfield_3=a_doc("A note"),
        customfield_4=7,
        customfield_5=a_user(),
        customfield_6=None,
        customfield_7={"completedCycles": [], "name": "Time to done"},
        customfield_8="{pullrequest={dataType=pullrequest}}",
        customfield_10019="0|i0001r:",
    )
    assert ticket.custom_fields == {
        "customfield_1": ["red", "green"],
        "customfield_2": "Europe / Spain",
        "customfield_3": "A note",
        "customfield_4": 7,
        "customfield_5": "Ines Varga",
    }


def test_every_mapped_field_is_read_where_the_source_says():
    source = configured(
        fields={
            "body": "customfield_1",
            "priority": "customfield_2",
            "due_date": "customfield_3",
            "weight": "customfield_4",
            "estimate": "customfield_5",
            "components": "customfield_6",
            "milestone": "customfield_7",
            "time_estimate": "customfield_8",
        }
    )
    ticket = translated(
        source,
        customfield_1=a_doc("Elsewhere"),
        customfield_2={"id": "1", "value": "Blocker"},
        customfield_3="2027-01-02",
        customfield_4=3.0,
        customfield_5=5,
        customfield_6=[{"id": "1", "value": "quay"}],
        customfield_7={"id": "2", "name": "Summer"},
        customfield_8=60,
    )
    assert (ticket.body, ticket.priority, ticket.severity) == ("Elsewhere", "Blocker", "P1")
    assert (ticket.due_date, ticket.weight, ticket.estimate) == (date(2027, 1, 2), 3, 5)
    assert (ticket.components[0].name, ticket.milestone.title) == ("quay", "Summer")
    assert ticket.time_estimate == 60
    assert ticket.custom_fields == {}


def test_an_epic_above_is_the_epic_and_the_parent():
    above = {
        "id": "7",
        "key": "HARB-1",
        "fields": {"summary": "Lights", "issuetype": {"name": "Epic", "hierarchyLevel": 1}},
    }
    ticket = translated(parent=above)
    assert ticket.epic == ticket.parent
    assert (ticket.parent.external_id, ticket.parent.title) == ("7", "Lights")
    story = {**above, "fields": {"issuetype": {"name": "Story", "hierarchyLevel": 0}}}
    assert translated(parent=story).epic is None
    assert translated(customfield_10014="HARB-3").epic.key == "HARB-3"


def test_a_security_level_makes_it_confidential():
    assert translated(security={"id": "1", "name": "Staff"}).confidential is True


def test_times_spans_and_files_are_kept():
    file = {
        "id": "90001",
        "filename": "lamp.jpg",
        "size": 20480,
        "mimeType": "image/jpeg",
        "content": "https://lantern.atlassian.net/rest/api/3/attachment/content/90001",
    }
    ticket = translated(timeoriginalestimate=12600, timespent=3600, attachment=[file])
    assert (ticket.time_estimate, ticket.time_spent) == (12600, 3600)
    assert (ticket.attachments[0].id, ticket.attachments[0].size) == ("90001", 20480)


def test_several_versions_are_all_kept():
    told = [{"id": "1", "name": "A"}, {"id": "2", "name": "B", "released": True}]
    ticket = translated(fixVersions=told)
    assert ticket.milestone.title == "A"
    assert ticket.external_fields["fix_versions"] == ["1", "2"]


def test_what_cannot_be_read_is_taken_from_the_rendering():
    broken = {"type": "doc", "version": 1, "content": "no list"}
    record = an_issue(description=broken) | {
        "renderedFields": {"description": "<p>Every <b>evening</b></p>"}
    }
    assert JIRA.to_ticket(record, SOURCE).body.strip() == "Every **evening**"


def test_what_no_text_can_hold_is_told_as_a_loss():
    ticket = translated(description={"type": "doc", "version": 1, "content": "no list"})
    assert ticket.body == ""
    assert ticket.external_fields["text_losses"]


def test_our_marker_is_no_part_of_a_text():
    marker = markers.hidden(markers.minted(b"key", "a", "b", "c"))
    comment = JIRA.to_comment(a_comment() | {"body": a_doc(f"Hello\n{marker}")}, SOURCE)
    assert "ticketsync" not in comment.body


@pytest.mark.parametrize(
    ("over", "internal"),
    [
        ({}, False),
        ({"jsdPublic": False}, True),
        ({"visibility": {"type": "role", "value": "Staff"}}, True),
    ],
)
def test_a_comment_with_limits_is_internal(over, internal):
    record = a_comment(**over) | {"ticketsync": {"key": "HARB-12"}}
    comment = JIRA.to_comment(record, SOURCE)
    assert comment.internal is internal
    assert comment.body == "Seen from the pier"
    assert comment.revision == "2026-11-20T10:00:00.010Z"
    assert comment.url.endswith("/browse/HARB-12?focusedCommentId=33012")


@pytest.mark.parametrize(
    ("user", "login", "kind"),
    [
        (a_user(), "", "user"),
        (a_user() | {"accountType": "app"}, "", "bot"),
        (a_user("unknown", "Former user"), "", "ghost"),
        ({"name": "ivarga", "key": "JIRAUSER1", "displayName": "Ines"}, "ivarga", "user"),
    ],
)
def test_people_are_known_by_the_id_that_stays(user, login, kind):
    found = translated(reporter=user).reporter
    assert (found.id, found.login, found.kind) == (
        user.get("accountId") or user["key"],
        login,
        kind,
    )


def linked(name, outward, **side):
    type_ = {"name": name, "outward": outward, "inward": f"is {outward}ed by"}
    return [{"id": "5", "type": type_, **side}]


OTHER = {"id": "9", "key": "HARB-9", "fields": {"summary": "The other"}}


@pytest.mark.parametrize(
    ("name", "outward", "side", "kind"),
    [
        ("Blocks", "blocks", "outwardIssue", "blocks"),
        ("Blocks", "blocks", "inwardIssue", "blocked_by"),
        ("Duplicate", "duplicates", "outwardIssue", "duplicates"),
        ("Duplicate", "duplicates", "inwardIssue", "duplicated_by"),
        ("Gate", "blocks", "inwardIssue", "blocked_by"),
        ("Relates", "relates to", "outwardIssue", "relates"),
        ("Cloners", "clones", "outwardIssue", "relates"),
    ],
)
def test_a_link_means_what_its_type_and_side_say(name, outward, side, kind):
    issue = an_issue(issuelinks=linked(name, outward, **{side: OTHER}))
    [record] = links.of_issue(issue["fields"])
    relation = JIRA.to_relation(record, SOURCE)
    assert (relation.kind, relation.target.external_id) == (kind, "9")
    assert relation.target.url == "https://lantern.atlassian.net/browse/HARB-9"


def test_parent_and_children_are_links_too():
    issue = an_issue(parent={"id": "1", "key": "HARB-1"}, subtasks=[OTHER])
    kinds = [JIRA.to_relation(one, SOURCE).kind for one in links.of_issue(issue["fields"])]
    assert kinds == ["parent", "child"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("summary", 3), ("status", "Done"), ("labels", [3]), ("labels", "night"),
        ("updated", "yesterday"), ("assignee", []), ("components", {}), ("security", None),
        ("fixVersions", [3]), ("customfield_10020", [{"name": "no id"}]), ("parent", 7),
        ("duedate", "soon"), ("timespent", "1h"),
    ],
)  # fmt: skip
def test_a_wrong_type_is_permanent_and_names_the_field(field, value):
    if field == "security":
        assert translated(security=None).full
        return
    with pytest.raises(Permanent, match=field):
        translated(**{field: value})


def test_a_link_of_another_kind_is_refused():
    with pytest.raises(Permanent, match="kind"):
        JIRA.to_relation({"kind": "likes", "id": "1"}, SOURCE)


@pytest.mark.parametrize("value", ["inf", "NaN", 10**400, "1e999", 2**31])
def test_numbers_that_no_store_takes_are_none(value):
    source = a_source("jira", URL, fields={"weight": "customfield_5", "estimate": "customfield_5"})
    ticket = JIRA.to_ticket(an_issue(customfield_5=value), source)
    assert ticket.weight is None
    assert ticket.estimate == (float(2**31) if value == 2**31 else None)
