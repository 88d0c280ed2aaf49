"""The stand-in's API: paging, limits, roles, and what GitLab drops or normalises without a word."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import httpx
import pytest

from sandbox.gitlab import app
from tests.sandbox.gitlab_running import client_of, talking


@pytest.fixture
def yard():
    with talking(tickets=25, comments=10) as (running, client):
        yield running, client


def test_pages_by_number_tell_their_totals(yard):
    _, api = yard
    answer = api.get("/issues", params={"per_page": 10})
    headers = answer.headers
    assert (headers["x-total"], headers["x-total-pages"], headers["x-next-page"]) == (
        "25",
        "3",
        "2",
    )
    assert set(answer.links) == {"first", "next", "last"}
    last = api.get("/issues", params={"per_page": 10, "page": 3})
    assert (len(last.json()), last.headers["x-next-page"]) == (5, "")
    assert "next" not in last.links


def test_pages_by_keyset_link_the_next_one_alone(yard):
    _, api = yard
    params = {"pagination": "keyset", "order_by": "updated_at", "sort": "asc", "per_page": 10}
    answer = api.get("/issues", params=params)
    assert set(answer.links) == {"next"}
    assert "x-total" not in answer.headers
    seen = answer.json()
    while "next" in answer.links:
        answer = api.get(answer.links["next"]["url"])
        seen += answer.json()
    times = [one["updated_at"] for one in seen]
    assert len({one["iid"] for one in seen}) == 25
    assert times == sorted(times)


def test_versions_before_keysets_go_on_by_number():
    with talking(tickets=25, version=(18, 2)) as (_, api):
        answer = api.get("/issues", params={"pagination": "keyset", "per_page": 10})
        assert "page=2" in answer.links["next"]["url"]


def test_lists_default_to_twenty_newest_first_and_all_states(yard):
    running, api = yard
    running.acts.close(25)
    answer = api.get("/issues").json()
    assert [one["iid"] for one in answer][:3] == [25, 24, 23]
    assert len(answer) == 20


def test_labels_are_names_unless_their_details_are_asked_for(yard):
    running, api = yard
    running.acts.edit(1, labels=["bug"])
    assert api.get("/issues", params={"iids[]": 1}).json()[0]["labels"] == ["bug"]
    detailed = {"iids[]": 1, "with_labels_details": "true"}
    assert api.get("/issues", params=detailed).json()[0]["labels"][0]["name"] == "bug"


def test_changes_are_listed_from_a_moment_on_itself_included(yard):
    running, api = yard
    running.acts.edit(3, title="New")
    moment = api.get("/issues/3").json()["updated_at"]
    assert [one["iid"] for one in api.get("/issues", params={"updated_after": moment}).json()] == [
        3
    ]
    assert api.get("/issues", params={"updated_after": "soon"}).status_code == 400


def test_a_project_goes_by_its_encoded_path_and_an_old_one_redirects(yard):
    running, api = yard
    path = quote("octo/yard/boats", safe="")
    whole = api.get(f"{running.url}/projects/{path}").json()
    assert whole["path_with_namespace"] == "octo/yard/boats"
    running.acts.rename_project("ships")
    moved = api.get(f"{running.url}/projects/{path}")
    assert moved.status_code == 301
    assert moved.headers["location"].endswith(f"/projects/{whole['id']}")


def test_a_note_touches_its_issue_once_a_minute():
    now = [datetime(2026, 11, 20, 12, tzinfo=UTC)]
    with app.start(tickets=1, now=lambda: now[0]) as running:
        running.acts.edit(1, title="New")
        before = running.acts.issue(1).updated
        now[0] += timedelta(seconds=59)
        running.acts.comment(1, "Too soon")
        assert running.acts.issue(1).updated == before
        now[0] += timedelta(seconds=2)
        running.acts.comment(1, "Late enough")
        assert running.acts.issue(1).updated == now[0]


def test_time_spent_adds_up(yard):
    _, api = yard
    path = "/issues/1/add_spent_time"
    before = api.get("/issues/1/time_stats").json()["total_time_spent"]
    api.post(path, json={"duration": "1h"})
    told = api.post(path, params={"duration": "1d 30m"}).json()
    assert told["total_time_spent"] - before == 3600 + 28800 + 1800
    assert api.post(path, json={"duration": "soon"}).status_code == 400
    assert api.post("/issues/1/reset_spent_time").json()["total_time_spent"] == 0


def test_without_a_licence_weights_and_second_assignees_are_dropped_without_a_word():
    with talking(tickets=1, premium=False) as (running, api):
        ids = [running.state.people[login].id for login in ("ewa.nowak", "sven-borg")]
        answer = api.put("/issues/1", json={"weight": 5, "assignee_ids": ids})
        assert answer.status_code == 200
        assert "weight" not in answer.json()
        assert len(answer.json()["assignees"]) == 1
        assert api.get("/iterations").status_code == 404
        assert api.get("/issues/1/resource_weight_events").status_code == 404


def test_unknown_labels_are_made_and_unknown_people_and_milestones_dropped(yard):
    _, api = yard
    wish = {"labels": "brand new,bug", "assignee_ids": [1], "milestone_id": 1, "title": " T "}
    answer = api.put("/issues/1", json=wish).json()
    assert answer["labels"] == ["brand new", "bug"]
    assert answer["title"] == "T"
    assert {1} & {one["id"] for one in answer["assignees"]} == set()
    assert "brand new" in {one["name"] for one in api.get("/labels?per_page=100").json()}


def test_roles_decide(yard):
    running, api = yard
    running.accounts.add_token("guest", "a-guest", 10)
    api.put("/issues/1", json={"confidential": True})
    with client_of(running, "guest") as guest, client_of(running, None) as nobody:
        assert guest.get("/issues/1").status_code == 404
        assert 1 not in {one["iid"] for one in guest.get("/issues?per_page=100").json()}
        assert guest.put("/issues/2", json={"title": "x"}).status_code == 403
        mine = guest.post("/issues", json={"title": "Mine", "labels": "bug"})
        assert (mine.status_code, mine.json()["labels"]) == (201, [])
        assert guest.get("/hooks").status_code == 403
        assert guest.delete("/issues/2").status_code == 403
        assert nobody.get("/issues/2").status_code == 200
        assert nobody.post("/issues", json={"title": "x"}).status_code == 401
    assert api.delete("/issues/2").status_code == 204
    assert api.get("/issues/2").status_code == 404


def test_private_projects_are_hidden_and_wrong_tokens_refused():
    with app.start(private=True) as running:
        with client_of(running, None) as nobody, client_of(running, "wrong") as wrong:
            assert nobody.get("/issues").status_code == 404
            assert wrong.get("/issues").status_code == 401
        bearer = {"authorization": f"Bearer {app.TOKEN}"}
        path = f"{running.url}/projects/{running.site.home.id}"
        assert httpx.get(path, headers=bearer, trust_env=False).status_code == 200


def test_giving_back_the_refresh_token_ends_both():
    with app.start(tickets=0, comments=0) as running:
        pair = running.accounts.grant("sandbox-user")
        with httpx.Client(base_url=running.url.removesuffix("/api/v4"), trust_env=False) as web:
            web.post("/oauth/revoke", data={"token": pair["refresh_token"]})
        bearer = {"authorization": f"Bearer {pair['access_token']}"}
        assert httpx.get(f"{running.url}/user", headers=bearer, trust_env=False).status_code == 401
        assert running.accounts.refreshed(pair["refresh_token"]) is None


def test_signing_in_gives_a_pair_that_is_used_once():
    verifier = "a verifier of the tests that is long enough"
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    with app.start() as running, httpx.Client(base_url=running.root, trust_env=False) as web:
        known = running.accounts.oauth
        back = "http://127.0.0.1:9/oauth/gitlab/callback"
        wish = {"client_id": known.client_id, "redirect_uri": back, "state": "s"}
        sent = web.get("/oauth/authorize", params={**wish, "code_challenge": challenge})
        told = httpx.URL(sent.headers["location"]).params
        assert (sent.status_code, told["state"]) == (302, "s")
        form = {
            "client_id": known.client_id,
            "client_secret": known.client_secret,
            "redirect_uri": back,
            "grant_type": "authorization_code",
            "code": told["code"],
            "code_verifier": verifier,
        }
        first = web.post("/oauth/token", data=form).json()
        assert first["expires_in"] == 7200
        assert web.post("/oauth/token", data=form).json() == {
            "error": "invalid_grant",
            "error_description": "The request is refused.",
        }
        again = form | {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
        second = web.post("/oauth/token", data=again).json()
        assert web.post("/oauth/token", data=again).status_code == 400
        assert web.post("/oauth/token", data=again | {"client_secret": "x"}).status_code == 401

        def status(**headers: str) -> int:
            return web.get("/api/v4/user", headers=headers).status_code

        assert status(authorization=f"Bearer {first['access_token']}") == 401
        assert status(authorization=f"Bearer {second['access_token']}") == 200
        assert status(**{"private-token": second["access_token"]}) == 401
        web.post("/oauth/revoke", data={"token": second["access_token"]})
        assert status(authorization=f"Bearer {second['access_token']}") == 401


def test_the_throttle_speaks_plain_text_and_the_application_json():
    with talking(tickets=1, rate_limit=3, notes_per_minute=1) as (_, api):
        assert api.post("/issues/1/notes", json={"body": "a"}).status_code == 201
        again = api.post("/issues/1/notes", json={"body": "b"})
        assert (again.status_code, "retry-after" in again.headers) == (429, False)
        assert again.headers["ratelimit-remaining"] == "1"
        assert api.get("/issues").status_code == 200
        throttled = api.get("/issues")
        assert (throttled.status_code, throttled.text) == (429, "Retry later\n")
        assert int(throttled.headers["retry-after"]) <= 60
        assert throttled.headers["ratelimit-remaining"] == "0"


def test_faults_on_request(yard):
    running, api = yard
    running.faults.set(errors_next=1)
    assert api.get("/issues").status_code in (500, 502)
    running.faults.set(rate_limit_next=1, retry_after=7)
    assert api.get("/issues").headers["retry-after"] == "7"
    assert api.get("/issues").status_code == 200
    running.faults.set(answer_lost=1)
    with pytest.raises(httpx.TransportError):
        api.post("/issues", json={"title": "Unanswered"})
    assert api.get("/issues").json()[0]["title"] == "Unanswered"


def test_refusals_have_gitlab_s_shapes(yard):
    _, api = yard
    blank = api.post("/issues", json={"description": "x"})
    assert (blank.status_code, blank.json()) == (400, {"error": "title is missing"})
    long = api.post("/issues", json={"title": "x" * 256}).json()
    assert long == {"message": {"title": ["is too long (maximum is 255 characters)"]}}
    assert api.get("/issues/999").json() == {"message": "404 Not found"}
    assert api.get("/nothing").status_code == 404
    assert api.post("/labels", json={"name": "bug", "color": "#fff"}).status_code == 409


def test_an_uploaded_file_is_read_back(yard):
    _, api = yard
    told = api.post("/uploads", files={"file": ("a map.png", b"PNG\r\n\x00", "image/png")}).json()
    assert told["markdown"] == f"![a map.png]({told['url']})"
    back = api.get(told["url"])
    assert (back.content, back.headers["content-type"]) == (b"PNG\r\n\x00", "image/png")


def test_the_neutral_state_says_what_there_is(yard):
    running, _ = yard
    running.acts.delete(2)
    running.acts.move(3, "octo/yard/archive")
    tickets = {one["key"]: one for one in running.neutral()["tickets"]}
    assert [tickets[key]["deleted"] for key in ("1", "2", "3")] == [False, True, True]
    root = running.root
    told = httpx.get(f"{root}/_sandbox/state", trust_env=False).json()
    assert told["tickets"] == running.neutral()["tickets"]
    body = {"act": "close", "args": {"number": 1}}
    assert (
        httpx.post(f"{root}/_sandbox/act", json=body, trust_env=False).json()["state"] == "closed"
    )


def test_a_seed_repeats_itself():
    moment = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def filled(seed: int) -> list:
        with app.start(tickets=12, comments=8, seed=seed, now=lambda: moment) as running:
            running.people.work(20)
            return running.neutral()["tickets"]

    assert filled(3) == filled(3)
    assert filled(3) != filled(4)
