"""Keys that seal stored tokens, and what of tokens may be shown: nothing."""

import json
import stat
import threading
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from runtime.sealing import Sealing
from runtime.telemetry.redact import LEARNED, LEARNED_MOST, STRUCK, Redactor
from schemas.errors import ConfigError, Denied

ONE, TWO = (Fernet.generate_key().decode() for _ in range(2))


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "ticketsync.key"


def test_a_key_file_is_made_at_the_first_need_and_is_ours_alone(file):
    sealing = Sealing("", file)
    assert sealing.values() == frozenset()
    assert not file.exists()
    sealed = sealing.seal(b"a token")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir()] == [file.name]
    assert Sealing("", file).unseal(sealed) == b"a token"
    assert sealing.values() == {file.read_text().strip()}


def test_reading_makes_no_key(file):
    with pytest.raises(Denied, match=r"its key is not in .*ticketsync\.key"):
        Sealing("", file).unseal(b"whatever")
    assert not file.exists()


def test_processes_that_make_the_file_at_once_share_one_key(file):
    sealed = []
    barrier = threading.Barrier(8)

    def work():
        own = Sealing("", file)
        barrier.wait(10)
        sealed.append(own.seal(b"x"))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert [Sealing("", file).unseal(one) for one in sealed] == [b"x"] * 8


def test_keys_of_the_environment_win_and_the_newest_seals(file):
    old = Sealing(ONE, file).seal(b"x")
    both = Sealing(f" {TWO} , {ONE},", file)
    assert both.unseal(old) == b"x"
    new = both.seal(b"y")
    assert Sealing(TWO, file).unseal(new) == b"y"
    with pytest.raises(Denied, match="TICKETSYNC_SECRET_KEYS"):
        Sealing(ONE, file).unseal(new)
    assert not file.exists()


@pytest.mark.parametrize(
    "keys",
    ["a-bad-key", f"{ONE},a-bad-key", "é" * 44],
    ids=["short", "second", "not ascii"],
)
def test_a_bad_key_is_a_fault_that_does_not_show_it(file, keys):
    with pytest.raises(ConfigError, match="TICKETSYNC_SECRET_KEYS must hold keys") as caught:
        Sealing(keys, file).seal(b"x")
    assert "bad-key" not in str(caught.value)


def test_any_long_secret_will_do(file):
    secret = "0123456789abcdef" * 4
    sealed = Sealing(secret, file).seal(b"x")
    assert Sealing(f"{TWO},{secret}", file).unseal(sealed) == b"x"


def test_a_bad_key_file_is_a_fault_that_names_it(file):
    file.write_text("no key at all")
    with pytest.raises(ConfigError, match=r"ticketsync\.key must hold keys"):
        Sealing("", file).seal(b"x")
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read as a key file"):
        Sealing("", file).seal(b"x")


def test_a_folder_that_cannot_be_written_names_the_variable(file):
    with pytest.raises(ConfigError, match="set TICKETSYNC_SECRET_KEYS"):
        Sealing("", file / "below" / "ticketsync.key").seal(b"x")


def test_a_running_process_follows_a_rotation(file):
    running, other = Sealing("", file), Sealing("", file)
    before = running.seal(b"before")
    other.rotate()
    assert other.unseal(running.seal(b"after")) == b"after"
    assert running.unseal(before) == b"before"
    other.forget()
    other.rotate()
    other.forget()
    with pytest.raises(Denied):
        running.unseal(before)


TOKENS = [
    "gloas-0123456789abcdefghijklmnop",
    "ATOA0123456789abcdefABCDEF",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    Fernet(ONE).encrypt(b"a token").decode(),
    ONE,
]


@pytest.mark.parametrize("token", TOKENS[:4], ids=["gitlab", "jira", "signing", "sealed"])
def test_tokens_are_known_by_their_shape(token):
    assert token not in Redactor().text(f"it said {token}, and stopped")


def test_keys_are_known_by_their_value():
    assert Redactor({ONE}).text(f"key {ONE}!") == f"key {STRUCK}!"


@pytest.mark.parametrize(
    "text",
    [
        "GET /oauth/jira/callback?code=opaque-value&state=s",
        "GET /oauth/jira/start?request=opaque-value HTTP/1.1",
        "grant_type=refresh_token&refresh_token=opaque-value&client_id=x",
        "client_secret=opaque-value",
        "code_verifier=opaque-value&x=1",
        json.dumps({"access_token": "opaque-value", "expires_in": 1}),
        str({"refresh_token": "opaque-value"}),
    ],
)
def test_what_oauth_sends_is_struck_out_of_any_text(text):
    struck = Redactor().text(text)
    assert "opaque-value" not in struck
    assert STRUCK in struck


def test_values_under_the_names_of_oauth_are_struck_out():
    found = Redactor().value({"code_verifier": "opaque-v", "refresh_token": "opaque-r", "code": 7})
    assert found == {"code_verifier": STRUCK, "refresh_token": STRUCK, "code": 7}


def test_words_of_tickets_are_left_alone():
    text = "PROJ-12 state=open code: 42, the request= of GAAAA"
    assert Redactor().text(text) == text


def test_tokens_that_came_while_running_are_struck_out_by_value():
    before = LEARNED.values
    redactor = Redactor()
    try:
        LEARNED.add("an-opaque-renewed-token", None, "abc")
        assert redactor.text("sent an-opaque-renewed-token, abc") == f"sent {STRUCK}, abc"
        LEARNED.add(*(f"another-token-{number}" for number in range(LEARNED_MOST + 9)))
        assert len(LEARNED.values) == LEARNED_MOST
    finally:
        LEARNED.values = before
