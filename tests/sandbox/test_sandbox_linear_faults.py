"""What goes wrong at the stand-in Linear on request: cut lines, lags, lost rights, going back."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from sandbox.linear import app
from tests.sandbox.linear_running import asked, created, found, refusal

ALL = "{ issues(first: 250) { nodes { id identifier title updatedAt } } }"
ONE = "query($id: String!) { issue(id: $id) { id title updatedAt comments { nodes { body } } } }"
SAID = "{ comments(first: 250) { nodes { body } } }"
WALK = """query($after: String) { issues(first: 6, after: $after) {
  nodes { identifier } pageInfo { hasNextPage endCursor } } }"""


class Clock:
    def __init__(self):
        self.at = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def __call__(self):
        return self.at

    def tick(self, seconds):
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def world(clock):
    with app.start(tickets=20, comments=10, now=clock) as running:
        yield running


def act(world, name, **args):
    wish = {"act": name, "args": args}
    answer = httpx.post(f"{world.url}/_sandbox/act", json=wish, trust_env=False)
    assert answer.status_code == 200, answer.text


def titles(world):
    return {one["identifier"]: one["title"] for one in found(world, ALL)["issues"]["nodes"]}


def one(world, key):
    return found(world, ONE, {"id": key})["issue"]


def said(world):
    return {one["body"] for one in found(world, SAID)["comments"]["nodes"]}


def test_a_cut_line_gives_no_answer_and_does_nothing(world):
    world.faults.set(cut_next=1)
    with pytest.raises(httpx.HTTPError):
        created(world, title="Never")
    assert world.requests.entries[-1].lost
    assert "Never" not in titles(world).values()


def test_short_pages_still_lead_to_every_issue(world):
    world.faults.set(short_pages=1)
    seen, sizes, after = [], [], None
    while True:
        page = found(world, WALK, {"after": after})["issues"]
        seen += [node["identifier"] for node in page["nodes"]]
        sizes.append(len(page["nodes"]))
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert sorted(seen) == sorted(f"ENG-{number}" for number in range(1, 21))
    assert max(sizes) < 6


def test_lists_that_lag_show_the_past_while_single_reads_are_fresh(world, clock):
    world.faults.set(index_lag=20)
    before = titles(world)
    world.acts.edit("ENG-3", title="New")
    world.acts.comment("ENG-3", "Just said")
    world.acts.open("Just made")
    clock.tick(5)
    assert titles(world) == before
    assert "Just said" not in said(world)
    assert one(world, "ENG-3")["title"] == "New"
    clock.tick(20)
    assert titles(world)["ENG-3"] == "New"
    assert "ENG-21" in titles(world)
    assert "Just said" in said(world)


def test_a_replica_that_lags_has_old_revisions_and_comments(world, clock):
    world.faults.set(replica_lag=20)
    before = one(world, "ENG-3")
    made = created(world, title="Just made")["id"]
    world.acts.edit("ENG-3", title="New")
    comment = world.acts.comment("ENG-3", "Just said")
    world.acts.purge("ENG-4")
    clock.tick(5)
    assert one(world, "ENG-3") == before
    assert one(world, "ENG-4")["title"]
    assert refusal(world, ONE, {"id": made})[1] == "invalid input"
    by_id = "query($id: String!) { comment(id: $id) { body } }"
    assert refusal(world, by_id, {"id": comment.id})[1] == "invalid input"
    clock.tick(20)
    assert one(world, "ENG-3")["updatedAt"] > before["updatedAt"]
    assert refusal(world, ONE, {"id": "ENG-4"})[1] == "invalid input"
    assert found(world, by_id, {"id": comment.id})["comment"]["body"] == "Just said"


def test_a_lag_of_nothing_keeps_no_past(world):
    world.acts.edit("ENG-3", title="New")
    assert world.state.trails == {}


def test_a_hidden_issue_is_not_found_nor_listed_while_the_truth_says_so(world):
    issue = world.acts.issue("ENG-3")
    comment = world.acts.comment("ENG-3", "Not for all")
    act(world, "hide", key="ENG-3")
    assert refusal(world, ONE, {"id": issue.id})[1] == "invalid input"
    assert "ENG-3" not in titles(world)
    assert "Not for all" not in said(world)
    by_id = "query($id: String!) { comment(id: $id) { body } }"
    assert refusal(world, by_id, {"id": comment.id})[1] == "invalid input"
    [told] = [one for one in world.neutral()["tickets"] if one["key"] == "ENG-3"]
    assert (told["hidden"], told["deleted"]) == (True, False)
    act(world, "unhide", key="ENG-3")
    assert "ENG-3" in titles(world)
    assert not any(one["hidden"] for one in world.neutral()["tickets"])


def test_a_locked_out_key_sees_no_team_and_nothing_in_it(world):
    issue = world.acts.issue("ENG-3").id
    act(world, "lock_out")
    teams = found(world, "{ teams { nodes { key } } }")["teams"]["nodes"]
    assert [one["key"] for one in teams] == ["OPS"]
    assert titles(world) == {}
    assert refusal(world, ONE, {"id": issue})[1] == "invalid input"
    update = 'mutation($id: String!) { issueUpdate(id: $id, input: {title: "X"}) { success } }'
    assert refusal(world, update, {"id": issue})[1] == "invalid input"
    act(world, "let_in")
    assert len(titles(world)) == 20


def test_going_back_restores_titles_comments_and_the_clock_of_revisions(world, clock):
    comment = world.acts.comment("ENG-3", "Kept")
    act(world, "backup")
    before, then = world.neutral()["tickets"], one(world, "ENG-3")["updatedAt"]
    for turn in range(2):
        clock.tick(60)
        world.acts.edit("ENG-3", title=f"Forgotten {turn}")
        world.acts.delete_comment(comment.id)
        lost = world.acts.open("Forgotten, too")
        world.acts.purge("ENG-5")
        act(world, "go_back")
        assert world.neutral()["tickets"] == before
        assert one(world, "ENG-3")["updatedAt"] == then
        assert refusal(world, ONE, {"id": lost.id})[1] == "invalid input"
    assert world.acts.open("After it all").number > lost.number
    assert world.acts.comment("ENG-3", "Goes on").issue is world.state.issue("ENG-3")


def test_there_is_no_going_back_without_a_backup(world):
    wish = {"act": "go_back", "args": {}}
    answer = httpx.post(f"{world.url}/_sandbox/act", json=wish, trust_env=False)
    assert answer.status_code == 422
    assert "no backup" in answer.json()["error"]


def test_a_limit_is_kept_told_and_every_refusal_is_logged(clock):
    with app.start(rate_limit=3, now=clock) as world:
        answers = [asked(world, "{ viewer { id } }") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 400, 400]
        assert answers[3].json()["errors"][0]["extensions"]["code"] == "RATELIMITED"
        assert answers[3].headers["x-ratelimit-requests-remaining"] == "0"
        assert world.requests.as_json()["refused"] == 2
        assert world.requests.as_json()["counted"] == 3
        clock.tick(1200)
        assert asked(world, "{ viewer { id } }").status_code == 200
    with app.start(rate_limit=1, rate_seconds=2, now=clock) as world:
        assert [asked(world, "{ viewer { id } }").status_code for _ in range(2)] == [200, 400]
        clock.tick(2)
        assert asked(world, "{ viewer { id } }").status_code == 200


def test_a_team_counts_its_issues(world):
    world.acts.archive("ENG-1")
    world.acts.purge("ENG-2")
    query = '{ teams(filter: {key: {eq: "ENG"}}) { nodes { a: issueCount b: issueCount%s } } }'
    counted = found(world, query % "(includeArchived: true)")["teams"]["nodes"]
    assert counted == [{"a": 18, "b": 19}]


def test_filters_by_time_find_the_same_by_either_order(world, clock):
    clock.tick(60)
    world.acts.edit("ENG-9", title="Late")
    for by in ("createdAt", "updatedAt"):
        for since in ("2026-11-20T12:00:30.000Z", "2026-11-20T12:00:30Z"):
            query = (
                f'{{ issues(orderBy: {by}, filter: {{updatedAt: {{gte: "{since}"}}}}) '
                "{ nodes { identifier } } }"
            )
            assert found(world, query)["issues"]["nodes"] == [{"identifier": "ENG-9"}]
