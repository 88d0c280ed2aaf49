"""`export` as a person uses it."""

import csv
import json
from pathlib import Path

import pytest

from store.export import KINDS
from tests.cli.conftest import Shell


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_tickets_come_as_json_lines(synced: Shell) -> None:
    done = synced.ok("export")
    found = lines(done.out)
    assert len(found) == 12
    assert list(found[0]) == [name for name, _ in KINDS["tickets"][0]]
    listed = synced.ok("tickets", "list", "--json").json
    assert {one["title"] for one in found} == {one["title"] for one in listed}
    assert done.out == synced.ok("export", "--out", "-").out
    assert done.err == ""


@pytest.mark.parametrize("what", KINDS)
def test_every_kind_comes_as_csv(synced: Shell, what: str) -> None:
    head, *_ = csv.reader(synced.ok("export", "--format", "csv", "--what", what).out.splitlines())
    assert head == [name for name, _ in KINDS[what][0]]


def test_everything_goes_into_a_folder(synced: Shell) -> None:
    folder = synced.folder / "out"
    done = synced.ok("export", "--what", "all", "--format", "csv", "--out", f"{folder}/")
    assert {path.name for path in folder.iterdir()} == {f"{what}.csv" for what in KINDS}
    assert "12 tickets written to" in done.err
    assert done.out == ""


def test_one_kind_goes_into_a_file(synced: Shell) -> None:
    file = synced.folder / "mine.jsonl"
    synced.ok("export", "--source", "shop", "--out", file)
    assert len(lines(file.read_text())) == 12
    synced.ok("export", "--out", synced.folder)
    assert (synced.folder / "tickets.jsonl").read_text() == file.read_text()


def test_a_file_that_is_there_stays_unless_told(synced: Shell) -> None:
    file = synced.folder / "mine.jsonl"
    file.write_text("precious")
    done = synced("export", "--out", file)
    assert (done.code, len(done.err.splitlines())) == (1, 1)
    assert "--force" in done.err
    assert file.read_text() == "precious"
    synced.ok("export", "--out", file, "--force")
    assert len(lines(file.read_text())) == 12


def test_of_all_files_none_is_written_when_one_is_there(synced: Shell) -> None:
    folder = synced.folder / "out"
    folder.mkdir()
    (folder / "links.jsonl").write_text("precious")
    assert synced("export", "--what", "all", "--out", folder).code == 1
    assert [path.name for path in folder.iterdir()] == ["links.jsonl"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--format", "xml"), 2, "jsonl, csv, parquet"),
        (("--what", "people"), 2, "tickets, comments"),
        (("--what", "all"), 2, "name a folder"),
        (("--source", "gone"), 2, 'no source "gone"'),
        (("--at", "noon"), 2, "--at"),
        (("--at", "2026-01-01", "--what", "links"), 2, "not links"),
        (("--out", "/proc/nowhere/a.jsonl"), 1, "cannot write /proc/nowhere/a.jsonl"),
        (("--what", "all", "--out", "/etc/hostname"), 2, "no folder"),
    ],
)
def test_what_cannot_be_is_one_line(
    synced: Shell, words: tuple[str, ...], code: int, said: str
) -> None:
    done = synced("export", *words)
    assert (done.code, done.out, len(done.err.splitlines())) == (code, "", 1)
    assert said in done.err


def test_of_a_past_time_there_are_the_tickets_of_then(synced: Shell) -> None:
    assert synced.ok("export", "--at", "2001-01-01").out == ""
    assert len(lines(synced.ok("export", "--at", "2999-01-01").out)) == 12
    folder = synced.folder / "then"
    synced.ok("export", "--at", "2999-01-01", "--what", "all", "--out", f"{folder}/")
    names = {"tickets.jsonl", "comments.jsonl", "history.jsonl"}
    assert {path.name for path in Path(folder).iterdir()} == names


def test_a_token_in_a_ticket_does_not_leave(synced: Shell, payload) -> None:
    token = str(synced.environ["SHOP_TOKEN"])
    synced.keep(payload(1, title=f"it says {token}", updated_at="2030-01-01T00:00:00Z"))
    synced.ok("deliveries", "list")
    out = synced.ok("export").out
    assert token not in out
