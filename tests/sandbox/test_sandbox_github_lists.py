"""Lists: paging by Link, filters, `since`, order."""

import re

import pytest

REPO = "/repos/octo/shop"


def walk(client, url):
    pages = []
    while url:
        answer = client.get(url)
        assert answer.status_code == 200
        pages.append(answer.json())
        url = answer.links.get("next", {}).get("url")
    return pages


def test_default_page_is_30_open_issues_newest_first(seeded_api):
    issues = seeded_api.get(f"{REPO}/issues").json()
    assert len(issues) == min(30, len(issues))
    assert {issue["state"] for issue in issues} == {"open"}
    numbers = [issue["number"] for issue in issues]
    assert numbers == sorted(numbers, reverse=True)


def test_walking_next_links_shows_everything_once(seeded_api):
    pages = walk(seeded_api, f"{REPO}/issues?state=all&per_page=7")
    numbers = [issue["number"] for page in pages for issue in page]
    assert sorted(numbers) == list(range(1, 51))
    assert [len(page) for page in pages] == [7] * 7 + [1]


def test_links_name_prev_next_first_last_and_the_repository_by_number(seeded_api):
    answer = seeded_api.get(f"{REPO}/issues?state=all&per_page=10&page=3")
    assert set(answer.links) == {"prev", "next", "first", "last"}
    assert re.search(r"/repositories/\d+/issues\?", answer.links["next"]["url"])
    assert "page=5" in answer.links["last"]["url"]


def test_last_page_has_no_next(seeded_api):
    assert set(seeded_api.get(f"{REPO}/issues?state=all&page=2").links) == {"prev", "first"}


def test_per_page_is_capped_at_100(seeded_api):
    answer = seeded_api.get(f"{REPO}/issues?state=all&per_page=1000")
    assert len(answer.json()) == 50


def test_pull_requests_are_mixed_in_and_marked(seeded_api):
    issues = seeded_api.get(f"{REPO}/issues?state=all&per_page=100").json()
    pulls = [issue for issue in issues if "pull_request" in issue]
    assert len(pulls) == 5
    assert all("/pull/" in pull["html_url"] for pull in pulls)


def test_since_is_inclusive_and_compares_updated_at(seeded_api):
    url = f"{REPO}/issues?state=all&sort=updated&direction=asc&per_page=100"
    everything = seeded_api.get(url).json()
    middle = everything[20]["updated_at"]
    rest = seeded_api.get(f"{url}&since={middle}").json()
    assert rest == [issue for issue in everything if issue["updated_at"] >= middle]
    assert rest[0]["updated_at"] == middle


@pytest.mark.parametrize("order", ["created", "updated", "comments"])
def test_sort_and_direction(seeded_api, order):
    url = f"{REPO}/issues?state=all&per_page=100&sort={order}"
    key = {"created": "created_at", "updated": "updated_at", "comments": "comments"}[order]
    rising = [issue[key] for issue in seeded_api.get(f"{url}&direction=asc").json()]
    falling = [issue[key] for issue in seeded_api.get(url).json()]
    assert rising == sorted(rising)
    assert falling == sorted(falling, reverse=True)


def test_filters_narrow_the_list(github, api):
    acts = github.acts
    acts.create_milestone("Soon")
    acts.open("one", labels=["bug", "ui"], assignees=["mara-lind"], milestone="Soon")
    acts.open("two", labels=["bug"], by="noor-haddad")
    acts.open("three")

    def titles(query):
        return [issue["title"] for issue in api.get(f"{REPO}/issues?{query}").json()]

    assert titles("labels=bug") == ["two", "one"]
    assert titles("labels=bug,ui") == ["one"]
    assert titles("assignee=mara-lind") == ["one"]
    assert titles("assignee=none") == ["three", "two"]
    assert titles("assignee=*") == ["one"]
    assert titles("milestone=1") == ["one"]
    assert titles("milestone=none") == ["three", "two"]
    assert titles("creator=noor-haddad") == ["two"]


def test_repo_comments_ignore_direction_without_sort(seeded_api):
    plain = seeded_api.get(f"{REPO}/issues/comments?direction=desc&per_page=100").json()
    sorted_down = seeded_api.get(f"{REPO}/issues/comments?sort=created&direction=desc").json()
    assert [one["id"] for one in plain] == sorted(one["id"] for one in plain)
    assert sorted_down[0]["id"] == plain[-1]["id"]


def test_repo_comments_since_follow_the_comments_own_update(github, api):
    github.acts.open("talk")
    first = github.acts.comment(1, "first")
    moment = api.get(f"{REPO}/issues/comments/{first.id}").json()["updated_at"]
    url = f"{REPO}/issues/comments?sort=updated&direction=asc&since={moment}"
    assert [one["body"] for one in api.get(url).json()] == ["first"]
    assert api.get(f"{REPO}/issues/comments?since=2999-01-01T00:00:00Z").json() == []


def test_repo_events_come_newest_first_with_their_issue(github, api):
    github.acts.open("one", labels=["bug"])
    github.acts.close(1, "not_planned")
    events = api.get(f"{REPO}/issues/events").json()
    assert [event["event"] for event in events] == ["closed", "labeled"]
    assert events[0]["issue"]["number"] == 1
    assert "state_reason" not in events[0]


def test_timeline_mixes_comments_and_events(github, api):
    github.acts.open("one")
    comment = github.acts.comment(1, "hello")
    github.acts.edit(1, title="uno")
    github.acts.delete_comment(comment.id)
    github.acts.comment(1, "again")
    kinds = {entry["event"] for entry in api.get(f"{REPO}/issues/1/timeline").json()}
    assert kinds == {"commented", "renamed", "comment_deleted"}


def test_the_enterprise_prefix_leads_to_the_same_and_stays_in_links(seeded_api):
    answer = seeded_api.get(f"/api/v3{REPO}/issues?state=all")
    assert answer.status_code == 200
    assert "/api/v3/repositories/" in answer.links["next"]["url"]
    assert seeded_api.get(answer.links["next"]["url"]).status_code == 200
