"""The filter of a source, as JQL and as a test of tickets."""

import pytest

from schemas.errors import ConfigError
from schemas.ticket import Label, Ticket
from tests.trackers.jira.jira_payloads import URL, an_issue
from tests.trackers.stand_ins import a_source
from trackers.jira import JIRA, scope


def a_filter(**filter):
    return a_source("jira", URL, filter=filter)


def a_ticket(state="open", *labels, present=None) -> Ticket:
    return Ticket(
        source="shop",
        external_id="1",
        key="HARB-1",
        state=state,
        labels=tuple(Label(id=name, name=name) for name in labels),
        present=present,
    )


@pytest.mark.parametrize(
    ("jql", "condition", "order"),
    [
        ("labels = a ORDER BY updated DESC", "labels = a", "ORDER BY updated DESC"),
        ("labels = a order   by rank", "labels = a", "order   by rank"),
        ('summary ~ "order by mail"', 'summary ~ "order by mail"', ""),
        ("summary ~ 'order by' ORDER BY key", "summary ~ 'order by'", "ORDER BY key"),
        ('summary ~ "a \\" order by b"', 'summary ~ "a \\" order by b"', ""),
        ("ORDER BY created", "", "ORDER BY created"),
        ("reorder by = 1", "reorder by = 1", ""),
        ("project = A OR project = B", "project = A OR project = B", ""),
    ],
)
def test_the_order_of_a_jql_is_split_off_outside_of_quotes(jql, condition, order):
    assert scope.split_order(jql) == (condition, order)


def test_a_jql_with_or_stays_inside_our_project():
    source = a_filter(jql="labels = a OR labels = b ORDER BY updated DESC")
    asked = scope.walk_jql("10500", condition=scope.restriction(source))
    expected = "project = 10500 AND (labels = a OR labels = b) ORDER BY created ASC, key ASC"
    assert asked == expected


def test_time_is_asked_for_in_milliseconds_and_without_an_upper_bound():
    asked = scope.walk_jql("HARB", since=1795168200111)
    expected = 'project = "HARB" AND updated >= 1795168200111 ORDER BY updated ASC, key ASC'
    assert asked == expected


def test_open_is_the_default_but_a_jql_speaks_for_itself():
    assert scope.restriction(a_filter()) == "statusCategory != Done"
    assert scope.restriction(a_filter(state="closed")) == "statusCategory = Done"
    assert scope.restriction(a_filter(state="all")) == ""
    assert scope.restriction(a_filter(jql="labels = a")) == "(labels = a)"
    assert scope.restriction(a_filter(labels=['a "b"'])).endswith('labels = "a \\"b\\""')


@pytest.mark.parametrize(
    ("filter", "ticket", "held"),
    [
        ({}, a_ticket("open"), True),
        ({}, a_ticket("closed"), False),
        ({"state": "all"}, a_ticket("closed"), True),
        ({"labels": ["a", "b"]}, a_ticket("open", "a", "b", "c"), True),
        ({"labels": "a,b"}, a_ticket("open", "a"), False),
        ({"labels": ["a"]}, a_ticket("open", "A"), False),
        ({"labels": ["a"]}, a_ticket("open", present=frozenset({"state"})), None),
        ({"labels": ["a"]}, a_ticket("closed", present=frozenset({"state"})), False),
        ({}, a_ticket("open", present=frozenset({"title"})), None),
        ({"jql": "labels = a"}, a_ticket("open", "a"), None),
        ({"jql": "ORDER BY updated DESC"}, a_ticket("closed"), True),
    ],
)
def test_tickets_are_held_to_the_filter_as_far_as_they_tell(filter, ticket, held):
    assert JIRA.holds(ticket, a_filter(**filter), None) is held


@pytest.mark.parametrize("inside", [True, False])
def test_what_jira_said_of_the_jql_travels_with_the_record(inside):
    record = an_issue() | {"ticketsync": {"inside": inside}}
    source = a_filter(jql="labels = a")
    assert JIRA.holds(JIRA.to_ticket(record, source), source, record) is inside


@pytest.mark.parametrize(
    ("filter", "word"),
    [
        ({"query": "x"}, "query"),
        ({"state": "done"}, "state"),
        ({"labels": 3}, "labels"),
        ({"pull_requests": "yes"}, "pull_requests"),
        ({"jql": 3}, "jql"),
        ({"jql": "labels = a) OR (project = B"}, "jql"),
        ({"jql": 'summary ~ "open'}, "jql"),
    ],
)
def test_a_filter_that_is_none_is_named(filter, word):
    with pytest.raises(ConfigError, match=word):
        scope.check(a_filter(**filter))


def test_statuses_the_source_gives_a_meaning_are_not_left_out_by_jiras_own():
    """`Done` of Jira may be open here; what is closed here is left out by reading."""
    source = a_source("jira", URL, filter={"state": "open"}, statuses={"Shipped": "in_progress"})
    assert scope.restriction(source) == ""
    assert JIRA.holds(a_ticket("closed"), source) is False
    labelled = source.model_copy(update={"filter": {"labels": ["night"]}})
    assert scope.restriction(labelled) == 'labels = "night"'
