"""Pull and merge requests among the web links of an issue."""

import pytest

from tests.trackers.jira.jira_payloads import an_issue
from tests.trackers.jira.jira_scene import connected, reply
from trackers.jira import JIRA

WISH = {"pull_requests": True}


def web(url, title="A mend"):
    return {"id": 10000, "globalId": url, "object": {"url": url, "title": title}}


def read(*links, filter=WISH):
    answers = {"GET /issue/20481": an_issue(), "GET /issue/20481/remotelink": list(links)}
    one = connected(answers, filter=filter)
    record = one.client.fetch("20481")
    return one, [JIRA.to_relation(link, one.source) for link in record.links]


@pytest.mark.parametrize(
    ("url", "repository", "number"),
    [
        ("https://github.com/lantern/harbour/pull/7", "lantern/harbour", 7),
        ("https://github.com/lantern/harbour/pull/7/files", "lantern/harbour", 7),
        ("https://gitlab.com/a/b/c/-/merge_requests/12#note_3", "a/b/c", 12),
        ("https://dev.azure.com/o/p/_git/r/pullrequest/3?x=1", "o/p/_git/r", 3),
        ("https://bitbucket.org/a/b/pull-requests/4", "a/b", 4),
    ],
)
def test_a_web_link_to_a_request_is_kept_with_repository_and_number(url, repository, number):
    _, [relation] = read(web(url), web("https://example.com/pull/of/the/rope"))
    assert (relation.kind, relation.target.url) == ("pull_request", url)
    assert relation.pull_request.repository == repository
    assert (relation.pull_request.number, relation.pull_request.title) == (number, "A mend")


def test_web_links_are_asked_for_only_where_that_is_wanted():
    one, relations = read(web("https://github.com/a/b/pull/7"), filter={})
    assert relations == []
    assert not any("remotelink" in line for line in one.lines)


def test_an_issue_whose_web_links_cannot_be_read_has_none():
    answers = {"GET /issue/20481": an_issue(), "GET /issue/20481/remotelink": reply({}, 404)}
    assert connected(answers, filter=WISH).client.fetch("20481").links == ()
