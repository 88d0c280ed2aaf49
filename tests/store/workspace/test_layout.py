"""Where a ticket lives: names that every disk takes, and none that leads outside."""

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.workspace.layout import NAME_BYTES, of_key, source_folder, ticket_folder
from tests.builders import a_ticket


@pytest.mark.parametrize(
    ("title", "folder"),
    [
        ("Implement the API", "12_implement_the_api"),
        ("Crème brûlée über alles", "12_creme_brulee_uber_alles"),
        ("🔥🔥🔥", "12"),
        ("", "12"),
        ("../../etc/passwd", "12_etc_passwd"),
        ("a/b\\c:d*e", "12_a_b_c_d_e"),
        ("word " * 40, "12_" + "_".join(["word"] * 12)),
        ("x" * 200, "12_" + "x" * 60),
    ],
)
def test_a_ticket_is_found_by_key_and_title(title: str, folder: str) -> None:
    assert ticket_folder(a_ticket(title=title)) == folder


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("my-repo", "my-repo"),
        ("My Team's repo", "My Team's repo"),
        ("../../etc", "-..-etc"),
        ("..", "-"),
        ("a/b", "a-b"),
        ("CON", "CON-"),
        ("com1.txt", "com1.txt-"),
        ("trailing. ", "trailing"),
        ("\x00\x1f", "--"),
        ("日本語", "日本語"),
    ],
)
def test_a_source_has_a_folder_of_its_name_as_far_as_disks_take_it(name: str, folder: str) -> None:
    assert source_folder(name) == folder


@given(st.text(min_size=1), st.text(min_size=1, max_size=40), st.text())
def test_no_name_leads_out_of_its_folder(source: str, key: str, title: str) -> None:
    ticket = a_ticket(title=title, key=key)
    path = PurePosixPath(source_folder(source)) / ticket_folder(ticket)
    assert len(path.parts) == 2
    assert not {"..", "."} & set(path.parts)
    assert not any(char in part for part in path.parts for char in '/\\:*?"<>|\0\n')


@given(st.text(min_size=1), st.text(min_size=1, max_size=40), st.text())
def test_every_name_is_one_the_disk_takes(source: str, key: str, title: str) -> None:
    for name in (source_folder(source), ticket_folder(a_ticket(title=title, key=key))):
        assert len(name.encode("utf-8", "surrogatepass")) <= 255
        assert Path(name).name == name


@pytest.mark.parametrize(
    ("folders", "found"),
    [
        (["12_old_title"], "12_old_title"),
        (["12"], "12"),
        (["12-a_title", "12.b", "123_title", "12_old_title"], "12_old_title"),
        (["123_title"], None),
        (["1", "1_12"], None),
        ([], None),
    ],
)
def test_a_folder_is_recognised_under_any_title(folders: list[str], found: str | None) -> None:
    assert of_key(folders, "12") == found


def test_a_name_of_long_letters_is_cut_between_letters() -> None:
    name = source_folder("票" * 200)
    assert len(name.encode()) <= NAME_BYTES
    assert set(name) == {"票"}
