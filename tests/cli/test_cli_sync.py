"""`sync`: one command, no servers, and both copies equal the tracker."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest
from ruamel.yaml import YAML

from sandbox.github.app import Running, start
from store import leases
from tests.cli.conftest import Shell


def truth(github: Running) -> dict[int, dict]:
    state = httpx.get(f"{github.url}/_sandbox/state", trust_env=False).json()
    return {one["number"]: one for one in state["tickets"]}


def lf(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n")


def compare(shell: Shell, github: Running) -> None:
    there = truth(github)
    listed = {one["number"]: one for one in shell.ok("tickets", "list", "--json").json}
    assert set(listed) == set(there)
    for number, wanted in there.items():
        held = shell.ok("tickets", "show", number, "--json").json
        assert held["title"] == wanted["title"]
        assert held["body"] == lf(wanted["body"])
        assert held["state"] == wanted["state"]
        assert held["labels"] == wanted["labels"] == listed[number]["labels"]
        assert sorted(held["assignees"]) == wanted["assignees"]
        assert held["milestone"] == wanted["milestone"]
        said = [(one["author"], one["body"]) for one in held["comments"]]
        assert said == [(one["author"], lf(one["body"])) for one in wanted["comments"]]
        assert listed[number]["comments"] == len(wanted["comments"])


def fronts(shell: Shell, name: str = "shop") -> dict[str, dict]:
    found = {}
    for file in (shell.folder / "tickets" / name).rglob("ISSUE.md"):
        front = YAML(typ="safe").load(file.read_text().split("---\n")[1])
        found[front["key"]] = front
    return found


def test_everything_equals_the_tracker(shell: Shell, github: Running) -> None:
    shell.ok("sync")
    compare(shell, github)
    assert {key: one["title"] for key, one in fronts(shell).items()} == {
        str(number): one["title"] for number, one in truth(github).items()
    }


def test_what_changed_since_is_brought_by_the_next_one(synced: Shell, github: Running) -> None:
    github.acts.edit(3, title="Another title")
    github.acts.close(5)
    github.acts.comment(7, "One more thing")
    report = synced.ok("sync", "--json").json
    assert (report[0]["new"], report[0]["changed"]) == (1, 3)
    compare(synced, github)
    assert fronts(synced)["3"]["title"] == "Another title"


def test_a_second_one_changes_no_byte(synced: Shell) -> None:
    before = {p: p.read_bytes() for p in (synced.folder / "tickets").rglob("*.md")}
    report = synced.ok("sync", "--json").json[0]
    assert (report["new"], report["changed"], report["files"]) == (0, 0, 0)
    assert {p: p.read_bytes() for p in (synced.folder / "tickets").rglob("*.md")} == before


def test_the_report_says_what_it_cost(shell: Shell) -> None:
    done = shell.ok("sync", "--json")
    assert [one["source"] for one in done.json] == ["shop"]
    expected = {"new", "changed", "unchanged", "requests", "seconds", "status", "error", "files"}
    assert expected <= done.json[0].keys()
    assert shell.ok("sync").out.splitlines()[0].split() == [
        "source", "new", "changed", "unchanged", "files", "requests", "seconds",
    ]  # fmt: skip


def test_a_full_one_finds_deletions(synced: Shell, github: Running) -> None:
    github.acts.delete(4)
    synced.ok("sync", "--full")
    gone = {one["number"] for one in synced.ok("tickets", "list", "--json").json if one["deleted"]}
    assert gone == {4}
    assert synced.ok("tickets", "list", "--state", "deleted", "--json").json[0]["number"] == 4


def test_what_an_earlier_process_left_pending_is_applied(synced: Shell, payload) -> None:
    synced.keep(payload(2, title="Told by webhook", updated_at="2031-01-01T00:00:00Z"))
    assert synced.ok("status", "--json").json["deliveries"]["open"] == 1
    synced.ok("sync")
    assert synced.ok("status", "--json").json["deliveries"]["open"] == 0


def test_a_dry_run_counts_and_keeps_nothing(shell: Shell) -> None:
    would = shell.ok("sync", "--dry-run", "--json").json[0]
    assert would["new"] > 12
    assert shell.ok("status", "--json").json["deliveries"]["total"] == 0
    assert not (shell.folder / "tickets").exists()
    real = shell.ok("sync", "--json").json[0]
    assert (real["new"], real["changed"]) == (would["new"], would["changed"])
    assert shell.ok("sync", "--dry-run", "--full", "--json").json[0]["new"] == 0


def test_a_source_that_fails_leaves_the_others_alone(shell: Shell, github: Running) -> None:
    shell.file.write_text(
        f'[[sources]]\nname = "away"\ntracker = "github"\nurl = "{github.url}/octo/none"\n'
        f'api_url = "{github.url}"\n{shell.file.read_text()}'
    )
    done = shell("sync")
    assert done.code == 1
    assert "away: repository octo/none" in done.err
    assert "Traceback" not in done.err
    compare(shell, github)
    states = {one["name"]: one["status"] for one in shell.ok("status", "--json").json["sources"]}
    assert states == {"away": "error", "shop": "active"}


def test_only_the_sources_named_are_read(shell: Shell) -> None:
    with start(repo="till", tickets=2) as other:
        shell.configure(other, name="My Till")
        assert [one["source"] for one in shell.ok("sync", "my-till", "--json").json] == ["My Till"]
        assert shell("sync", "nobody").code == 2


def test_a_paused_source_is_left_out_and_fails_only_by_name(synced: Shell) -> None:
    synced.ok("sources", "pause", "shop")
    done = synced.ok("sync")
    assert "shop is paused" in done.err
    assert synced("sync", "shop").code == 1


def test_a_filter_that_github_does_not_know_is_one_line(shell: Shell) -> None:
    shell.file.write_text(shell.file.read_text().replace('{ state = "all" }', '{ stat = "all" }'))
    done = shell("sync")
    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert "stat" in done.err


def test_an_entry_deleted_by_hand_and_added_again_goes_on(synced: Shell, github: Running) -> None:
    text = synced.file.read_text()
    synced.file.write_text("")
    assert synced.ok("sources", "list", "--json").json == []
    assert len(synced.ok("tickets", "list", "--json").json) == 12
    github.acts.edit(1, title="Changed meanwhile")
    synced.file.write_text(text)
    report = synced.ok("sync", "--json").json[0]
    assert (report["new"], report["changed"], report["requests"]) == (0, 1, 2)


@contextmanager
def held(shell: Shell, seconds: float) -> Iterator[None]:
    """Somebody else reconciles for so long."""
    with shell.store() as store:
        with store.write() as connection:
            lease = leases.take(connection, "reconcile:shop", "elsewhere:1")
        assert lease is not None

        def let_go() -> None:
            time.sleep(seconds)
            with store.write() as connection:
                leases.release(connection, lease)

        waiting = threading.Thread(target=let_go)
        waiting.start()
        yield
        waiting.join()


def test_it_waits_for_another_process(synced: Shell) -> None:
    with held(synced, 1):
        assert synced.ok("sync", "--json").json[0]["status"] == "complete"


@pytest.mark.slow
def test_it_names_the_process_it_waited_for_in_vain(synced: Shell) -> None:
    with synced.store() as store, store.write() as connection:
        leases.take(connection, "reconcile:shop", "elsewhere:1", timedelta(seconds=60))
    done = synced("sync")
    assert done.code == 1
    assert "is being reconciled by elsewhere:1" in done.err
