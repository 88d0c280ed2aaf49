"""What a user does wrong: one clear line for each fault, the right exit code, no traceback."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.github.app import Running
from tests.cli.conftest import Shell

ROOT = Path(__file__).parents[2]
SOURCE = '[[sources]]\nname = "{0}"\ntracker = "github"\nurl = "https://github.com/o/{0}"\n'


def said(shell: Shell, *words: str) -> list[str]:
    done = shell(*words)
    assert done.code == 2, done.out + done.err
    assert done.out == ""
    assert "Traceback" not in done.err
    return done.err.splitlines()


@pytest.mark.parametrize("command", [("status",), ("sync",), ("up",), ("tickets", "list")])
def test_without_a_file_it_says_what_to_do(bare: Shell, command: tuple[str, ...]) -> None:
    (line,) = said(bare, *command)
    assert "no ticketsync.toml" in line
    assert "add github URL" in line


@pytest.mark.parametrize("command", [("config", "check"), ("status",), ("up",)])
def test_each_fault_is_a_line_that_names_the_key(bare: Shell, command: tuple[str, ...]) -> None:
    bare.file.write_text(
        SOURCE.format("a") + 'tokne_env = "X"\n' + SOURCE.format("b") + 'token_env = "NOT_SET"\n'
        "[webb]\nport = 1\n[retry]\nattempts = 1\n"
    )
    lines = said(bare, *command)
    assert len(lines) == 4
    for word in ("tokne_env", "NOT_SET", "webb", "attempts"):
        assert any(word in line for line in lines)


def test_a_source_listed_twice_is_a_fault(bare: Shell) -> None:
    bare.file.write_text(SOURCE.format("a") * 2)
    assert all('"a"' in line for line in said(bare, "config", "check"))


def test_an_address_of_another_tracker_is_a_fault_of_its_source(bare: Shell) -> None:
    bare.file.write_text(SOURCE.format("a").replace("github.com", "gitlab.com"))
    (line,) = said(bare, "config", "check")
    assert line.startswith('ticketsync: [[sources]] "a": url')


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///no/such/folder/x.db",
        "postgresql://me:hunter2secret@127.0.0.1:9/none",
        "sqlite:///ticketsync.toml",
    ],
)
def test_a_database_that_cannot_be_opened_is_one_line(bare: Shell, url: str) -> None:
    bare.file.write_text(f'[store]\nurl = "{url}"\n')
    (line,) = said(bare, "status")
    assert "[store] url" in line
    assert "hunter2secret" not in line


def test_a_schema_that_waits_for_its_migration_is_named(bare: Shell) -> None:
    bare.file.write_text("[store]\nauto_migrate = false\n")
    (line,) = said(bare, "status")
    assert "db migrate" in line
    bare.ok("db", "migrate")
    bare.ok("status")


def test_unknown_words_are_usage_errors(bare: Shell) -> None:
    for words in (("stats",), ("status", "--loud"), ("tickets", "show"), ("sync", "--limit", "1")):
        assert bare(*words).code == 2
    assert "status" in bare("stats").err


def command(shell: Shell, *words: str, **more: object) -> subprocess.Popen[str]:
    environ = {k: v for k, v in os.environ.items() if shell.environ.get(k, "") is not None}
    environ |= {k: v for k, v in shell.environ.items() if v} | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "cli", "--config", str(shell.file), *words],
        env=environ,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=shell.folder,
    )


def test_ctrl_c_is_one_line(synced: Shell) -> None:
    with command(synced, "status", "--watch") as running:
        assert running.stdout is not None
        assert running.stdout.readline()
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=10)
    assert (running.returncode, err) == (130, "ticketsync: interrupted\n")


def test_an_interrupted_sync_lets_the_source_go(shell: Shell, github: Running) -> None:
    github.faults.set(slow=2)
    with command(shell, "sync") as running:
        until = time.monotonic() + 20
        while not github.requests.count() and time.monotonic() < until:
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=10)
    assert running.returncode == 130
    assert re.fullmatch("ticketsync: (shop: )?interrupted.*\n", err)
    github.faults.clear()
    assert shell.ok("sync", "--json").json[0]["seconds"] < 5


def test_a_reader_that_goes_away_is_no_traceback(synced: Shell) -> None:
    with command(synced, "tickets", "list", "--json") as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert "Traceback" not in running.stderr.read()


def test_help_comes_as_fast_as_its_libraries_load(bare: Shell) -> None:
    """A bare command imports no room of ours; measured beside them, for machines differ."""
    ours, theirs = [], []
    for _ in range(4):
        began = time.monotonic()
        subprocess.run([sys.executable, "-c", "import rich.table, typer.main"], check=True)
        theirs.append(time.monotonic() - began)
        began = time.monotonic()
        with command(bare, "--help") as running:
            out, _ = running.communicate(timeout=20)
        ours.append(time.monotonic() - began)
        assert "dead-letters" in out
    assert min(ours) < 2.5 * min(theirs)


def test_an_unforeseen_error_is_one_line(synced: Shell) -> None:
    with synced.store() as store, store.write() as connection:
        connection.exec_driver_sql("DROP TABLE sessions")
    done = synced("sessions", "list")
    assert done.code == 1
    assert "Traceback" not in done.err
    assert len(done.err.splitlines()) == 1
