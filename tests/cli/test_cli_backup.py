"""`db backup` and `db restore`: a machine is lost, another one goes on."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from cli.stage import Stand, configure, stands
from store.database import Store, open_store
from store.tables import metadata
from tests.cli.conftest import Shell
from tests.conftest import Database
from tests.store.test_backup import OURS

TRACKERS = ("github", "jira")


@dataclass
class Machines:
    """Two folders with one configuration, each with a database of its own."""

    stand: Stand
    old: Shell
    new: Shell

    @contextmanager
    def store(self, shell: Shell) -> Iterator[Store]:
        url = shell.environ.get("DATABASE_URL") or "sqlite:///ticketsync.db"
        opened = open_store(str(url), shell.folder)
        try:
            yield opened
        finally:
            opened.close()


@pytest.fixture(params=TRACKERS)
def stand(request: pytest.FixtureRequest) -> Iterator[Stand]:
    with stands([request.param], 12, 20) as [one]:
        yield one


@pytest.fixture(params=("sqlite-to-postgres", "postgres-to-sqlite"))
def machines(
    request: pytest.FixtureRequest, stand: Stand, tmp_path: Path, postgres_database: Database
) -> Machines:
    shells = []
    for name, dialect in zip(("old", "new"), request.param.split("-to-"), strict=True):
        folder = tmp_path / name
        folder.mkdir()
        configure(folder, [stand])
        shell = Shell(folder)
        if dialect == "postgres":
            shell.environ["DATABASE_URL"] = postgres_database.url
        shells.append(shell)
    return Machines(stand, shells[0], shells[1])


def dump(store: Store) -> dict[str, list[dict[str, Any]]]:
    with store.read() as connection:
        return {
            str(table.name): sorted(
                (
                    {n: v for n, v in row.items() if n not in OURS.get(table.name, ())}
                    for row in connection.execute(
                        sa.select(*(c for c in table.c if c.computed is None))
                    ).mappings()
                ),
                key=repr,
            )
            for table in metadata.sorted_tables
        }


def live(stand: Stand) -> None:
    """Some life between two readings."""
    acts = stand.running.acts
    first = "PROJ-1" if stand.told["tracker"] == "jira" else 1
    acts.edit(first, title="Edited between two readings")
    acts.comment(first, "Said between two readings")


def test_another_machine_goes_on_where_the_lost_one_was(machines: Machines) -> None:
    old, new, file = machines.old, machines.new, machines.old.folder / "copy.db"
    old.ok("sync")
    live(machines.stand)
    old.ok("sync")
    old.ok("metrics", "show", "throughput")
    told = old.ok("db", "backup", file, "--json").json
    assert told["tables"]["tickets"] >= 12
    assert told["rows"] == sum(told["tables"].values())
    restored = new.ok("db", "restore", file, "--json").json
    assert restored["tables"] == told["tables"]
    with machines.store(old) as one, machines.store(new) as other:
        before, after = dump(one), dump(other)
    assert [row["action"] for row in after["audit"] if row not in before["audit"]] == ["restore"]
    for each in (before, after):
        del each["audit"]
    assert after == before
    [report] = new.ok("sync", "--json").json
    assert (report["new"], report["changed"], report["errors"]) == (0, 0, [])
    [report] = new.ok("sync", "--full", "--json").json
    assert (report["new"], report["changed"], report["deleted"]) == (0, 0, 0)


def test_what_happened_since_is_found_and_the_files_are_there(machines: Machines) -> None:
    machines.old.ok("sync")
    machines.old.ok("db", "backup", machines.old.folder / "copy.db")
    live(machines.stand)
    done = machines.new.ok("db", "restore", machines.old.folder / "copy.db")
    assert "sync --full" in done.out
    [report] = machines.new.ok("sync", "--full", "--json").json
    assert report["changed"] >= 1
    listed = machines.new.ok("tickets", "list", "--json").json
    assert "Edited between two readings" in {one["title"] for one in listed}
    if "DATABASE_URL" not in machines.new.environ:
        assert len(list(machines.new.folder.rglob("ISSUE.md"))) == len(listed)


def test_a_restore_beside_a_kept_workspace_changes_no_file(synced: Shell) -> None:
    synced.ok("db", "backup", synced.folder / "copy.db")
    before = {one: one.stat().st_mtime_ns for one in synced.folder.rglob("ISSUE.md")}
    for one in synced.folder.glob("ticketsync.db*"):
        one.unlink()
    synced.ok("db", "restore", synced.folder / "copy.db")
    synced.ok("sync")
    assert {one: one.stat().st_mtime_ns for one in synced.folder.rglob("ISSUE.md")} == before


def test_mistakes_are_one_line_each(synced: Shell, tmp_path: Path) -> None:
    file = synced.folder / "copy.db"
    synced.ok("db", "backup", file)
    (tmp_path / "text.db").write_text("no database at all")
    for words, why in (
        (("backup", file), "exists already"),
        (("restore", file), "the store is not empty"),
        (("restore", tmp_path / "text.db"), "is no backup"),
        (("restore", tmp_path / "none.db"), "No such file"),
    ):
        done = synced("db", *words)
        assert (done.code, done.err.count("\n")) == (1, 1), done.err
        assert why in done.err


def test_a_file_that_is_none_makes_no_database(bare: Shell, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database at all")
    assert bare("db", "restore", tmp_path / "text.db").code == 1
    assert not (bare.folder / "ticketsync.db").exists()


def test_a_pause_a_person_ordered_is_still_one(synced: Shell, tmp_path: Path) -> None:
    synced.ok("sources", "pause", "shop")
    synced.ok("db", "backup", tmp_path / "deep" / "copy.db")
    other = Shell(tmp_path / "other", dict(synced.environ))
    other.folder.mkdir()
    shutil.copy(synced.file, other.file)
    other.ok("db", "restore", tmp_path / "deep" / "copy.db")
    assert other.ok("sources", "show", "shop", "--json").json["status"] == "paused"
