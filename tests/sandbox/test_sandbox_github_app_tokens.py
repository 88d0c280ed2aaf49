"""The GitHub App: JWT in, one-hour token out."""

import base64
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from sandbox.github import app

REPO = "/repos/octo/shop"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def jwt(alg="RS256", **claims) -> str:
    now = int(NOW.timestamp())
    claims = {"iat": now - 60, "exp": now + 540, "iss": "4242", **claims}
    parts = (orjson.dumps(part) for part in ({"alg": alg, "typ": "JWT"}, claims))
    encoded = [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


@pytest.fixture
def clock():
    return [NOW]


@pytest.fixture
def running(clock):
    with app.start(now=lambda: clock[0]) as one:
        yield one


def test_a_jwt_gets_a_token_that_lives_an_hour(running, clock, client_for):
    as_app = client_for(running, jwt())
    installation = as_app.get(f"{REPO}/installation").json()
    assert as_app.get("/app").json()["slug"] == "ticketsync-sandbox"
    made = as_app.post(f"/app/installations/{installation['id']}/access_tokens")
    assert made.status_code == 201
    assert made.json()["expires_at"] == "2026-11-20T10:00:00Z"
    token = made.json()["token"]
    assert token.startswith("ghs_")
    assert len(token) > 40
    bot = client_for(running, token)
    issue = bot.post(f"{REPO}/issues", json={"title": "from the app", "labels": ["bug"]}).json()
    assert issue["user"]["login"] == "ticketsync-sandbox[bot]"
    assert issue["user"]["type"] == "Bot"
    assert bot.get("/user").status_code == 403
    assert bot.get("/installation/repositories").json()["total_count"] == 1
    clock[0] += timedelta(hours=1)
    assert bot.get(REPO).status_code == 401


@pytest.mark.parametrize(
    "bad",
    [
        jwt(alg="HS256"),
        jwt(iss="999"),
        jwt(exp=int(NOW.timestamp()) - 1),
        jwt(exp=int(NOW.timestamp()) + 3600),
        jwt(iat=int(NOW.timestamp()) + 300),
        "a.b.c",
    ],
)
def test_a_bad_jwt_is_401(running, client_for, bad):
    assert client_for(running, bad).get("/app").status_code == 401


def test_the_app_endpoints_want_a_jwt_and_a_known_installation(running, client_for):
    assert client_for(running).get("/app").status_code == 401
    url = "/app/installations/1/access_tokens"
    assert client_for(running, jwt()).post(url).status_code == 404
