"""`doctor`: the first thing that is wrong, and what to do about it."""

import socket

import pytest

from sandbox.github.app import Running
from tests.cli.conftest import SECRET, Shell

STEPS = ["token variable", "URL", "network", "token accepted", "scopes", "webhook registered"]


def failing(shell: Shell) -> dict:
    done = shell("doctor", "--json")
    assert done.code == 1, done.out
    *before, last = done.json
    assert all(one["ok"] is not False for one in before)
    assert last["ok"] is False
    assert last["do"]
    assert [one["check"] for one in done.json] == STEPS[: len(done.json)]
    return last


def test_all_is_well_without_a_webhook(shell: Shell) -> None:
    found = shell.ok("doctor", "--json").json
    assert [one["check"] for one in found] == STEPS
    assert [one["ok"] for one in found] == [True] * 5 + [None]
    assert "polling only" in found[-1]["detail"]
    assert "sandbox-user" in shell.ok("doctor", "shop").out


def test_a_variable_that_is_not_set(shell: Shell) -> None:
    shell.environ["SHOP_TOKEN"] = None
    found = failing(shell)
    assert found["check"] == "token variable"
    assert "SHOP_TOKEN" in found["detail"]
    assert shell("sync").code == 2


def test_a_wrong_token(shell: Shell) -> None:
    shell.environ["SHOP_TOKEN"] = "ghp_wrongwrongwrong"
    found = failing(shell)
    assert found["check"] == "token accepted"
    assert "401" in found["detail"]
    assert "ghp_wrongwrongwrong" not in str(found)
    done = shell("doctor")
    assert "FAILED" in done.out


def test_a_host_that_cannot_be_reached(shell: Shell, github: Running) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{unused.getsockname()[1]}"
        shell.file.write_text(shell.file.read_text().replace(f'"{github.url}"', f'"{away}"'))
        assert failing(shell)["check"] == "network"


def test_a_repository_that_is_not_there(shell: Shell) -> None:
    shell.file.write_text(shell.file.read_text().replace("octo/shop", "octo/none"))
    found = failing(shell)
    assert found["check"] == "scopes"
    assert "404" in found["detail"]


def test_an_address_of_something_else(shell: Shell) -> None:
    shell.file.write_text(shell.file.read_text().replace("octo/shop", "octo"))
    assert failing(shell)["check"] == "URL"


def test_other_faults_of_the_file_end_it(shell: Shell) -> None:
    shell.file.write_text(shell.file.read_text() + "tokne = 1\n")
    done = shell("doctor")
    assert done.code == 2
    assert "tokne" in done.err


@pytest.fixture
def hooked(shell: Shell) -> Shell:
    shell.environ["SHOP_SECRET"] = SECRET
    shell.file.write_text(shell.file.read_text() + 'webhook_secret_env = ["SHOP_SECRET"]\n')
    return shell


def test_a_webhook_is_looked_for_when_our_address_is_known(hooked: Shell) -> None:
    assert hooked.ok("doctor", "--json").json[-1]["ok"] is None
    hooked.environ["PUBLIC_URL"] = "http://127.0.0.1:9"
    found = failing(hooked)
    assert found["check"] == "webhook registered"
    assert "hooks register shop" in found["do"]


def test_hooks_are_registered_checked_and_removed(hooked: Shell, github: Running) -> None:
    hooked.environ["PUBLIC_URL"] = "http://127.0.0.1:9/"
    assert hooked("hooks", "check").code == 1
    hooked.ok("hooks", "register")
    (hook,) = github.site.home.hooks.values()
    assert (hook.url, hook.secret) == ("http://127.0.0.1:9/webhooks/shop", SECRET)
    hooked.ok("hooks", "register", "shop")
    assert len(github.site.home.hooks) == 1
    assert github.outbox.idle(5)
    assert "reached from outside" in hooked("hooks", "check").out  # nobody listens there
    hooked.ok("hooks", "remove", "--yes")
    assert github.site.home.hooks == {}
    assert "had no webhook" in hooked.ok("hooks", "remove", "--yes").out
    assert SECRET not in hooked("hooks", "register").out


def test_without_a_public_address_the_steps_are_told(hooked: Shell) -> None:
    done = hooked("hooks", "register")
    assert done.code == 1
    assert "/webhooks/shop" in done.out
    assert "SHOP_SECRET" in done.out


def test_without_a_secret_there_is_nothing_to_register(shell: Shell) -> None:
    done = shell("hooks", "register")
    assert done.code == 1
    assert "polling only" in done.out
