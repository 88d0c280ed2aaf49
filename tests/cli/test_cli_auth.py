"""`auth` and `secrets`, as a person uses them, against a running OAuth server."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet

from runtime.sealing import KEY_FILE, Sealing
from schemas.origin import origin_of
from schemas.ports import Grant
from store.grants import Grants
from tests.oauth_server import CLIENT_ID, CLIENT_SECRET, ENVIRON, oauth_server

ROOT = Path(__file__).parents[2]
ADDRESS = re.compile(r"https?://\S+/oauth/\S+")


@pytest.fixture
def server():
    """An OAuth server that speaks as a GitLab of one's own does."""
    with oauth_server() as running:
        yield running


@pytest.fixture
def here(bare, server):
    """A folder with a source that wants a grant."""
    bare.environ |= ENVIRON
    bare.file.write_text(
        f'[web]\nport = {free_port()}\n[[sources]]\nname = "shop"\ntracker = "gitlab"\n'
        f'url = "{server.url}/group/project"\nauth = "oauth"\n'
    )
    return bare


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def opened(address: str) -> httpx.Response:
    """What a browser shows that follows an address, as soon as somebody listens there."""
    with httpx.Client(trust_env=False, follow_redirects=True, timeout=20) as browser:
        until = time.monotonic() + 20
        while True:
            try:
                return browser.get(address)
            except httpx.ConnectError:
                assert time.monotonic() < until, "nobody listens"
                time.sleep(0.05)


def kept(shell):
    with shell.store() as store:
        return Grants(store, Sealing("", shell.folder / KEY_FILE)).listed()


def process(here, *words: str) -> subprocess.Popen:
    """The command in a process of its own."""
    return _started(here, "-m", "cli", "--config", str(here.file), *words)


def _started(here, *words: str) -> subprocess.Popen:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **here.environ}
    return subprocess.Popen(
        [sys.executable, "-u", *words],
        cwd=here.folder,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def with_sites(here, server, *words: str) -> subprocess.Popen:
    """The same, where Jira's consents reach one site and are given by our server."""
    run = (
        "import sys; import trackers.jira as jira; from dataclasses import replace; "
        "from trackers.base import Capabilities, OAuthPlan, Reach; "
        "look = lambda session, site: Reach(sites={'https://a.atlassian.net': 'cloud-a'}); "
        "base = sys.argv.pop(1); "
        "plan = OAuthPlan(authorize_url=base + '/oauth/authorize', "
        "token_url=base + '/oauth/token', scopes=('api',), look=look); "
        "jira.JIRA = replace(jira.JIRA, capabilities=Capabilities(oauth=plan)); "
        "from cli.app import app; app(prog_name='ticketsync')"
    )
    return _started(here, "-c", run, server.url, *words)


def address_of(command: subprocess.Popen) -> str:
    for line in command.stdout:
        found = ADDRESS.search(line)
        if found:
            return found.group()
    _, said = command.communicate(timeout=10)
    raise AssertionError(f"no address was printed: {said}")


def test_auth_waits_for_the_browser_on_a_port_of_its_own(here, server):
    command = process(here, "auth", "gitlab")
    answer = opened(address_of(command))
    assert "gitlab is connected as octo" in answer.text
    out, err = command.communicate(timeout=30)
    assert command.returncode == 0, err
    assert f"gitlab is connected as octo for {server.url}" in out
    (one,) = kept(here)
    assert (one.tracker, one.site, one.account) == ("gitlab", server.url, "octo")
    file = here.folder / KEY_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for secret in (CLIENT_SECRET, "invented-access", "invented-refresh", file.read_text().strip()):
        assert secret not in out + err + answer.text


def test_auth_told_of_a_denied_consent_fails_in_one_line(here, server):
    server.consent = "access_denied"
    command = process(here, "auth", "gitlab")
    opened(address_of(command))
    _, err = command.communicate(timeout=30)
    assert command.returncode == 1
    assert err == "ticketsync: gitlab: no consent was given (access_denied)\n"
    assert kept(here) == []


def test_auth_that_is_interrupted_takes_its_address_back(here, server):
    command = process(here, "auth", "gitlab")
    address = address_of(command)
    for line in command.stdout:
        if "waiting" in line:
            break
    command.send_signal(signal.SIGINT)
    command.communicate(timeout=30)
    assert command.returncode == 130
    again = process(here, "auth", "gitlab")
    address_of(again)
    answer = opened(address)
    assert "this request is over" in answer.text
    again.send_signal(signal.SIGINT)
    again.communicate(timeout=30)


def test_auth_beside_up_leaves_the_answer_to_it(here, server):
    up = process(here, "up", "--web")
    for line in up.stdout:
        if "Ctrl-C" in line:
            break
    try:
        command = process(here, "auth", "gitlab")
        answer = opened(address_of(command))
        assert "gitlab is connected as octo" in answer.text
        out, err = command.communicate(timeout=30)
        assert command.returncode == 0, err
        assert "octo" in out
        assert len(kept(here)) == 1
    finally:
        up.send_signal(signal.SIGTERM)
        out, err = up.communicate(timeout=30)
    for secret in (CLIENT_SECRET, "invented-access", "invented-refresh", "invented-code"):
        assert secret not in out + err


def test_auth_with_a_public_url_points_there(here, server):
    here.environ["PUBLIC_URL"] = "https://tickets.example/"
    command = process(here, "auth", "gitlab")
    assert address_of(command).startswith("https://tickets.example/oauth/gitlab/start?request=")
    assert "https://tickets.example/oauth/gitlab/callback" in command.stdout.readline()
    command.send_signal(signal.SIGINT)
    command.communicate(timeout=30)


def test_a_pasted_address_is_enough(here, server):
    command = process(here, "auth", "gitlab", "--paste")
    address = address_of(command)
    assert "code_challenge_method=S256" in address
    assert f"client_id={CLIENT_ID}" in address
    with httpx.Client(trust_env=False) as browser:
        home = browser.get(address).headers["location"]
    out, err = command.communicate(home + "\n", timeout=30)
    assert command.returncode == 0, err
    assert "gitlab is connected as octo" in out
    assert len(kept(here)) == 1


@pytest.mark.parametrize("typed", ["", "nonsense", "http://127.0.0.1/x?state=guessed&code=c"])
def test_a_pasted_address_with_a_wrong_state_is_refused(here, server, typed):
    command = process(here, "auth", "gitlab", "--paste")
    address_of(command)
    _, err = command.communicate(f"{typed or ' '}\n", timeout=30)
    assert command.returncode == 1
    assert err == "ticketsync: no such request is known\n"
    assert server.requests == []


@pytest.mark.parametrize(
    ("site", "code"), [("https://a.atlassian.net", 0), ("https://b.atlassian.net", 1)]
)
def test_a_consent_that_does_not_reach_the_site_is_told(here, server, site, code):
    here.environ |= {"JIRA_CLIENT_ID": CLIENT_ID, "JIRA_CLIENT_SECRET": CLIENT_SECRET}
    words = ("--config", str(here.file), "auth", "jira", "--url", f"{site}/browse/P")
    command = with_sites(here, server, *words)
    opened(address_of(command))
    out, err = command.communicate(timeout=30)
    assert command.returncode == code, err
    assert "jira is connected for https://a.atlassian.net" in out
    assert ("run this again and choose that site" in err) == bool(code)


def test_auth_for_a_tracker_without_oauth_or_app_is_one_line(here, server):
    unknown = here("auth", "carrier-pigeon")
    assert unknown.code == 2
    assert "carrier_pigeon knows no OAuth" in unknown.err
    del here.environ["GITLAB_CLIENT_ID"]
    without = here("auth", "gitlab")
    assert without.code == 2
    assert without.err.count("\n") == 1
    assert "GITLAB_CLIENT_ID" in without.err


def test_auth_names_the_sites_when_there_are_several(here, server):
    more = '[[sources]]\nname = "two"\ntracker = "gitlab"\nauth = "oauth"\n'
    here.file.write_text(f'{here.file.read_text()}{more}url = "https://git.example/a/b"\n')
    done = here("auth", "gitlab")
    assert done.code == 2
    assert f"name the site with --url: {server.url}, https://git.example" in done.err


@pytest.fixture
def granted(here, server):
    """A folder with a grant."""
    grants_in(here)
    return here


def grants_in(here, **over) -> None:
    grant = Grant(access_token="invented-access-0", refresh_token="invented-refresh-0", **over)
    site = tomllib.loads(here.file.read_text())["sources"][0]["url"].removesuffix("/group/project")
    with here.store() as store:
        Grants(store, sealing(here)).save("gitlab", site, grant, {}, "octo")


def sealing(here) -> Sealing:
    return Sealing(here.environ.get("TICKETSYNC_SECRET_KEYS") or "", here.folder / KEY_FILE)


def test_list_shows_grants_without_tokens(granted, server):
    (one,) = granted.ok("auth", "list", "--json").json
    assert (one["tracker"], one["site"], one["account"]) == ("gitlab", server.url, "octo")
    assert one["fault"] == ""
    shown = granted.ok("auth", "list").out
    assert "octo" in shown
    assert "invented" not in shown + json.dumps(one)
    assert granted.ok("auth", "list", "--json", "--limit", "1").json == [one]


def test_an_empty_list_says_how_to_begin(bare):
    assert bare.ok("auth", "list").out == "no grant is stored: `auth TRACKER` asks for one\n"
    assert bare.ok("auth", "list", "--json").json == []


def test_revoke_tells_the_tracker_and_forgets(granted, server):
    done = granted.ok("auth", "revoke", "gitlab", "--yes")
    assert "is forgotten; gitlab took it back" in done.out
    assert server.revoked == ["invented-refresh-0"]
    assert granted.ok("auth", "list", "--json").json == []
    again = granted("auth", "revoke", "gitlab", "--yes")
    assert (again.code, again.err) == (1, "ticketsync: no grant of gitlab is stored\n")


def test_revoke_asks_first(granted, server):
    assert granted("auth", "revoke", "gitlab", answers="n\n").code == 1
    assert server.revoked == []
    assert len(granted.ok("auth", "list", "--json").json) == 1


def test_revoke_finds_a_grant_by_any_site_it_is_good_for(here):
    sites = {"https://acme.atlassian.net": "cloud-1", "https://shop.atlassian.net": "cloud-2"}
    with here.store() as store:
        grants = Grants(store, Sealing("", here.folder / KEY_FILE))
        grants.save("jira", "", Grant(access_token="invented"), sites, "ines")
    url = "https://shop.atlassian.net/browse/PROJ"
    assert here("auth", "revoke", "jira", "--yes", "--url", "https://else.atlassian.net").code == 1
    here.ok("auth", "revoke", "jira", "--yes", "--url", url)
    assert kept(here) == []


def test_revoke_forgets_also_what_cannot_be_given_back(granted, server):
    (granted.folder / KEY_FILE).unlink()
    done = granted.ok("auth", "revoke", "gitlab", "--yes")
    assert "could not be told" in done.out
    assert granted.ok("auth", "list", "--json").json == []


def test_rotate_gives_the_key_file_a_new_key_and_keeps_every_grant(granted, server):
    file = granted.folder / KEY_FILE
    before = file.read_text().split()
    done = granted.ok("secrets", "rotate")
    assert done.out == f"1 grants are sealed with a new key in {KEY_FILE}\n"
    after = file.read_text().split()
    assert after[1:] == before
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert after[0] not in done.out
    file.write_text(f"{after[0]}\n")
    with granted.store() as store:
        found = Grants(store, sealing(granted)).find("gitlab", server.url)
    assert found.access_token == "invented-access-0"
    for _ in range(3):
        granted.ok("secrets", "rotate")
    assert len(file.read_text().split()) == 2, "only the key before stays, for who just used it"


def test_rotate_with_keys_of_the_environment_seals_with_the_first(here, server):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    here.environ["TICKETSYNC_SECRET_KEYS"] = old
    grants_in(here)
    alone = here("secrets", "rotate")
    assert alone.code == 1
    assert "TICKETSYNC_SECRET_KEYS holds one key: put a new one in front" in alone.err
    here.environ["TICKETSYNC_SECRET_KEYS"] = f"{new},{old}"
    done = here.ok("secrets", "rotate")
    assert done.out == "1 grants are sealed with the first key; the others may be taken out\n"
    here.environ["TICKETSYNC_SECRET_KEYS"] = new
    with here.store() as store:
        found = Grants(store, sealing(here)).find("gitlab", server.url)
    assert found.access_token == "invented-access-0"
    assert not (here.folder / KEY_FILE).exists()
    assert old not in done.out
    assert new not in alone.out + alone.err


def test_doctor_and_config_check_know_a_grant(granted, server):
    (first, *_) = granted("doctor", "--json").json
    assert (first["check"], first["ok"], first["detail"]) == (
        "token variable",
        True,
        "granted to octo",
    )
    granted.ok("auth", "revoke", "gitlab", "--yes")
    (only,) = granted("doctor", "--json").json
    assert only["detail"] == "no grant of gitlab is stored"
    assert only["do"] == "run `ticketsync auth gitlab`"
    assert "(oauth, pull" in granted.ok("config", "check").out


@pytest.fixture
def consenting(bare, github):
    """A source of the stand-in tracker that uses a grant, and what keeps grants there."""
    bare.environ["GITHUB_CLIENT_ID"] = CLIENT_ID
    bare.configure(github, more='auth = "oauth"\nfilter = { state = "all" }')
    bare.file.write_text(bare.file.read_text().replace('token_env = "SHOP_TOKEN"\n', ""))
    return bare


def test_a_source_with_a_grant_syncs(consenting, github):
    with consenting.store() as store:
        grant = Grant(access_token=github.plan.token)
        site = origin_of(github.repo_url)
        Grants(store, sealing(consenting)).save("github", site, grant, {}, "octo")
    consenting.ok("sync")
    assert len(consenting.ok("tickets", "list", "--json").json) == 12


def test_a_source_without_its_grant_fails_with_the_command(consenting):
    done = consenting("sync")
    assert done.code == 1
    assert "no grant of github is stored: run `ticketsync auth github`" in done.err + done.out
    (source,) = consenting("status", "--json").json["sources"]
    assert source["status"] == "error"
