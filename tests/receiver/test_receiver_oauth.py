"""Consent by browser: who may ask, who may answer, and what each answer comes to."""

import logging
import socket
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
import sqlalchemy as sa
import uvicorn
from cryptography.fernet import Fernet

from receiver.oauth import COOKIE, Consents, pages
from runtime.credentials import Secrets
from runtime.sealing import Sealing
from runtime.telemetry.redact import Redactor
from schemas.errors import ConfigError, Denied
from store.grants import Grants
from store.tables import grant_requests
from tests.oauth_server import CLIENT_SECRET, ENVIRON, a_tracker, oauth_server
from tests.receiver.doors import wait_until
from trackers.base import OAuthPlan, Reach

KEYS = Fernet.generate_key().decode()
REDIRECTED = 302


class Scene:
    """Our two pages on a socket, an OAuth server, and browsers of people."""

    def __init__(self, store, server, folder: Path) -> None:
        self.store, self.server = store, server
        self.clock = datetime.now(UTC)
        self.seal = Sealing(KEYS, folder / "unused")
        trackers = {"gitlab": a_tracker()}
        jira = {name.replace("GITLAB", "JIRA"): value for name, value in ENVIRON.items()}
        secrets = Secrets(ENVIRON | jira)
        self.consents = Consents(store, self.seal, secrets, trackers, lambda: self.clock)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        options = uvicorn.Config(pages(self.consents), log_config=None, access_log=False)
        self.web = uvicorn.Server(options)
        self.thread = threading.Thread(
            target=self.web.run, args=([self.listener],), kwargs={}, daemon=True
        )
        self.thread.start()
        wait_until(lambda: self.web.started)

    def close(self) -> None:
        self.web.should_exit = True
        self.thread.join(10)
        self.listener.close()

    def asked(self):
        """A request, and the address a person is told to open."""
        request = self.consents.ask("gitlab", self.server.url, self.base)
        return request, f"{self.base}/oauth/gitlab/start?request={request.code}"

    def grant(self):
        return Grants(self.store, self.seal).find("gitlab", self.server.url)


@pytest.fixture
def scene(store, tmp_path):
    with oauth_server() as server:
        made = Scene(store, server, tmp_path)
        yield made
        made.close()


@pytest.fixture
def browser():
    with httpx.Client(trust_env=False, timeout=20) as made:
        yield made


@pytest.fixture
def stranger():
    with httpx.Client(trust_env=False, timeout=20) as made:
        yield made


def back(browser: httpx.Client, address: str) -> str:
    """Opens our page and the tracker's; the address the tracker sends the browser back to."""
    ours = browser.get(address)
    assert ours.status_code == REDIRECTED, ours.text
    theirs = browser.get(ours.headers["location"])
    assert theirs.status_code == REDIRECTED
    return theirs.headers["location"]


def refused(answer: httpx.Response, words: str) -> None:
    assert answer.status_code == 400
    assert words in answer.text
    assert answer.text.startswith("ticketsync: ")
    assert answer.text.count("\n") == 1
    assert answer.headers["cache-control"] == "no-store"


def test_a_consent_becomes_a_grant(scene, browser):
    request, address = scene.asked()
    assert scene.consents.requests.outcome(request.code) is None
    answer = browser.get(back(browser, address))
    assert answer.status_code == 200
    line = f"gitlab is connected as octo for {scene.server.url}"
    assert answer.text == f"{line}; this window may be closed\n"
    assert scene.consents.requests.outcome(request.code) == (True, line)
    found = scene.grant()
    assert (found.access_token, found.refresh_token) == (
        "invented-access-token-2",
        scene.server.refresh,
    )
    assert (found.account, found.scopes) == ("octo", ("api", "read_user"))


def test_the_cookie_is_for_our_pages_alone_and_ends(scene, browser):
    _, address = scene.asked()
    cookie = browser.get(address).headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Max-Age=600" in cookie
    assert "Secure" not in cookie, "the redirect leads back by http"


def test_the_cookie_is_secure_where_the_way_back_is(scene, browser):
    request = scene.consents.ask("gitlab", scene.server.url, "https://us.example")
    answer = browser.get(f"{scene.base}/oauth/gitlab/start?request={request.code}")
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_denied_consent_is_told_to_both(scene, browser):
    scene.server.consent = "access_denied"
    request, address = scene.asked()
    refused(browser.get(back(browser, address)), "no consent was given (access_denied)")
    granted, line = scene.consents.requests.outcome(request.code)
    assert not granted
    assert "access_denied" in line
    assert scene.grant() is None


def test_a_text_that_poses_as_an_error_code_is_not_repeated(scene, browser):
    scene.server.consent = "<script>alert(1)</script>"
    _, address = scene.asked()
    answer = browser.get(back(browser, address))
    refused(answer, "no consent was given (no reason given)")
    assert answer.headers["content-type"].startswith("text/plain")


def test_a_wrong_state_is_refused_and_the_right_one_still_works(scene, browser):
    _, address = scene.asked()
    home = back(browser, address)
    wrong = home.replace("state=", "state=x")
    refused(browser.get(wrong), "no such request is known")
    assert scene.server.requests == []
    assert browser.get(home).status_code == 200


def test_a_state_is_good_once(scene, browser):
    _, address = scene.asked()
    home = back(browser, address)
    assert browser.get(home).status_code == 200
    refused(browser.get(home), "this request was answered already")
    refused(browser.get(address), "this request was answered already")
    assert len(scene.server.requests) == 1


def test_a_state_that_was_denied_is_used_up_too(scene, browser):
    scene.server.consent = "access_denied"
    _, address = scene.asked()
    home = back(browser, address)
    browser.get(home)
    later = home.replace("error=access_denied", "code=invented-code-1")
    refused(browser.get(later), "this request was answered already")
    assert scene.grant() is None


def test_an_expired_state_is_refused(scene, browser):
    _, address = scene.asked()
    home = back(browser, address)
    scene.clock += timedelta(minutes=10)
    refused(browser.get(home), "this request is over: it lasts 10 minutes")
    refused(browser.get(address), "this request is over: it lasts 10 minutes")
    assert scene.server.requests == []


def test_a_stranger_who_learned_the_state_cannot_put_in_a_grant_of_theirs(scene, browser, stranger):
    _, address = scene.asked()
    home = back(browser, address)
    refused(stranger.get(home), "this browser did not ask for a grant")
    refused(
        stranger.get(home, headers={"Cookie": f"{COOKIE}=guessed"}),
        "belongs to a browser that did not ask",
    )
    assert scene.grant() is None
    assert browser.get(home).status_code == 200


def test_what_strangers_send_is_not_taken_for_a_secret(scene, stranger):
    given = urlencode({"state": "guessed", "code": "an ordinary sentence"})
    address = f"{scene.base}/oauth/gitlab/callback?{given}"
    refused(stranger.get(address, headers={"Cookie": f"{COOKIE}=x"}), "no such request is known")
    assert Redactor().text("this is an ordinary sentence") == "this is an ordinary sentence"


def test_answers_that_come_at_once_are_taken_once(scene, browser):
    request, address = scene.asked()
    given = parse_qs(urlsplit(back(browser, address)).query)
    took, barrier = [], threading.Barrier(6)

    def answer():
        barrier.wait(10)
        found = scene.consents.requests.take(
            "gitlab", given["state"][0], scene.clock, code=request.code
        )
        took.append(found if isinstance(found, str) else "taken")

    threads = [threading.Thread(target=answer) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(took) == ["taken", *["this request was answered already"] * 5]


def test_one_consent_may_serve_several_sites(scene, browser):
    def look(session_for, site):
        assert site == ""
        return Reach(
            sites={"https://a.atlassian.net": "cloud-a", "https://B.atlassian.net/x": "cloud-b"}
        )

    plan = OAuthPlan(
        authorize_url=f"{scene.server.url}/oauth/authorize",
        token_url=f"{scene.server.url}/oauth/token",
        scopes=("api",),
        look=look,
    )
    scene.consents.trackers["jira"] = a_tracker(plan)
    request = scene.consents.ask("jira", "https://a.atlassian.net", scene.base)
    start = f"{scene.base}/oauth/jira/start?request={request.code}"
    told = browser.get(back(browser, start)).text
    assert told.startswith(
        "jira is connected for https://a.atlassian.net, https://b.atlassian.net;"
    )
    grants = Grants(scene.store, scene.seal)
    assert grants.find("jira", "https://a.atlassian.net").site == "cloud-a"
    assert grants.find("jira", "https://b.atlassian.net").site == "cloud-b"
    assert grants.find("jira", "https://c.atlassian.net").site is None


def test_nobody_can_start_without_the_code_of_a_request(scene, stranger):
    odd = urlencode({"request": "\0é"})
    for query in ("", "?request=", f"?request={'x' * 43}", f"?{odd}"):
        refused(stranger.get(f"{scene.base}/oauth/gitlab/start{query}"), "no such request is known")


def test_a_request_is_bound_to_its_tracker(scene, browser):
    _, address = scene.asked()
    refused(browser.get(address.replace("/gitlab/", "/github/")), "no such request is known")
    home = back(browser, address)
    refused(browser.get(home.replace("/gitlab/", "/github/")), "no such request is known")


def test_the_code_is_of_no_use_without_our_verifier(scene, browser):
    _, address = scene.asked()
    home = back(browser, address)
    for code in scene.server.codes.values():
        code["code_challenge"] = "of-somebody-else"
    refused(browser.get(home), "gitlab refused the grant (invalid_grant)")
    assert scene.grant() is None


def test_an_answer_without_a_code_is_told(scene, browser):
    _, address = scene.asked()
    home = back(browser, address)
    state = parse_qs(urlsplit(home).query)["state"][0]
    refused(browser.get(f"{scene.base}/oauth/gitlab/callback?state={state}"), "holds no code")


def test_an_app_that_the_tracker_does_not_know_is_told_by_its_variables(scene, browser):
    environ = ENVIRON | {"GITLAB_CLIENT_SECRET": "wrong-client-secret"}
    other = Consents(
        scene.store, scene.seal, Secrets(environ), scene.consents.trackers, lambda: scene.clock
    )
    request = other.ask("gitlab", scene.server.url, "http://127.0.0.1:1")
    with httpx.Client(trust_env=False) as theirs:
        home = theirs.get(other.address(request)).headers["location"]
    given = dict(part.split("=") for part in urlsplit(home).query.split("&"))
    with pytest.raises(Denied, match="GITLAB_CLIENT_SECRET"):
        other.answer("gitlab", given, code=request.code)
    assert "wrong-client-secret" not in scene.consents.requests.outcome(request.code)[1]


def test_a_pasted_answer_is_taken_from_who_knows_the_request(scene, stranger):
    request, _ = scene.asked()
    home = stranger.get(scene.consents.address(request)).headers["location"]
    given = {name: values[0] for name, values in parse_qs(urlsplit(home).query).items()}
    with pytest.raises(Denied, match="did not ask"):
        scene.consents.answer("gitlab", given, code="another-code")
    refused(stranger.get(home), "with --paste, copy this address")
    assert scene.consents.answer("gitlab", given, code=request.code).startswith("gitlab is conn")


def test_what_is_not_configured_is_a_fault_of_the_configuration(scene):
    bare = Consents(scene.store, scene.seal, Secrets({}), scene.consents.trackers)
    with pytest.raises(ConfigError, match="GITLAB_CLIENT_ID"):
        bare.ask("gitlab", "https://git.example", "http://127.0.0.1:8000")
    with pytest.raises(ConfigError, match="carrier_pigeon knows no OAuth; these do: gitlab"):
        bare.ask("carrier_pigeon", None, "http://127.0.0.1:8000")
    with pytest.raises(ConfigError, match="--url"):
        scene.consents.ask("gitlab", None, "http://127.0.0.1:8000")


def test_no_secret_is_kept_or_logged_in_the_clear(scene, browser, caplog):
    caplog.set_level(logging.DEBUG)
    request, address = scene.asked()
    home = back(browser, address)
    browser.get(home)
    code = parse_qs(urlsplit(home).query)["code"][0]
    with scene.store.read() as connection:
        rows = connection.execute(sa.select(grant_requests)).all()
    logged = "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith("trackers")
    )
    assert logged, "the token endpoint's requests are logged"
    tokens = (
        "invented-access-token-2",
        "invented-refresh-token-2",
        CLIENT_SECRET,
        request.verifier,
    )
    for secret in (request.code, request.state, code, *tokens):
        assert secret not in repr(rows)
        assert secret not in logged
        assert secret not in repr(request)
    struck = Redactor().text(f"GET {home} {' '.join(tokens[:2])} {address}")
    assert code not in struck
    assert request.code not in struck
    assert "invented-access" not in struck
    assert "invented-refresh" not in struck


def test_the_receiver_has_the_pages(receiver):
    refused(receiver.http.get("/oauth/gitlab/start?request=x"), "no such request is known")
    refused(receiver.http.get("/oauth/gitlab/callback?state=x&code=y"), "did not ask for a grant")
