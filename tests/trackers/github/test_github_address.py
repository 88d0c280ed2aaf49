"""What a user may type, and where the API lives."""

import pytest

from schemas.errors import ConfigError
from tests.trackers.stand_ins import Budget, Memory, Secrets, a_source
from trackers.github import address, scope
from trackers.registry import tracker_named

GITHUB = tracker_named("github")
CLEAN = ("https://github.com/lantern/harbour", None, "lantern/harbour")


@pytest.mark.parametrize(
    "typed",
    [
        "https://github.com/lantern/harbour",
        "https://github.com/lantern/harbour/",
        "https://github.com/lantern/harbour.git",
        "https://github.com/lantern/harbour/issues",
        "https://github.com/lantern/harbour/issues/12?x=1",
        "http://www.github.com/lantern/harbour",
        "https://somebody:ghp_secret@github.com/lantern/harbour",
        "git@github.com:lantern/harbour.git",
        "ssh://git@github.com/lantern/harbour.git",
        "  github.com/lantern/harbour ",
    ],
)
def test_every_spelling_of_a_repository_is_one_address(typed):
    found = GITHUB.source_url(typed)
    assert (found[0].replace("http://", "https://"), *found[1:]) == CLEAN


@pytest.mark.parametrize(
    ("typed", "api"),
    [
        ("https://git.firm.test/a/b", "https://git.firm.test/api/v3"),
        ("git@git.firm.test:a/b.git", "https://git.firm.test/api/v3"),
        ("http://127.0.0.1:8080/a/b", "http://127.0.0.1:8080/api/v3"),
        ("https://firm.ghe.com/a/b", "https://api.firm.ghe.com"),
    ],
)
def test_other_hosts_have_an_api_of_their_own(typed, api):
    assert GITHUB.source_url(typed)[1:] == (api, "a/b")


@pytest.mark.parametrize(
    "typed",
    [
        "", "lantern", "lantern/harbour", "https://github.com/lantern", "ftp://github.com/a/b",
        "https://github.com/a/b/pulls", "https://gitlab.com/a/b", "https://x.atlassian.net/a/b",
        "https://github.com/../b", "https://github.com/a b/c", "https:///a/b", "https://[/a/b",
    ],
)  # fmt: skip
def test_anything_else_is_one_line_that_says_what_is_expected(typed):
    with pytest.raises(ConfigError, match=r"expected a repository such as https://") as refusal:
        GITHUB.source_url(typed)
    assert "\n" not in str(refusal.value)


def test_a_token_in_an_address_is_not_repeated():
    with pytest.raises(ConfigError) as refusal:
        GITHUB.source_url("https://somebody:ghp_secret@github.com/lantern")
    assert "ghp_secret" not in str(refusal.value)


def test_an_explicit_api_address_wins():
    source = a_source("github", CLEAN[0], api_url="http://127.0.0.1:9/")
    assert address.api_base(source) == "http://127.0.0.1:9"
    assert address.api_base(a_source("github", CLEAN[0])) == "https://api.github.com"


@pytest.mark.parametrize(
    ("filter", "cause"),
    [
        ({"sate": "all"}, "'sate' is unknown"),
        ({"state": "ajar"}, "state is 'ajar'"),
        ({"labels": [1]}, "labels is a list"),
        ({"labels": 5}, "labels is a list"),
    ],
)
def test_a_filter_that_is_none_of_ours_is_refused(filter, cause):
    source = a_source("github", CLEAN[0], filter=filter)
    given = {"credentials": Secrets(), "limiter": Budget(), "validators": Memory()}
    with pytest.raises(ConfigError, match=cause):
        GITHUB.connect(source, **given)


@pytest.mark.parametrize(
    ("filter", "state", "labels", "inside"),
    [
        ({}, "open", (), True),
        ({}, "closed", (), False),
        ({"state": "all"}, "closed", (), True),
        ({"state": "closed"}, "open", (), False),
        ({"labels": ["bug", "late"]}, "open", ("Bug", "late", "x"), True),
        ({"labels": "bug, late"}, "open", ("bug",), False),
    ],
)
def test_the_filter_tells_which_tickets_are_ours(filter, state, labels, inside):
    source = a_source("github", CLEAN[0], filter=filter)
    record = {"number": 1, "state": state, "labels": list(labels)}
    scope.check(source)
    assert GITHUB.holds(GITHUB.to_ticket(record, source), source) is inside
