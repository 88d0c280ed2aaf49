"""States, priorities and types in each side's words."""

import pytest

from schemas.ticket import StatusCategory, Ticket
from tests.workers.crossing import STATES, both, ticket
from workers.rules.projection import project


@pytest.mark.parametrize(
    ("left", "right", "state", "there_says", "expected"),
    [
        ("gitlab", "gitlab", "closed", None, "closed"),
        ("github", "github", "canceled", None, "closed:not_planned"),
        ("gitlab", "github", "closed", None, "closed:completed"),
        ("gitlab", "github", "closed", "closed:not_planned", "closed:not_planned"),
        ("gitlab", "jira", "open", "In Progress", "In Progress"),
        ("gitlab", "jira", "open", "Done", "To Do"),
        ("gitlab", "jira", "closed", "Won't do", "Won't do"),
        ("jira", "gitlab", "In Progress", None, "opened"),
        ("jira", "linear", "In Progress", None, "Doing"),
        ("jira", "linear", "To Do", "Todo", "Todo"),
        ("jira", "linear", "Done", "Canceled", "Done"),
        ("jira", "azure_devops", "Won't do", None, "Removed"),
        ("linear", "jira", "Done", None, "Done"),
    ],
)
def test_a_state_by_name_then_by_what_it_means(
    left: str, right: str, state: str, there_says: str | None, expected: str
) -> None:
    way, _ = both(left, right)
    source = _in(left, state)
    found = project(source, way, {"state": there_says} if there_says else None).view
    assert found["state"] == expected


def _in(tracker: str, word: str) -> Ticket:
    if tracker in STATES:
        category = dict(STATES[tracker])[word]
    else:
        category = {"open": "todo", "closed": "done", "canceled": "canceled"}[word]
    closed = category in ("done", "canceled")
    reason = "not_planned" if category == "canceled" else None
    return ticket(
        tracker, status=word, status_category=StatusCategory(category),
        state="closed" if closed else "open", close_reason=reason,
    )  # fmt: skip


def test_statuses_map_both_ways_and_keep_what_means_the_same() -> None:
    statuses = {"In Progress": "Active", "Done": "Closed", "Won't do": "Closed"}
    there, back = both("jira", "azure_devops", direction="bidirectional", statuses=statuses)
    assert project(_in("jira", "Won't do"), there, None).view["state"] == "Closed"
    closed = ticket("azure_devops", "right", status="Closed", state="closed",
                    status_category=StatusCategory.done)  # fmt: skip
    assert project(closed, back, {"state": "Won't do"}).view["state"] == "Won't do"
    assert project(closed, back, {"state": "To Do"}).view["state"] == "Done"


def test_statuses_may_name_a_category_on_either_side() -> None:
    statuses = {"todo": "Doing", "Won't do": "done"}
    there, back = both("jira", "linear", direction="bidirectional", statuses=statuses)
    assert project(_in("jira", "To Do"), there, None).view["state"] == "Doing"
    assert project(_in("jira", "Won't do"), there, None).view["state"] == "Done"
    begun = ticket(
        "linear", "right", status="Doing", status_category=StatusCategory.in_progress
    )  # fmt: skip
    assert project(begun, back, {"state": "To Do"}).view["state"] == "To Do"
    assert project(begun, back, {"state": "Done"}).view["state"] == "To Do"


def test_a_status_that_does_not_exist_there_is_told_and_its_meaning_is_kept() -> None:
    way, _ = both("gitlab", "jira", statuses={"closed": "Shipped"})
    found = project(_in("gitlab", "closed"), way, None)
    assert found.view["state"] == "Done"
    assert found.losses == ("state 'Shipped' of `statuses` is none of the-right",)


def test_a_status_is_shown_as_a_label_where_there_is_only_open_and_closed() -> None:
    way, _ = both("jira", "gitlab")
    found = project(_in("jira", "In Progress"), way, None).view
    assert "Status::In Progress" in found["badges"]


def test_a_status_that_only_repeats_the_state_makes_no_label() -> None:
    way, _ = both("jira", "github")
    found = project(ticket("jira", status="Open", state="open"), way, None).view
    assert not any(one.startswith("Status::") for one in found["badges"])


@pytest.mark.parametrize(
    ("left", "right", "said", "there_says", "expected"),
    [
        ("jira", "linear", "Highest", None, "Urgent"),
        ("linear", "azure_devops", "Low", None, "4"),
        ("linear", "jira", "Low", "Lowest", "Lowest"),
        ("azure_devops", "jira", "2", None, "High"),
        ("jira", "linear", "Odd", "High", None),
        ("linear", "jira", None, "High", "High"),
    ],
)
def test_priorities_in_each_side_s_words(
    left: str, right: str, said: str | None, there_says: str | None, expected: str | None
) -> None:
    way, _ = both(left, right)
    found = project(ticket(left, priority=said), way, {"priority": there_says}).view
    assert found["priority"] == expected
    odd = said == "Odd"
    assert any(one == "Priority::Odd" for one in found["badges"]) is odd


def test_types_by_map_by_name_else_as_a_label() -> None:
    way, back = both("gitlab", "jira", types={"incident": "Bug"}, direction="bidirectional")
    assert project(ticket("gitlab", type="incident"), way, None).view["type"] == "bug"
    bug = ticket("jira", "right", type="Bug")
    assert project(bug, back, {"type": "incident"}).view["type"] == "incident"
    to_gitlab, _ = both("jira", "gitlab")
    found = project(ticket("jira", type="Bug"), to_gitlab, None).view
    assert found["type"] == "issue"
    assert "Type::Bug" in found["badges"]
