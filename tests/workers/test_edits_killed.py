"""A process that ends anywhere between a person's edit and the tracker: once, and never twice."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from store.database import Store
from tests.workers.editing import NAME, Bench, bench, labels
from trackers.registry import REGISTRY
from workers.edits.taking import take_over

POINTS = ("decided", "announced", "sent", "recorded", "drained")
WRITABLE = [name for name, one in REGISTRY.items() if one.capabilities.writes]


class Killed(BaseException):
    """The end of a process."""


def killing(at: str) -> Callable[[str], None]:
    def passing(point: str) -> None:
        if point == at:
            raise Killed

    return passing


def killed_at(desk: Bench, point: str) -> None:
    """A push that ends there; the next one is of a process of its own, minutes later."""
    work = desk.work
    desk.work = replace(work, passing=killing(point))
    with pytest.raises(Killed):
        desk.push()
    desk.work = work


def in_the_end(desk: Bench) -> None:
    for _ in range(4):
        desk.ahead += 150
        desk.push()


@pytest.mark.parametrize("point", POINTS)
def test_a_field_arrives_whatever_was_killed(
    sqlite_store: Store, tmp_path: Path, point: str
) -> None:
    with bench(sqlite_store, tmp_path) as desk:
        one = desk.make(labels=labels("bug"))
        desk.edit(one, "title: Fix bug", "title: Fix it")
        desk.edit(one, "labels: [bug]", "labels: [p1]")
        desk.take()
        killed_at(desk, point)
        in_the_end(desk)
        said = desk.there(one)
        assert (said.title, [label.name for label in said.labels]) == ("Fix it", ["p1"])
        assert (desk.waiting(one), desk.conflicts()) == ({}, {})
        assert desk.file(one).values["sync_status"] == "synced"


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("tracker", WRITABLE)
def test_a_new_comment_is_made_exactly_once(
    sqlite_store: Store, tmp_path: Path, tracker: str, point: str
) -> None:
    with bench(sqlite_store, tmp_path, tracker) as desk:
        one = desk.make()
        desk.comment(one, "Seen it, too.")
        desk.take()
        killed_at(desk, point)
        in_the_end(desk)
        assert [comment.body for comment in desk.there(one).comments] == ["Seen it, too."]
        assert desk.waiting(one) == {}


def test_a_kill_between_the_journal_and_the_store_loses_nothing(
    store: Store, tmp_path: Path
) -> None:
    with bench(store, tmp_path) as desk:
        one = desk.make()
        desk.edit(one, "title: Fix bug", "title: Fix it")
        taken = take_over(desk.work, {})
        assert take_over(desk.work, {}).keys == []
        desk.settle()
        desk.settle(taken.keys)
        assert desk.file(one).values["title"] == "Fix it"
        desk.push()
        assert desk.there(one).title == "Fix it"


def test_two_processes_send_an_edit_once(store: Store, tmp_path: Path) -> None:
    with bench(store, tmp_path) as desk:
        one = desk.make()
        desk.comment(one, "Only once.")
        first, second = take_over(desk.work, {}), take_over(desk.work, {})
        desk.settle([*first.keys, *second.keys])
        desk.push()
        desk.push()
        assert [comment.body for comment in desk.there(one).comments] == ["Only once."]
        assert first.keys == [(NAME, one)]


@pytest.mark.parametrize("tracker", WRITABLE)
def test_every_tracker_takes_what_its_file_offers(
    sqlite_store: Store, tmp_path: Path, tracker: str
) -> None:
    with bench(sqlite_store, tmp_path, tracker) as desk:
        one = desk.make(body="Old")
        desk.edit(one, "title: Fix bug", "title: Fix it")
        desk.edit(one, "\nOld\n", "\nNew\n\n- one\n- two\n")
        desk.edit(one, "state: open", "state: closed")
        desk.edit(one, "labels: []", "labels: [p1]")
        assert desk.take().faults == []
        sent = desk.push()
        assert (sent.faults, sent.conflicts) == ([], 0)
        said = desk.there(one)
        assert (said.title, said.state) == ("Fix it", "closed")
        assert said.body.replace("*", "-").split() == ["New", "-", "one", "-", "two"]
        assert [label.name for label in said.labels] == ["p1"]
        assert desk.file(one).values["sync_status"] == "synced"
        desk.running.requests.clear()
        assert (desk.take().keys, desk.push().tickets) == ([], 0)
        assert desk.running.requests.entries == []
