"""The folders on the disk: looked through when somebody else was there, and not before."""

import os
from pathlib import Path

import pytest

from store.workspace.shelf import Shelf


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "12_title").mkdir()
    (tmp_path / "13_note.txt").write_text("no folder")
    return tmp_path


def later(folder: Path, name: str) -> None:
    """Somebody else makes a folder, at a time of its own."""
    (folder / name).mkdir()
    now = folder.stat().st_mtime_ns + 1_000_000
    os.utime(folder, ns=(now, now))


def test_a_folder_is_found_by_key_and_a_file_is_none(folder: Path) -> None:
    shelf = Shelf(folder)
    assert shelf.find("12") is None
    shelf.look()
    assert shelf.find("12") == "12_title"
    assert shelf.find("13") is None


def test_what_others_made_is_seen(folder: Path) -> None:
    shelf = Shelf(folder)
    shelf.look()
    shelf.keep()
    later(folder, "14_theirs")
    shelf.look()
    assert shelf.find("14") == "14_theirs"


def test_what_we_did_ourselves_costs_no_second_look(folder: Path) -> None:
    shelf = Shelf(folder)
    shelf.look()
    shelf.add("14_ours")  # not made on the disk: a second look would not find it
    shelf.remove("12_title")
    shelf.keep()
    shelf.look()
    assert shelf.find("14") == "14_ours"
    assert shelf.find("12") is None


def test_the_disk_is_right_when_anything_changed(folder: Path) -> None:
    shelf = Shelf(folder)
    shelf.look()
    shelf.add("14_never_made")
    later(folder, "15_theirs")
    shelf.look()
    assert shelf.find("14") is None


def test_a_folder_nobody_has_is_removed_in_peace(folder: Path) -> None:
    shelf = Shelf(folder)
    shelf.look()
    shelf.remove("11_nothing")
    assert shelf.find("12") == "12_title"


def test_a_folder_that_is_gone_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Shelf(tmp_path / "gone").look()
