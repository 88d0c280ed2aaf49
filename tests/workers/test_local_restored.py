"""Local tickets and a store that is older than their files: the files are the only copy."""

import shutil
from pathlib import Path

import pytest

from store import backup
from store.database import Store, open_store
from store.workspace.read import read
from tests.workers.test_local_tickets import Desk


@pytest.fixture
def desk(store: Store, tmp_path: Path) -> Desk:
    """Two local tickets whose backup is a ticket and an edit behind their files."""
    desk = Desk(store, tmp_path)
    desk.new("First", body="Old")
    backup.write(store, tmp_path / "backup.db")
    desk.edit("Old", "Newer")
    desk.take()
    desk.new("Second", body="Precious")
    return desk


@pytest.fixture
def restored(desk: Desk, tmp_path: Path) -> Desk:
    """The same folder, beside a store made of the backup."""
    shutil.copyfile(tmp_path / "backup.db", tmp_path / "restored.db")
    store = open_store("sqlite:///restored.db", tmp_path)
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE tickets SET render_due = 1")
    return Desk(store, tmp_path)


def test_a_file_newer_than_the_store_is_put_aside_and_not_replaced(restored: Desk) -> None:
    restored.settle([])
    assert read(restored.file()).body == "Old"
    assert [read(path).body for path in restored.aside()] == ["Newer"]


def test_a_number_that_the_disk_knows_is_not_given_again(restored: Desk) -> None:
    assert restored.new("Third") == "000003"
    assert read(restored.file(2)).body == "Precious"


def test_a_store_that_knows_its_files_puts_nothing_aside(desk: Desk) -> None:
    desk.edit("Newer", "Newest")
    desk.take()
    assert desk.aside() == []
