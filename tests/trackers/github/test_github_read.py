"""Single reads: what each answer to a fetch means, links, definitions, identity, project."""

import pytest

from schemas.errors import Denied, Permanent, Transient
from schemas.record import Gone, Hidden, Moved, Record
from schemas.ticket import TicketRef
from schemas.tracker import Identity, ProjectInfo
from tests.trackers.github.github_network import ROOT, Network, api, connected, reply
from tests.trackers.github.github_payloads import (
    API,
    NAME,
    URL,
    a_comment,
    a_label,
    a_milestone,
    a_pull_request,
    a_repository,
    an_issue,
)
from tests.trackers.stand_ins import a_source
from trackers.registry import tracker_named

ISSUE = f"GET {ROOT}/issues/12"
GITHUB = tracker_named("github")
PARTS = frozenset({"core", "comments", "links"})


def network(**fixed):
    return Network(fixed=fixed)


def moved_to(address, body):
    """Answers the old address with a redirect to the new one."""
    new = address.removeprefix(API)
    return {
        ISSUE: reply({"message": "Moved Permanently"}, 301, location=address),
        f"GET {new}": reply(body),
    }


def test_an_issue_is_a_record_with_its_revision():
    one = connected(network(**{ISSUE: reply(an_issue())}))
    found = one.client.fetch("12")
    assert isinstance(found, Record)
    assert (found.ticket, found.revision) == ("12", "2026-11-20T09:00:00Z")
    assert (found.comments, found.links, one.client.requests) == (None, None, 1)


def test_a_pull_request_under_the_number_is_hidden():
    found = connected(network(**{ISSUE: reply(a_pull_request(12))})).client.fetch("12")
    assert found == Hidden(ticket="12", reason="#12 is a pull request")


def test_a_deleted_issue_is_gone_and_a_missing_one_is_hidden():
    deleted = connected(network(**{ISSUE: reply({"message": "This issue was deleted"}, 410)}))
    assert deleted.client.fetch("12") == Gone(ticket="12", proof="HTTP 410")
    assert isinstance(connected(network()).client.fetch("12"), Hidden)


def test_a_transferred_issue_is_moved():
    new = an_issue(5, repository_url=f"{API}/repos/lantern/pier", title="Beacon", html_url="u")
    fixed = moved_to(f"{API}/repositories/660002/issues/5", new)
    found = connected(network(**fixed)).client.fetch("12")
    place = TicketRef(key="lantern/pier#5", url="u", title="Beacon")
    assert found == Moved(ticket="12", to=place)


def test_an_issue_transferred_onto_the_same_number_is_moved_all_the_same():
    new = an_issue(12, repository_url=f"{API}/repos/lantern/pier")
    fixed = moved_to(f"{API}/repositories/660002/issues/12", new)
    assert isinstance(connected(network(**fixed)).client.fetch("12"), Moved)


def test_a_renamed_repository_moves_no_issue():
    renamed = a_repository(name="lantern/port")
    issue = an_issue(12, repository_url=f"{API}/repos/lantern/port")
    fixed = moved_to(f"{API}/repositories/660001/issues/12", issue)
    fixed[f"GET {ROOT}"] = reply(renamed)
    assert isinstance(connected(network(**fixed)).client.fetch("12"), Record)


def test_a_redirect_to_nowhere_is_hidden():
    found = connected(network(**{ISSUE: reply({}, 301)})).client.fetch("12")
    assert isinstance(found, Hidden)


def test_comments_are_read_to_the_last_page():
    path = f"GET {ROOT}/issues/12/comments"
    fixed = {
        ISSUE: reply(an_issue()),
        path: reply([a_comment(1)], link=f'<{api("/more")}>; rel="next"'),
    }
    fixed[f"GET {ROOT}/more"] = reply([a_comment(2)])
    found = connected(network(**fixed)).client.fetch("12", frozenset({"core", "comments"}))
    assert [one["id"] for one in found.comments] == [1, 2]


def test_comments_that_vanish_while_they_are_read_are_read_again_later():
    one = connected(network(**{ISSUE: reply(an_issue())}))
    with pytest.raises(Transient, match="comments of #12"):
        one.client.fetch("12", frozenset({"comments"}))


def test_links_are_parent_children_and_counted_dependencies():
    summary = {"blocked_by": 0, "total_blocked_by": 1, "blocking": 0, "total_blocking": 0}
    far = an_issue(3, repository_url=f"{API}/repos/lantern/pier", html_url="far")
    fixed = {
        ISSUE: reply(an_issue(issue_dependencies_summary=summary)),
        f"GET {ROOT}/issues/12/comments": reply([]),
        f"GET {ROOT}/issues/12/parent": reply(an_issue(1)),
        f"GET {ROOT}/issues/12/sub_issues": reply([an_issue(2), far]),
        f"GET {ROOT}/issues/12/dependencies/blocked_by": reply([an_issue(4)]),
    }
    one = connected(network(**fixed))
    found = one.client.fetch("12", PARTS)
    links = [GITHUB.to_relation(link, a_source("github", URL)) for link in found.links]
    assert [(link.kind, link.target.key) for link in links] == [
        ("parent", "1"),
        ("child", "2"),
        ("child", "lantern/pier#3"),
        ("blocked_by", "4"),
    ]
    assert one.client.requests == 6  # the sixth looks for pull requests


@pytest.mark.parametrize("ticket", ["", "12/lock", "../1", "٣", "x"])
def test_only_a_number_becomes_part_of_an_address(ticket):
    one = connected(network())
    with pytest.raises(Permanent, match="is no number"):
        one.client.fetch(ticket)
    with pytest.raises(Permanent, match="is no number"):
        one.client.fetch_comment("12", ticket)
    assert not one.script.asked


def test_no_links_are_an_empty_list():
    fixed = {ISSUE: reply(an_issue()), f"GET {ROOT}/issues/12/comments": reply([])}
    assert connected(network(**fixed)).client.fetch("12", PARTS).links == ()


def test_a_comment_is_read_by_id():
    fixed = {f"GET {ROOT}/issues/comments/7": reply(a_comment(7))}
    found = connected(network(**fixed)).client.fetch_comment("12", "7")
    assert (found.ticket, found.external_id) == ("12", "7")


def test_a_missing_comment_is_gone_only_while_its_issue_can_be_read():
    readable = connected(network(**{ISSUE: reply(an_issue())}))
    assert isinstance(readable.client.fetch_comment("12", "7"), Gone)
    assert isinstance(connected(network()).client.fetch_comment("12", "7"), Hidden)


def test_a_comment_that_belongs_elsewhere_is_hidden():
    fixed = {f"GET {ROOT}/issues/comments/7": reply(a_comment(7, 99))}
    assert isinstance(connected(network(**fixed)).client.fetch_comment("12", "7"), Hidden)


def test_unchanged_definitions_are_none():
    labels, stones = f"GET {ROOT}/labels", f"GET {ROOT}/milestones"
    world = network(
        **{labels: reply([a_label()], etag='"1"'), stones: reply([a_milestone()], etag='"2"')}
    )
    one = connected(world)
    kinds, found = one.client.definitions()
    assert kinds == ("label", "milestone")
    assert [(d.kind, d.name) for d in found] == [("label", "bug"), ("milestone", "Spring")]
    world.fixed |= {labels: reply([], 304), stones: reply([], 304)}
    assert one.client.definitions() is None
    assert [r.headers["if-none-match"] for r in one.script.asked[2:]] == ['"1"', '"2"']
    assert one.script.asked[1].url.params["state"] == "all"


def test_only_the_kind_that_changed_is_told():
    world = network(**{f"GET {ROOT}/labels": reply([], 304), f"GET {ROOT}/milestones": reply([])})
    assert connected(world).client.definitions() == (("milestone",), ())


def test_a_long_list_of_definitions_is_always_read():
    """Its first page says nothing about changes on the second."""
    world = network(
        **{
            f"GET {ROOT}/labels": reply(
                [a_label()], etag='"1"', link=f'<{api("/more")}>; rel="next"'
            ),
            f"GET {ROOT}/more": reply([a_label("late", 4)]),
            f"GET {ROOT}/milestones": reply([]),
        }
    )
    one = connected(world)
    assert len(one.client.definitions()[1]) == 2
    assert not one.memory.kept


def test_the_project_has_an_id_and_its_present_name():
    fixed = {
        f"GET {ROOT}": reply({}, 301, location=f"{API}/repositories/660001"),
        "GET /repositories/660001": reply(a_repository(name="lantern/port")),
        "GET /repos/lantern/port/issues/12": reply(an_issue()),
    }
    one = connected(network(**fixed))
    assert one.client.project() == ProjectInfo(
        id="660001", name="lantern/port", url="https://github.com/lantern/port", private=False
    )
    assert isinstance(one.client.fetch("12"), Record)


def test_a_repository_we_cannot_see_is_denied():
    with pytest.raises(Denied, match=NAME):
        connected(network(**{f"GET {ROOT}": reply({}, 404)})).client.project()


def test_a_classic_token_tells_its_scopes():
    fixed = {"GET /user": reply({"login": "ines-varga"}, x_oauth_scopes="repo, read:org")}
    found = connected(network(**fixed)).client.identity()
    assert found == Identity(login="ines-varga", scopes=("repo", "read:org"))


def test_a_fine_grained_token_tells_none():
    fixed = {"GET /user": reply({"login": "ines-varga"})}
    assert connected(network(**fixed)).client.identity().scopes is None


def test_without_a_token_we_are_nobody():
    one = connected(network(**{"GET /rate_limit": reply({})}), token=None)
    assert one.client.identity() == Identity(login=None, anonymous=True)
    assert "authorization" not in one.script.asked[0].headers


def test_requests_say_who_asks_and_in_which_version():
    one = connected(network())
    one.client.fetch("12")
    sent = one.script.asked[0].headers
    assert sent["authorization"] == "Bearer ghp_invented0123456789"
    assert sent["x-github-api-version"] == "2022-11-28"
    assert sent["accept"] == "application/vnd.github+json"
    assert sent["user-agent"].startswith("ticketsync")


@pytest.mark.parametrize("token", ["with space", "line\nbreak", "schlüssel"])
def test_a_token_that_cannot_be_one_is_denied_without_being_shown(token):
    with pytest.raises(Denied) as refusal:
        connected(network(), token=token)
    assert token not in str(refusal.value)
