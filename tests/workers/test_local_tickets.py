"""Local tickets: made once each, edited in their files, and nothing a person typed is lost."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runtime import config
from schemas.delivery import Outcome, Via
from schemas.errors import ConfigError, Permanent
from schemas.notice import TYPES
from schemas.source import LOCAL
from schemas.ticket import Privacy, Ticket
from store.database import Store
from store.notices import Teller
from store.whole import whole_tickets
from store.workspace.read import read
from tests.builders import a_source, a_work, an_issue, issue_webhook, journaled
from tests.conftest import Database
from tests.workers.draining import drained
from trackers.registry import REGISTRY, tracker_named
from workers.drain import drain
from workers.edits.taking import AT_ONCE, Taken, take_over
from workers.local import Wish, create
from workers.render import render
from workers.sweep import sweep
from workers.work import Work

ROOT = Path(__file__).parents[2]


class Desk:
    """Local tickets, their files, and a clock that runs a second ahead of what was saved."""

    def __init__(self, store: Store, root: Path) -> None:
        self.store, self.root = store, root / "tickets"
        self.work: Work = a_work(
            store,
            a_source(),
            config.local_source(),
            workspace=self.root,
            now=lambda: datetime.now(UTC) + timedelta(seconds=2),
        )

    def new(self, title: str = "Fix bug", **wish) -> str:
        place, key = create(self.work, Wish(title, **wish))
        self.settle([place])
        return key

    def settle(self, keys) -> None:
        drain(self.work, keys)
        render(self.work, [LOCAL])

    def take(self, **how) -> Taken:
        taken = take_over(self.work, {}, **how)
        self.settle(taken.keys)
        return taken

    def file(self, number: int = 1) -> Path:
        [found] = (self.root / LOCAL).glob(f"{number:06}*/ISSUE.md")
        return found

    def edit(self, before: str, after: str, number: int = 1) -> None:
        path = self.file(number)
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after, 1))

    def ticket(self, number: int = 1) -> Ticket:
        with self.store.read() as connection:
            return whole_tickets(connection, [(LOCAL, str(number))])[LOCAL, str(number)]

    def aside(self) -> list[Path]:
        return list(self.root.rglob("*edited*"))


@pytest.fixture
def desk(sqlite_store: Store, tmp_path: Path) -> Desk:
    return Desk(sqlite_store, tmp_path)


def test_a_new_ticket_has_a_number_a_folder_and_stays_here(store: Store, tmp_path: Path) -> None:
    desk = Desk(store, tmp_path)
    assert desk.new(body="Steps", labels=("bug",), assignees=("ines",), reporter="tom") == "000001"
    assert desk.new("Ümläut & more") == "000002"
    assert [one.parent.name for one in sorted(desk.root.rglob("ISSUE.md"))] == [
        "000001_fix_bug",
        "000002_umlaut_more",
    ]
    ticket = desk.ticket()
    assert (ticket.key, ticket.number, ticket.title, ticket.body) == (
        "000001",
        1,
        "Fix bug",
        "Steps",
    )
    assert (ticket.privacy, ticket.reporter.login) == (Privacy.local_only, "tom")
    found = read(desk.file())
    assert (found.values["labels"], found.values["assignees"], found.body) == (
        ["bug"], ["ines"], "Steps",
    )  # fmt: skip
    assert [(one.via, one.event, one.outcome) for one in journaled(store)] == [
        (Via.workspace, "local.created", Outcome.applied)
    ] * 2


def test_numbers_are_never_given_twice_by_threads(store: Store, tmp_path: Path) -> None:
    desk = Desk(store, tmp_path)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: create(desk.work, Wish(f"t{n}"))[1], range(40)))
    assert sorted(made) == [f"{n:06}" for n in range(1, 41)]


MAKING = """
import sys
from pathlib import Path
from runtime import config
from store.database import open_store
from tests.builders import a_work
from workers.local import Wish, create
store = open_store(sys.argv[1], Path(sys.argv[2]))
work = a_work(store, config.local_source())
print(*[create(work, Wish(f"t{n}"))[1] for n in range(15)])
store.close()
"""


def test_numbers_are_never_given_twice_by_processes(database: Database) -> None:
    command = [sys.executable, "-c", MAKING, database.url, str(database.folder)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) for _ in range(3)
    ]
    made = [number for one in running for number in one.communicate()[0].split()]
    assert sorted(made) == [f"{n:06}" for n in range(1, 46)]


def test_an_empty_title_is_refused(desk: Desk) -> None:
    with pytest.raises(Permanent, match="title must not be empty"):
        create(desk.work, Wish("  \n"))
    assert journaled(desk.store) == []


def test_an_edit_is_taken_over_and_journaled(store: Store, tmp_path: Path) -> None:
    desk = Desk(store, tmp_path)
    desk.new(body="Old", labels=("bug",))
    desk.edit("title: Fix bug", "title: Fix the bug  # shorter?")
    desk.edit("labels: [bug]", "labels:\n  - bug\n  - 2026")
    desk.edit("assignees: []", "assignees: [ines, tom]\nmy_note: call them")
    desk.edit("Old", "New\n\n---\n## A heading")
    taken = desk.take()
    assert (taken.keys, taken.faults) == ([(LOCAL, "1")], [])
    ticket = desk.ticket()
    assert (ticket.title, ticket.body) == ("Fix the bug", "New\n\n---\n## A heading")
    assert [one.name for one in ticket.labels] == ["bug", "2026"]
    assert [one.login for one in ticket.assignees] == ["ines", "tom"]
    text = desk.file().read_text()
    assert "title: Fix the bug  # shorter?\n" in text
    assert "\nmy_note: call them\n" in text
    assert desk.file().parent.name == "000001_fix_the_bug"
    assert desk.aside() == []
    assert desk.take() == Taken()
    assert [one.event for one in journaled(store)] == ["local.created", "local.edited"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("state: open", "state: closed", ("closed", "closed", "done")),
        ("status_category: todo", "status_category: canceled", ("closed", "canceled", "canceled")),
        (
            "status_category: todo",
            "status_category: in_progress",
            ("open", "in progress", "in_progress"),
        ),
        ("status: open", "status: In progress", ("open", "In progress", "in_progress")),
        ("status: open", "status: waiting", ("open", "waiting", "todo")),
    ],
)  # fmt: skip
def test_state_status_and_category_agree_whichever_was_typed(
    desk: Desk, before: str, after: str, expected: tuple[str, str, str]
) -> None:
    desk.new()
    desk.edit(f"\n{before}\n", f"\n{after}\n")
    desk.take()
    ticket = desk.ticket()
    assert (ticket.state, ticket.status, str(ticket.status_category)) == expected
    assert (ticket.closed_at is not None) is (expected[0] == "closed")
    if expected[0] == "closed":
        desk.edit("state: closed", "state: open")
        desk.take()
        assert (desk.ticket().state, desk.ticket().closed_at) == ("open", None)
        assert str(desk.ticket().status_category) == "todo"


def test_a_missing_key_is_no_edit_and_an_empty_value_clears(desk: Desk) -> None:
    desk.new(labels=("bug",), assignees=("ines",))
    desk.edit("labels: [bug]\n", "")
    desk.edit("assignees: [ines]", "assignees:")
    desk.take()
    assert [one.name for one in desk.ticket().labels] == ["bug"]
    assert desk.ticket().assignees == ()


def test_an_emptied_text_waits_for_consent(desk: Desk) -> None:
    desk.new(body="Typed for an hour")
    desk.edit("Typed for an hour", "")
    [fault] = desk.take().faults
    assert "text was emptied; that waits for consent: sync local --accept" in fault
    assert desk.ticket().body == "Typed for an hour"
    desk.take(consent=True)
    assert desk.ticket().body == ""


def test_many_edits_at_once_wait_for_consent(desk: Desk) -> None:
    for number in range(1, AT_ONCE + 2):
        desk.new(f"t{number}")
        desk.edit("type: issue", "type: bug", number)
    assert "21 edited files at once wait for consent" in desk.take().faults[0]
    assert desk.ticket(3).type == "issue"
    assert len(desk.take(consent=True).keys) == AT_ONCE + 1
    assert desk.ticket(3).type == "bug"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("state: open", "state: finished", "state must be open or closed"),
        ("labels: []", "labels: bug", "labels must be a list"),
        ("title: Fix bug", "title:", "title must not be empty"),
        ("number: 1", "number: 2", "number cannot be edited here"),
        ("title: Fix bug", "title: [", "no YAML mapping"),
        ("<!-- ticketsync end", "<!-- cut", "the end mark is missing"),
        ("title: Fix bug", "<<<<<<< HEAD\ntitle: Fix bug\n=======\n>>>>>>> x", "conflict markers"),
        ("state: open", "state: open\ncustomer: Acme", "customer cannot be edited here"),
        (" -->\n", " -->\nOne more thing\n", "text below its end mark"),
        ("source: local", "source: shop", "no ticket of local has the key"),
        ('key: "000001"', 'key: "000009"', "no ticket of local has the key"),
    ],
)
def test_a_file_that_does_not_count_is_named_and_left_alone(
    desk: Desk, before: str, after: str, told: str
) -> None:
    desk.new()
    desk.edit(before, after)
    typed = desk.file().read_bytes()
    [fault] = desk.take().faults
    assert told in fault
    assert str(desk.file()) in fault
    assert (desk.file().read_bytes(), desk.ticket().title) == (typed, "Fix bug")
    assert take_over(desk.work, desk.work.seen).faults == [fault]
    assert take_over(desk.work, desk.work.seen).faults == []


def test_a_file_that_is_just_being_saved_is_waited_for(desk: Desk) -> None:
    desk.new()
    desk.edit("title: Fix bug", "title: Fi")
    coming = (datetime.now(UTC) + timedelta(seconds=60)).timestamp()
    os.utime(desk.file(), (coming, coming))
    assert desk.take().moving == [desk.file()]
    assert desk.ticket().title == "Fix bug"


def test_an_edit_begun_before_another_one_merges_with_it(desk: Desk) -> None:
    desk.new(body="Old", labels=("bug",))
    opened = desk.file().read_text()
    desk.edit("labels: [bug]", "labels: [bug, p1]")
    desk.take()
    desk.file().write_text(opened.replace("Fix bug", "Fix it"))
    desk.take()
    assert desk.ticket().title == "Fix it"
    assert [one.name for one in desk.ticket().labels] == ["bug", "p1"]


def test_a_checkout_of_an_older_file_changes_nothing(desk: Desk) -> None:
    desk.new()
    old = desk.file().read_bytes()
    desk.edit("Fix bug", "Fix it")
    desk.take()
    desk.file().write_bytes(old)
    assert desk.take() == Taken(old={LOCAL})
    assert desk.ticket().title == "Fix it"
    assert read(desk.file()).values["title"] == "Fix it"
    assert desk.take() == Taken()


def test_an_edit_whose_bytes_come_again_counts_again(desk: Desk) -> None:
    desk.new("One")
    opened = desk.file().read_text()
    for title in ("Two", "Three", "Two"):
        desk.file().write_text(opened.replace("One", title))
        desk.take()
        assert desk.ticket().title == title
    assert desk.aside() == []


def test_an_edit_that_is_in_the_store_already_is_looked_at_once(desk: Desk) -> None:
    desk.new("One")
    opened = desk.file().read_text()
    desk.file().write_text(opened.replace("One", "Two"))
    edited = desk.file().read_bytes()
    desk.take()
    desk.file().write_bytes(edited)
    assert take_over(desk.work, desk.work.seen) == Taken()
    assert desk.file() in desk.work.seen


def test_a_copied_folder_is_told_and_the_recorded_one_counts(desk: Desk) -> None:
    desk.new()
    copy = desk.root / LOCAL / "000001_copy"
    copy.mkdir()
    (copy / "ISSUE.md").write_text(desk.file().read_text().replace("Fix bug", "Copied"))
    [fault] = desk.take().faults
    assert "000001_copy/ISSUE.md: is a copy of the ticket in 000001_fix_bug" in fault
    assert desk.ticket().title == "Fix bug"


def test_an_edit_between_taking_over_and_writing_is_kept(desk: Desk) -> None:
    desk.new(body="Old")
    desk.edit("Old", "New")
    taken = take_over(desk.work, {})
    desk.edit("New", "Newer")
    desk.settle(taken.keys)
    [aside] = desk.aside()
    assert read(aside).body == "Newer"
    assert read(desk.file()).body == "New"
    assert journaled(desk.store)[-1].event == "workspace.edited"
    drain(desk.work, [(LOCAL, "1")])
    assert journaled(desk.store)[-1].outcome == Outcome.ignored


def test_line_ends_of_another_system_are_no_change(desk: Desk) -> None:
    desk.new(body="One\nTwo")
    desk.file().write_bytes(desk.file().read_bytes().replace(b"\n", b"\r\n"))
    desk.take()
    assert [one.event for one in journaled(desk.store)] == ["local.created"]
    assert b"\r" not in desk.file().read_bytes()
    assert desk.aside() == []


def test_the_same_edit_seen_by_two_processes_is_journaled_once(desk: Desk) -> None:
    desk.new()
    desk.edit("Fix bug", "Fix it")
    first, second = take_over(desk.work, {}), take_over(desk.work, {})
    desk.settle([*first.keys, *second.keys])
    assert [one.event for one in journaled(desk.store)] == ["local.created", "local.edited"]


def test_a_sweep_takes_edits_over(store: Store, tmp_path: Path) -> None:
    desk = Desk(store, tmp_path)
    desk.new()
    desk.edit("Fix bug", "Fix it")
    sweep(desk.work, older_than=timedelta(0))
    assert desk.ticket().title == "Fix it"
    assert read(desk.file()).values["title"] == "Fix it"


def test_others_are_not_told_of_local_tickets(desk: Desk) -> None:
    tell = Teller(frozenset(TYPES))
    desk.work = replace(desk.work, tell=tell)
    desk.new("Secret plan")
    desk.edit("Secret plan", "Secret plan B")
    desk.take()
    assert desk.ticket().title == "Secret plan B"
    assert not tell.recorded.is_set()
    drained(desk.store, issue_webhook(an_issue()), work=replace(a_work(desk.store), tell=tell))
    assert tell.recorded.is_set()


def test_local_is_a_source_of_the_workers_and_no_tracker_to_configure(tmp_path: Path) -> None:
    assert tracker_named("local").name == "local"
    assert "local" not in REGISTRY
    file = tmp_path / "ticketsync.toml"
    file.write_text('[[sources]]\nname = "Local"\ntracker = "generic"\nurl = "https://a.test/x"\n')
    with pytest.raises(ConfigError, match='the name "local" is kept for local tickets'):
        config.load(file, {})
