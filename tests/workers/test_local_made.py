"""Local tickets that people make as folders, and what they say of their privacy."""

from pathlib import Path

import pytest

from schemas.source import LOCAL
from schemas.ticket import Privacy
from store.database import Store
from tests.builders import journaled
from tests.workers.test_local_tickets import Desk
from workers.edits.taking import Taken, take_over


@pytest.fixture
def desk(sqlite_store: Store, tmp_path: Path) -> Desk:
    return Desk(sqlite_store, tmp_path)


def test_a_folder_made_by_hand_becomes_a_ticket(store: Store, tmp_path: Path) -> None:
    desk = Desk(store, tmp_path)
    desk.new()
    made = desk.root / LOCAL / "an idea"
    made.mkdir()
    (made / "sketch.txt").write_text("mine")
    (made / "ISSUE.md").write_text(
        "---\ntitle: An idea\nlabels: [later]\nmine: 1\n---\nSome text\n"
    )
    taken = desk.take()
    assert (taken.keys, taken.faults) == ([(LOCAL, "2")], [])
    ticket = desk.ticket(2)
    assert (ticket.title, ticket.body, ticket.key) == ("An idea", "Some text", "000002")
    assert [one.name for one in ticket.labels] == ["later"]
    assert desk.file(2).parent.name == "000002_an_idea"
    assert "mine: 1" in desk.file(2).read_text()
    assert (desk.file(2).parent / "sketch.txt").read_text() == "mine"
    assert not made.exists()
    assert desk.aside() == []
    assert desk.take() == Taken()


def test_a_heading_is_a_title_and_a_file_without_one_is_told(desk: Desk) -> None:
    for name, text in (("one", "# Only a heading\n\nText\n"), ("two", "Just text\n")):
        (desk.root / LOCAL / name).mkdir(parents=True)
        (desk.root / LOCAL / name / "ISSUE.md").write_text(text)
    [fault] = desk.take().faults
    assert "two/ISSUE.md: a new ticket needs a title" in fault
    assert (desk.ticket().title, desk.ticket().body) == ("Only a heading", "Text")


def test_a_folder_made_by_hand_is_made_once_when_the_process_ends_in_between(desk: Desk) -> None:
    (desk.root / LOCAL / "idea").mkdir(parents=True)
    (desk.root / LOCAL / "idea/ISSUE.md").write_text("# An idea\n")
    take_over(desk.work, {})
    assert take_over(desk.work, {}) == Taken()
    desk.settle([(LOCAL, "1")])
    assert desk.take() == Taken()
    assert [one.event for one in journaled(desk.store)] == ["local.created"]
    assert desk.file().parent.name == "000001_an_idea"


def test_privacy_is_the_tickets_own_to_say(desk: Desk) -> None:
    desk.new()
    desk.edit("privacy: local_only", "privacy: shareable")
    desk.take()
    assert desk.ticket().privacy == Privacy.shareable
    desk.edit("privacy: shareable", "privacy: everybody")
    assert "privacy must be" in desk.take().faults[0]
