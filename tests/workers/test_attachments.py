"""Attachments come beside their tickets: whole, once, under safe names, outside transactions."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from schemas.errors import Denied, Permanent, StoreAway, Transient
from schemas.ticket import Attachment
from store import rows
from store.database import Store
from store.tables import attachments, tickets
from store.workspace import attached
from store.workspace.read import read
from tests.builders import SOURCE, Clock, an_issue, issue_webhook
from tests.workers.bringing import LOG, MB, Files, folder, names, went, with_files, work_of
from tests.workers.draining import drained
from workers.attachments import DENIALS, bring, waiting
from workers.render import render


@pytest.fixture
def clock() -> Clock:
    return Clock()


def states(store: Store) -> dict[str, str]:
    with store.read() as connection:
        query = sa.select(attachments.c.attachment, attachments.c.state)
        return {row.attachment: row.state for row in connection.execute(query)}


def test_a_file_comes_beside_its_ticket_and_is_named_there(
    store: Store, tmp_path: Path, clock: Clock
) -> None:
    with_files(store, LOG)
    work = work_of(store, tmp_path, Files(_7=[b"he", b"llo"]), clock)
    assert went(work) == 1
    assert (folder(tmp_path) / "attachments/boot log.txt").read_bytes() == b"hello"
    assert read(folder(tmp_path) / "ISSUE.md").values["attachments"] == ["attachments/boot log.txt"]
    assert list((tmp_path / "tickets" / SOURCE / ".incoming").iterdir()) == []


def test_the_same_id_is_fetched_once_even_if_a_person_deletes_the_file(
    sqlite_store: Store, tmp_path: Path, clock: Clock
) -> None:
    with_files(sqlite_store, LOG)
    files = Files(_7=[b"x"])
    work = work_of(sqlite_store, tmp_path, files, clock)
    went(work)
    (folder(tmp_path) / "attachments/boot log.txt").unlink()
    with_files(sqlite_store, LOG, updated=5)
    clock.forward(days=2)
    assert went(work) == 0
    assert files.asked == ["7"]


def test_nothing_is_fetched_where_attachments_are_not_wanted(
    sqlite_store: Store, tmp_path: Path, clock: Clock
) -> None:
    with_files(sqlite_store, LOG)
    work = work_of(sqlite_store, tmp_path, Files(), clock, largest=None)
    assert went(work) == 0
    assert states(sqlite_store) == {}
    assert read(folder(tmp_path) / "ISSUE.md").values["attachments"] == [LOG.url]


def test_two_of_one_name_and_evil_names_lie_safely_apart(
    sqlite_store: Store, tmp_path: Path, clock: Clock
) -> None:
    found = [
        Attachment(id="1", name="a.png", url="https://files.test/1"),
        Attachment(id="2", name="A.png", url="https://files.test/2"),
        Attachment(id="https://x/3", name="a.png", url="https://files.test/3"),
        Attachment(id="4", name="../../etc/passwd", url="https://files.test/4"),
        Attachment(id="5", name="con.txt", url="https://files.test/5"),
        Attachment(id="6", name=f"{'é' * 200}.jpeg", url="https://files.test/6"),
        Attachment(id="8", name="..", url="https://files.test/8"),
    ]
    with_files(sqlite_store, *found)
    files = Files(**{f"_{n}": [str(n).encode()] for n in (1, 2, 3, 4, 5, 6, 8)})
    assert went(work_of(sqlite_store, tmp_path, files, clock)) == 7
    assert "a.png" in names(tmp_path)
    assert "A-2.png" in names(tmp_path)
    assert "-..-etc-passwd" in names(tmp_path)
    assert "con.txt-" in names(tmp_path)
    assert len([one for one in names(tmp_path) if one.startswith("a-") and len(one) == 14]) == 1
    assert [one for one in names(tmp_path) if one.endswith("é.jpeg") and len(one.encode()) <= 120]
    assert len(names(tmp_path)) == 7
    assert {path.parent for path in tmp_path.rglob("*passwd*")} == {
        folder(tmp_path) / "attachments"
    }


def test_too_large_and_refused_ones_are_listed_with_the_reason(
    store: Store, tmp_path: Path, clock: Clock
) -> None:
    large = Attachment(id="1", name="dump.bin", url="https://files.test/1", size=2 * MB)
    unsaid = Attachment(id="2", name="dump2.bin", url="https://files.test/2")
    lost = Attachment(id="3", name="a|b].txt", url="https://files.test/3")
    files = Files(_2=[b"x" * MB, b"y"], _3=Permanent("GET /3: HTTP 404"))
    with_files(store, large, unsaid, lost)
    work = work_of(store, tmp_path, files, clock)
    assert went(work) == 2
    assert sorted(files.asked) == ["2", "3"]
    text = (folder(tmp_path) / "ISSUE.md").read_text()
    why = "larger than 1 MB (\\[workspace\\] attachment_max_mb)"
    assert f"| [dump.bin](<https://files.test/1>) | {why} |" in text
    assert f"| [dump2.bin](<https://files.test/2>) | {why} |" in text
    assert "| [a\\|b\\].txt](<https://files.test/3>) | GET /3: HTTP 404 |" in text
    found = read(folder(tmp_path) / "ISSUE.md")
    assert found.values["attachments"] == [large.url, unsaid.url, lost.url]
    assert "why it is not here" not in found.body
    assert not (folder(tmp_path) / "attachments").exists()


def test_a_larger_limit_brings_what_was_too_large(
    store: Store, tmp_path: Path, clock: Clock
) -> None:
    big = Attachment(id="1", name="dump.bin", url="https://files.test/1", size=2 * MB)
    with_files(store, big)
    files = Files(_1=[b"x" * 2 * MB])
    went(work_of(store, tmp_path, files, clock))
    assert states(store) == {"1": "large"}
    with store.write() as connection:
        attached.look_again(connection, [SOURCE], 3 * MB, clock())
    assert went(work_of(store, tmp_path, files, clock, 3 * MB)) == 1
    assert states(store) == {"1": "here"}


def test_tickets_from_before_attachments_were_wanted_are_looked_at_again(
    store: Store, tmp_path: Path, clock: Clock
) -> None:
    with_files(store, LOG)
    with_files(store, number=13)
    went(work_of(store, tmp_path, Files(), clock, largest=None))
    with store.write() as connection:
        attached.look_again(connection, [SOURCE], MB, clock())
    with store.read() as connection:
        query = sa.select(tickets.c.external_id).where(tickets.c.render_due > 0)
        assert connection.scalars(query).all() == ["12"]
    assert went(work_of(store, tmp_path, Files(_7=[b"x"]), clock)) == 1


def test_a_tracker_that_does_not_answer_is_asked_again_later(
    store: Store, tmp_path: Path, clock: Clock
) -> None:
    with_files(store, LOG)
    files = Files(_7=[b"half", Transient("cut off")])
    work = work_of(store, tmp_path, files, clock)
    assert went(work) == 0
    assert not (folder(tmp_path) / "attachments").exists()
    assert list((tmp_path / "tickets" / SOURCE / ".incoming").iterdir()) == []
    assert not waiting(work, SOURCE)
    clock.forward(seconds=31)
    assert waiting(work, SOURCE)
    assert went(work) == 0
    clock.forward(seconds=31)
    assert went(work) == 0
    assert files.asked == ["7", "7"]
    files.held[LOG.url] = [b"whole"]
    clock.forward(minutes=5)
    assert went(work) == 1
    assert states(store) == {"7": "here"}


def test_a_refused_credential_has_time_to_be_mended_but_not_for_ever(
    sqlite_store: Store, tmp_path: Path, clock: Clock
) -> None:
    with_files(sqlite_store, LOG)
    work = work_of(sqlite_store, tmp_path, Files(_7=Denied("HTTP 403")), clock)
    for _ in range(DENIALS - 1):
        assert went(work) == 0
        clock.forward(hours=2)
    assert went(work) == 1
    assert "HTTP 403" in (folder(tmp_path) / "ISSUE.md").read_text()


def test_what_a_killed_process_was_bringing_is_brought_after_its_claim(
    store: Store, tmp_path: Path, clock: Clock
) -> None:
    with_files(store, LOG)
    work = work_of(store, tmp_path, Files(_7=[b"whole"]), clock)
    render(work, [SOURCE])
    with store.write() as connection:
        assert attached.claim(connection, (SOURCE, "12"), "7", clock()) is not None
        assert attached.claim(connection, (SOURCE, "12"), "7", clock()) is None
    nest = tmp_path / "tickets" / SOURCE / ".incoming"
    nest.mkdir()
    (nest / "half").write_bytes(b"ha")
    old = (clock() - timedelta(days=2)).timestamp()
    os.utime(nest / "half", (old, old))
    assert bring(work, [SOURCE]) == 0
    clock.forward(minutes=11)
    assert bring(work, [SOURCE]) == 1
    assert list(nest.iterdir()) == []


def test_a_kill_between_the_place_and_its_note_makes_no_second_file(
    sqlite_store: Store, tmp_path: Path, clock: Clock
) -> None:
    with_files(sqlite_store, LOG)
    work = work_of(sqlite_store, tmp_path, Files(_7=[b"whole"]), clock)
    render(work, [SOURCE])
    (folder(tmp_path) / "attachments").mkdir()
    (folder(tmp_path) / "attachments/boot log.txt").write_bytes(b"whole")
    bring(work, [SOURCE])
    assert names(tmp_path) == ["boot log.txt"]


def test_a_persons_file_of_that_name_is_left_alone(
    sqlite_store: Store, tmp_path: Path, clock: Clock
) -> None:
    with_files(sqlite_store, LOG)
    work = work_of(sqlite_store, tmp_path, Files(_7=[b"theirs"]), clock)
    render(work, [SOURCE])
    (folder(tmp_path) / "attachments").mkdir()
    (folder(tmp_path) / "attachments/boot log.txt").write_bytes(b"mine")
    went(work)
    assert (folder(tmp_path) / "attachments/boot log.txt").read_bytes() == b"mine"
    assert (folder(tmp_path) / "attachments/boot log-7.txt").read_bytes() == b"theirs"
    shown = read(folder(tmp_path) / "ISSUE.md").values["attachments"]
    assert shown == ["attachments/boot log-7.txt"]


def test_a_removed_attachment_is_kept_and_no_longer_named(
    sqlite_store: Store, tmp_path: Path, clock: Clock
) -> None:
    with_files(sqlite_store, LOG)
    work = work_of(sqlite_store, tmp_path, Files(_7=[b"x"]), clock)
    went(work)
    with_files(sqlite_store, updated=9)
    went(work)
    assert names(tmp_path) == ["boot log.txt"]
    assert "attachments" not in read(folder(tmp_path) / "ISSUE.md").values


def test_a_new_title_takes_the_attachments_along(
    sqlite_store: Store, tmp_path: Path, clock: Clock
) -> None:
    with_files(sqlite_store, LOG)
    work = work_of(sqlite_store, tmp_path, Files(_7=[b"x"]), clock)
    went(work)
    drained(sqlite_store, issue_webhook(an_issue(title="Other", updated=99)))
    render(work, [SOURCE])
    assert (folder(tmp_path, "12_other") / "attachments/boot log.txt").exists()
    assert not folder(tmp_path).exists()


def test_a_database_that_is_away_is_nobodys_fault(
    sqlite_store: Store, tmp_path: Path, clock: Clock
) -> None:
    with_files(sqlite_store, LOG)
    work = work_of(sqlite_store, tmp_path, Files(_7=StoreAway("gone")), clock)
    render(work, [SOURCE])
    with pytest.raises(StoreAway):
        bring(work, [SOURCE])
    assert states(sqlite_store) == {"7": "due"}
    assert bring(work_of(sqlite_store, tmp_path, Files(_7=[b"x"]), clock), [SOURCE]) == 0


def test_the_stored_documents_of_renders_name_our_values(
    sqlite_store: Store, tmp_path: Path, clock: Clock
) -> None:
    with_files(sqlite_store, LOG)
    went(work_of(sqlite_store, tmp_path, Files(_7=[b"x"]), clock))
    found = read(folder(tmp_path) / "ISSUE.md")
    with sqlite_store.read() as connection:
        query = sa.text("SELECT document FROM renders WHERE id = :id")
        [document] = connection.scalars(query, {"id": found.values["render"]}).all()
    kept = rows.unpack(document)
    assert (kept["attachments"], kept["title"]) == (["attachments/boot log.txt"], "T")
