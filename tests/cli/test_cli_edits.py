"""Editing files as a person does: an editor, and `sync`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.github.app import Running, start
from tests.cli.conftest import Shell


@pytest.fixture
def github() -> Iterator[Running]:
    with start() as running:
        running.site.perform("open", {"title": "Fix bug", "body": "Old"})
        yield running


@pytest.fixture
def desk(bare: Shell, github: Running) -> Shell:
    bare.environ["SHOP_TOKEN"] = github.plan.token
    bare.configure(github, more='direction = "bidirectional"\nfilter = { state = "all" }')
    bare.ok("sync")
    return bare


def file_of(shell: Shell, source: str = "shop") -> Path:
    [found] = (shell.folder / "tickets" / source).glob("*/ISSUE.md")
    return found


def edit(shell: Shell, before: str, after: str) -> None:
    path = file_of(shell)
    text = path.read_text()
    assert before in text, text
    path.write_text(text.replace(before, after, 1))


def there(github: Running) -> dict[str, Any]:
    found: dict[str, Any] = github.neutral()["tickets"][0]
    return found


def test_sync_sends_an_edit_and_says_so(desk: Shell, github: Running) -> None:
    edit(desk, "title: Fix bug", "title: Fix the bug")
    edit(desk, "<!-- ticketsync end", "### new comment\n\nOn it.\n\n<!-- ticketsync end")
    done = desk.ok("sync")
    assert "shop: 1 edited" in done.err
    assert "edits sent: 1 tickets, 1 comments" in done.err
    assert there(github)["title"] == "Fix the bug"
    [comment] = there(github)["comments"]
    assert comment["body"].startswith("On it.")
    text = file_of(desk).read_text()
    assert "sync_status: synced" in text
    assert "On it." in text
    assert "sent" not in desk.ok("sync").err


def test_a_dry_run_leaves_edits_alone(desk: Shell, github: Running) -> None:
    edit(desk, "title: Fix bug", "title: Fix the bug")
    desk.ok("sync", "--dry-run")
    assert there(github)["title"] == "Fix bug"
    assert "title: Fix the bug" in file_of(desk).read_text()


def test_a_conflict_is_told_shown_and_resolved(desk: Shell, github: Running) -> None:
    edit(desk, "title: Fix bug", "title: Mine")
    github.site.perform("edit", {"number": 1, "title": "Theirs"})
    done = desk.ok("sync")
    assert "1 edits conflict" in done.err
    assert there(github)["title"] == "Theirs"
    assert "sync_status: conflict" in file_of(desk).read_text()
    [conflict] = desk.ok("conflicts", "list", "--json").json
    desk.ok("conflicts", "resolve", conflict["id"], "--take", "left")
    desk.ok("sync")
    assert there(github)["title"] == "Mine"
    assert "sync_status: synced" in file_of(desk).read_text()
    assert desk.ok("conflicts", "list", "--json").json == []


def test_a_source_that_is_only_read_says_what_to_do_once(shell: Shell) -> None:
    shell.ok("sync")
    edit(shell, "Old", "New")
    assert 'direction = "bidirectional"' in shell.ok("sync").err
    assert "bidirectional" not in shell.ok("sync").err
    assert "New" in file_of(shell).read_text()
