"""The [notices] section: what is wrong with it is told at once, and no secret with it."""

import base64
from pathlib import Path

import pytest

from runtime import config
from runtime.telemetry.redact import Redactor
from schemas.errors import ConfigError
from schemas.notice import TYPES

SECRET = "whsec_" + base64.b64encode(b"x" * 24).decode()
NAME = "TICKETSYNC_NOTICES_SECRET"
URL = "https://hooks.example/in"


@pytest.fixture
def write(tmp_path):
    def write(text: str = "") -> Path:
        file = tmp_path / "ticketsync.toml"
        file.write_text(text)
        return file

    return write


def faults(file: Path, **environ: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        config.load(file, environ)
    return caught.value.faults


def test_nobody_is_told_until_an_address_is_named(write):
    notices = config.load(write(), {}).notices
    assert (notices.url, notices.types, notices.allow_private) == ("", TYPES, False)
    assert not notices.include_body


def test_the_environment_s_address_wins_over_the_file_s(write):
    file = write('[notices]\nurl = "https://other.example/"\ntypes = ["SyncError"]')
    notices = config.load(file, {"NOTICES_URL": URL, NAME: SECRET}).notices
    assert (notices.url, notices.types) == (URL, ("SyncError",))


def test_several_secrets_sign_while_one_replaces_the_other(write):
    both = f"{SECRET} whsec_{base64.b64encode(b'y' * 64).decode()}"
    environ = {"NOTICES_URL": URL, "HOOK_SECRETS": both}
    settings = config.load(write('[notices]\nsecret_env = "HOOK_SECRETS"'), environ)
    found = config.secrets(settings, environ).signing(settings.notices.secret_env)
    assert found == tuple(both.split())


def test_an_address_without_a_secret_is_refused(write):
    (fault,) = faults(write(), NOTICES_URL=URL)
    assert fault.startswith("[notices] url is set, but TICKETSYNC_NOTICES_SECRET")


@pytest.mark.parametrize(
    "secret",
    [
        "plain-words-of-a-person",
        "whsec_not base64!",
        "whsec_" + base64.b64encode(b"short").decode(),
        "whsec_" + base64.b64encode(b"x" * 65).decode(),
        base64.b64encode(b"x" * 24).decode(),
        f"{SECRET} plain",
    ],
    ids=["words", "no base64", "short", "long", "no prefix", "second"],
)
def test_a_secret_of_another_form_is_refused_and_not_repeated(write, secret):
    (fault,) = faults(write(), **{"NOTICES_URL": URL, NAME: secret})
    assert NAME in fault
    assert "whsec_ and 24 to 64 bytes" in fault
    assert secret not in fault


@pytest.mark.parametrize(
    "url",
    [
        "hooks.example/in",
        "ftp://h/",
        "https://",
        "http://[x",
        "http://h:x/",
        "http://h:0/",
        "http://h ost/",
        "http://[fe80::1%25eth0]/",
        f"http://{'a' * 64}.example/",
        "http://a..b/",
    ],
)
def test_what_is_no_address_is_refused(write, url):
    (fault,) = faults(write(), **{"NOTICES_URL": url, NAME: SECRET})
    assert fault == "[notices] url (NOTICES_URL) must be an address like https://host/path"


def test_a_secret_pasted_for_its_variable_s_name_is_not_repeated(write):
    (fault,) = faults(write(f'[notices]\nsecret_env = "{SECRET}"'), NOTICES_URL=URL)
    assert fault == "[notices] secret_env must name an environment variable"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('types = ["SyncEnded"]', '[notices] types must be "SyncStarted", "SyncCompleted"'),
        ('allow_private = "yes"', "[notices] allow_private must be true or false"),
        ("url = 5", "[notices] url must be text in quotes"),
        ('types = "SyncError"', "[notices] types must be a list"),
        ('adress = "x"', "[notices] adress is unknown"),
    ],
    ids=["type", "flag", "url", "no list", "key"],
)
def test_the_wrong_value_is_told_with_its_key(write, text, words):
    (fault,) = faults(write(f"[notices]\n{text}"))
    assert fault.startswith(words)


def test_the_secret_is_struck_out_wherever_it_appears(write):
    assert SECRET not in Redactor().text(f"signed with {SECRET}")
