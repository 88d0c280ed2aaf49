"""The App: its JWT, its installation, and tokens that are minted once and renewed in time."""

import threading
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from schemas.errors import Denied
from schemas.ports import AppKey
from tests.trackers.github.github_network import ROOT, connected, reply
from tests.trackers.github.github_payloads import an_issue
from trackers.github import GitHub

NOON = 1795176000.0
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.TraditionalOpenSSL,
    serialization.NoEncryption(),
).decode()


class Apps:
    """Mints numbered tokens and answers issues to whoever holds the newest one."""

    def __init__(self):
        self.minted = 0
        self.jwts = []
        self.pause = 0.0

    def __call__(self, request):
        path, bearer = request.url.path, request.headers.get("authorization", "")[7:]
        if path in (f"{ROOT}/installation", "/app"):
            self.jwts.append(bearer)
            return reply({"id": 61, "slug": "ticketsync-bot"})
        if path == "/app/installations/61/access_tokens":
            time.sleep(self.pause)
            self.jwts.append(bearer)
            self.minted += 1
            return reply({"token": f"ghs_{self.minted}", "expires_at": "2026-11-20T13:00:00Z"}, 201)
        if bearer != f"ghs_{self.minted}":
            return reply({"message": "Bad credentials"}, 401)
        return reply(an_issue())


def an_app(network, clock=lambda: NOON, **over):
    key = AppKey.model_validate({"app_id": "4242", "private_key": PEM} | over)
    return connected(network, key=key, dialect=GitHub(now=clock))


def test_the_installation_is_found_and_one_token_serves_all():
    apps = Apps()
    one = an_app(apps)
    one.client.fetch("12")
    one.client.fetch("12")
    assert apps.minted == 1
    assert one.lines[0] == "GET …/installation"
    assert one.client.requests == 4


def test_a_named_installation_is_not_looked_up():
    one = an_app(Apps(), installation_id="61")
    one.client.fetch("12")
    assert one.lines[0] == "POST /app/installations/61/access_tokens"


def test_the_jwt_is_rs256_back_dated_and_short():
    apps = Apps()
    an_app(apps).client.fetch("12")
    options = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(apps.jwts[0], KEY.public_key(), algorithms=["RS256"], options=options)
    assert claims == {"iat": NOON - 60, "exp": NOON + 540, "iss": "4242"}


def test_a_key_on_one_line_is_taken():
    apps = Apps()
    an_app(apps, private_key=PEM.replace("\n", "\\n")).client.fetch("12")
    assert apps.minted == 1


@pytest.mark.parametrize(("minute", "minted"), [(49, 1), (51, 2)])
def test_a_token_is_renewed_ten_minutes_before_its_end(minute, minted):
    apps, now = Apps(), [NOON]
    one = an_app(apps, clock=lambda: now[0])
    one.client.fetch("12")
    now[0] += minute * 60
    one.client.fetch("12")
    assert apps.minted == minted


def test_a_refused_token_is_replaced_at_once():
    apps = Apps()
    one = an_app(apps)
    one.client.fetch("12")
    apps.minted += 1
    one.client.fetch("12")
    assert apps.minted == 3


def test_many_threads_mint_one_token():
    apps = Apps()
    apps.pause = 0.05
    one = an_app(apps)
    threads = [threading.Thread(target=one.client.fetch, args=["12"]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert apps.minted == 1


def test_clients_of_one_installation_share_its_token():
    apps, key = Apps(), AppKey(app_id="4242", private_key=PEM)
    dialect = GitHub(now=lambda: NOON)
    for _ in range(2):
        connected(apps, key=key, dialect=dialect).client.fetch("12")
    assert apps.minted == 1


def test_an_app_is_its_bot():
    assert an_app(Apps()).client.identity().login == "ticketsync-bot[bot]"


def test_a_key_that_is_none_is_denied_and_not_shown():
    with pytest.raises(Denied, match="no RSA key") as refusal:
        an_app(Apps(), private_key="nonsense").client.fetch("12")
    assert "nonsense" not in str(refusal.value)


def test_an_app_that_is_not_installed_is_denied():
    with pytest.raises(Denied, match="not installed"):
        an_app(lambda request: reply({"message": "Not Found"}, 404)).client.fetch("12")
