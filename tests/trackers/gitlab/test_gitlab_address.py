"""What a user types for a project, and where its API lies."""

import pytest

from schemas.errors import ConfigError
from tests.trackers.stand_ins import a_source
from trackers.gitlab import GITLAB, address

NAMED = "https://gitlab.com/lantern/coast/harbour"


@pytest.mark.parametrize(
    "typed",
    [
        NAMED,
        f"{NAMED}/",
        f"{NAMED}.git",
        f"{NAMED}/-/issues",
        f"{NAMED}/-/issues/12",
        f"{NAMED}/-/boards",
        f"{NAMED}/-/work_items/4?show=1",
        f"{NAMED}/issues/12",
        "https://user:secret@gitlab.com/lantern/coast/harbour",
        "gitlab.com/lantern/coast/harbour",
        "https://www.gitlab.com/lantern/coast/harbour",
        "http://gitlab.com/lantern/coast/harbour",
        "git@gitlab.com:lantern/coast/harbour.git",
        "ssh://git@gitlab.com:2222/lantern/coast/harbour.git",
    ],
)
def test_every_address_of_a_project_names_the_project(typed):
    assert GITLAB.source_url(typed) == (NAMED, None, "lantern/coast/harbour")


def test_a_self_managed_instance_has_its_own_api():
    found = GITLAB.source_url("https://Git.Example.org:8443/team/board/-/boards/3")
    api = "https://git.example.org:8443/api/v4"
    assert found == ("https://git.example.org:8443/team/board", api, "team/board")


@pytest.mark.parametrize("typed", ["https://gitlab.com", "https://gitlab.com/"])
def test_a_site_alone_has_no_project(typed):
    assert GITLAB.source_url(typed) == ("https://gitlab.com", None, "")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "harbour",
        "lantern/harbour",
        "https://github.com/lantern/harbour",
        "https://lantern.atlassian.net/browse/HAR",
        "https://gitlab.com/lantern",
        "https://gitlab.com/groups/lantern/-/epics/4",
        "https://gitlab.com/lantern/har bour",
        "ftp://gitlab.com/lantern/harbour",
        "https://[gitlab.com/lantern/harbour",
    ],
)
def test_anything_else_is_refused_with_an_example(typed):
    with pytest.raises(ConfigError, match="expected a project such as"):
        GITLAB.source_url(typed)


def test_a_secret_in_a_wrong_address_is_not_shown():
    with pytest.raises(ConfigError) as refusal:
        GITLAB.source_url("https://me:hunter2@gitlab.com/lantern")
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("told", "base"),
    [
        (None, "https://gitlab.com/api/v4"),
        ("https://git.example.org", "https://git.example.org/api/v4"),
        ("https://git.example.org/api/v4/", "https://git.example.org/api/v4"),
        ("https://example.org/gitlab/api/v4", "https://example.org/gitlab/api/v4"),
    ],
)
def test_the_api_lies_where_the_source_says(told, base):
    assert address.api_base(a_source("gitlab", NAMED, api_url=told)) == base


def test_people_sign_in_at_the_instance_itself():
    source = a_source("gitlab", NAMED, api_url="https://example.org/gitlab/api/v4")
    assert address.site(source) == "https://example.org/gitlab"


def test_an_instance_below_a_path_is_told_by_its_api():
    url = "https://example.org/gitlab/lantern/harbour"
    source = a_source("gitlab", url, api_url="https://example.org/gitlab/api/v4")
    assert GITLAB.project_name(source) == "lantern/harbour"
    assert address.web_url(source) == url
