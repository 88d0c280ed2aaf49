"""`INDEX.md`: what is there, on a line each, written when a line changed and not otherwise."""

import random
from pathlib import Path

import pytest

from schemas.event import TicketGone
from store.database import Store
from store.workspace import index
from store.workspace.index import Line
from store.workspace.write import write_due
from tests.builders import SOURCE, Clock, a_person, a_source, an_issue, issue_webhook, observed
from tests.workers.draining import drained


class Desk:
    """A workspace with an index."""

    def __init__(self, store: Store, root: Path) -> None:
        self.store, self.root, self.clock = store, root, Clock()

    def change(self, number: int, updated: float = 0, **over) -> None:
        drained(self.store, issue_webhook(an_issue(number, updated=updated, **over)))

    def write(self, **how) -> int:
        return write_due(self.store, self.root, a_source(), self.clock, **how)

    @property
    def file(self) -> Path:
        return self.root / SOURCE / "INDEX.md"

    def signs(self) -> dict[str, tuple[int, int]]:
        """Every file by name, with inode and time."""
        found = [one for one in self.root.rglob("*.md") if one.is_file()]
        stats = {one: one.stat() for one in found}
        return {
            str(one.relative_to(self.root)): (s.st_ino, s.st_mtime_ns) for one, s in stats.items()
        }


@pytest.fixture
def desk(sqlite_store: Store, tmp_path: Path) -> Desk:
    return Desk(sqlite_store, tmp_path / "tickets")


def test_the_index_shows_every_ticket_by_what_its_status_means(
    store: Store, tmp_path: Path
) -> None:
    desk = Desk(store, tmp_path / "tickets")
    ines = {"id": 501, "login": "ines-varga", "type": "User"}
    desk.change(9, title="A | b] `c`", assignees=[ines])
    desk.change(10, title="Ten", assignees=[])
    desk.change(2, title="Done", state="closed", state_reason="completed", assignees=[])
    desk.change(3, title="Gone")
    drained(store, observed(TicketGone(ticket="3", proof="HTTP 410"), when=1))
    desk.write()
    text = desk.file.read_text()
    assert text.splitlines()[:8] == [
        "# shop",
        "",
        "## To do (2)",
        "",
        "| key | title | state | assignees |",
        "|---|---|---|---|",
        "| [9](9_a_b_c/ISSUE.md) | A \\| b\\] \\`c\\` | open | ines-varga |",
        "| [10](10_ten/ISSUE.md) | Ten | open |  |",
    ]
    assert "## Done (1)" in text
    assert "| [2](2_done/ISSUE.md) | Done | closed |  |" in text
    assert "## Not there any more (1)" in text
    assert "| [3](3_gone/ISSUE.md) | Gone | deleted |" in text
    for link in ("9_a_b_c", "10_ten", "2_done", "3_gone"):
        assert (desk.file.parent / link / "ISSUE.md").exists()


def test_a_change_that_its_line_does_not_show_writes_one_file(desk: Desk) -> None:
    for number in range(1, 6):
        desk.change(number, title=f"t{number}")
    desk.write()
    before = desk.signs()
    desk.change(3, updated=5, title="t3", body="another text")
    desk.write()
    after = desk.signs()
    assert [name for name in after if after[name] != before.get(name)] == ["shop/3_t3/ISSUE.md"]


def test_a_changed_line_writes_ticket_and_index(desk: Desk) -> None:
    desk.change(1, title="One")
    desk.change(2, title="Two")
    desk.write()
    before = desk.signs()
    desk.change(2, updated=5, title="Two", state="closed")
    desk.write()
    after = desk.signs()
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"shop/2_two/ISSUE.md", "shop/INDEX.md"}
    assert "| [2](2_two/ISSUE.md) | Two | closed |" in desk.file.read_text()


def test_an_unchanged_source_is_not_even_looked_at(desk: Desk) -> None:
    desk.change(1)
    desk.write()
    before = desk.signs()
    desk.change(1)
    assert desk.write() == 0
    assert desk.signs() == before


def test_an_index_left_for_later_is_written_by_the_next_call(desk: Desk) -> None:
    desk.change(1, title="One")
    desk.write(indexed=False)
    assert not desk.file.exists()
    assert desk.write() == 0
    assert "One" in desk.file.read_text()


def test_what_a_person_typed_into_the_index_is_kept_aside(desk: Desk) -> None:
    desk.change(1, title="One")
    desk.write()
    typed = desk.file.read_text().replace("# shop", "# My shop")
    desk.file.write_text(typed)
    desk.change(2, title="Two")
    desk.write()
    [kept] = desk.file.parent.glob("INDEX.edited-*.md")
    assert kept.read_text() == typed
    assert "Two" in desk.file.read_text()


def test_an_index_somebody_deleted_comes_back_with_the_next_line(desk: Desk) -> None:
    desk.change(1, title="One")
    desk.write()
    desk.file.unlink()
    desk.change(1, updated=3, title="Other")
    desk.write()
    assert "Other" in desk.file.read_text()


def test_the_same_lines_in_any_order_give_the_same_bytes() -> None:
    lines = [
        Line("todo", f"P-{n}", f"t{n}", "open", a_person().login, f"P-{n}_t") for n in range(30)
    ]
    mixed = random.Random(1).sample(lines, 30)
    content = index.render("shop", lines)
    assert index.render("shop", mixed) == content
    assert content.index(b"P-9]") < content.index(b"P-10]")
    assert index.is_ours(content)
    assert not index.is_ours(content + b"typed\n")
    assert not index.is_ours(content.replace(b"t7 ", b"t8 "))
