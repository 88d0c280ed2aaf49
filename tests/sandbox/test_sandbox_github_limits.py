"""Conditional requests and rate limits: what an answer costs and what it says about it."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.github import app

REPO = "/repos/octo/shop"


def remaining(answer) -> int:
    return int(answer.headers["x-ratelimit-remaining"])


def test_an_unchanged_list_is_304_and_costs_nothing(seeded, seeded_api):
    first = seeded_api.get(f"{REPO}/issues")
    again = seeded_api.get(f"{REPO}/issues", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert remaining(again) == remaining(first)
    seeded.acts.edit(1, title="changed")
    third = seeded_api.get(f"{REPO}/issues?state=all", headers={"if-none-match": 'W/"x"'})
    assert third.status_code == 200
    assert remaining(third) == remaining(first) - 1


def test_a_changed_issue_has_another_etag(github, api):
    github.acts.open("one")
    tag = api.get(f"{REPO}/issues/1").headers["etag"]
    github.acts.edit(1, title="two")
    answer = api.get(f"{REPO}/issues/1", headers={"if-none-match": tag})
    assert answer.status_code == 200
    assert answer.json()["title"] == "two"


def test_etags_are_weak_and_differ_per_token(github, api, client_for):
    github.accounts.add_token("other-token", "noor-haddad")
    other = client_for(github, "other-token")
    mine, theirs = (client.get(f"{REPO}/labels").headers["etag"] for client in (api, other))
    assert mine.startswith('W/"')
    assert mine != theirs


def test_if_modified_since_is_304_for_an_old_issue(seeded_api):
    modified = seeded_api.get(f"{REPO}/issues/1").headers["last-modified"]
    answer = seeded_api.get(f"{REPO}/issues/1", headers={"if-modified-since": modified})
    assert answer.status_code == 304


def test_a_304_costs_the_anonymous(seeded, client_for):
    anonymous = client_for(seeded, None)
    first = anonymous.get(f"{REPO}/issues")
    again = anonymous.get(f"{REPO}/issues", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert remaining(again) == remaining(first) - 1


def test_every_answer_tells_the_limit_and_asking_for_it_is_free(api):
    first = api.get("/rate_limit")
    second = api.get("/rate_limit")
    assert first.json()["rate"]["remaining"] == second.json()["rate"]["remaining"] == 5000
    names = ("limit", "remaining", "used", "reset", "resource")
    assert all(f"x-ratelimit-{name}" in first.headers for name in names)
    assert first.headers["x-ratelimit-resource"] == "core"


def test_an_exhausted_budget_is_403_until_the_reset(client_for):
    clock = [datetime(2026, 11, 20, 9, 0, tzinfo=UTC)]
    with app.start(rate_limit=2, now=lambda: clock[0]) as running:
        client = client_for(running)
        assert [client.get(REPO).status_code for _ in range(3)] == [200, 200, 403]
        refused = client.get(REPO)
        assert refused.json()["message"].startswith("API rate limit exceeded for user ID ")
        assert refused.headers["x-ratelimit-remaining"] == "0"
        assert int(refused.headers["x-ratelimit-reset"]) == clock[0].timestamp() + 3600
        clock[0] += timedelta(hours=1)
        assert client.get(REPO).status_code == 200


def test_the_anonymous_have_their_own_small_budget(client_for):
    with app.start(anonymous_limit=1) as running:
        anonymous = client_for(running, None)
        assert [anonymous.get(REPO).status_code for _ in range(2)] == [200, 403]
        assert client_for(running).get(REPO).status_code == 200


@pytest.mark.parametrize("status", [403, 429])
def test_rate_limit_next_looks_like_primary_exhaustion(github, api, status):
    github.faults.set(rate_limit_next=1, reset_in=2, limit_status=status)
    refused = api.get(REPO)
    assert refused.status_code == status
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert "retry-after" not in refused.headers
    assert "API rate limit exceeded" in refused.json()["message"]
    assert api.get(REPO).status_code == 200


def test_secondary_next_has_retry_after_and_budget_left(github, api):
    github.faults.set(secondary_next=1, retry_after=7)
    refused = api.get(REPO)
    assert refused.status_code == 403
    assert refused.headers["retry-after"] == "7"
    assert remaining(refused) > 0
    assert "secondary rate limit" in refused.json()["message"]


def test_creating_too_fast_meets_the_secondary_limit_when_asked_for(client_for):
    with app.start(content_per_minute=2) as running:
        client = client_for(running)
        codes = [client.post(f"{REPO}/issues", json={"title": "x"}).status_code for _ in range(3)]
        assert codes == [201, 201, 403]
        assert client.get(f"{REPO}/issues").status_code == 200


def test_the_date_header_is_the_sandboxs_clock(client_for):
    moment = datetime(2026, 11, 20, 9, 0, 3, 500, tzinfo=UTC)
    with app.start(now=lambda: moment) as running:
        assert client_for(running).get(REPO).headers["date"] == "Fri, 20 Nov 2026 09:00:03 GMT"


def test_requests_are_logged_with_their_cost(github, api):
    tag = api.get(REPO).headers["etag"]
    api.get(REPO, headers={"if-none-match": tag})
    log = api.get("/_sandbox/requests").json()
    assert log["total"] == 2
    assert log["counted"] == 1
    assert [(one["status"], one["conditional"]) for one in log["requests"]] == [
        (200, False),
        (304, True),
    ]
    assert api.delete("/_sandbox/requests").status_code == 204
    assert github.requests.count() == 0
