"""Every view, with the same answers on both dialects."""

from datetime import date

import pytest

from store.database import Store
from tests.builders import NOW, at
from tests.store.views.world import ask, names


def day(value: date | str) -> str:
    """SQLite has no days of its own."""
    return str(value)[:10]


def test_work_items_of_jira_are_called_by_their_keys(shown: Store) -> None:
    found = ask(shown, "jira", "SELECT * FROM {work_items} ORDER BY numeric_id")
    assert names(found, "id") == ["SHOP-1", "SHOP-2", "SHOP-3", "SHOP-4"]
    bug = found[0]
    told = {
        "numeric_id": 1,
        "title": "Ticket 1",
        "description": "It breaks: 100% of the time",
        "work_item_type": "bug",
        "state": "In Progress",
        "state_category": "in_progress",
        "assigned_to": "Ada Lovelace, bob",
        "created_by": "bob",
        "severity": "high",
        "priority": "P1",
        "area_path": "Web",
        "iteration_path": "Sprint 7",
        "milestone": "v1",
        "tags": "urgent, ui",
        "customer_name": "ACME",
        "story_points": 3.0,
        "parent_id": None,
        "cycle_time_hours": 2.0,
        "lead_time_hours": 3.0,
        "source": "jira",
        "project": "Shop",
        "sync_status": "synced",
    }
    assert {name: bug[name] for name in told} == told
    assert names(found, "parent_id") == [None, "SHOP-1", None, None]
    assert [bool(row["is_closed"]) for row in found] == [False, True, False, False]


def test_deleted_tickets_stay_and_say_so(shown: Store) -> None:
    found = ask(shown, "jira", "SELECT * FROM {work_items} ORDER BY numeric_id")
    assert [bool(row["deleted"]) for row in found] == [False, False, True, False]
    assert names(found, "sync_status") == ["synced", "synced", "deleted", "in_doubt"]


def test_work_items_of_azure_devops_have_numbers_and_paths_from_the_project(shown: Store) -> None:
    bug, issue = ask(shown, "azure_devops", "SELECT * FROM {work_items} ORDER BY id")
    assert (bug["id"], bug["numeric_id"]) == (5, 5)
    assert (bug["area_path"], bug["iteration_path"]) == (r"Shop\Web", r"Shop\Sprint 7")
    assert (issue["area_path"], issue["iteration_path"]) == ("Shop", "Shop")
    assert issue["parent_id"] == 5


def test_bugs_and_issues_are_told_apart(shown: Store) -> None:
    count = "SELECT id FROM {%s} ORDER BY id"
    assert names(ask(shown, "azure_devops", count % "bugs"), "id") == [5]
    assert names(ask(shown, "azure_devops", count % "issues"), "id") == [6]
    assert names(ask(shown, "jira", count % "bugs"), "id") == ["SHOP-1"]
    assert len(ask(shown, "jira", count % "issues")) == 4


def test_jira_issues_have_jiras_own_words(shown: Store) -> None:
    issue = ask(shown, "jira", "SELECT * FROM {jira_issues} WHERE jira_key = 'SHOP-1'")[0]
    told = {
        "jira_id": "10001",
        "summary": "Ticket 1",
        "issue_type": "bug",
        "status": "In Progress",
        "assignee": "Ada Lovelace, bob",
        "story_points": 3.0,
        "sprint_id": "77",
        "sprint_name": "Sprint 7",
        "resolved_at": None,
        "cycle_time_hours": 2.0,
    }
    assert {name: issue[name] for name in told} == told
    assert str(issue["issue_created_at"])[:19] == str(NOW)[:19]


def test_relations_show_at_both_ends_across_trackers(shown: Store) -> None:
    query = "SELECT * FROM {bugs_relations} ORDER BY relation"
    blocks, child, request = ask(shown, "jira", query)
    assert (blocks["bug_id"], blocks["relation"]) == ("SHOP-1", "blocks")
    assert (blocks["related_source"], blocks["related_id"]) == ("boards", "5")
    assert (child["relation"], child["related_id"]) == ("child", "SHOP-2")
    assert (request["repository"], request["pull_request_state"]) == ("acme/shop", "merged")
    assert request["related_url"] == "https://git.test/4"
    blocked = ask(shown, "azure_devops", query)[0]
    assert (blocked["bug_id"], blocked["relation"]) == (5, "blocked_by")
    assert blocked["related_id"] == "SHOP-1"
    every = ask(shown, "jira", "SELECT work_item_id FROM {work_item_relations} ORDER BY 1")
    assert names(every, "work_item_id") == ["SHOP-1", "SHOP-1", "SHOP-1", "SHOP-2"]


def test_change_history_tells_people_by_name_and_numbers_plainly(shown: Store) -> None:
    found = ask(shown, "jira", "SELECT * FROM {change_history} ORDER BY changed_at")
    told = [(row["field"], row["old_value"], row["new_value"]) for row in found]
    assert told[:4] == [
        ("status", "Open", "In Progress"),
        ("assignees", "u9", "Ada Lovelace"),
        ("story_points", "2", "3"),
        ("reporter", "Ada Lovelace", "bob"),
    ]
    assert told[4][0] == "rank"
    assert told[4][2] == "true"
    assert told[5:] == [("body", None, None)]  # what is covered by a changelog is no change more
    assert [bool(row["exact"]) for row in found] == [True, False, True, True, True, True]
    assert [bool(row["values_known"]) for row in found] == [True] * 5 + [False]
    assert names(found, "changed_by")[1] == "bob"
    assert names(found, "work_item_id")[0] == "SHOP-1"


def test_times_in_a_status_and_daily_figures(shown: Store) -> None:
    (stay,) = ask(shown, "jira", "SELECT * FROM {time_in_status}")
    assert (stay["work_item_id"], stay["state"], stay["hours"]) == ("SHOP-1", "Doing", 1.5)
    figures = ask(shown, "jira", "SELECT * FROM {history_snapshots} ORDER BY dimension, metric")
    assert [(one["metric"], one["dimension"], one["member"]) for one in figures] == [
        ("cycle-time", "all", ""),
        ("wip", "all", ""),
        ("cycle-time", "assignee", "Ada Lovelace"),
    ]
    figure = figures[0]
    assert day(figure["snapshot_date"]) == str(NOW.date())
    assert (figure["metric"], figure["tickets"], figure["median_hours"]) == ("cycle-time", 1, 2.0)
    assert ask(shown, "azure_devops", "SELECT * FROM {history_snapshots}") == []


def test_sync_status_has_a_row_for_each_source_of_the_tracker(shown: Store) -> None:
    (jira,) = ask(shown, "jira", "SELECT * FROM {sync_status}")
    told = {"source": "jira", "status": "active", "tickets": 3, "in_doubt": 1, "deleted": 1}
    assert {name: jira[name] for name in told} == told
    (repo,) = ask(shown, "github", "SELECT * FROM {sync_status}")
    assert (repo["source"], repo["tickets"]) == ("repo", 0)


@pytest.mark.parametrize(
    ("seconds", "status", "assignees", "points"),
    [
        (5, "Open", ["bob", "u9"], "2"),
        (10, "In Progress", ["bob", "u9"], "2"),
        (25, "In Progress", ["Ada Lovelace", "bob"], "2"),
        (35, "In Progress", ["Ada Lovelace", "bob"], "3"),
    ],
)
def test_field_versions_tell_a_ticket_as_it_was(
    shown: Store, seconds: int, status: str, assignees: list[str], points: str
) -> None:
    moment = f"{at(seconds):%Y-%m-%d %H:%M:%S.%f}"
    query = f"""SELECT field, name FROM {{field_versions}} WHERE id = 'SHOP-1'
      AND valid_from <= '{moment}' AND (valid_to IS NULL OR valid_to > '{moment}')"""
    found = ask(shown, "jira", query)
    told = {row["field"]: row["name"] for row in found}
    assert (told["status"], told["story_points"]) == (status, points)
    there = sorted(row["name"] for row in found if row["field"] == "assignees")
    assert there == assignees


def test_what_nobody_can_tell_is_marked(shown: Store) -> None:
    query = "SELECT value, known FROM {field_versions} WHERE id = 'SHOP-1' AND field = 'body'"
    found = ask(shown, "jira", f"{query} ORDER BY valid_from")
    assert [(row["value"], bool(row["known"])) for row in found] == [
        (None, False),
        ("It breaks: 100% of the time", True),
    ]
