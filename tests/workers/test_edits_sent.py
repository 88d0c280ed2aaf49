"""Edits of files of trackers' tickets: what was typed arrives, and nothing else changes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.delivery import Outcome, Via
from store.database import Store
from store.workspace.render import own_render
from tests.builders import journaled
from tests.workers.editing import Bench, bench, labels
from workers.edits.taking import AT_ONCE, Taken


@pytest.fixture(params=["github", "gitlab"])
def desk(request: pytest.FixtureRequest, sqlite_store: Store, tmp_path: Path) -> Iterator[Bench]:
    with bench(sqlite_store, tmp_path, request.param) as made:
        yield made


@pytest.fixture
def hub(sqlite_store: Store, tmp_path: Path) -> Iterator[Bench]:
    with bench(sqlite_store, tmp_path) as made:
        yield made


def test_an_edit_arrives_at_the_tracker(store: Store, tmp_path: Path) -> None:
    with bench(store, tmp_path) as desk:
        one = desk.make(labels=labels("bug"))
        desk.edit(one, "title: Fix bug", "title: Fix the bug")
        desk.edit(one, "Old", "New")
        desk.edit(one, "labels: [bug]", "labels: [bug, p1]")
        desk.edit(one, "state: open", "state: closed")
        taken = desk.take()
        assert taken.faults == []
        assert desk.file(one).values["sync_status"] == "edited"
        assert desk.file(one).values["title"] == "Fix the bug"
        assert desk.held(one).title == "Fix bug"
        sent = desk.push()
        assert (sent.tickets, sent.faults, sent.conflicts) == (1, [], 0)
        said = desk.there(one)
        assert (said.title, said.body, said.state) == ("Fix the bug", "New", "closed")
        assert sorted(label.name for label in said.labels) == ["bug", "p1"]
        assert desk.file(one).values["sync_status"] == "synced"
        assert own_render(desk.path(one).read_bytes())
        assert desk.waiting(one) == {}
        told = [one for one in journaled(store) if one.via == Via.workspace]
        assert [(one.event, one.outcome) for one in told] == [("workspace.told", Outcome.applied)]
        assert any(one.via == Via.write for one in journaled(store))
        desk.running.requests.clear()
        assert (desk.take().keys, desk.push().tickets) == ([], 0)
        assert desk.running.requests.entries == []


def test_only_the_edited_field_is_written(desk: Bench) -> None:
    one = desk.make(labels=labels("bug"))
    desk.edit(one, "title: Fix bug", "title: Fix it")
    desk.take()
    desk.change(one, state="closed", labels=labels("bug", "p1"))
    desk.push()
    said = desk.there(one)
    assert (said.title, said.state) == ("Fix it", "closed")
    assert sorted(label.name for label in said.labels) == ["bug", "p1"]


def test_an_old_render_saved_again_changes_only_what_was_typed(desk: Bench) -> None:
    one = desk.make(labels=labels("bug"))
    opened = desk.text(one)
    desk.change(one, state="closed", labels=labels("bug", "p1"))
    desk.pull(one)
    desk.path(one).write_text(opened.replace("title: Fix bug", "title: Fix it"))
    desk.take()
    desk.push()
    said = desk.there(one)
    assert (said.title, said.state) == ("Fix it", "closed")
    assert sorted(label.name for label in said.labels) == ["bug", "p1"]
    assert desk.file(one).values["state"] == "closed"


def test_a_checkout_of_old_files_is_no_edit_and_is_written_anew(hub: Bench) -> None:
    one = hub.make()
    old = hub.path(one).read_bytes()
    hub.change(one, body="News")
    hub.pull(one)
    new = hub.path(one).read_bytes()
    hub.path(one).write_bytes(old)
    assert hub.take().keys == []
    assert hub.path(one).read_bytes() == new
    assert hub.push().tickets == 0
    assert hub.there(one).body == "News"


def test_a_new_comment_is_sent_once(desk: Bench) -> None:
    one = desk.make()
    desk.comment(one, "Seen it, too.")
    desk.take()
    assert "Seen it, too." in desk.text(one)
    assert desk.file(one).body == "Old"
    assert desk.push().comments == 1
    [comment] = desk.there(one).comments
    assert comment.body == "Seen it, too."
    assert [c.body for c in desk.file(one).comments] == ["Seen it, too."]
    desk.comment(one, "Second\n\n### A heading in it")
    desk.take()
    desk.push()
    assert [c.body for c in desk.there(one).comments] == [
        "Seen it, too.",
        "Second\n\n### A heading in it",
    ]
    desk.take()
    assert desk.push().comments == 0


def test_a_comment_that_is_edited_in_the_file_is_told_and_kept(hub: Bench) -> None:
    one = hub.make()
    hub.remark(one, "As it was")
    hub.edit(one, "As it was", "As it was not")
    [fault] = hub.take().faults
    assert "comments are edited at the tracker" in fault
    hub.change(one, title="Remote")
    hub.pull(one)
    assert "As it was not" in hub.text(one)


def test_both_changed_is_a_conflict_that_shows_both(desk: Bench) -> None:
    one = desk.make()
    desk.edit(one, "title: Fix bug", "title: Mine")
    desk.take()
    desk.change(one, title="Theirs")
    sent = desk.push()
    assert (sent.conflicts, sent.tickets) == (1, 0)
    assert desk.conflicts() == {"title": ("Mine", "Theirs")}
    found = desk.file(one)
    assert (found.values["sync_status"], found.values["title"]) == ("conflict", "Mine")
    assert "| title | yours: Mine | shop: Theirs |" in desk.text(one)
    assert "conflicts resolve" in desk.text(one)
    assert desk.take().keys == []
    assert desk.push().conflicts == 0
    assert desk.there(one).title == "Theirs"


@pytest.mark.parametrize(
    ("how", "value", "expected"),
    [("left", None, "Mine"), ("right", None, "Theirs"), ("value", "Ours", "Ours")],
)
def test_a_settled_conflict_is_carried_out(
    hub: Bench, how: str, value: str | None, expected: str
) -> None:
    one = hub.make()
    hub.edit(one, "title: Fix bug", "title: Mine")
    hub.take()
    hub.change(one, title="Theirs")
    hub.push()
    hub.settle_conflict(how, value)
    hub.push()
    assert hub.there(one).title == expected
    found = hub.file(one)
    assert (found.values["title"], found.values["sync_status"]) == (expected, "synced")
    assert "Conflicts" not in hub.text(one)
    assert hub.conflicts() == {}


def test_a_settlement_over_what_nobody_saw_is_open_again(hub: Bench) -> None:
    one = hub.make()
    hub.edit(one, "title: Fix bug", "title: Mine")
    hub.take()
    hub.change(one, title="Theirs")
    hub.push()
    hub.settle_conflict("left")
    hub.change(one, title="Newer")
    hub.push()
    assert hub.there(one).title == "Newer"
    assert hub.conflicts() == {"title": ("Mine", "Newer")}


def test_lists_merge_by_members_and_texts_by_strategy(sqlite_store: Store, tmp_path: Path) -> None:
    with bench(sqlite_store, tmp_path, strategy="merge") as desk:
        one = desk.make(body="One\n\nTwo\n\nThree", labels=labels("bug", "old"))
        desk.edit(one, "One", "First")
        desk.edit(one, "labels: [bug, old]", "labels: [bug, mine]")
        desk.take()
        desk.change(one, body="One\n\nTwo\n\nThird", labels=labels("bug", "old", "theirs"))
        desk.push()
        said = desk.there(one)
        assert said.body == "First\n\nTwo\n\nThird"
        assert sorted(label.name for label in said.labels) == ["bug", "mine", "theirs"]


def test_edits_of_a_pulled_source_are_told_once_and_kept(
    sqlite_store: Store, tmp_path: Path
) -> None:
    with bench(sqlite_store, tmp_path, direction="pull") as desk:
        one = desk.make()
        desk.edit(one, "Old", "Typed for an hour")
        [fault] = desk.take().faults
        assert 'direction = "bidirectional"' in fault
        assert desk.take() == Taken()
        assert "Typed for an hour" in desk.text(one)
        desk.change(one, body="Remote")
        desk.pull(one)
        [kept] = list(desk.root.rglob("ISSUE.edited-*"))
        assert "Typed for an hour" in kept.read_text()
        assert desk.push().tickets == 0


def test_an_emptied_text_and_many_files_wait_for_consent(hub: Bench) -> None:
    one = hub.make()
    hub.edit(one, "Old\n", "")
    [fault] = hub.take().faults
    assert "sync shop --accept" in fault
    hub.change(one, title="Remote")
    hub.pull(one)
    assert hub.file(one).body == ""
    hub.take(consent=True)
    hub.push()
    assert (hub.there(one).body, hub.there(one).title) == ("", "Remote")
    many = [hub.make(title=f"t{n}") for n in range(AT_ONCE + 1)]
    for each in many:
        hub.edit(each, "Old", "New")
    assert "21 edited files at once wait for consent: sync shop --accept" in hub.take().faults[0]
    assert hub.push().tickets == 0
    hub.take(consent=True)
    assert hub.push().tickets == AT_ONCE + 1


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("number: ", "number: 9", "number cannot be edited here"),
        ("labels: []", "labels: bug", "labels must be a list"),
        ("title: Fix bug", "<<<<<<< HEAD\ntitle: x\n=======\n>>>>>>> y", "conflict markers"),
        ("<!-- ticketsync end", "<!-- cut", "the end mark is missing"),
        ("state: open", "state: open\ncustomer: Acme", "customer cannot be edited here"),
    ],
)
def test_what_does_not_count_is_named_and_never_replaced(
    hub: Bench, before: str, after: str, told: str
) -> None:
    one = hub.make()
    hub.edit(one, before, after)
    typed = hub.path(one).read_bytes()
    [fault] = hub.take().faults
    assert told in fault
    hub.change(one, title="Remote")
    hub.pull(one)
    assert hub.path(one).read_bytes() == typed
    assert hub.push().tickets == 0


def test_a_copied_folder_is_told_and_changes_nothing(hub: Bench) -> None:
    one = hub.make()
    copy = hub.root / "shop" / "copy"
    copy.mkdir()
    (copy / "ISSUE.md").write_text(hub.text(one).replace("Fix bug", "Copied"))
    [fault] = hub.take().faults
    assert "is a copy of the ticket in" in fault
    assert hub.push().tickets == 0


def test_a_second_edit_before_the_first_was_sent_is_one_write(hub: Bench) -> None:
    one = hub.make()
    hub.edit(one, "Fix bug", "Fix it")
    hub.take()
    hub.edit(one, "Fix it", "Fix it now")
    hub.take()
    assert hub.waiting(one) == {"title": "Fix it now"}
    hub.running.requests.clear()
    hub.push()
    assert len(hub.writes()) == 1
    assert hub.there(one).title == "Fix it now"


def test_an_edit_taken_back_before_it_was_sent_writes_nothing(hub: Bench) -> None:
    one = hub.make()
    hub.edit(one, "Fix bug", "Fix it")
    hub.take()
    hub.edit(one, "title: Fix it", "title: Fix bug")
    hub.take()
    hub.running.requests.clear()
    hub.push()
    assert hub.writes() == []
    assert hub.file(one).values["sync_status"] == "synced"


def test_the_same_bytes_saved_again_after_a_change_there_count_again(hub: Bench) -> None:
    one = hub.make()
    hub.edit(one, "Fix bug", "Mine")
    typed = hub.path(one).read_bytes()
    hub.take()
    hub.push()
    hub.change(one, title="Theirs")
    hub.pull(one)
    hub.path(one).write_bytes(typed)
    hub.take()
    hub.push()
    assert hub.conflicts() == {"title": ("Mine", "Theirs")}


def test_a_tracker_that_does_not_answer_is_asked_later_and_the_file_says_why(hub: Bench) -> None:
    one = hub.make()
    hub.edit(one, "Fix bug", "Fix it")
    hub.take()
    hub.running.stop()
    sent = hub.push()
    assert sent.tickets == 0
    assert sent.waiting == 1
    assert hub.waiting(one) == {"title": "Fix it"}
    assert "## Not sent yet" in hub.text(one)
    assert hub.file(one).values["title"] == "Fix it"
    assert hub.take().keys == []
