"""What moves no revision, or vanishes: found by a full pass, believed only with proof."""

import pytest

from tests.journeys.conftest import Journey

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def unseen(journey: Journey) -> Journey:
    """Three tickets are known; from here on every webhook is lost."""
    for number in (1, 2, 3):
        journey.acts.open(f"Ticket {number}", f"Text {number}", ["bug"])
        journey.acts.comment(number, f"Remark on {number}")
    journey.rest()
    journey.reconcile()
    journey.tracker.faults.set(drop=1.0)
    return journey


def test_a_comment_that_was_deleted_unseen_is_found_by_a_full_pass(unseen: Journey) -> None:
    (remark,) = unseen.acts.issue(2).comments
    unseen.acts.delete_comment(remark.id)
    unseen.reconcile(full=True)
    assert unseen.ticket(2).comments == ()
    assert unseen.differences() == []


def test_a_ticket_that_was_deleted_unseen_is_marked_by_proof(unseen: Journey) -> None:
    unseen.acts.delete(2)
    unseen.reconcile(full=True)
    fate, reason = unseen.fate(2)
    assert fate == "deleted"
    assert "410" in reason
    assert unseen.ticket(2).title == "Ticket 2"
    assert "deleted: true" in unseen.said_of_ticket(2)
    assert unseen.differences() == []


def test_a_ticket_deleted_by_webhook_keeps_its_row_and_file(journey: Journey) -> None:
    journey.acts.open("Short-lived", "text")
    journey.rest()
    journey.acts.delete(1)
    journey.rest()
    assert journey.fate(1) == ("deleted", "issues.deleted")
    assert "deleted: true" in journey.said_of_ticket(1)
    assert journey.differences() == []


@pytest.mark.parametrize("told", [True, False])
def test_a_transferred_ticket_is_moved_not_deleted(unseen: Journey, told: bool) -> None:
    unseen.tracker.faults.set(drop=0.0 if told else 1.0)
    unseen.acts.transfer(3, "archive")
    unseen.rest()
    unseen.reconcile(full=True)
    assert unseen.fate(3)[0] == "moved"
    assert unseen.ticket(3).title == "Ticket 3"
    assert unseen.differences() == []


@pytest.mark.parametrize("told", [True, False])
def test_a_renamed_label_is_renamed_on_every_ticket_and_file(unseen: Journey, told: bool) -> None:
    unseen.tracker.faults.set(drop=0.0 if told else 1.0)
    unseen.acts.rename_label("bug", "defect")
    unseen.rest()
    if not told:
        unseen.reconcile(full=True)
    for number in (1, 2, 3):
        assert [label.name for label in unseen.ticket(number).labels] == ["defect"]
        assert "defect" in unseen.said_of_ticket(number)
    assert unseen.differences() == []


def test_a_renamed_repository_is_the_same_source(journey: Journey) -> None:
    journey.acts.open("Before", "text")
    journey.rest()
    journey.reconcile()
    journey.acts.rename_repo("market")
    journey.acts.open("After", "text")
    journey.rest()
    assert journey.ticket(2).title == "After"
    done = journey.reconcile(full=True)
    assert done.status == "complete"
    assert journey.differences() == []


def test_a_label_s_new_name_reaches_every_file_whoever_tells_of_it(unseen: Journey) -> None:
    """The label's own event is lost; another ticket's record carries the new name."""
    unseen.acts.rename_label("bug", "defect")
    unseen.tracker.faults.set(drop=0.0)
    unseen.acts.edit(2, title="Ticket two")
    unseen.rest()
    assert all("defect" in unseen.said_of_ticket(number) for number in (1, 2, 3))
    assert unseen.differences() == []


def test_a_folder_that_only_the_disk_knows_of_is_moved_along(journey: Journey) -> None:
    """What a kill leaves behind between a folder's move and the note of it."""
    journey.acts.open("First name", "text")
    journey.rest()
    folders = journey.folder / "tickets" / "shop"
    (folders / "1_first_name").rename(folders / "1_second_name")
    journey.acts.edit(1, title="Third name")
    journey.rest()
    assert [path.name for path in folders.glob("1_*")] == ["1_third_name"]
