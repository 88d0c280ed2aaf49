"""Rate limits in Jira's own forms, and faults on request."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from sandbox.jira import app
from tests.sandbox import jira_running
from tests.sandbox.jira_running import ISSUE, doc, open_client, wish

jira = jira_running.jira
jira_api = jira_running.jira_api
create = jira_running.create
MYSELF = "/rest/api/3/myself"


def test_every_answer_tells_what_is_left(jira_api):
    first, second = jira_api.get(MYSELF).headers, jira_api.get(MYSELF).headers
    left = [int(one["x-ratelimit-remaining"]) for one in (first, second)]
    assert left[0] - left[1] == 1
    assert first["x-ratelimit-limit"] == "65000"
    assert "x-ratelimit-reset" not in first
    assert first["beta-ratelimit-policy"] == '"tenant-app-quota";q=65000;w=3600'


def test_a_spent_quota_names_itself_and_the_moment_it_ends():
    moments = [datetime(2026, 3, 4, 9, 0, tzinfo=UTC)]
    with app.start(rate_limit=10, now=lambda: moments[-1]) as running, open_client(running) as api:
        answers = [api.get(MYSELF) for _ in range(11)]
        assert [one.status_code for one in answers] == [200] * 10 + [429]
        assert answers[8].headers["x-ratelimit-nearlimit"] == "true"
        assert "x-ratelimit-nearlimit" not in answers[0].headers
        refused = answers[-1].headers
        assert refused["ratelimit-reason"] == "jira-quota-tenant-based"
        assert refused["retry-after"] == refused["beta-retry-after"] == "3600"
        assert refused["x-ratelimit-reset"] == "2026-03-04T10:00:00Z"
        moments.append(moments[0] + timedelta(hours=1))
        assert api.get(MYSELF).status_code == 200


def test_bursts_are_counted_by_endpoint():
    moment = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
    with app.start(burst=3, now=lambda: moment) as running, open_client(running) as api:
        running.acts.open("one")
        running.acts.open("two")
        answers = [api.get(f"{ISSUE}/PROJ-{number}") for number in (1, 2, 1, 2)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429]
        assert answers[-1].headers["ratelimit-reason"] == "jira-burst-based"
        assert answers[-1].headers["retry-after"] == "1"
        assert api.get(MYSELF).status_code == 200


def test_one_issue_takes_twenty_writes_in_two_seconds():
    moments = [datetime(2026, 3, 4, 9, 0, tzinfo=UTC)]
    with app.start(now=lambda: moments[-1]) as running, open_client(running) as api:
        for _ in range(2):
            api.post(ISSUE, json=wish())
        said = {"body": doc("x")}
        answers = [api.post(f"{ISSUE}/PROJ-1/comment", json=said) for _ in range(21)]
        assert [one.status_code for one in answers] == [201] * 20 + [429]
        assert answers[-1].headers["ratelimit-reason"] == "jira-per-issue-on-write"
        assert api.post(f"{ISSUE}/PROJ-2/comment", json=said).status_code == 201
        moments.append(moments[0] + timedelta(seconds=3))
        assert api.post(f"{ISSUE}/PROJ-1/comment", json=said).status_code == 201


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("rate_limit_next", "jira-quota-tenant-based"),
        ("secondary_next", "jira-burst-based"),
        ("issue_write_next", "jira-per-issue-on-write"),
    ],
)
def test_limits_strike_on_request(jira, jira_api, create, fault, reason):
    key = create()
    jira.faults.set(**{fault: 1, "retry_after": 7, "reset_in": 7})
    edit = {"fields": {"summary": "x"}}
    refused = jira_api.put(f"{ISSUE}/{key}", json=edit)
    assert refused.status_code == 429
    assert (refused.headers["ratelimit-reason"], refused.headers["retry-after"]) == (reason, "7")
    assert refused.json() == {"errorMessages": ["Rate limit exceeded."], "errors": {}}
    assert jira_api.put(f"{ISSUE}/{key}", json=edit).status_code == 204


def test_a_gateway_may_forget_to_say_how_long(jira, jira_api):
    jira.faults.set(secondary_next=1, retry_after=0)
    refused = jira_api.get(MYSELF)
    assert refused.status_code == 429
    assert "retry-after" not in refused.headers


def test_errors_strike_before_anything_is_done(jira, jira_api):
    jira.faults.set(errors_next=1)
    assert jira_api.post(ISSUE, json=wish()).status_code >= 500
    assert not jira.state.issues


def test_an_answer_may_be_lost_though_the_work_is_done(jira, jira_api):
    jira.faults.set(answer_lost=1)
    with pytest.raises(httpx.RemoteProtocolError):
        jira_api.post(ISSUE, json=wish("lost"))
    assert [one.summary for one in jira.state.issues.values()] == ["lost"]
    assert jira.requests.entries[-1].lost
