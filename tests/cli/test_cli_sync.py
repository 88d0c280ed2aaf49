"""`sync`: one command, no servers, and both copies equal the tracker."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
from ruamel.yaml import YAML

from sandbox.github.app import Running, start
from schemas.session import Report
from store import leases, sessions, tables
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
    assert states == {"away": "disconnected", "shop": "active"}


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
    assert (report["new"], report["changed"]) == (0, 1)
    assert report["requests"] <= 6  # its changelog among them, and not everything anew


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


def test_it_waits_for_another_process_and_names_it(synced: Shell) -> None:
    with held(synced, 1):
        done = synced.ok("sync", "--json")
    assert done.json[0]["status"] == "complete"
    assert done.err == "ticketsync: shop: is being read by elsewhere:1; waiting for it\n"


def test_it_comes_back_with_what_the_one_it_joined_has_found(synced: Shell) -> None:
    with synced.store() as store, store.write() as connection:
        other = sessions.begin(connection, "shop", "incremental", datetime.now(UTC))
        sessions.end(connection, other, datetime.now(UTC), Report(seen=77, new=7), None)
        connection.execute(
            tables.sessions.update().where(tables.sessions.c.id == other).values(status="running")
        )

    def end() -> None:
        with synced.store() as store, store.write() as connection:
            found = Report(seen=77, new=7)
            sessions.end(connection, other, datetime.now(UTC), found, None)

    with held(synced, 1):
        ending = threading.Timer(0.4, end)
        ending.start()
        report = synced.ok("sync", "--json").json[0]
    ending.join()
    assert (report["id"], report["new"], report["issues_synced"]) == (other, 7, 77)


def test_scripts_read_what_was_synced_updated_and_went_wrong(shell: Shell, github: Running) -> None:
    first = shell.ok("sync", "--json").json[0]
    assert first["issues_synced"] == first["issues_updated"] == first["seen"] > 12
    assert (first["errors"], first["ended"]) == ([], "complete")
    github.acts.edit(1, title="Another")
    again = shell.ok("sync", "--json").json[0]
    assert again["issues_updated"] == 1
    shell.environ["SHOP_TOKEN"] = "wrong"
    failed = shell("sync", "--json")
    assert failed.code == 1
    assert failed.json[0]["ended"] == "error"
    assert failed.json[0]["errors"] == [failed.json[0]["error"]]
    assert "401" in failed.json[0]["error"]


def test_deletions_have_a_column_when_there_are_some(synced: Shell, github: Running) -> None:
    assert "deleted" not in synced.ok("sync", "--full").out
    github.acts.delete(4)
    heads, row = synced.ok("sync", "--full").out.splitlines()[:2]
    assert dict(zip(heads.split(), row.split(), strict=True))["deleted"] == "1"


def test_each_request_is_shown_and_no_secret(shell: Shell, github: Running) -> None:
    done = shell.ok("sync", "--verbose")
    lines = [line for line in done.err.splitlines() if line.startswith("GET ")]
    assert len(lines) == len(github.requests.entries)
    assert all(re.fullmatch(r"GET /\S+ 200 \d\.\d{3} s, 4,9\d\d left", line) for line in lines)
    assert github.plan.token not in done.err
    assert "delivery_done" in done.err
    assert '"level":"debug"' not in done.err


def test_without_verbose_no_request_is_shown(shell: Shell) -> None:
    shell.ok("sync", "--verbose")
    assert shell.ok("sync", "--full").err == ""
