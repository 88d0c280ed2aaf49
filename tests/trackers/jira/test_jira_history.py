"""The changelog, complete and in order."""

from datetime import UTC, datetime

import pytest

from schemas.errors import Permanent
from tests.trackers.jira.jira_payloads import (
    AGILE,
    INES,
    STATES,
    TOMASZ,
    TYPES,
    a_change,
    a_field,
    a_status,
    a_user,
    an_issue,
)
from tests.trackers.jira.jira_scene import a_scene, connected, reply

STATUSES = [a_status(name) for name in STATES]
SPRINTS = a_field(10020, "Sprint", f"{AGILE}:gh-sprint", "array")


def a_history(number, *items, created="2026-11-20T10:15:00.120+0100"):
    return {"id": str(number), "author": a_user(), "created": created, "items": list(items)}


def bulk(**changes):
    logs = [{"issueId": key[1:], "changeHistories": one} for key, one in changes.items()]
    return {"issueChangeLogs": logs, "nextPageToken": None}


def issues(*numbers, **fields):
    return {"issues": [an_issue(number, **fields) for number in numbers], "issueErrors": []}


def served(log, *, found=None, statuses=STATUSES, listed=()):
    """A site with two issues and these answers to what is asked for their changelogs."""
    return connected(
        {
            "POST /issue/bulkfetch": issues(1, 2) if found is None else found,
            "POST /changelog/bulkfetch": log,
            "GET /status": list(statuses),
            "GET /field": list(listed),
        }
    )


def entries(one, *tickets):
    return [entry for told in one.client.history(tickets or ("1", "2")) for entry in told.entries]


def test_several_tickets_are_two_requests():
    status = a_change("status", "10000", "3", fromString="To Do", toString="In Progress")
    one = served(bulk(_1=[a_history(7, status)]))
    first, second = one.client.history(["1", "2"])
    [entry] = first.entries
    assert (second.ticket, second.entries, second.complete) == ("2", (), True)
    assert (entry.ticket, entry.field, entry.before, entry.after) == (
        "1", "status", "To Do", "In Progress",
    )  # fmt: skip
    assert entry.id == "7:status"
    assert entry.at == datetime(2026, 11, 20, 9, 15, 0, 120000, tzinfo=UTC)
    assert one.bodies[0]["issueIdsOrKeys"] == ["1", "2"]
    assert one.bodies[1:] == [{"issueIdsOrKeys": ["1", "2"], "maxResults": 1000}]


@pytest.mark.parametrize("created", [1795166100, 1795166100000, "2026-11-20T09:15:00Z"])
def test_seconds_milliseconds_and_text_are_one_time(created):
    log = [a_history(7, a_change("summary", "a", "b"), created=created)]
    [entry] = entries(served(bulk(_1=log)))
    assert entry.at == datetime(2026, 11, 20, 9, 15, tzinfo=UTC)


def test_pages_of_the_bulk_are_read_to_the_end_and_sorted():
    def answer(body):
        if "nextPageToken" not in body:
            later = a_history(9, a_change("summary", "b", "c"), created=1795166200)
            return bulk(_1=[later]) | {"nextPageToken": "more"}
        return bulk(_1=[a_history(8, a_change("summary", "a", "b"), created=1795166100)])

    assert [entry.id for entry in entries(served(answer))] == ["8:summary", "9:summary"]


def test_one_ticket_is_read_page_by_page_past_a_hundred():
    def answer(params):
        start = int(params["startAt"])
        items = [
            a_history(n, a_change("labels", f"l{n}", f"l{n + 1}"))
            for n in range(start, min(start + 100, 230))
        ]
        return {"values": items, "total": 230, "isLast": start + 100 >= 230}

    one = connected({"GET /issue/1": an_issue(1), "GET /issue/1/changelog": answer})
    [told] = one.client.history(["1"])
    assert len(told.entries) == 230
    by_place = sorted(told.entries, key=lambda entry: (entry.at, entry.place))
    assert [entry.after for entry in by_place] == [[f"l{n + 1}"] for n in range(230)]


def test_tickets_that_cannot_be_read_are_left_out():
    assert list(connected({}).client.history(["1"])) == []
    one = served(bulk(), found=issues(2))
    assert [told.ticket for told in one.client.history(["1", "2"])] == ["2"]


def test_nothing_is_asked_of_changelogs_where_no_issue_is_left():
    one = served(reply({}, 500), found=issues())
    assert list(one.client.history(["1", "2"])) == []


def test_the_history_of_an_issue_that_goes_away_is_none():
    one = connected({"GET /issue/7": an_issue(7)})
    assert list(one.client.history(["7"])) == []


def test_values_are_told_as_tickets_show_them():
    items = (
        a_change("assignee", None, TOMASZ, toString="Tomasz Wrona"),
        a_change("Fix Version", None, "10300", fieldId="fixVersions", toString="Spring"),
        a_change("Component", None, "10101", fieldId="components", toString="lamp"),
        a_change("labels", None, None, fromString="night old", toString="night optics"),
        a_change("duedate", None, "2026-12-01", toString="2026-12-01 00:00:00.0"),
        a_change("timespent", None, "5400", toString="5400"),
        a_change("security", None, "10100", toString="Staff only"),
        a_change("Colour", "red", "green", fieldId="customfield_99", fieldtype="custom"),
    )
    found = entries(served(bulk(_1=[a_history(7, *items)])))
    assert {one.native_field: (one.field, one.before, one.after) for one in found} == {
        "assignee": ("assignees", None, [TOMASZ]),
        "fixVersions": ("milestone", None, "Spring"),
        "components": ("components", None, ["lamp"]),
        "labels": ("labels", ["old"], ["optics"]),
        "duedate": ("due_date", None, "2026-12-01"),
        "timespent": ("time_spent", None, 5400),
        "security": ("confidential", False, True),
        "customfield_99": (None, "red", "green"),
    }


def test_components_and_versions_have_an_item_each_whatever_their_order():
    items = [
        a_change("Component", "10101", None, fieldId="components", fromString="lamp"),
        a_change("Component", None, "10102", fieldId="components", toString="lens"),
        a_change("summary", "a", "b"),
    ]
    first = entries(served(bulk(_1=[a_history(7, *items)])))
    second = entries(served(bulk(_1=[a_history(7, *reversed(items))])))
    assert len({one.id for one in first}) == 3
    kept = {"place": 0}
    assert {one.id: one.model_copy(update=kept) for one in first} == {
        one.id: one.model_copy(update=kept) for one in second
    }


def test_one_item_may_move_two_fields_of_ours():
    item = a_change("priority", "2", "4", fromString="High", toString="Low")
    found = entries(served(bulk(_1=[a_history(7, item)])))
    assert [(one.id, one.field, one.before, one.after) for one in found] == [
        ("7:priority", "priority", "High", "Low"),
        ("7:priority:severity", "severity", "P2", "P4"),
    ]


def closing(after, *, words="Done"):
    return (
        a_change("resolution", None, "10000", toString=words),
        a_change("status", "3", STATES[after][0], fromString="In Progress", toString=after),
    )


def test_why_it_was_closed_needs_the_status_and_the_resolution():
    log = [
        a_history(7, *closing("In Review", words="Duplicate"), created=1795166100),
        a_history(8, a_change("status", "10010", "10002", fromString="In Review", toString="Done"),
                  created=1795166200),
    ]  # fmt: skip
    done = {"name": "Duplicate", "id": "10000"}
    found = issues(1, 2, status=a_status("Done"), resolution=done)
    told = entries(served(bulk(_1=log), found=found))
    assert [(one.id, one.field, one.after) for one in told] == [
        ("7:status", "status", "In Review"),
        ("7:resolution", None, "Duplicate"),
        ("8:status", "status", "Done"),
        ("8:status:close_reason", "close_reason", "duplicate"),
    ]


def test_a_status_nobody_knows_any_more_leaves_open_why_it_was_closed():
    log = bulk(_1=[a_history(7, *closing("Done"))])
    found = issues(1, 2, status=a_status("Done"), resolution={"name": "Done", "id": "10000"})
    one = served(log, found=found, statuses=())
    reasons = [entry for entry in entries(one) if entry.field == "close_reason"]
    assert [(entry.told, entry.before, entry.after) for entry in reasons] == [(False, None, None)]


def test_the_sprint_that_came_is_the_one_that_counts():
    log = [
        a_history(7, sprint_change("", "41", "", "Harbour 7"), created=1795166100),
        a_history(8, sprint_change("41", "41, 42", "Harbour 7", "Harbour 7, Harbour 8"),
                  created=1795166200),
    ]  # fmt: skip
    found = entries(served(bulk(_1=log), listed=[SPRINTS]))
    assert [(one.field, one.before, one.after) for one in found] == [
        ("sprint", None, "Harbour 7"), ("sprint", "Harbour 7", "Harbour 8"),
    ]  # fmt: skip


def sprint_change(old, new, old_words, new_words):
    words = {"fromString": old_words, "toString": new_words}
    return a_change("Sprint", old, new, fieldId="customfield_10020", fieldtype="custom", **words)


def test_a_sprint_is_untold_where_the_issue_shows_another():
    log = bulk(_1=[a_history(7, sprint_change("", "43", "", "Harbour 9"))])
    [entry] = entries(served(log, listed=[SPRINTS]))
    assert (entry.field, entry.told, entry.after) == ("sprint", False, None)


def test_sprints_with_commas_in_their_names_are_untold():
    log = bulk(_1=[a_history(7, sprint_change("41", "41, 42", "A", "A, B, or C"))])
    [entry] = entries(served(log, listed=[SPRINTS]))
    assert (entry.field, entry.told) == ("sprint", False)


def test_of_several_versions_none_is_told_to_be_the_first():
    more = a_change("Fix Version", None, "10301", fieldId="fixVersions", toString="Summer")
    two = [{"id": "10300", "name": "Spring"}, {"id": "10301", "name": "Summer"}]
    [entry] = entries(served(bulk(_1=[a_history(7, more)]), found=issues(1, 2, fixVersions=two)))
    assert (entry.field, entry.before, entry.after) == (None, None, "Summer")


def test_a_parent_is_an_epic_when_its_type_says_so():
    def found(body):
        if "9001" in body["issueIdsOrKeys"]:
            return issues(9001, issuetype={"id": "1", "name": "Big", "hierarchyLevel": 1})
        return issues(1, 2)

    item = a_change("IssueParentAssociation", None, "9001", fieldId=None, toString="HARB-1")
    gone = a_change("IssueParentAssociation", "9001", "9002", fieldId=None, fromString="HARB-1",
                    toString="HARB-2")  # fmt: skip
    log = bulk(_1=[a_history(7, item, created=1795166100), a_history(8, gone, created=1795166200)])
    told = entries(served(log, found=found))
    assert [(one.field, one.told, one.after) for one in told] == [
        ("parent", True, "HARB-1"),
        ("epic", True, "HARB-1"),
        ("parent", True, "HARB-2"),
        ("epic", False, None),
    ]


def test_a_parent_without_its_key_is_untold():
    item = a_change("IssueParentAssociation", None, "9001", toString="A summary")
    told = entries(served(bulk(_1=[a_history(7, item)])))
    assert [(one.field, one.told) for one in told] == [("parent", False), ("epic", False)]


def test_fields_of_the_sources_choice_are_told_as_far_as_their_type_is_plain():
    listed = [
        a_field(50, "Team value", f"{TYPES}:select", "option"),
        a_field(51, "Rich", f"{TYPES}:textarea", "string"),
        a_field(52, "Severity", f"{TYPES}:select", "option"),
    ]
    items = [
        a_change("Team value", None, "1", fieldId=None, fieldtype="custom", toString="ACME"),
        a_change("Rich", "a", "*b*", fieldId="customfield_51", fieldtype="custom"),
        a_change("Severity", None, "2", fieldId="customfield_52", fieldtype="custom",
                 toString="Blocker"),
        a_change("priority", "2", "4", fromString="High", toString="Low"),
    ]  # fmt: skip
    one = connected(
        {
            "POST /issue/bulkfetch": issues(1, 2),
            "POST /changelog/bulkfetch": bulk(_1=[a_history(7, *items)]),
            "GET /status": STATUSES,
            "GET /field": listed,
        },
        fields={
            "customer": "customfield_50", "weight": "customfield_51", "severity": "customfield_52",
        },
    )  # fmt: skip
    told = {entry.id: (entry.field, entry.told, entry.after) for entry in entries(one)}
    assert told == {
        "7:team value": ("customer", True, "ACME"),
        "7:rich": ("weight", False, None),
        "7:severity": ("severity", True, "P1"),
        "7:priority": ("priority", True, "Low"),
    }


def test_the_creator_stands_in_for_no_reporter():
    item = a_change("reporter", INES, None)
    found = entries(served(bulk(_1=[a_history(7, item)])))
    assert [(one.field, one.before, one.after) for one in found] == [(None, INES, None)]


def test_a_text_of_cloud_is_told_to_have_changed_and_no_more():
    [entry] = entries(served(bulk(_1=[a_history(7, a_change("description", "a", "*b*"))])))
    assert (entry.field, entry.told, entry.before, entry.after) == ("body", False, None, None)


def test_a_change_without_a_time_is_permanent():
    log = [a_history(7, a_change("summary", "a", "b"), created=None)]
    with pytest.raises(Permanent, match="created"):
        entries(served(bulk(_1=log)))


def test_a_time_beyond_all_times_is_refused():
    log = [a_history(7, a_change("summary", "a", "b"), created=10**18)]
    with pytest.raises(Permanent, match=r"changelog\.created"):
        entries(served(bulk(_1=log)))


def test_many_ids_in_one_change_are_kept():
    """Sprints and people of custom fields stand comma by comma in one text."""
    ids = ", ".join(str(40000 + n) for n in range(60))
    item = a_change("Crew", None, ids, toString=None, fieldId="customfield_7", fieldtype="custom")
    [entry] = entries(served(bulk(_1=[a_history(7, item)])))
    assert entry.after == ids


@pytest.mark.parametrize("deployment", ["cloud", "server"])
def test_the_history_of_the_stand_in_is_complete(deployment):
    """An issue of Cloud brings but forty lines of it along, one of Data Center all."""
    with a_scene(deployment=deployment) as scene:
        acts = scene.there.acts
        long, short, gone = acts.open("Long"), acts.open("Short"), acts.open("Gone")
        for number in range(130):
            acts.edit(long.key, title=f"Title {number}")
        acts.label(short.key, "quay")
        acts.close(short.key)
        acts.delete(gone.key)
        [alone] = scene.client.history([str(long.id)])
        titles = [one.after for one in alone.entries if one.field == "title"]
        assert titles == [f"Title {n}" for n in range(130)]
        both = list(scene.client.history([str(long.id), str(gone.id), str(short.id)]))
        assert [one.ticket for one in both] == [str(long.id), str(short.id)]
        assert both[0] == alone
        fields = {entry.field for entry in both[1].entries}
        assert {"labels", "status", "close_reason"} <= fields
