"""What can go wrong on the way, and what is taken away or given back: under one set of names."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from sandbox.jira import app
from tests.sandbox import jira_running
from tests.sandbox.jira_running import ISSUE, SEARCH, found, open_client

jira = jira_running.jira
jira_api = jira_running.jira_api
create = jira_running.create
ALL = "project = PROJ ORDER BY key ASC"


def summary(api, key: str) -> str:
    return api.get(f"{ISSUE}/{key}").json()["fields"]["summary"]


def test_a_connection_that_is_cut_brings_no_answer_and_changes_nothing(jira, jira_api, create):
    key = create("before")
    jira.faults.set(cut_next=1)
    with pytest.raises(httpx.TransportError):
        jira_api.put(f"{ISSUE}/{key}", json={"fields": {"summary": "after"}})
    assert summary(jira_api, key) == "before"
    assert jira.requests.entries[-2].lost is True


def test_short_pages_lead_on(jira, jira_api, create):
    keys = [create(str(number)) for number in range(7)]
    jira.faults.set(short_pages=1)
    pages = jira_api.post(SEARCH, json={"jql": ALL, "maxResults": 5}).json()
    assert 0 < len(pages["issues"]) < 5
    assert found(jira_api, ALL, maxResults=5) == keys
    for number in range(5):
        jira.acts.comment(keys[0], f"Comment {number}")
    start, texts = 0, 0
    while True:
        page = jira_api.get(f"{ISSUE}/{keys[0]}/comment", params={"startAt": start}).json()
        texts += len(page["comments"])
        start += len(page["comments"])
        if start >= page["total"]:
            break
    assert texts == 5


def test_a_replica_shows_old_states_of_single_reads_too():
    moments = [datetime(2026, 3, 4, 9, 0, tzinfo=UTC)]
    with app.start(now=lambda: moments[-1]) as jira, open_client(jira) as api:
        issue = jira.acts.open("before")
        comment = jira.acts.comment(issue.key, "first")
        gone = jira.acts.open("gone")
        moments.append(moments[0] + timedelta(minutes=1))
        jira.faults.set(replica_lag=30)
        jira.acts.edit(issue.key, title="after")
        jira.acts.edit_comment(comment.id, "second")
        jira.acts.delete(gone.key)
        new = jira.acts.open("new")
        old = api.get(f"{ISSUE}/{issue.key}").json()["fields"]
        assert (old["summary"], old["updated"][:19]) == ("before", "2026-03-04T10:00:00")
        assert "first" in api.get(f"{ISSUE}/{issue.key}/comment/{comment.id}").text
        assert summary(api, gone.key) == "gone"
        assert api.get(f"{ISSUE}/{new.key}").status_code == 404
        assert found(api, ALL) == [issue.key, gone.key]
        bulk = {"issueIdsOrKeys": [issue.key, new.key], "fields": ["summary"]}
        [one] = api.post(f"{ISSUE}/bulkfetch", json=bulk).json()["issues"]
        assert one["fields"]["summary"] == "before"
        assert api.put(f"{ISSUE}/{new.key}", json={"fields": {"summary": "x"}}).status_code == 204
        moments.append(moments[-1] + timedelta(seconds=31))
        assert summary(api, issue.key) == "after"
        assert found(api, ALL) == [issue.key, new.key]


def test_a_right_that_is_lost_counts_at_once(jira, jira_api, create):
    key = create("seen")
    jira.faults.set(replica_lag=600)
    jira.acts.hide(key)
    assert jira_api.get(f"{ISSUE}/{key}").status_code == 404
    [ticket] = jira.neutral()["tickets"]
    assert (ticket["key"], ticket["hidden"], ticket["deleted"]) == (key, True, False)
    jira.acts.unhide(key)
    jira.faults.clear()
    assert summary(jira_api, key) == "seen"
    assert jira.neutral()["tickets"][0]["hidden"] is False


def test_a_project_may_lock_us_out_and_let_us_in(jira, jira_api, create):
    key = create("one")
    jira.acts.lock_out()
    assert jira_api.get("/rest/api/3/project/PROJ").status_code == 404
    assert jira_api.get(f"{ISSUE}/{key}").status_code == 404
    assert jira_api.post(SEARCH, json={"jql": ALL}).status_code == 400
    assert jira_api.get("/rest/api/3/myself").status_code == 200
    jira.acts.let_in()
    assert found(jira_api, ALL) == [key]


def test_a_site_restored_from_its_backup_goes_back():
    moments = [datetime(2026, 3, 4, 9, 0, tzinfo=UTC)]
    with app.start(now=lambda: moments[-1]) as jira, open_client(jira) as api:
        kept = jira.acts.open("before", labels=["a"])
        jira.acts.comment(kept.key, "stays")
        levers = f"{jira.root}/_sandbox/act"
        assert httpx.post(levers, json={"act": "go_back"}).status_code == 422
        assert httpx.post(levers, json={"act": "backup"}).status_code == 200
        for again in range(2):
            moments.append(moments[-1] + timedelta(hours=1))
            jira.acts.edit(kept.key, title="after")
            jira.acts.close(kept.key)
            lost = jira.acts.open("lost")
            assert lost.number == 2 + again  # a number is never given out twice
            assert httpx.post(levers, json={"act": "go_back"}).status_code == 200
            fields = api.get(f"{ISSUE}/{kept.key}").json()["fields"]
            assert (fields["summary"], fields["status"]["name"]) == ("before", "To Do")
            assert fields["updated"].startswith("2026-03-04T10:00:00")
            assert found(api, ALL) == [kept.key]
            assert api.get(f"{ISSUE}/{lost.key}").status_code == 404


def test_a_spent_limit_counts_what_it_refused():
    with app.start(rate_limit=2, rate_seconds=5) as jira, open_client(jira) as api:
        answers = [api.get("/rest/api/3/myself") for _ in range(4)]
        assert [one.status_code for one in answers] == [200, 200, 429, 429]
        assert 0 < int(answers[-1].headers["retry-after"]) <= 5
        told = jira.requests.as_json()
        assert (told["counted"], told["refused"]) == (2, 2)


def test_pages_by_creation_and_by_change_are_right_after_changes_and_with_a_clock_turned_back():
    moments = [datetime(2026, 3, 4, 9, 0, tzinfo=UTC)]
    with app.start(now=lambda: moments[-1]) as jira, open_client(jira) as api:
        by_birth, by_change = "created ASC, key ASC", "updated ASC, key ASC"
        for number in range(8):
            moments.append(moments[-1] + timedelta(seconds=number % 3))
            jira.acts.open(str(number))
        start = int(moments[0].timestamp() * 1000)
        asked = [f"project = PROJ AND updated >= {start} ORDER BY {by_change}",
                 f"project = PROJ AND created >= {start} ORDER BY {by_birth}"]  # fmt: skip
        keys = [f"PROJ-{number}" for number in range(1, 9)]
        assert [found(api, jql, maxResults=2) for jql in asked] == [keys, keys]
        moments.append(moments[0] - timedelta(hours=1))
        jira.acts.edit("PROJ-8", title="earlier")
        jira.acts.open("earlier still")
        assert sorted(found(api, asked[0], maxResults=2)) == keys[:-1]
        assert found(api, f"project = PROJ ORDER BY {by_birth}", maxResults=2)[0] == "PROJ-9"
