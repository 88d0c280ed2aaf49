"""Addresses of teams, and the filter of a source."""

import pytest

from schemas.errors import ConfigError
from tests.trackers.linear.linear_payloads import an_issue, source
from tests.trackers.stand_ins import Budget, Memory, Secrets
from trackers.linear import LINEAR, address, scope

ENG = ("https://linear.app/harbour/team/ENG", None, "ENG")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("https://linear.app/harbour/team/ENG/active", ENG),
        ("https://linear.app/harbour/team/eng", ENG),
        ("http://www.linear.app/harbour/team/ENG/all?layout=board", ENG),
        ("linear.app/harbour/team/ENG", ENG),
        ("https://linear.app/harbour/issue/ENG-412/the-beacon", ENG),
        ("https://someone:secret@linear.app/harbour/team/ENG", ENG),
        ("https://linear.app/harbour", ("https://linear.app/harbour", None, "")),
        (
            "http://127.0.0.1:8088/acme/team/ENG",
            ("http://127.0.0.1:8088/acme/team/ENG", "http://127.0.0.1:8088", "ENG"),
        ),
    ],
)
def test_what_people_type_is_understood(typed, found):
    assert LINEAR.source_url(typed) == found


@pytest.mark.parametrize(
    "typed",
    [
        "", "ENG", "https://linear.app", "https://linear.app/harbour/settings/api",
        "https://linear.app/harbour/team/E-1", "https://github.com/owner/team/ENG",
        "ftp://linear.app/harbour/team/ENG", "https://[linear.app/harbour/team/ENG",
        "https://linear.app/har bour/team/ENG",
    ],
)  # fmt: skip
def test_what_is_no_team_is_refused_with_an_example(typed):
    with pytest.raises(ConfigError, match=r"https://linear.app/acme/team/ENG"):
        LINEAR.source_url(typed)


def test_a_refusal_shows_no_password():
    with pytest.raises(ConfigError) as caught:
        LINEAR.source_url("https://someone:secret@linear.app/harbour/roadmap")
    assert "secret" not in str(caught.value)


def test_the_api_lies_where_the_source_says():
    assert address.api_base(source()) == "https://api.linear.app"
    own = source(api_url="http://127.0.0.1:8088/graphql")
    assert address.api_base(own) == "http://127.0.0.1:8088"
    assert address.site(source()) == "https://linear.app/harbour"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"state": "half"}, "state is 'half'"),
        ({"label": "x"}, "'label' is unknown"),
        ({"labels": [3]}, "labels is a list of names"),
        ({"filter": "x"}, "filter is a table"),
    ],
)
def test_a_wrong_filter_is_refused_by_its_key(given, told):
    with pytest.raises(ConfigError, match=told):
        LINEAR.connect(
            source(filter=given), credentials=Secrets(), limiter=Budget(), validators=Memory()
        )


def test_a_filter_is_kept_by_state_and_labels():
    ticket = LINEAR.to_ticket(an_issue(labels=[{"id": "l", "name": "Bug"}]), source())
    assert LINEAR.holds(ticket, source())
    assert not LINEAR.holds(ticket, source(filter={"state": "closed"}))
    assert LINEAR.holds(ticket, source(filter={"labels": "bug"}))
    assert not LINEAR.holds(ticket, source(filter={"labels": ["bug", "night"]}))


def test_mapped_states_are_sifted_here_not_there():
    assert scope.wanted(source()) == [
        {"state": {"type": {"nin": ["completed", "canceled", "duplicate"]}}}
    ]
    assert scope.wanted(source(statuses={"Parked": "done"})) == []
    assert scope.wanted(source(filter={"state": "all", "filter": {"priority": {"eq": 1}}})) == [
        {"priority": {"eq": 1}}
    ]
