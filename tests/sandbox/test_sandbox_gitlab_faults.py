"""What goes wrong at the stand-in GitLab on request: cut lines, lags, lost rights, going back."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.sandbox.gitlab_running import client_of, talking

WALK = {"order_by": "created_at", "sort": "asc", "pagination": "keyset"}
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Clock:
    def __init__(self):
        self.at = NOW

    def __call__(self):
        return self.at

    def tick(self, seconds):
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pair(clock):
    with talking(tickets=30, comments=20, now=clock) as both:
        yield both


def act(one, name, **args):
    root = str(one.root)
    answer = httpx.post(f"{root}/_sandbox/act", json={"act": name, "args": args}, trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer


def project(one, line):
    return line.get(f"{one.url}/projects/{one.site.home.id}")


def titles(line, **asked):
    return {one["iid"]: one["title"] for one in line.get("/issues", params=asked).json()}


def test_a_cut_line_gives_no_answer_and_does_nothing(pair):
    one, line = pair
    one.faults.set(cut_next=1)
    with pytest.raises(httpx.HTTPError):
        line.post("/issues", json={"title": "Never"})
    assert one.requests.entries[-1].lost
    assert line.get("/issues/31").status_code == 404


def test_short_pages_still_lead_to_every_issue(pair):
    one, line = pair
    one.faults.set(short_pages=1)
    address, seen, sizes = "/issues", [], []
    params = {**WALK, "per_page": 10}
    while address:
        answer = line.get(address, params=params)
        seen += [issue["iid"] for issue in answer.json()]
        sizes.append(len(answer.json()))
        address, params = answer.links.get("next", {}).get("url"), None
    assert seen == list(range(1, 31))
    assert max(sizes) < 10


def test_lists_that_lag_show_the_past_while_single_reads_are_fresh(pair, clock):
    one, line = pair
    one.faults.set(index_lag=20)
    before = titles(line, **WALK)[3]
    one.acts.edit(3, title="New")
    made = one.acts.open("Just made").iid
    assert titles(line, per_page=100)[3] == before
    assert made not in titles(line, per_page=100)
    assert line.get("/issues/3").json()["title"] == "New"
    assert titles(line, **{"iids[]": "3"})[3] == "New"
    clock.tick(21)
    assert titles(line, per_page=100)[3] == "New"
    assert made in titles(line, per_page=100)


def test_a_replica_that_lags_has_old_revisions_notes_and_deleted_issues(pair, clock):
    one, line = pair
    one.faults.set(replica_lag=20)
    then = line.get("/issues/3").json()
    one.acts.edit(3, title="New")
    note = one.acts.comment(3, "Said")
    one.acts.delete(4)
    clock.tick(5)
    assert line.get("/issues/3").json() == then
    assert note.id not in [one["id"] for one in line.get("/issues/3/notes").json()]
    assert line.get("/events").json() == [] or line.get("/events").json()[0]["note"]["id"] < note.id
    assert line.get("/issues/4").status_code == 200
    clock.tick(20)
    assert line.get("/issues/3").json()["title"] == "New"
    assert line.get("/issues/3").json()["updated_at"] > then["updated_at"]
    assert note.id in [one["id"] for one in line.get("/issues/3/notes").json()]
    assert line.get("/issues/4").status_code == 404


def test_a_lag_of_nothing_keeps_no_past(pair):
    one, _ = pair
    one.acts.edit(3, title="New")
    assert one.site.home.trails == {}


def test_a_hidden_issue_is_in_no_list_and_answers_404_while_the_truth_says_so(pair):
    one, line = pair
    act(one, "hide", key="3")
    assert line.get("/issues/3").status_code == 404
    assert line.get("/issues/3/notes").status_code == 404
    assert 3 not in titles(line, per_page=100)
    assert line.get("/issues_statistics").json()["statistics"]["counts"]["all"] == 29
    mine = project(one, line).json()["permissions"]["project_access"]["access_level"]
    assert mine < 50
    [told] = [one for one in one.neutral()["tickets"] if one["key"] == "3"]
    assert (told["hidden"], told["deleted"]) == (True, False)
    act(one, "unhide", key="3")
    assert line.get("/issues/3").status_code == 200
    assert not any(one["hidden"] for one in one.neutral()["tickets"])


def test_a_locked_out_token_finds_no_project(pair):
    one, line = pair
    act(one, "lock_out")
    assert project(one, line).status_code == 404
    assert line.get("/issues").json() == {"message": "404 Project Not Found"}
    act(one, "let_in")
    assert project(one, line).json()["permissions"]["project_access"]["access_level"] == 50
    assert line.get("/issues").status_code == 200


def test_going_back_restores_titles_comments_and_the_clock_of_revisions(pair, clock):
    one, line = pair
    note = one.acts.comment(3, "Kept")
    act(one, "backup")
    before = one.neutral()["tickets"]
    then = line.get("/issues/3").json()["updated_at"]
    for turn in range(2):
        clock.tick(90)
        one.acts.edit(3, title=f"Forgotten {turn}")
        one.acts.delete_comment(note.id)
        lost = one.acts.open("Forgotten, too")
        one.acts.delete(5)
        act(one, "go_back")
        assert one.neutral()["tickets"] == before
        assert line.get("/issues/3").json()["updated_at"] == then
        assert line.get(f"/issues/{lost.iid}").status_code == 404
    new = one.acts.open("After it all")
    assert (new.iid, new.id) > (lost.iid, lost.id)
    assert one.acts.comment(3, "Goes on").issue is one.site.home.issues[3]


def test_there_is_no_going_back_without_a_backup(pair):
    one, _ = pair
    wish = {"act": "go_back", "args": {}}
    answer = httpx.post(f"{one.root}/_sandbox/act", json=wish, trust_env=False)
    assert answer.status_code == 422
    assert "no backup" in answer.json()["error"]


def test_a_limit_is_kept_told_and_every_refusal_is_logged(clock):
    with talking(rate_limit=3, now=clock) as (one, line):
        answers = [line.get("/issues") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        assert answers[3].headers["ratelimit-remaining"] == "0"
        assert int(answers[3].headers["retry-after"]) <= 60
        assert one.requests.count(status=429) == one.requests.as_json()["refused"] == 2
        clock.tick(60)
        assert line.get("/issues").status_code == 200
    with talking(rate_limit=1, rate_seconds=2, now=clock) as (one, line):
        assert [line.get("/issues").status_code for _ in range(2)] == [200, 429]
        clock.tick(2)
        assert line.get("/issues").status_code == 200


def test_events_tell_of_comments_newest_first_and_go_with_them(pair):
    one, line = pair
    first, second = (one.acts.comment(3, text).id for text in ("One", "Two"))
    told = line.get("/events", params={"action": "commented"}).json()
    assert [event["note"]["id"] for event in told[:2]] == [second, first]
    assert told[0]["note"]["noteable_iid"] == 3
    one.acts.delete_comment(second)
    assert line.get("/events").json()[0]["note"]["id"] == first
    assert line.get("/events", params={"action": "pushed"}).json() == []
    with client_of(one, None) as stranger:
        internal = one.acts.comment(3, "Among us", internal=True).id
        assert line.get("/events").json()[0]["note"]["id"] == internal
        assert stranger.get("/events").json()[0]["note"]["id"] == first


def test_a_cursor_that_is_none_is_refused(pair):
    _, line = pair
    answer = line.get("/issues", params={**WALK, "cursor": "nonsense"})
    assert (answer.status_code, answer.json()) == (400, {"error": "cursor is invalid"})
