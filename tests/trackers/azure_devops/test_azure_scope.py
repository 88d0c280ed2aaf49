"""The filter: what of it we can tell ourselves, and what only the tracker can."""

import pytest

from schemas.errors import ConfigError
from tests.trackers.azure_devops.azure_payloads import an_item, the_source
from trackers.azure_devops import AZURE_DEVOPS, scope


def held(record, **over):
    source = the_source(**over)
    return AZURE_DEVOPS.holds(AZURE_DEVOPS.to_ticket(record, source), source, record)


CLOSED = an_item(category="Completed", System__State="Closed")


@pytest.mark.parametrize(
    ("filter", "open_in", "closed_in"),
    [
        ({}, True, False),
        ({"state": "all"}, True, True),
        ({"state": "closed"}, False, True),
        ({"state": "all", "types": ["bug"]}, True, True),
        ({"state": "all", "types": "Task, Epic"}, False, False),
        ({"labels": ["NIGHT", "bug"]}, True, False),
        ({"labels": ["day"]}, False, False),
    ],
)
def test_states_types_and_labels_are_ours_to_tell(filter, open_in, closed_in):
    assert held(an_item(), filter=filter) is open_in
    assert held(CLOSED, filter=filter) is closed_in


@pytest.mark.parametrize("over", [{"filter": {"wiql": "[System.Title] <> ''"}}, {"team": "Till"}])
def test_a_query_and_a_team_are_the_trackers_to_tell(over):
    record = an_item()
    assert held(record, **over) is None
    record["ticketsync"]["inside"] = False
    assert held(record, **over) is False
    record["ticketsync"]["inside"] = True
    assert held(record, **over) is True
    assert held(CLOSED, **over) is False


@pytest.mark.parametrize(
    ("typed", "clause"),
    [
        ("[a] = 1", "[a] = 1"),
        ("WHERE [a] = 1 OR [b] = 2", "[a] = 1 OR [b] = 2"),
        ("[a] = 1 ORDER BY [System.Id]", "[a] = 1"),
        ("[a] = 'x order by y' order by [b] desc", "[a] = 'x order by y'"),
        ("SELECT [System.Id] FROM WorkItems WHERE [a] = 1", "[a] = 1"),
        ("", ""),
    ],
)
def test_a_whole_query_is_cut_to_its_condition(typed, clause):
    assert scope.clause(the_source(filter={"wiql": typed})) == clause


@pytest.mark.parametrize(
    "filter",
    [{"sort": "x"}, {"state": "new"}, {"types": 5}, {"labels": [5]}, {"wiql": ["x"]}],
)
def test_a_filter_that_is_none_of_ours_is_named(filter):
    with pytest.raises(ConfigError, match=r"filter of source 'shop'"):
        scope.check(the_source(filter=filter))
