"""OAuth without the network: what is asked, and what answers mean."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from schemas.errors import Denied, Permanent, Transient
from schemas.origin import origin_of
from schemas.ports import Grant, OAuthApp
from tests.trackers.stand_ins import NOW
from trackers import oauth_forms as forms
from trackers.base import OAuthPlan

APP = OAuthApp(client_id="an-app", client_secret="an-app-secret")
PLAN = OAuthPlan(
    authorize_url="{site}/oauth/authorize",
    token_url="{site}/oauth/token",
    scopes=("read", "write"),
    extra={"prompt": "consent"},
)
HOSTED = OAuthPlan(
    authorize_url="https://auth.example/authorize?version=2",
    token_url="https://auth.example/token",
    scopes=("read", "write"),
    separator=",",
    pkce=False,
)


def test_the_challenge_is_that_of_the_standard():
    """https://www.rfc-editor.org/rfc/rfc7636#appendix-B"""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert forms.challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_authorize_address_holds_state_challenge_and_what_the_plan_adds():
    address = forms.authorize_address(
        PLAN, APP, site="https://git.example", redirect="https://us/cb", state="s", verifier="v"
    )
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://git.example/oauth/authorize"
    assert parse_qs(parts.query) == {
        "prompt": ["consent"],
        "response_type": ["code"],
        "client_id": ["an-app"],
        "redirect_uri": ["https://us/cb"],
        "scope": ["read write"],
        "state": ["s"],
        "code_challenge": [forms.challenge_of("v")],
        "code_challenge_method": ["S256"],
    }


def test_a_tracker_without_pkce_is_sent_none():
    address = forms.authorize_address(
        HOSTED, APP, site="", redirect="https://us/cb", state="s", verifier="v"
    )
    assert address.startswith("https://auth.example/authorize?version=2&response_type=code&")
    assert "code_challenge" not in address
    assert "scope=read%2Cwrite" in address
    asked = forms.code_request(HOSTED, APP, code="c", redirect="https://us/cb", verifier="v")
    assert "code_verifier" not in asked


def test_an_app_without_a_secret_sends_none():
    asked = forms.refresh_request(OAuthApp(client_id="public"), "r")
    assert asked == {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "public"}


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [(3600, 3600), ("3600", 3600), (3599.5, 3599.5), (None, None), (0, None), (True, None)],
)
def test_an_answer_tells_how_long_the_token_is_good(answer, seconds):
    found = forms.granted({"access_token": "a", "expires_in": answer}, PLAN, NOW, "gitlab")
    assert found.expires_at == (NOW + timedelta(seconds=seconds) if seconds else None)


@pytest.mark.parametrize(
    ("told", "scopes"),
    [("read,write", ("read", "write")), ("read write", ("read", "write")), (["x"], ("x",)),
     (None, ("read", "write")), ("", ("read", "write"))],
)  # fmt: skip
def test_scopes_come_in_several_spellings(told, scopes):
    assert forms.granted({"access_token": "a", "scope": told}, PLAN, NOW, "gitlab").scopes == scopes


def test_a_refresh_without_a_new_refresh_token_keeps_the_old_one_and_the_site():
    before = Grant(
        access_token="a", refresh_token="r", site="c1", account="octo", generation=3, scopes=("x",)
    )
    found = forms.granted({"access_token": "b"}, PLAN, NOW, "jira", before)
    assert found == before.model_copy(update={"access_token": "b", "generation": 4})


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        ({"error": "invalid_grant"}, Denied, "(invalid_grant): run `ticketsync auth azure-devops`"),
        ({"error": "invalid_client"}, Denied, "AZURE_DEVOPS_CLIENT_ID and AZURE_DEVOPS_CLIENT_SEC"),
        ({"error": "temporarily_unavailable"}, Transient, "busy"),
        ({"error": "a token: ghp_x"}, Denied, "(no reason given)"),
        ({"error": 7}, Denied, "(no reason given)"),
        ({}, Permanent, "without an access token"),
        ([], Permanent, "without an access token"),
        ({"access_token": "two words"}, Permanent, "without an access token"),
        ({"access_token": "line\r\nbreak"}, Permanent, "without an access token"),
    ],
)
def test_an_error_answer_says_what_to_do_and_repeats_no_free_text(answer, kind, text):
    with pytest.raises(kind) as caught:
        forms.granted(answer, PLAN, NOW, "azure_devops")
    assert text in str(caught.value)
    assert "ghp_x" not in str(caught.value)


@pytest.mark.parametrize(
    ("plan", "address", "site"),
    [
        (PLAN, "https://Git.Example:443/group/project", "https://git.example"),
        (PLAN, "http://127.0.0.1:8080/x", "http://127.0.0.1:8080"),
        (PLAN.model_copy(update={"site": "https://gitlab.com"}), None, "https://gitlab.com"),
        (HOSTED, "https://x.atlassian.net/browse/P", ""),
    ],
)
def test_a_grant_belongs_to_the_site_of_an_address(plan, address, site):
    assert forms.site_of(plan, address) == site


def test_a_site_that_is_none_is_refused():
    for address in (None, "git.example", "ftp://git.example"):
        with pytest.raises(Denied, match="https://"):
            forms.site_of(PLAN, address)


@pytest.mark.parametrize("odd", ["", "x", "https://", "https://h:port/", "https://[::1", "//h"])
def test_what_is_no_address_has_no_origin(odd):
    assert origin_of(odd) == ""


def test_an_origin_keeps_an_unusual_port_and_brackets():
    assert origin_of(" HTTPS://[2001:DB8::1]:8443/a?b ") == "https://[2001:db8::1]:8443"


def test_no_token_is_shown_by_printing_a_grant():
    shown = repr(Grant(access_token="secret-a", refresh_token="secret-r")) + repr(APP)
    assert "secret" not in shown.replace("client_secret", "")
