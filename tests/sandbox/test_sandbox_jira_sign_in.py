"""Who may ask: tokens with an address, OAuth with tokens that rotate, and what strangers see."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sandbox.jira import app
from sandbox.jira.world import CLOUD_ID
from tests.sandbox import jira_running
from tests.sandbox.jira_running import ISSUE, SEARCH, bearer, open_client

jira = jira_running.jira
jira_api = jira_running.jira_api
data_center = jira_running.data_center
REDIRECT = "http://127.0.0.1:9/callback"
APP = {"client_id": app.CLIENT_ID, "client_secret": app.CLIENT_SECRET}


@pytest.fixture
def stranger(jira):
    with open_client(jira, auth=None) as client:
        yield client


def authorize(client: httpx.Client, **more: str) -> httpx.Response:
    query = {
        "audience": "api.atlassian.com",
        "client_id": app.CLIENT_ID,
        "scope": "read:jira-work write:jira-work read:jira-user offline_access",
        "redirect_uri": REDIRECT,
        "state": "st",
        "response_type": "code",
        "prompt": "consent",
    }
    return client.get("/authorize", params=query | more)


def code_of(answer: httpx.Response) -> str:
    assert answer.status_code == 302
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["state"] == ["st"]
    return query["code"][0]


def exchange(client: httpx.Client, code: str, **more: str) -> httpx.Response:
    body = APP | {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    return client.post("/oauth/token", json=body | more)


def refresh(client: httpx.Client, token: str) -> httpx.Response:
    body = APP | {"grant_type": "refresh_token", "refresh_token": token}
    return client.post("/oauth/token", json=body)


def test_an_address_and_a_token_belong_together(jira, jira_api):
    assert jira_api.get("/rest/api/3/myself").json()["emailAddress"] == app.EMAIL
    for auth in ((app.EMAIL, "wrong"), ("other@example.com", app.TOKEN)):
        with open_client(jira, auth=auth) as client:
            assert client.get("/rest/api/3/myself").status_code == 401


def test_a_wrong_token_reads_like_a_stranger_and_only_a_header_tells(jira):
    jira.acts.open("one")
    with open_client(jira, token="wrong") as client:
        answer = client.get(f"{ISSUE}/PROJ-1")
        assert answer.status_code == 404
        assert answer.headers["x-seraph-loginreason"] == "AUTHENTICATED_FAILED"
        assert client.get("/rest/api/3/project/search").json()["values"] == []
        assert client.post(SEARCH, json={"jql": "project = PROJ"}).status_code == 400
        assert client.post(ISSUE, json=jira_running.wish()).status_code == 401
        assert client.get("/rest/api/3/serverInfo").status_code == 200
    assert len(jira.state.issues) == 1


def test_a_token_that_is_revoked_is_no_good_any_more(jira, jira_api):
    jira.accounts.revoke(app.TOKEN)
    assert jira_api.get("/rest/api/3/myself").status_code == 401


def test_consent_leads_back_with_a_code_that_is_good_once(stranger):
    code = code_of(authorize(stranger))
    assert exchange(stranger, code, redirect_uri="http://127.0.0.1:9/x").status_code == 403
    code = code_of(authorize(stranger))
    granted = exchange(stranger, code)
    assert granted.status_code == 200
    assert granted.json()["token_type"] == "Bearer"
    assert granted.json()["expires_in"] == 3600
    assert exchange(stranger, code).status_code == 403
    assert authorize(stranger, client_id="nobody").status_code == 400


def test_the_verifier_must_fit_the_challenge(stranger):
    verifier = "v" * 50
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    asked = {"code_challenge": challenge, "code_challenge_method": "S256"}
    code = code_of(authorize(stranger, **asked))
    assert exchange(stranger, code, code_verifier="w" * 50).status_code == 403
    code = code_of(authorize(stranger, **asked))
    assert exchange(stranger, code, code_verifier=verifier).status_code == 200


def test_without_offline_access_there_is_nothing_to_refresh_with(stranger):
    granted = exchange(stranger, code_of(authorize(stranger, scope="read:jira-work"))).json()
    assert "refresh_token" not in granted


def test_a_refresh_token_works_once_and_only_the_new_one_after(jira, stranger):
    first = jira.grant().refresh
    second = refresh(stranger, first)
    assert second.status_code == 200
    used = refresh(stranger, first)
    assert (used.status_code, used.json()["error"]) == (403, "unauthorized_client")
    third = refresh(stranger, second.json()["refresh_token"])
    assert third.json()["refresh_token"] not in (first, second.json()["refresh_token"])
    wrong = APP | {"client_secret": "no", "grant_type": "refresh_token", "refresh_token": "x"}
    assert stranger.post("/oauth/token", json=wrong).status_code == 401


def test_a_second_consent_ends_the_first(jira, stranger):
    first = jira.grant().refresh
    jira.grant()
    assert refresh(stranger, first).status_code == 403


def test_the_gateway_takes_access_tokens_and_keeps_its_addresses(jira):
    token = jira.accounts.issue(jira.grant())
    with bearer(jira, token) as client:
        (site,) = client.get("/oauth/token/accessible-resources").json()
        assert (site["id"], site["url"]) == (CLOUD_ID, jira.url)
        assert client.get("/rest/api/3/myself").status_code == 403
        assert client.get("/ex/jira/other/rest/api/3/myself").status_code == 404
    with bearer(jira, token, jira.gateway_url) as client:
        key = client.post(ISSUE, json=jira_running.wish()).json()["key"]
        issue = client.get(f"{ISSUE}/{key}").json()
        assert issue["self"].startswith(f"{jira.gateway_url}/rest/api/3/issue/")
        for number in range(60):
            jira.acts.edit(key, title=f"title {number}")
        page = client.get(f"{ISSUE}/{key}/changelog", params={"maxResults": 50}).json()
        assert page["nextPage"].startswith(jira.gateway_url)
        assert len(client.get(page["nextPage"]).json()["values"]) == 10


def test_scopes_bound_what_a_token_may(jira):
    token = jira.accounts.issue(jira.grant("read:jira-work"))
    with bearer(jira, token, jira.gateway_url) as client:
        assert client.get("/rest/api/3/project/search").status_code == 200
        assert client.post(SEARCH, json={"jql": "project = PROJ"}).status_code == 200
        refused = client.post(ISSUE, json=jira_running.wish())
        assert (refused.status_code, refused.json()["message"]) == (
            401,
            "Unauthorized; scope does not match",
        )
        assert client.get("/rest/api/3/webhook").status_code == 401


def test_access_tokens_end_after_their_time():
    moments = [datetime(2026, 3, 4, 9, 0, tzinfo=UTC)]
    with app.start(now=lambda: moments[-1], access_seconds=60) as running:
        token = running.accounts.issue(running.grant())
        with bearer(running, token, running.gateway_url) as client:
            assert client.get("/rest/api/3/myself").status_code == 200
            moments.append(moments[0] + timedelta(seconds=61))
            answer = client.get("/rest/api/3/myself")
            assert (answer.status_code, answer.json()["message"]) == (401, "Unauthorized")


def test_data_center_takes_a_personal_token_and_version_2_alone(data_center):
    with bearer(data_center, app.TOKEN) as client:
        assert client.get("/rest/api/2/serverInfo").json()["deploymentType"] == "Server"
        me = client.get("/rest/api/2/myself").json()
        assert (me["name"], "accountId" in me) == ("sandbox-user", False)
        for path in (f"{ISSUE}/PROJ-1", f"{SEARCH}?jql=x", "/rest/api/2/search/jql?jql=x"):
            assert client.get(path).status_code == 404
        body = {"jql": "project = PROJ ORDER BY updated ASC", "startAt": 5, "maxResults": 4}
        page = client.post("/rest/api/2/search", json=body).json()
        assert (page["total"], page["startAt"], len(page["issues"])) == (12, 5, 4)
        made = client.post(
            "/rest/api/2/issue",
            json=jira_running.wish(
                description="h1. *kept* as it is", assignee={"name": "emi.sato"}
            ),
        )
        fields = client.get(f"/rest/api/2/issue/{made.json()['key']}").json()["fields"]
        assert fields["description"] == "h1. *kept* as it is"
        assert fields["assignee"]["name"] == "emi.sato"
        comment = {"body": "{code}x{code}"}
        url = f"/rest/api/2/issue/{made.json()['key']}/comment"
        assert client.post(url, json=comment).json()["body"] == "{code}x{code}"
        doc = jira_running.wish(description=jira_running.doc("x"))
        assert client.post("/rest/api/2/issue", json=doc).status_code == 400
    with bearer(data_center, "wrong") as client:
        assert client.get("/rest/api/2/myself").status_code == 401
