"""What people type for a Jira project, and where its API is."""

import pytest

from schemas.errors import ConfigError
from tests.trackers.stand_ins import a_source
from trackers.jira import JIRA, address

CLOUD = "https://x.atlassian.net"


@pytest.mark.parametrize(
    "typed",
    [
        f"{CLOUD}/browse/PROJ",
        f"{CLOUD}/browse/PROJ-12",
        f"{CLOUD}/browse/proj-12?focusedCommentId=7",
        f"{CLOUD}/projects/PROJ",
        f"{CLOUD}/jira/software/projects/PROJ/boards/1",
        f"{CLOUD}/jira/software/c/projects/PROJ/boards/1?selectedIssue=PROJ-3",
        f"{CLOUD}/jira/software/c/projects/PROJ/issues/PROJ-12",
        f"{CLOUD}/jira/core/projects/PROJ/summary",
        "x.atlassian.net/browse/PROJ/",
        "https://somebody:secret@x.atlassian.net/browse/PROJ",
    ],
)
def test_every_page_of_a_cloud_project_names_it(typed):
    assert JIRA.source_url(typed) == (f"{CLOUD}/browse/PROJ", None, "PROJ")


@pytest.mark.parametrize(
    ("typed", "site"),
    [
        ("https://jira.corp.example/browse/PROJ-3", "https://jira.corp.example"),
        ("https://jira.corp.example/jira/browse/PROJ", "https://jira.corp.example/jira"),
        ("https://jira.corp.example/tools/jira/projects/PROJ/issues", None),
        ("http://127.0.0.1:8080/browse/PROJ", "http://127.0.0.1:8080"),
        (
            "https://jira.corp.example/secure/RapidBoard.jspa?rapidView=7&projectKey=PROJ",
            "https://jira.corp.example",
        ),
        (
            "https://jira.corp.example/jira/secure/Dashboard.jspa?selectedIssue=proj-3",
            "https://jira.corp.example/jira",
        ),
    ],
)
def test_data_center_keeps_its_context_path(typed, site):
    site = site or "https://jira.corp.example/tools/jira"
    assert JIRA.source_url(typed) == (f"{site}/browse/PROJ", site, "PROJ")


@pytest.mark.parametrize(
    ("typed", "site"),
    [
        (CLOUD, CLOUD),
        (f"{CLOUD}/", CLOUD),
        (f"{CLOUD}/jira/your-work", CLOUD),
        ("https://jira.corp.example/jira", "https://jira.corp.example/jira"),
    ],
)
def test_a_site_alone_names_no_project(typed, site):
    clean, _, project = JIRA.source_url(typed)
    assert (clean, project) == (site, "")


@pytest.mark.parametrize(
    "typed",
    [
        "https://github.com/owner/repo",
        "https://linear.app/x/team/ENG",
        "ftp://x.y/z",
        "",
        "http://",
    ],
)
def test_what_is_no_jira_is_refused_with_an_example(typed):
    with pytest.raises(ConfigError, match="expected a project such as"):
        JIRA.source_url(typed)


def test_a_refused_address_does_not_repeat_its_password():
    with pytest.raises(ConfigError) as refusal:
        JIRA.source_url("https://me:hunter2@github.com/owner/repo")
    assert "hunter2" not in str(refusal.value)


def test_the_deployment_follows_the_host_unless_it_is_configured():
    assert address.deployment(a_source("jira", f"{CLOUD}/browse/PROJ")) == "cloud"
    assert address.deployment(a_source("jira", "https://jira.corp.example/browse/P1")) == "server"
    told = a_source("jira", "http://127.0.0.1:1/browse/PROJ", deployment="cloud")
    assert address.deployment(told) == "cloud"


def test_requests_go_to_the_site_unless_an_api_is_named():
    assert address.api_base(a_source("jira", f"{CLOUD}/browse/PROJ")) == CLOUD
    named = a_source("jira", f"{CLOUD}/browse/PROJ", api_url="http://127.0.0.1:1/")
    assert address.api_base(named) == "http://127.0.0.1:1"
    assert address.gateway(named, "7") == "http://127.0.0.1:1/ex/jira/7"
    plain = a_source("jira", f"{CLOUD}/browse/PROJ")
    scoped = a_source("jira", f"{CLOUD}/browse/PROJ", api_url=f"{address.GATEWAY}/ex/jira/8")
    assert address.gateway(scoped, "7") == f"{address.GATEWAY}/ex/jira/8"
    assert address.gateway(plain, "7") == "https://api.atlassian.com/ex/jira/7"
