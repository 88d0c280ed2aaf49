"""Old answers and broken ones: lists that lag, replicas that lag, short pages, cut connections."""

from datetime import timedelta

import httpx
import pytest

from sandbox.github import app

REPO = "/repos/octo/shop"
ALL = {"state": "all", "per_page": 100}


@pytest.fixture
def later(github):
    """Lets time pass."""
    moment = [github.site.world.now()]
    github.site.world.now = lambda: moment[0]

    def go(seconds):
        moment[0] += timedelta(seconds=seconds)

    return go


def titles(api, **query):
    found = api.get(f"{REPO}/issues", params={**ALL, "direction": "asc", **query}).json()
    return [one["title"] for one in found]


def said(api, path="issues/comments"):
    return [one["body"] for one in api.get(f"{REPO}/{path}").json()]


@pytest.fixture
def lived(github, later):
    """One issue with two comments, then a minute later an edit of each kind."""

    def live(**faults):
        github.acts.open("old")
        first, second = (github.acts.comment(1, text).id for text in ("first", "second"))
        later(100)
        github.faults.set(**faults)
        github.acts.edit(1, title="new")
        github.acts.edit_comment(first, "FIRST")
        github.acts.delete_comment(second)
        github.acts.comment(1, "third")
        github.acts.open("younger")
        return first

    return live


def test_an_index_that_lags_has_old_lists_and_fresh_single_reads(github, api, lived, later):
    first = lived(index_lag=60)
    assert titles(api) == titles(api, sort="updated") == ["old"]
    assert said(api) == ["first", "second"]
    assert api.get(f"{REPO}/issues/1").json()["title"] == "new"
    assert said(api, "issues/1/comments") == ["FIRST", "third"]
    assert api.get(f"{REPO}/issues/comments/{first}").json()["body"] == "FIRST"
    assert api.get("/search/issues?q=younger").json()["total_count"] == 0
    later(61)
    assert titles(api) == ["new", "younger"]
    assert said(api) == ["FIRST", "third"]


def test_a_lagging_list_goes_by_the_revisions_it_shows(github, api, lived):
    lived(index_lag=60)
    moved = api.get(f"{REPO}/issues/1").json()["updated_at"]
    assert titles(api, since=moved, sort="updated") == []


def test_a_replica_that_lags_is_old_in_everything(github, api, lived, later):
    first = lived(replica_lag=60)
    before = api.get(f"{REPO}/issues/1").json()
    assert (before["title"], before["comments"]) == ("old", 2)
    assert said(api, "issues/1/comments") == said(api) == ["first", "second"]
    assert api.get(f"{REPO}/issues/comments/{first}").json()["body"] == "first"
    assert api.get(f"{REPO}/issues/2").status_code == 404
    later(61)
    after = api.get(f"{REPO}/issues/1").json()
    assert (after["title"], after["comments"]) == ("new", 2)
    assert after["updated_at"] > before["updated_at"]
    assert api.get(f"{REPO}/issues/2").status_code == 200


def test_a_replica_that_lags_still_shows_what_was_deleted_and_linked(github, api, later):
    for title in ("whole", "part", "doomed", "moving"):
        github.acts.open(title)
    github.acts.add_sub_issue(1, 2)
    later(100)
    github.faults.set(replica_lag=60)
    github.acts.remove_sub_issue(1, 2)
    github.acts.delete(3)
    github.acts.transfer(4, "elsewhere")
    assert [one["number"] for one in api.get(f"{REPO}/issues/1/sub_issues").json()] == [2]
    assert api.get(f"{REPO}/issues/2/parent").json()["number"] == 1
    assert api.get(f"{REPO}/issues/3").json()["title"] == "doomed"
    assert api.get(f"{REPO}/issues/4").status_code == 200
    later(61)
    assert api.get(f"{REPO}/issues/1/sub_issues").json() == []
    assert api.get(f"{REPO}/issues/3").status_code == 410
    assert api.get(f"{REPO}/issues/4").status_code == 301


def test_a_webhook_is_ahead_of_a_replica_that_lags(github, api, hooked, later):
    github.acts.open("old")
    later(100)
    github.faults.set(replica_lag=60)
    github.acts.edit(1, title="new")
    assert github.outbox.idle(5)
    told = hooked.got[-1].payload["issue"]
    read = api.get(f"{REPO}/issues/1").json()
    assert (told["title"], read["title"]) == ("new", "old")
    assert told["updated_at"] > read["updated_at"]


def test_without_lag_nothing_is_kept(github, lived):
    lived()
    repo = github.site.home
    assert [repo.issue_trails, repo.comment_trails, repo.trailed] == [{}, {}, {}]


def test_a_write_is_answered_from_the_primary(github, api, later):
    github.acts.open("old")
    later(100)
    github.faults.set(replica_lag=60)
    assert api.patch(f"{REPO}/issues/1", json={"title": "new"}).json()["title"] == "new"
    assert api.get(f"{REPO}/issues/1").json()["title"] == "old"


def test_a_cut_connection_gives_no_answer_and_does_nothing(github, api):
    github.faults.set(cut_next=2)
    with pytest.raises(httpx.RemoteProtocolError):
        api.get(f"{REPO}/issues")
    with pytest.raises(httpx.RemoteProtocolError):
        api.post(f"{REPO}/issues", json={"title": "lost"})
    assert titles(api) == []
    assert [one.lost for one in github.requests.entries] == [True, True, False]
    assert github.requests.as_json()["counted"] == 1


@pytest.mark.parametrize("path", ["issues", "issues/comments", "issues/1/comments", "labels"])
def test_short_pages_lead_on_to_everything(seeded, seeded_api, path):
    query = {"state": "all", "per_page": 7}
    for _ in range(9):
        seeded.acts.comment(1, "more")
    usual = walked(seeded_api, f"{REPO}/{path}", query)
    seeded.faults.set(short_pages=0.7)
    pages = walked(seeded_api, f"{REPO}/{path}", query)
    assert [one for page in pages for one in page] == [one for page in usual for one in page]
    assert len(pages) > len(usual)
    assert seeded.faults.as_json()["happened"]["short_pages"] > 0


def walked(api, path, query):
    answer = api.get(path, params=query)
    pages = [answer.json()]
    while "next" in answer.links:
        answer = api.get(answer.links["next"]["url"])
        pages.append(answer.json())
    return [[one["id"] for one in page] for page in pages]


def test_the_hourly_limit_is_kept_and_refusals_are_in_the_log(client_for):
    with app.start(tickets=1, rate_limit=3) as running:
        api = client_for(running)
        codes = [api.get(REPO).status_code for _ in range(5)]
        last = api.get(REPO)
        told = running.requests.as_json()
    assert codes == [200, 200, 200, 403, 403]
    assert last.headers["x-ratelimit-remaining"] == "0"
    assert "rate limit" in last.json()["message"]
    assert (told["counted"], told["refused"], told["total"]) == (3, 3, 6)
    assert running.requests.count(status=403) == 3
