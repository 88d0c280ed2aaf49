"""`sync --dry-run`: says what it would do, ticket by ticket, and keeps nothing."""

import sqlalchemy as sa

from sandbox.github.app import Running, start
from store import sources, tables
from tests.cli.conftest import Shell


def would(shell: Shell, *more: str) -> dict:
    return shell.ok("sync", "--dry-run", "--json", *more).json[0]


def of(found: dict, key: int) -> dict:
    [one] = [one for one in found["changes"] if one["ticket"] == str(key)]
    return one


def test_it_counts_what_a_sync_then_does(shell: Shell) -> None:
    found = would(shell)
    assert found["new"] > 12
    assert {one["change"] for one in found["changes"]} == {"new"}
    assert len(found["changes"]) == 12
    real = shell.ok("sync", "--json").json[0]
    assert (real["new"], real["changed"]) == (found["new"], found["changed"])
    assert would(shell, "--full")["changes"] == []


def test_it_keeps_nothing(shell: Shell) -> None:
    would(shell)
    assert shell.ok("status", "--json").json["deliveries"]["total"] == 0
    assert not (shell.folder / "tickets").exists()
    with shell.store() as store, store.read() as connection:
        state = sources.state(connection, "shop")
        assert state is not None
        assert (state.cursor, state.last_session_at, state.status) == (None, None, "configuring")
        for empty in (tables.validators, tables.sessions, tables.passes, tables.tickets):
            assert connection.execute(sa.select(sa.func.count()).select_from(empty)).scalar() == 0


def test_the_next_real_sync_still_sees_what_it_was_shown(synced: Shell, github: Running) -> None:
    github.acts.edit(3, title="Another title")
    for _ in range(2):
        assert would(synced)["changed"] == 1
    assert synced.ok("sync", "--json").json[0]["changed"] == 1


def test_changed_fields_are_told_with_both_values(synced: Shell, github: Running) -> None:
    before = synced.ok("tickets", "show", "3", "--json").json
    github.acts.edit(3, title="Another title")
    github.acts.close(5)
    github.acts.comment(7, "One more thing")
    found = would(synced)
    assert of(found, 3)["fields"] == {"title": [before["title"], "Another title"]}
    assert of(found, 5)["fields"]["state"] == ["open", "closed"]
    assert of(found, 7)["comments"] == {"new": 1, "changed": 0}
    text = synced.ok("sync", "--dry-run").out
    assert f"title: {before['title'][:20]}" in text
    assert "→ Another title]" in text
    assert "1 new comment]" in text
    assert text.splitlines()[-1].startswith("dry run: ")


def test_labels_are_told_by_name(synced: Shell, github: Running) -> None:
    github.acts.create_label("urgent")
    held = synced.ok("tickets", "show", "2", "--json").json["labels"]
    github.acts.label(2, "urgent")
    before, after = of(would(synced), 2)["fields"]["labels"]
    assert sorted(before) == sorted(held)
    assert set(after) == {*held, "urgent"}


def test_a_full_one_tells_what_is_not_there_any_more(synced: Shell, github: Running) -> None:
    github.acts.delete(4)
    assert would(synced)["gone"] == 0
    found = would(synced, "--full")
    assert (found["gone"], of(found, 4)["change"]) == (1, "gone")
    assert "not listed any more" in synced.ok("sync", "--dry-run", "--full").out
    assert not synced.ok("tickets", "show", "4", "--json").json["deleted"]


def test_fifty_lines_are_enough_unless_more_are_asked_for(bare: Shell) -> None:
    with start(tickets=60) as many:
        bare.environ["SHOP_TOKEN"] = many.plan.token
        bare.configure(many, more='filter = { state = "all" }')
        some = bare.ok("sync", "--dry-run").out
        assert some.count("\n  new  ") == 50
        assert "… and 10 more (--verbose shows all)" in some
        assert bare.ok("sync", "--dry-run", "--verbose").out.count("\n  new  ") == 60


def test_what_a_ticket_is_called_moves_no_cursor(synced: Shell, github: Running) -> None:
    github.acts.edit(3, title="Red\x1b[31m\nand more")
    out = synced.ok("sync", "--dry-run").out
    assert "\x1b" not in out
    assert "Red\N{REPLACEMENT CHARACTER}[31m and more" in out


def test_a_source_that_cannot_be_asked_is_one_line(shell: Shell) -> None:
    shell.environ["SHOP_TOKEN"] = "wrong"
    done = shell("sync", "--dry-run")
    assert done.code == 1
    assert "ticketsync: shop: " in done.err
    assert "Traceback" not in done.err
