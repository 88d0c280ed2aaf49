"""`new`, edited files, attachments and the index, as a person meets them."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.jira import app as jira
from tests.cli.conftest import Shell


@pytest.fixture
def alone(bare: Shell) -> Shell:
    """A configuration without any source."""
    bare.file.write_text("# nothing yet\n")
    return bare


def local(shell: Shell, key: str = "000001") -> Path:
    [found] = (shell.folder / "tickets/local").glob(f"{key}*/ISSUE.md")
    return found


def saved(path: Path, before: str, after: str) -> None:
    """An edit that was saved a moment ago."""
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    past = time.time() - 5
    os.utime(path, (past, past))


def test_new_makes_a_file_and_says_where(alone: Shell) -> None:
    done = alone.ok("new", "Fix bug", "--label", "bug", "--label", "ui", "--assignee", "ines")
    path = alone.folder / "tickets/local/000001_fix_bug/ISSUE.md"
    assert done.out.split() == ["000001", str(path)]
    assert "labels: [bug, ui]\nassignees: [ines]\n" in path.read_text()
    again = alone.ok("new", "Second one", "--body", "Text", "--type", "bug", "--json").json
    assert again["key"] == "000002"
    assert Path(again["path"]).read_text().count("\n\nText\n\n") == 1
    index = (alone.folder / "tickets/local/INDEX.md").read_text()
    assert "| [000002](000002_second_one/ISSUE.md) | Second one | open |  |" in index


def test_lists_and_shows_know_local_tickets(alone: Shell) -> None:
    alone.ok("new", "Fix bug", "--body", "-", answers="From\na pipe\n")
    [listed] = alone.ok("tickets", "list", "--source", "local", "--json").json
    assert (listed["source"], listed["key"], listed["number"]) == ("local", "000001", 1)
    shown = alone.ok("tickets", "show", "000001", "--json").json
    assert (shown["body"], shown["privacy"]) == ("From\na pipe", "local_only")
    assert alone.ok("status", "--json").json["sources"] == []
    assert alone.ok("sources", "list", "--json").json == []


def test_a_title_is_needed(alone: Shell) -> None:
    done = alone("new", "  ")
    assert (done.code, done.err) == (2, "ticketsync: TITLE must not be empty\n")
    assert not (alone.folder / "tickets").exists()
    done = alone("new", "Fix \udcff")
    assert (done.code, done.err) == (2, "ticketsync: what was given is no UTF-8 text\n")


def test_without_a_workspace_a_ticket_has_a_key_only(alone: Shell, postgres_database) -> None:
    alone.environ["DATABASE_URL"] = postgres_database.url
    assert alone.ok("new", "Fix bug").out == "000001  (no file: [workspace] path is not set)\n"
    assert alone.ok("tickets", "show", "000001", "--json").json["title"] == "Fix bug"


def test_a_ticket_whose_file_cannot_be_written_is_made_and_told(alone: Shell) -> None:
    in_the_way = alone.folder / "tickets" / "local"
    in_the_way.parent.mkdir()
    in_the_way.write_text("mine")
    out = alone.ok("new", "Fix bug").out
    assert out.startswith("000001  (no file: [workspace] path: cannot write ")
    in_the_way.unlink()
    alone.ok("sync", "local")
    assert local(alone).parent.name == "000001_fix_bug"


def test_sync_takes_edits_of_local_files_over(alone: Shell) -> None:
    alone.ok("new", "Fix bug", "--body", "Old")
    saved(local(alone), "\nOld\n", "\nNew\n")
    done = alone.ok("sync", "local")
    assert "local: 1 edited" in done.err
    assert alone.ok("tickets", "show", "000001", "--json").json["body"] == "New"
    assert alone.ok("sync").err == ""


def test_a_file_saved_this_moment_is_taken_over_by_the_same_sync(alone: Shell) -> None:
    alone.ok("new", "Fix bug")
    path = local(alone)
    path.write_text(path.read_text().replace("state: open", "state: closed"))
    alone.ok("sync")
    assert alone.ok("tickets", "show", "000001", "--json").json["state"] == "closed"


def test_what_cannot_be_taken_over_is_told_and_accept_takes_it(alone: Shell) -> None:
    alone.ok("new", "Fix bug", "--body", "Typed for an hour")
    saved(local(alone), "Typed for an hour\n\n", "")
    done = alone.ok("sync")
    assert f"{local(alone)}: its text was emptied; that waits for consent" in done.err
    assert alone.ok("tickets", "show", "000001", "--json").json["body"] == "Typed for an hour"
    alone.ok("sync", "local", "--accept")
    assert alone.ok("tickets", "show", "000001", "--json").json["body"] == ""


def test_the_name_local_is_kept_and_no_tracker_to_add(alone: Shell) -> None:
    done = alone("add", "local", "https://a.test/x", "--yes")
    assert done.code == 2
    assert "local tickets need no source" in done.err
    alone.file.write_text(
        '[[sources]]\nname = "LOCAL"\ntracker = "generic"\nurl = "https://a.b/c"\n'
    )
    assert 'the name "local" is kept for local tickets' in alone("status").err


def test_comments_of_peoples_own_survive_a_sync_and_a_change(synced: Shell, github) -> None:
    [path] = (synced.folder / "tickets/shop").glob("1_*/ISSUE.md")
    typed = path.read_text().replace("\nstate: ", "\n# ask Ines\nmine: [1, 2]\nstate: ")
    path.write_text(typed)
    synced.ok("sync", "--full")
    assert path.read_text() == typed
    github.acts.edit(1, body="Changed at the tracker")
    synced.ok("sync")
    assert "\n# ask Ines\nmine: [1, 2]\nstate: " in path.read_text()
    assert "Changed at the tracker" in path.read_text()
    assert not list(synced.folder.rglob("*edited*"))


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not here")
def test_two_syncs_leave_an_empty_diff(synced: Shell) -> None:
    def git(*words: str) -> str:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words]
        done = subprocess.run(command, cwd=synced.folder, check=True, capture_output=True)
        return done.stdout.decode()

    git("init", "-q")
    git("add", "tickets")
    git("commit", "-qm", "one")
    synced.ok("sync", "--full")
    assert git("status", "--porcelain", "tickets") == ""


@pytest.fixture
def tracker() -> Iterator[jira.Running]:
    with jira.start(tickets=2) as running:
        yield running


def test_sync_brings_attachments_where_they_are_wanted(bare: Shell, tracker: jira.Running) -> None:
    bare.environ |= {"JIRA_TOKEN": jira.TOKEN, "JIRA_EMAIL": jira.EMAIL}
    bare.file.write_text(
        f'[[sources]]\nname = "proj"\ntracker = "jira"\nurl = "{tracker.project_url}"\n'
        f'api_url = "{tracker.url}"\ndeployment = "cloud"\nfilter = {{ state = "all" }}\n'
    )
    key = tracker.site.home.key
    tracker.acts.attach(f"{key}-1", "log.txt", "small")
    tracker.acts.attach(f"{key}-1", "dump.bin", "x" * 50_000)
    bare.ok("sync")
    [file] = (bare.folder / "tickets/proj").glob(f"{key}-1_*/ISSUE.md")
    assert not (file.parent / "attachments").exists()
    more = "[workspace]\nattachments = true\nattachment_max_mb = 0.02\n"
    bare.file.write_text(bare.file.read_text() + more)
    bare.ok("sync")
    assert (file.parent / "attachments/log.txt").read_text() == "small"
    assert [one.name for one in (file.parent / "attachments").iterdir()] == ["log.txt"]
    assert "attachments/log.txt" in file.read_text()
    assert "larger than 0.02 MB (\\[workspace\\] attachment_max_mb) |" in file.read_text()
    before = {p: p.stat().st_mtime_ns for p in bare.folder.rglob("tickets/**/*") if p.is_file()}
    bare.ok("sync", "--full")
    after = {p: p.stat().st_mtime_ns for p in bare.folder.rglob("tickets/**/*") if p.is_file()}
    assert {p for p in after if after[p] != before.get(p)} <= {file.parent.parent / ".lock"}
    bare.file.write_text(bare.file.read_text().replace("= 0.02", "= 1"))
    bare.ok("sync")
    assert (file.parent / "attachments/dump.bin").stat().st_size == 50_000
    assert "## Attachments" not in file.read_text()
