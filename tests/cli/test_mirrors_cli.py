"""`mirrors`: declaring, looking, switching and taking away; nothing is written by any of them."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.mirrors import app
from schemas.mirror import MirrorOptions
from store import audit, mirrors
from tests.cli.conftest import Shell, Yards

KEYS = [
    "name", "source", "target", "direction", "mode", "enabled", "origin", "interval_minutes",
    "last_sync_at", "last_sync_status", "last_sync_error", "next_sync_at", "counts", "conflicts",
]  # fmt: skip


def tables(shell: Shell) -> list[dict[str, Any]]:
    return tomllib.loads(shell.file.read_text()).get("mirrors", [])


def test_a_list_without_mirrors_says_how_to_add_one(yards: Yards) -> None:
    assert yards.ok("mirrors", "list", "--json").json == []
    assert "mirrors add SOURCE TARGET" in yards.ok("mirrors", "list").out


def test_adding_writes_a_table_and_leaves_the_rest_of_the_file(yards: Yards) -> None:
    before = f"# mine\n{yards.file.read_text()}"
    yards.file.write_text(before)
    out = yards.ok("mirrors", "add", "shop", "till", "--yes").out
    assert yards.file.read_text().startswith(before)
    assert tables(yards) == [
        {"name": "shop-to-till", "source": "shop", "target": "till", "direction": "push"}
    ]
    assert "mirrors plan shop-to-till" in out
    (one,) = yards.ok("mirrors", "list", "--json").json
    assert list(one) == KEYS
    assert (one["enabled"], one["origin"], one["conflicts"]) == (True, "file", 0)
    assert set(one["counts"]) == {"new", "joined", "outside", "parked", "unlinked", "retired"}
    assert "shop → till" in yards.ok("mirrors", "list").out
    with yards.store() as store, store.read() as connection:
        assert audit.find(connection)[0]["subject"] == "mirror shop-to-till"


def test_adding_asks_for_what_was_not_given(yards: Yards) -> None:
    done = yards.ok("mirrors", "add", answers="nowhere\nshop\ntill\nbidirectional\ny\n")
    assert "one of: shop, till, local" in done.out + done.err
    assert tables(yards) == [
        {
            "name": "shop-to-till",
            "source": "shop",
            "target": "till",
            "direction": "bidirectional",
            "sync_existing_issues": True,
        }
    ]


def test_adding_takes_any_option(yards: Yards) -> None:
    yards.ok(
        "mirrors", "add", "shop", "till", "--yes", "--name", "yard", "--closed", "--shadow",
        "--set", "delete_policy=close", "--set", 'exclude_labels = ["a", "b c"]',
        "--set", "sync_weight=false", "--set", 'statuses={"Doing" = "In Work"}',
    )  # fmt: skip
    (one,) = tables(yards)
    assert one == {
        "name": "yard",
        "source": "shop",
        "target": "till",
        "direction": "push",
        "mode": "shadow",
        "sync_closed_issues": True,
        "delete_policy": "close",
        "exclude_labels": ["a", "b c"],
        "sync_weight": False,
        "statuses": {"Doing": "In Work"},
    }
    shown = yards.ok("mirrors", "show", "yard", "--json").json
    assert shown["options"]["statuses"] == {"Doing": "In Work"}
    assert shown["options_set"]["delete_policy"] == "close"
    assert "a, b c" in yards.ok("mirrors", "show", "yard").out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("shop", "nowhere", "--yes"), "target 'nowhere' is no source"),
        (("shop", "shop", "--yes"), "source and target are both 'shop'"),
        (("shop", "--yes"), "needs both"),
        (("shop", "till", "--yes", "--direction", "sideways"), "direction must be"),
        (("shop", "till", "--yes", "--set", "sync_interval_minutes=1"), "at least 5"),
        (("shop", "till", "--yes", "--set", "colour=red"), "no KEY=VALUE of a mirror"),
        (("shop", "till", "--yes", "--name", "till"), "the name is that of a source"),
    ],
)
def test_a_mirror_that_cannot_be_is_refused_before_the_file_is_written(
    yards: Yards, words: tuple[str, ...], told: str
) -> None:
    before = yards.file.read_text()
    done = yards("mirrors", "add", *words)
    assert done.code == 2
    assert told in done.err
    assert done.err.count("\n") == 1
    assert yards.file.read_text() == before


def test_the_same_pair_twice_is_refused(yards: Yards) -> None:
    yards.mirror()
    done = yards("mirrors", "add", "shop", "till", "--yes")
    assert done.code == 2
    assert "has the same source and target" in done.err
    assert len(tables(yards)) == 1


def test_switching_off_holds_until_the_table_says_otherwise(yards: Yards) -> None:
    yards.mirror()
    assert "off" in yards.ok("mirrors", "disable", "yard").out
    assert "already" in yards.ok("mirrors", "disable", "yard").out
    assert yards.ok("mirrors", "list", "--json").json[0]["enabled"] is False
    yards.ok("status")
    assert yards.ok("mirrors", "list", "--json").json[0]["enabled"] is False
    assert " off " in yards.ok("mirrors", "list").out
    yards.file.write_text(f"{yards.file.read_text()}sync_weight = false\n")
    assert yards.ok("mirrors", "list", "--json").json[0]["enabled"] is True
    yards.ok("mirrors", "disable", "yard")
    yards.ok("mirrors", "enable", "yard")
    assert yards.ok("mirrors", "list", "--json").json[0]["enabled"] is True


def test_removing_takes_the_table_out_of_the_file(yards: Yards) -> None:
    before = yards.file.read_text()
    yards.mirror()
    assert yards("mirrors", "remove", "yard", answers="n\n").code == 1
    assert len(tables(yards)) == 1
    yards.ok("mirrors", "remove", "yard", "--yes")
    assert yards.file.read_text().strip() == before.strip()
    assert yards.ok("mirrors", "list", "--json").json == []
    assert yards("mirrors", "remove", "yard", "--yes").code == 2


def test_a_mirror_without_a_name_is_removed_by_the_one_it_has(yards: Yards) -> None:
    yards.mirror(name="")
    yards.ok("mirrors", "remove", "shop-to-till", "--yes")
    assert tables(yards) == []


def test_a_mirror_of_the_api_is_listed_and_removed(yards: Yards) -> None:
    yards.ok("status")
    with yards.store() as store, store.write() as connection:
        options = MirrorOptions(direction="bidirectional")
        mirrors.create(connection, "mine", "shop", "till", options, datetime.now(UTC), "api:x")
    (one,) = yards.ok("mirrors", "list", "--json").json
    assert (one["name"], one["origin"]) == ("mine", "api")
    assert "by the API" in yards.ok("mirrors", "show", "mine").out
    assert "shop ↔ till" in yards.ok("mirrors", "list").out
    before = yards.file.read_text()
    yards.ok("mirrors", "remove", "mine", "--yes")
    assert yards.ok("mirrors", "list", "--json").json == []
    assert yards.file.read_text() == before


def test_an_unknown_mirror_is_a_usage_error_that_lists_those_there_are(yards: Yards) -> None:
    yards.mirror()
    for words in (("show",), ("enable",), ("disable",), ("remove", "--yes")):
        done = yards("mirrors", words[0], "yrad", *words[1:])
        assert done.code == 2
        assert done.err.strip().endswith('no mirror "yrad" is configured; there are: "yard"')


def test_a_source_of_a_mirror_is_not_removed_under_it(yards: Yards) -> None:
    yards.mirror()
    before = yards.file.read_text()
    done = yards("sources", "remove", "till", "--yes")
    assert done.code == 1
    assert "mirrors remove yard" in done.err
    assert yards.file.read_text() == before


def test_status_tells_of_mirrors(yards: Yards) -> None:
    found = yards.ok("status", "--json").json
    assert (found["mirrors"], found["conflicts"]) == ([], {"open": 0})
    assert "mirror" not in yards.ok("status").out
    yards.mirror()
    found = yards.ok("status", "--json").json
    assert [list(one) for one in found["mirrors"]] == [KEYS]
    assert "mirrors: 1" in yards.ok("status").out


def test_the_check_of_the_configuration_names_mirrors(yards: Yards) -> None:
    yards.mirror("enabled = false")
    assert "mirror: yard: shop to till (push, live, off)" in yards.ok("config", "check").out


def test_the_list_fits_eighty_columns(yards: Yards) -> None:
    yards.mirror()
    yards.environ["COLUMNS"] = "80"
    lines = yards.ok("mirrors", "list").out.splitlines()
    assert len(lines) == 2
    assert max(map(len, lines)) <= 80


def test_the_page_of_commands_names_those_there_are() -> None:
    page = (Path(__file__).parents[2] / "docs" / "mirrors.md").read_text()
    for command in app.registered_commands:
        name = command.name or command.callback.__name__
        assert f"mirrors {name}" in page or f"`{name}`" in page
