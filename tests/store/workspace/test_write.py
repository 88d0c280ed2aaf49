"""Writing files: what changed and nothing else, and never at the cost of what a person typed."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.delivery import Outcome
from schemas.errors import Transient
from schemas.event import TicketGone
from schemas.source import Source
from store.database import Store
from store.workspace import files
from store.workspace.read import read
from store.workspace.write import MANY, write_due
from tests.builders import (
    SOURCE,
    Clock,
    a_comment_record,
    a_source,
    a_work,
    an_issue,
    comment_webhook,
    issue_webhook,
    journaled,
    observed,
    partial,
    row,
)
from tests.workers.draining import drained
from workers.drain import drain


class Desk:
    """A workspace below a folder, and the tickets in it."""

    def __init__(self, store: Store, root: Path, source: Source | None = None) -> None:
        self.store, self.root = store, root
        self.source = source or a_source()
        self.clock = Clock()

    def change(self, updated: float = 0, number: int = 12, action: str = "edited", **over) -> None:
        drained(self.store, issue_webhook(an_issue(number, updated=updated, **over), action))

    def write(self) -> int:
        return write_due(self.store, self.root, self.source, self.clock)

    def paths(self) -> list[str]:
        found = self.root.rglob("*.md")
        return sorted(str(one.relative_to(self.root)) for one in found if one.name != "INDEX.md")

    @property
    def file(self) -> Path:
        [found] = self.root.rglob("ISSUE.md")
        return found


@pytest.fixture
def desk(sqlite_store: Store, tmp_path: Path) -> Desk:
    return Desk(sqlite_store, tmp_path / "tickets")


def test_a_ticket_becomes_a_file(store: Store, tmp_path: Path) -> None:
    desk = Desk(store, tmp_path / "tickets")
    desk.change(title="The beacon flickers", body="Every evening.")
    issue = an_issue(title="The beacon flickers", body="Every evening.")
    drained(store, comment_webhook(issue, a_comment_record(body="Seen it too.")))
    assert desk.write() == 1
    assert desk.paths() == ["shop/12_the_beacon_flickers/ISSUE.md"]
    found = read(desk.file)
    assert found.values["key"] == "12"
    assert [one.body for one in found.comments] == ["Seen it too."]
    assert row(store).render_due == 0


def test_what_did_not_change_is_not_written(desk: Desk) -> None:
    desk.change()
    desk.write()
    before = desk.file.stat()
    desk.change()
    assert desk.write() == 0
    with desk.store.write() as connection:
        connection.exec_driver_sql("UPDATE tickets SET render_due = 1")
    assert desk.write() == 0
    after = desk.file.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert row(desk.store).render_due == 0


def test_a_change_is_written_over_our_own_file(desk: Desk) -> None:
    desk.change(1, body="One")
    desk.write()
    desk.change(2, body="Two")
    assert desk.write() == 1
    assert read(desk.file).body == "Two"
    assert len(desk.paths()) == 1
    assert list(desk.file.parent.glob(".*")) == []


def test_a_new_title_moves_the_folder_and_leaves_no_second(desk: Desk) -> None:
    desk.change(1, title="Old name")
    desk.write()
    (desk.file.parent / "notes.txt").write_text("mine")
    desk.change(2, title="New name")
    desk.write()
    assert desk.paths() == ["shop/12_new_name/ISSUE.md"]
    assert (desk.root / "shop/12_new_name/notes.txt").read_text() == "mine"


def test_a_folder_that_a_kill_left_unnoted_is_found_again(desk: Desk) -> None:
    desk.change(1, title="Old name")
    desk.write()
    with desk.store.write() as connection:
        connection.exec_driver_sql("DELETE FROM folders")
    desk.change(2, title="New name")
    desk.write()
    assert desk.paths() == ["shop/12_new_name/ISSUE.md"]


def test_a_folder_somebody_deleted_is_written_again(desk: Desk) -> None:
    desk.change(1, title="Name")
    desk.write()
    desk.file.unlink()
    desk.root.joinpath("shop/12_name").rmdir()
    desk.change(2, title="Name", body="more")
    desk.write()
    assert desk.paths() == ["shop/12_name/ISSUE.md"]


def test_a_persons_edit_is_kept_aside_and_journaled(desk: Desk) -> None:
    desk.change(1, title="Name", body="Ours")
    desk.write()
    edited = desk.file.read_bytes().replace(b"Ours", b"Theirs, typed for an hour")
    desk.file.write_bytes(edited)
    desk.change(2, title="Name", body="Remote")
    desk.write()
    assert desk.paths() == [
        "shop/12_name/ISSUE.edited-20261120T120000Z.md",
        "shop/12_name/ISSUE.md",
    ]
    assert (desk.root / desk.paths()[0]).read_bytes() == edited
    assert read(desk.file).body == "Remote"
    [kept] = [one for one in journaled(desk.store, with_body=True) if one.via == "workspace"]
    assert (kept.ticket, kept.body, kept.outcome) == ("12", edited, None)


def test_two_edits_in_one_second_are_both_kept(desk: Desk) -> None:
    desk.change(1, title="Name")
    desk.write()
    for number, typed in ((2, b"first"), (3, b"second")):
        desk.file.write_bytes(typed)
        desk.change(number, title="Name", body=f"Remote {number}")
        desk.write()
    kept = [path.read_bytes() for path in sorted(desk.root.rglob("ISSUE.edited*"))]
    assert sorted(kept) == [b"first", b"second"]
    assert len([one for one in journaled(desk.store) if one.via == "workspace"]) == 2


def test_an_edit_that_a_killed_writer_had_put_aside_is_not_lost(desk: Desk) -> None:
    desk.change(1, title="Name")
    desk.write()
    (desk.file.parent / ".ISSUE.md.old").write_bytes(b"typed by a person")
    desk.change(2, title="Name", body="x")
    desk.write()
    [kept] = desk.root.rglob("ISSUE.edited*")
    assert kept.read_bytes() == b"typed by a person"


def test_an_edit_saved_between_our_look_and_the_rename_is_kept(tmp_path: Path) -> None:
    path, kept = tmp_path / "ISSUE.md", tmp_path / "ISSUE.edited.md"
    path.write_bytes(b"ours")

    def ours(content: bytes) -> bool:
        return content == b"ours"

    assert files.replace(path, b"new", ours=ours, kept=kept) is None
    path.write_bytes(b"typed")
    assert files.replace(path, b"newer", ours=ours, kept=kept) == kept
    assert (path.read_bytes(), kept.read_bytes()) == (b"newer", b"typed")


def test_an_older_render_of_ours_is_no_edit(desk: Desk) -> None:
    """A checkout of an older branch brings back what we once wrote."""
    desk.change(1, title="Name", body="One")
    desk.write()
    old = desk.file.read_bytes()
    desk.change(2, title="Name", body="Two")
    desk.write()
    desk.file.write_bytes(old)
    desk.change(3, title="Name", body="Three")
    desk.write()
    assert desk.paths() == ["shop/12_name/ISSUE.md"]


def test_the_file_of_a_deleted_ticket_stays_and_says_so(desk: Desk) -> None:
    desk.change(1, title="Name")
    desk.write()
    desk.change(1, title="Name", action="deleted")
    assert desk.write() == 1
    assert read(desk.file).values["deleted"] is True


def test_a_tombstone_of_a_ticket_never_seen_gets_no_file(desk: Desk) -> None:
    drained(desk.store, observed(TicketGone(ticket="12", proof="HTTP 410")))
    assert row(desk.store).fate == "deleted"
    assert row(desk.store).render_due == 0
    desk.write()
    assert desk.paths() == []


def test_a_renamed_label_is_written_into_its_files(desk: Desk) -> None:
    desk.change(1, labels=[{"id": 1, "name": "bug", "color": "f00"}])
    desk.write()
    desk.change(2, 13, labels=[{"id": 1, "name": "defect", "color": "f00"}])
    desk.write()
    with desk.store.write() as connection:
        connection.exec_driver_sql("UPDATE tickets SET render_due = 1")
    desk.write()
    values = [read(path).values["labels"] for path in desk.root.rglob("ISSUE.md")]
    assert values == [["defect"], ["defect"]]


class Between:
    """A store on which something happens just before the first write."""

    def __init__(self, store: Store, first: Callable[[], object]) -> None:
        self.read, self.dialect = store.read, store.dialect
        self._store, self._first = store, [first]

    def write(self):
        while self._first:
            self._first.pop()()
        return self._store.write()


def test_a_mark_that_was_raised_while_the_file_was_written_stays(desk: Desk) -> None:
    desk.change(1, title="Name", body="One")
    between = Between(desk.store, lambda: desk.change(2, title="Name", body="Two"))
    write_due(between, desk.root, desk.source, desk.clock)
    assert read(desk.file).body == "One"
    assert row(desk.store).render_due > 0
    desk.write()
    assert read(desk.file).body == "Two"
    assert row(desk.store).render_due == 0


def test_more_than_one_batch_is_written_to_the_end(desk: Desk) -> None:
    drained(desk.store, *(issue_webhook(an_issue(n, title=f"t{n}")) for n in range(1, 231)))
    assert desk.write() == 230
    assert desk.write() == 0


def test_a_disk_that_refuses_is_tried_again_and_the_mark_stays(desk: Desk) -> None:
    desk.change()
    desk.root.write_text("a file where the folder should be")
    with pytest.raises(Transient, match=r"\[workspace\] path: cannot write"):
        desk.write()
    assert row(desk.store).render_due > 0
    desk.root.unlink()
    assert desk.write() == 1


def test_one_file_of_many_that_the_disk_refuses_leaves_all_marks(desk: Desk) -> None:
    drained(desk.store, *(issue_webhook(an_issue(n, title="t")) for n in range(1, MANY + 5)))
    source = desk.root / "shop"
    source.mkdir(parents=True)
    (source / "7_t").write_text("a file where a folder should be")
    with pytest.raises(Transient, match=r"\[workspace\] path: cannot write"):
        desk.write()
    assert {row(desk.store, str(n)).render_due for n in range(1, MANY + 5)} == {1}
    (source / "7_t").unlink()
    desk.write()
    assert len(desk.paths()) == MANY + 4
    assert row(desk.store, "7").render_due == 0


def test_keys_that_differ_only_in_what_no_disk_takes_do_not_disturb_each_other(desk: Desk) -> None:
    drained(desk.store, *(issue_webhook(an_issue(n, title="t")) for n in range(1, MANY + 5)))
    with desk.store.write() as connection:
        connection.exec_driver_sql("UPDATE tickets SET key = '1/1' WHERE external_id = '1'")
        connection.exec_driver_sql("UPDATE tickets SET key = '1-1' WHERE external_id = '2'")
    desk.write()
    assert len(desk.paths()) == MANY + 3
    assert not [path for path in desk.paths() if "edited" in path]


def test_a_key_that_another_one_begins_with_leaves_its_folder_alone(desk: Desk) -> None:
    drained(desk.store, *(issue_webhook(an_issue(n, title="t")) for n in (1, 2)))
    with desk.store.write() as connection:
        connection.exec_driver_sql("UPDATE tickets SET key = 'T_1' WHERE external_id = '1'")
        connection.exec_driver_sql("UPDATE tickets SET render_due = 0 WHERE external_id = '2'")
    desk.write()
    with desk.store.write() as connection:
        connection.exec_driver_sql(
            "UPDATE tickets SET key = 'T', render_due = 1 WHERE external_id = '2'"
        )
    desk.write()
    assert desk.paths() == ["shop/T_1_t/ISSUE.md", "shop/T_t/ISSUE.md"]


def test_writers_of_one_folder_take_turns(desk: Desk) -> None:
    drained(desk.store, *(issue_webhook(an_issue(n)) for n in range(1, 41)))
    faults: list[BaseException] = []

    def write() -> None:
        try:
            desk.write()
        except BaseException as error:
            faults.append(error)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert faults == []
    assert len(list(desk.root.rglob("ISSUE.md"))) == 40
    assert list(desk.root.rglob("*edited*")) == []


def test_sources_with_odd_names_stay_below_the_root(store: Store, tmp_path: Path) -> None:
    desk = Desk(store, tmp_path / "tickets", a_source("../../My team's repo"))
    drained(
        store,
        issue_webhook(an_issue(title="../../x"), source=desk.source.name),
        work=a_work(store, desk.source),
    )
    desk.write()
    assert desk.paths() == ["-..-My team's repo/12_x/ISSUE.md"]


def test_an_edit_of_a_pulled_ticket_ends_as_ignored_with_its_text_kept(desk: Desk) -> None:
    desk.change(1, title="Name")
    desk.write()
    desk.file.write_bytes(b"typed")
    desk.change(2, title="Name", body="x")
    desk.write()
    [edit] = [one for one in journaled(desk.store) if one.via == "workspace"]
    drain(a_work(desk.store), [(SOURCE, "12")])
    [edit] = [one for one in journaled(desk.store, with_body=True) if one.via == "workspace"]
    assert (edit.outcome, edit.body) == (Outcome.ignored, b"typed")


def test_a_ticket_of_which_only_a_part_was_ever_known_is_marked_in_its_file_when_it_goes(
    desk: Desk,
) -> None:
    slim = partial(an_issue(12), "body")
    drained(desk.store, issue_webhook(slim, "opened"))
    desk.write()
    assert read(desk.file).values["deleted"] is False
    drained(desk.store, observed(TicketGone(ticket="12", proof="HTTP 410"), when=1))
    desk.write()
    assert read(desk.file).values["deleted"] is True
