"""The smaller nouns: status, sources, tickets, sessions, db, config, version, sandbox."""

import json
import signal
import sqlite3
import tomllib
from pathlib import Path

import httpx
import pytest

from sandbox.github.app import Running, start
from store import audit
from tests.cli.conftest import Shell
from tests.cli.test_cli_faults import command


def test_status_has_its_keys(synced: Shell) -> None:
    found = synced.ok("status", "--json").json
    (source,) = found["sources"]
    wanted = {"name", "tracker", "status", "behind_seconds", "last_session"}
    assert wanted <= source.keys()
    assert (source["name"], source["status"]) == ("shop", "active")
    assert source["last_session"].endswith("Z")
    assert source["webhook"] == "none: polling only"
    assert found["deliveries"].keys() == {"total", "open", "dead"}
    assert found["deliveries"]["open"] == found["deliveries"]["dead"] == 0
    assert "polling only" in synced.ok("status").out


def test_status_before_anything_was_read(shell: Shell) -> None:
    (source,) = shell.ok("status", "--json").json["sources"]
    assert (source["status"], source["last_session"]) == ("configuring", None)
    shell.file.write_text("")
    assert shell.ok("status", "--json").json["sources"] == []
    assert "no source" in shell.ok("status").out


def test_sources_show_the_webhook_address(shell: Shell) -> None:
    shell.file.write_text(shell.file.read_text().replace('"shop"', '"My Shop"'))
    shown = shell.ok("sources", "show", "My Shop", "--json").json
    assert shown["slug"] == "my-shop"
    assert shown["webhook_path"] == "/webhooks/my-shop"
    assert shown["folder"].endswith("tickets/My Shop")
    assert "/webhooks/my-shop" in shell.ok("sources", "show", "my-shop").out
    assert [one["name"] for one in shell.ok("sources", "list", "--json").json] == ["My Shop"]
    assert "My Shop" in shell.ok("sources", "list").out


def test_a_paused_source_waits_and_goes_on(synced: Shell, payload) -> None:
    synced.ok("sources", "pause", "shop")
    assert "already" in synced.ok("sources", "pause", "shop").out
    synced.keep(payload(1))
    assert synced.ok("status", "--json").json["sources"][0]["status"] == "paused"
    assert synced.ok("status", "--json").json["deliveries"]["open"] == 1
    synced.ok("sources", "resume", "shop")
    assert synced.ok("status", "--json").json["deliveries"]["open"] == 0
    assert "not paused" in synced.ok("sources", "resume", "shop").out
    with synced.store() as store, store.read() as connection:
        assert [row["action"] for row in audit.find(connection)] == ["resume", "pause"]


def test_removing_edits_the_file_and_keeps_rows_and_files(synced: Shell) -> None:
    synced.file.write_text(f"# mine\n{synced.file.read_text()}\n[web]\nport = 9000 # because\n")
    assert synced("sources", "remove", "shop", answers="n\n").code == 1
    synced.ok("sources", "remove", "shop", "--yes")
    text = synced.file.read_text()
    assert text.startswith("# mine\n")
    assert text.rstrip().endswith("[web]\nport = 9000 # because")
    assert "sources" not in tomllib.loads(text)
    assert len(synced.ok("tickets", "list", "--json").json) == 12
    assert len(list((synced.folder / "tickets/shop").glob("*/ISSUE.md"))) == 12
    assert synced("sources", "remove", "shop", "--yes").code == 2


def test_the_list_of_tickets_has_its_keys(synced: Shell) -> None:
    found = synced.ok("tickets", "list", "--json").json
    assert list(found[0]) == [
        "source", "key", "number", "title", "state", "status", "status_category", "labels",
        "assignees", "milestone", "comments", "updated_at", "url", "deleted",
    ]  # fmt: skip
    assert all(isinstance(one["comments"], int) for one in found)
    times = [one["updated_at"] for one in found]
    assert times == sorted(times, reverse=True)
    assert len(synced.ok("tickets", "list", "--limit", 5, "--json").json) == 5


def test_tickets_are_found_by_filter(synced: Shell, github: Running) -> None:
    github.acts.set_labels(2, ["bug"])
    github.acts.set_assignees(2, ["mara-lind"])
    github.acts.close(2)
    synced.ok("sync")
    every = synced.ok("tickets", "list", "--json").json

    def numbers(*words: str) -> set[int]:
        return {one["number"] for one in synced.ok("tickets", "list", *words, "--json").json}

    assert numbers("--label", "BUG") == {o["number"] for o in every if "bug" in o["labels"]}
    mine = {one["number"] for one in every if "mara-lind" in one["assignees"]}
    assert numbers("--assignee", "mara-lind") == mine
    assert 2 in mine
    closed = {one["number"] for one in every if one["state"] == "closed"}
    assert numbers("--state", "closed", "--source", "shop") == closed
    assert numbers("--label", "no such label") == set()
    assert synced("tickets", "list", "--state", "gone").code == 2
    assert synced("tickets", "list", "--source", "gone").code == 2


def test_one_ticket_has_everything(synced: Shell, github: Running) -> None:
    github.acts.comment(3, "Look at \x1b[31mthis\x1b[0m", by="mara-lind")
    github.acts.add_sub_issue(3, 4)
    synced.ok("sync", "--full")
    shown = synced.ok("tickets", "show", "#3", "--source", "shop", "--json").json
    assert shown["comments"][-1].keys() >= {"author", "body", "created_at", "updated_at"}
    assert shown["comments"][-1]["author"] == "mara-lind"
    assert {"body", "relations", "twins"} <= shown.keys()
    assert shown["twins"] == []
    text = synced.ok("tickets", "show", 3).out
    assert shown["title"] in text
    assert "mara-lind" in text
    assert "\x1b" not in text


def test_a_key_that_nobody_has(synced: Shell) -> None:
    done = synced("tickets", "show", "999")
    assert (done.code, len(done.err.splitlines())) == (1, 1)


def test_a_key_that_two_sources_have_needs_its_source(synced: Shell, github: Running) -> None:
    with start(repo="till", tickets=2) as other:
        synced.configure(other, name="till")
        synced.ok("sync", "till")
        done = synced("tickets", "show", "1")
        assert done.code == 2
        assert "shop, till" in done.err
        assert synced.ok("tickets", "show", "1", "--source", "till", "--json").json["number"] == 1


def test_sessions_have_their_report(synced: Shell) -> None:
    (one,) = synced.ok("sessions", "list", "--json").json
    assert {"id", "source", "kind", "status", "started_at", "new", "requests"} <= one.keys()
    shown = synced.ok("sessions", "show", one["id"], "--json").json
    assert {one["name"] for one in shown.pop("source_passes")} >= {"whole", "definitions"}
    assert shown == one
    assert "complete" in synced.ok("sessions", "show", one["id"]).out
    assert "complete" in synced.ok("sessions", "list").out
    assert synced("sessions", "show", 77).code == 1


def test_the_database_is_copied_while_in_use(synced: Shell) -> None:
    target = synced.folder / "copies" / "one.db"
    synced.ok("db", "backup", target)
    copy = sqlite3.connect(target)
    assert copy.execute("SELECT count(*) FROM tickets").fetchone() == (12,)
    copy.close()
    assert synced("db", "backup", target).code == 1


def test_pruning_says_what_it_dropped(synced: Shell) -> None:
    kinds = "bodies rows renders gaps replaced sessions notices plans intents receipts validators"
    assert synced.ok("db", "prune", "--json").json.keys() == set(kinds.split())


def test_migrating_twice_is_once(bare: Shell) -> None:
    bare.file.write_text("")
    assert bare.ok("db", "migrate").out == bare.ok("db", "migrate").out


def test_the_database_needs_no_token(shell: Shell) -> None:
    shell.environ["SHOP_TOKEN"] = None
    assert shell("status").code == 2
    shell.ok("db", "migrate")


def test_config_check_says_ok_and_what_there_is(shell: Shell) -> None:
    out = shell.ok("config", "check").out
    assert out.startswith("ok: ")
    assert "shop" in out
    shell.file.write_text('[store]\nurl = "postgresql://me:hunter2@h/x"\n')
    assert "hunter2" not in shell.ok("config", "check").out


def test_a_password_in_an_address_is_not_shown(shell: Shell, github: Running) -> None:
    host = github.url.removeprefix("http://")
    text = shell.file.read_text().replace(f"http://{host}/octo", f"http://me:hunter2@{host}/octo")
    shell.file.write_text(text)
    for words in (("config", "check"), ("status", "--json"), ("sources", "list"), ("sync",)):
        done = shell.ok(*words)
        assert "hunter2" not in done.out + done.err


def test_version(bare: Shell) -> None:
    assert bare.ok("version").out.startswith("ticketsync ")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_sandbox_says_where_it_is_and_ends_when_told(bare: Shell, number: int) -> None:
    words = ("sandbox", "github", "--port", "0", "--tickets", "3", "--token", "t0ken")
    with command(bare, *words) as running:
        assert running.stdout is not None
        told = json.loads(running.stdout.readline())
        assert {"tracker", "api_url", "url", "project", "token"} <= told.keys()
        headers = {"authorization": "Bearer t0ken"}
        address = f"{told['api_url']}/repos/{told['project']}/issues?state=all"
        assert len(httpx.get(address, headers=headers, trust_env=False).json()) == 3
        running.send_signal(number)
        _, err = running.communicate(timeout=10)
    assert (running.returncode, err) == (0, "")


def test_a_sandbox_on_a_busy_port_or_of_no_tracker(bare: Shell, github: Running) -> None:
    done = bare("sandbox", "github", "--port", github.url.rpartition(":")[2])
    assert (done.code, len(done.err.splitlines())) == (1, 1)
    assert bare("sandbox", "gitlub").code == 2


def test_every_setting_of_the_example_is_one(bare: Shell) -> None:
    example = Path(__file__).parents[2] / "ticketsync.example.toml"
    text = example.read_text()
    assert tomllib.loads(text) == {}
    lines = text.splitlines()
    bare.file.write_text(
        "\n".join(
            line[1:] if line[:1] == "#" and line[1:2] not in (" ", "") else line for line in lines
        )
    )
    names = ("GITHUB_TOKEN", "GITHUB_WEBHOOK_SECRET", "JIRA_TOKEN", "JIRA_EMAIL")
    names += ("GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY")
    bare.environ |= dict.fromkeys(names, "t")
    assert "my-repo" in bare.ok("config", "check").out
