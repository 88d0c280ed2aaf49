"""`conflicts`: both values are shown whole; a mirror's conflict is settled here and now."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.model import Json
from store import conflicts
from tests.cli.conftest import Yards

KEYS = [
    "id", "kind", "mirror", "source", "ticket", "other_source", "other_ticket", "field", "base",
    "left", "right", "strategy", "detected_at", "settled_at", "settled_by", "how", "value",
    "applied_at",
]  # fmt: skip


def clash(yards: Yards, field: str, left: Json, right: Json, **more: Any) -> int:
    """A conflict as a push leaves it, of tickets that are not there."""
    with yards.store() as store, store.write() as connection:
        return conflicts.open_one(
            connection, key=("shop", "7"), field=field, left=left, right=right,
            now=datetime.now(UTC), **more,
        )[0]  # fmt: skip


@pytest.fixture
def opened(yards: Yards) -> Yards:
    yards.ok("status")
    return yards


def test_a_list_without_conflicts(opened: Yards) -> None:
    assert opened.ok("conflicts", "list", "--json").json == []
    assert opened.ok("conflicts", "list").out == "no conflict is open\n"
    assert opened.ok("conflicts", "list", "--settled").out == "no conflict is settled yet\n"


def test_the_list_has_its_keys_its_limit_and_its_filter(opened: Yards) -> None:
    first = clash(opened, "title", "One", "Uno", base="Ein", mirror="yard", other=("till", "9"))
    clash(opened, "labels", ["a"], ["b"])
    found = opened.ok("conflicts", "list", "--json").json
    assert [list(one) for one in found] == [KEYS, KEYS]
    assert (found[0]["id"], found[0]["base"], found[0]["left"]) == (first, "Ein", "One")
    assert [one["other_ticket"] for one in found] == ["9", None]
    assert len(opened.ok("conflicts", "list", "--json", "--limit", 1).json) == 1
    assert len(opened.ok("conflicts", "list", "--json", "--source", "shop").json) == 2
    assert len(opened.ok("conflicts", "list", "--json", "--source", "till").json) == 1
    assert opened("conflicts", "list", "--source", "nowhere").code == 2
    assert opened.ok("status", "--json").json["conflicts"] == {"open": 2}


def test_the_list_fits_eighty_columns(opened: Yards) -> None:
    opened.environ["COLUMNS"] = "80"
    clash(opened, "title", "A long title " * 9, "Another " * 9, mirror="yard", other=("till", "9"))
    lines = opened.ok("conflicts", "list").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any("--take left|right" in line for line in lines)


def test_three_values_stand_side_by_side(opened: Yards) -> None:
    number = clash(opened, "title", "One \x1b[31m", "Uno", base="Ein")
    out = opened.ok("conflicts", "show", number).out
    assert "\x1b" not in out
    rows = [line.split() for line in out.splitlines()]
    assert ["base", "left", "right"] in rows
    assert ["Ein", "One", "\N{REPLACEMENT CHARACTER}[31m", "Uno"] in rows
    assert "the file of shop 7" in out
    assert opened.ok("conflicts", "show", number, "--json").json["right"] == "Uno"


def test_long_texts_are_shown_as_what_each_side_changed(opened: Yards) -> None:
    base = "".join(f"line {n}\n" for n in range(20))
    number = clash(
        opened, "body", base.replace("line 9", "left 9"), f"{base}more", base=base, mirror="yard"
    )
    lines = opened.ok("conflicts", "show", number).out.splitlines()
    left, right = (next(i for i, x in enumerate(lines) if x.startswith(s)) for s in
                   ("left, against", "right, against"))  # fmt: skip
    assert "  -line 9" in lines[left:right]
    assert "  +left 9" in lines[left:right]
    assert "  +more" in lines[right:]
    assert "   line 3" not in lines


def test_a_number_nobody_has_is_one_line(opened: Yards) -> None:
    for words in (("show", 77), ("resolve", 77, "--take", "left")):
        done = opened("conflicts", *words)
        assert (done.code, done.err) == (1, "ticketsync: there is no conflict 77\n")


def test_a_conflict_of_a_file_is_settled_at_the_tracker(yards: Yards) -> None:
    table = 'name = "shop"\n'
    yards.file.write_text(
        yards.file.read_text().replace(table, f'{table}direction = "bidirectional"\n')
    )
    yards.ok("sync")
    (file,) = (yards.folder / "tickets" / "shop").glob("1_*/ISSUE.md")
    before = yards.shop.site.home.issues[1].title
    file.write_text(file.read_text().replace(before, "Typed here"))
    yards.shop.acts.edit(1, title="Typed there")
    time.sleep(1.2)  # a file counts once it is left alone for a second
    yards("sync", "shop")
    (one,) = yards.ok("conflicts", "list", "--json").json
    assert (one["mirror"], one["field"], one["left"]) == (None, "title", "Typed here")
    assert "the file of shop" in yards.ok("conflicts", "show", one["id"]).out
    out = yards.ok("conflicts", "resolve", one["id"], "--take", "left").out
    assert "files of shop: written 1" in out
    assert yards.shop.site.home.issues[1].title == "Typed here"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--take", "middle"), "--take must be left, right or value"),
        (("--take", "left", "--value", "x"), "--value belongs to"),
        (("--take", "value"), "--take value needs"),
        (("--take", "value", "--value", "{"), "weight is no text; give it in JSON"),
    ],
)
def test_settling_asked_for_wrongly_changes_nothing(
    opened: Yards, words: tuple[str, ...], told: str
) -> None:
    number = clash(opened, "weight", 1, 2)
    done = opened("conflicts", "resolve", number, *words)
    assert done.code == 2
    assert told in done.err
    assert opened.ok("conflicts", "show", number, "--json").json["settled_at"] is None
