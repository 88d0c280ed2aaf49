"""A grant in use: renewed in time, once after a 401, and never for nothing."""

import json
from datetime import timedelta

import httpx
import pytest

from schemas.errors import Denied, Permanent, Transient
from schemas.ports import Grant
from tests.oauth_server import CLIENT_ID, CLIENT_SECRET, PLAN, OAuthServer, oauth_server
from tests.trackers.stand_ins import NOW, Budget, Memory, Script, Secrets, a_source
from trackers.http import Session
from trackers.oauth import Endpoint, Granted, OAuthApp

APP = OAuthApp(client_id=CLIENT_ID, client_secret=CLIENT_SECRET)


class App(Secrets):
    """The stand-in, with the app that the server knows."""

    def oauth_app(self, source):
        return APP


@pytest.fixture
def server():
    with oauth_server() as running:
        yield running


def a_grant(server: OAuthServer, ends_in: float | None = 3600, **over) -> Grant:
    """What the server would have given."""
    pair = server.pair()
    ends = None if ends_in is None else NOW + timedelta(seconds=ends_in)
    fields = {
        "access_token": pair["access_token"],
        "refresh_token": pair["refresh_token"],
        "expires_at": ends,
        "generation": 1,
    }
    return Grant(**(fields | over))


def granted(server: OAuthServer, secrets: Secrets, **over) -> Granted:
    source = a_source("gitlab", f"{server.url}/group/project", auth="oauth")
    return Granted(server.url, source, secrets, PLAN, **({"now": lambda: NOW} | over))


@pytest.fixture
def session(server):
    """Makes sessions, and closes them."""
    made = []

    def make(authority: Granted) -> Session:
        line = Session(server.url, authority=authority, limiter=Budget(), validators=Memory())
        made.append(line)
        return line

    yield make
    for line in made:
        line.close()


def test_a_good_token_is_sent_as_it_is(server, session):
    secrets = App(granted=a_grant(server))
    assert session(granted(server, secrets)).get("/api/v4/user").ok
    assert secrets.renewals == 0
    assert server.requests == []


@pytest.mark.parametrize("left", [299, 1, 0, -5000])
def test_a_token_is_renewed_five_minutes_before_its_end(server, session, left):
    secrets = App(granted=a_grant(server, left))
    assert session(granted(server, secrets)).get("/api/v4/user").ok
    (asked,) = server.requests
    assert asked == {
        "grant_type": "refresh_token",
        "refresh_token": "invented-refresh-token-1",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }
    assert secrets.granted.expires_at == NOW + timedelta(seconds=7200)
    assert secrets.granted.generation == 2


def test_a_token_that_never_ends_is_not_renewed_for_its_age(server):
    secrets = App(granted=a_grant(server, None))
    assert granted(server, secrets).header() == "Bearer invented-access-token-1"
    assert server.requests == []


def test_a_refused_token_is_renewed_once_and_the_request_sent_again(server, session):
    secrets = App(granted=a_grant(server))
    server.access = set()
    assert session(granted(server, secrets)).get("/api/v4/user").ok
    assert secrets.renewals == 1


def test_a_fresh_token_that_is_refused_too_ends_it(server, session):
    secrets = App(granted=a_grant(server))
    authority = granted(server, secrets)
    line = session(authority)
    server.pair = lambda pair=server.pair: pair() | {"access_token": "invented-but-useless"}
    server.access = set()
    for _ in range(3):
        with pytest.raises(Denied, match="HTTP 401"):
            line.get("/api/v4/user")
        server.access = set()
    assert secrets.renewals == 1


def test_a_token_that_another_process_renewed_is_taken_over(server, session):
    secrets = App(granted=a_grant(server))
    authority = granted(server, secrets)
    assert authority.header() == "Bearer invented-access-token-1"
    secrets.granted = a_grant(server, generation=2)
    assert session(authority).get("/api/v4/user").ok
    assert secrets.renewals == 0


def test_without_a_refresh_token_it_is_used_to_its_end_and_then_told(server):
    secrets = App(granted=a_grant(server, 10, refresh_token=None))
    clock = [NOW]
    authority = granted(server, secrets, now=lambda: clock[0])
    assert authority.header() == "Bearer invented-access-token-1"
    clock[0] += timedelta(seconds=10)
    with pytest.raises(Denied, match="run `ticketsync auth gitlab`"):
        authority.header()
    secrets.granted = a_grant(server, 3600)
    assert authority.header() == "Bearer invented-access-token-2"


def test_a_refused_token_without_a_refresh_token_is_not_tried_again(server, session):
    secrets = App(granted=a_grant(server, refresh_token=None))
    server.access = set()
    with pytest.raises(Denied):
        session(granted(server, secrets)).get("/api/v4/user")


def test_a_failing_renewal_does_not_cost_the_token_that_is_still_good(server, caplog):
    secrets = App(granted=a_grant(server, 200, refresh_token="invented-but-spent"))
    clock = [NOW]
    authority = granted(server, secrets, now=lambda: clock[0])
    assert authority.header() == "Bearer invented-access-token-1"
    assert authority.header() == "Bearer invented-access-token-1"
    assert len(server.requests) == 1, "it is not asked again at once"
    assert "invalid_grant" in caplog.text
    clock[0] += timedelta(seconds=31)
    authority.header()
    assert len(server.requests) == 2
    clock[0] += timedelta(seconds=200)
    with pytest.raises(Denied, match=r"refused the grant \(invalid_grant\): run `ticketsync auth"):
        authority.header()
    assert "invented-but-spent" not in caplog.text


def test_no_grant_is_told_with_the_command(server):
    authority = granted(server, App(granted=None))
    with pytest.raises(Denied, match="no grant of gitlab is stored: run `ticketsync auth gitlab`"):
        authority.header()


def test_nothing_is_read_before_the_first_request(server):
    made = granted(server, App(granted=None))
    assert made.credential == granted(server, App(granted=a_grant(server))).credential


def test_a_wrong_app_secret_is_told_by_the_variables(server):
    class Wrong(App):
        def oauth_app(self, source):
            return APP.model_copy(update={"client_secret": "another-secret"})

    with pytest.raises(Denied, match="GITLAB_CLIENT_ID and GITLAB_CLIENT_SECRET") as caught:
        granted(server, Wrong(granted=a_grant(server, 0))).header()
    assert "another-secret" not in str(caught.value)


def test_a_token_endpoint_that_is_away_is_transient(server):
    endpoint = Endpoint("gitlab", PLAN, APP, "http://127.0.0.1:9", now=lambda: NOW)
    with pytest.raises(Transient, match="no answer"):
        endpoint.renewed(a_grant(server))


def test_a_token_endpoint_that_is_none_is_told(server):
    plan = PLAN.model_copy(update={"token_url": "{site}/nowhere"})

    endpoint = Endpoint("gitlab", plan, APP, server.url, now=lambda: NOW)
    server.token = lambda form: (404, {})
    with pytest.raises(Denied, match="there is no token endpoint"):
        endpoint.renewed(a_grant(server))
    server.token = lambda form: (200, {"nothing": 1})
    with pytest.raises(Permanent, match="without an access token"):
        endpoint.renewed(a_grant(server))
    server.token = lambda form: (403, {"error": "unauthorized_client"})
    with pytest.raises(Denied, match="run `ticketsync auth gitlab`"):
        endpoint.renewed(a_grant(server))


def test_a_grant_tells_whose_it_is_and_can_be_given_back(server):
    endpoint = Endpoint("gitlab", PLAN, APP, server.url, now=lambda: NOW)
    grant = a_grant(server)
    assert endpoint.reach(grant).account == "octo"
    assert endpoint.revoke(grant)
    assert server.revoked == [grant.refresh_token]


def test_a_token_endpoint_that_wants_json_is_sent_json(server):
    network = Script(lambda request: httpx.Response(200, json={"access_token": "a"}))
    plan = PLAN.model_copy(update={"token_json": True})
    endpoint = Endpoint("jira", plan, APP, "https://auth.example", network.transport)
    endpoint.renewed(a_grant(server))
    (asked,) = network.asked
    assert asked.headers["content-type"] == "application/json"
    assert json.loads(asked.content)["refresh_token"] == "invented-refresh-token-1"
    assert "authorization" not in asked.headers
