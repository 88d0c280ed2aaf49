"""Export: rows of one moment, the same from both databases, under columns that stay."""

import csv
import io
import json
import re
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bench import _library
from schemas.errors import ConfigError, TicketsyncError
from store import categories, formats
from store.columns import COMMENTS, Columns
from store.database import Store
from store.export import KINDS, Asked, exported, one_moment
from store.tables import comments, history, links, tickets
from tests.conftest import Databases

COUNT, CHANGES = 60, 4


@pytest.fixture
def held(store: Store) -> Store:
    _library.build(store, COUNT, CHANGES)
    _library.derive(store)
    return store


def rows(store: Store, what: str, **asked: Any) -> list[dict[str, Any]]:
    with one_moment(store) as connection:
        return [row for batch in exported(connection, what, Asked(**asked)) for row in batch]


def count(store: Store, table: sa.Table) -> int:
    with store.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def written(format_: str, columns: Columns, *batches: list[dict[str, Any]]) -> bytes:
    target = io.BytesIO()
    assert formats.write(format_, target, columns, batches) == sum(map(len, batches))
    return target.getvalue()


def a_comment(**over: Any) -> dict[str, Any]:
    return dict.fromkeys(name for name, _ in COMMENTS) | over


def test_every_row_is_there_once_and_in_order(held: Store) -> None:
    found = {what: rows(held, what) for what in KINDS}
    places = [(row["source"], row["external_id"]) for row in found["tickets"]]
    assert len(set(places)) == COUNT
    assert len(places) == COUNT
    assert len(found["comments"]) == count(held, comments) == 2 * COUNT
    assert len(found["history"]) == count(held, history) == CHANGES * COUNT
    assert len(found["numbers"]) == COUNT - 1, "the deleted one counts no more"
    assert len(found["links"]) == count(held, links)


def test_each_row_has_the_columns_of_its_kind(held: Store) -> None:
    for what, (columns, _) in KINDS.items():
        for row in rows(held, what):
            assert {name for name, _ in columns} <= row.keys()


def test_more_than_a_batch_is_one_list(store: Store) -> None:
    _library.build(store, 1_203, 1)
    found = rows(store, "tickets", source="shop")
    assert len(found) == 241
    assert len({row["key"] for row in rows(store, "tickets")}) == 1_203


def test_both_databases_export_the_same(
    sqlite_databases: Databases, postgres_databases: Databases, tmp_path: Path
) -> None:
    texts = []
    for databases in (sqlite_databases, postgres_databases):
        with databases(tmp_path) as database:
            store = database.open()
            _library.build(store, COUNT, CHANGES)
            _library.derive(store)
            texts.append(
                {
                    what: written("csv", columns, rows(store, what))
                    for what, (columns, _) in KINDS.items()
                }
            )
            store.close()
    assert texts[0] == texts[1]
    assert texts[0]["tickets"].count(b"\n") == COUNT + 1


def test_a_source_alone(held: Store) -> None:
    for what in ("tickets", "comments", "history", "numbers"):
        found = rows(held, what, source="desk")
        assert {row["source"] for row in found} == {"desk"}
        assert rows(held, what, source="nowhere") == []


def test_of_a_past_moment_what_there_was_then(held: Store) -> None:
    change = next(row for row in rows(held, "history") if row["field"] == "status")
    at = change["at"] - timedelta(milliseconds=1)
    with held.read() as connection:
        meant = categories.load(connection, _library.declared().values())
    now, then = rows(held, "tickets"), rows(held, "tickets", at=at, categories=meant)
    assert 0 < len(then) < len(now)
    assert {row["key"] for row in then} == {r["key"] for r in now if r["created_at"] <= at}
    (was,) = (row for row in then if row["key"] == change["ticket"])
    (became,) = (row for row in now if row["key"] == change["ticket"])
    assert was["status"] == change["before"] != became["status"]
    assert all(row["at"] <= at for row in rows(held, "history", at=at))
    assert all(row["created_at"] <= at for row in rows(held, "comments", at=at))


def test_what_changes_meanwhile_is_not_seen(held: Store) -> None:
    with one_moment(held) as connection:
        batches = exported(connection, "comments", Asked())
        with_first = connection.execute(sa.select(sa.func.count()).select_from(tickets)).scalar()
        with held.write() as other:
            other.execute(comments.delete())
            other.execute(tickets.delete())
        assert with_first == COUNT
        assert sum(len(batch) for batch in batches) == 2 * COUNT
    assert rows(held, "comments") == []


def test_a_secret_of_ours_in_a_ticket_is_struck_out(held: Store) -> None:
    with held.write() as connection:
        connection.execute(comments.update().values(body="use s3cr3t-token, please"))
    bodies = {row["body"] for row in rows(held, "comments", secrets=("s3cr3t-token",))}
    assert bodies == {"use [redacted], please"}


def test_memory_does_not_grow_with_the_number_of_tickets(sqlite_store: Store) -> None:
    _library.build(sqlite_store, 3_000, 0)
    peaks = []
    for source in ("shop", None):
        tracemalloc.start()
        with one_moment(sqlite_store) as connection:
            for batch in exported(connection, "tickets", Asked(source=source)):
                del batch
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def test_json_lines_are_exact() -> None:
    at = datetime(2026, 11, 20, 12, 0, 0, 5, tzinfo=UTC)
    text = '=1+1 "quoted"\n\u2028 検索 🚀'
    told = written("jsonl", COMMENTS, [a_comment(body=text, created_at=at, internal=True)])
    assert told.endswith(b"}\n")
    assert told.count(b"\n") == 1
    (line,) = told.decode().split("\n")[:-1]
    read = json.loads(line)
    assert list(read) == [name for name, _ in COMMENTS]
    assert (read["body"], read["created_at"]) == (text, "2026-11-20T12:00:00.000005Z")
    assert (read["internal"], read["url"]) == (True, None)


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_csv_holds_no_formula(first: str) -> None:
    text = f'{first}HYPERLINK("http://x")'
    (row,) = read_csv(written("csv", COMMENTS, [a_comment(body=text)]))
    assert row["body"] == f"'{text}"


def read_csv(told: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(told.decode(), newline="")))


def test_csv_is_read_back_as_it_was() -> None:
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    text = 'a,b;"c"\r\nnext\n検索'
    columns = (*COMMENTS, ("labels", "texts"), ("before", "json"), ("estimate", "real"))
    more = {"labels": ["x,y", "=z"], "before": {"a": [1, None]}, "estimate": -1.5}
    comment = a_comment(body=text, created_at=at, internal=False, **more)
    (row,) = read_csv(written("csv", columns, [comment]))
    assert row["body"] == text
    assert row["created_at"] == "2026-11-20T12:00:00Z"
    assert (row["internal"], row["url"], row["estimate"]) == ("false", "", "-1.5")
    assert json.loads(row["labels"]) == ["x,y", "=z"]
    assert json.loads(row["before"]) == {"a": [1, None]}


def test_csv_quotes_a_line_end_of_any_system() -> None:
    told = written("csv", COMMENTS, [a_comment(body="one\rtwo")])
    assert b'"one\rtwo"' in told
    assert told.count(b"\r\n") == 0
    assert [row["body"] for row in read_csv(told)] == ["one\rtwo"]


def test_without_rows_there_is_still_a_head() -> None:
    assert written("csv", COMMENTS).decode() == ",".join(name for name, _ in COMMENTS) + "\n"
    assert written("jsonl", COMMENTS) == b""


def test_parquet_has_types(held: Store) -> None:
    pytest.importorskip("pyarrow")
    from pyarrow import BufferReader, parquet  # noqa: PLC0415

    for what, (columns, _) in KINDS.items():
        plain = rows(held, what)
        table = parquet.read_table(BufferReader(written("parquet", columns, plain)))
        assert table.column_names == [name for name, _ in columns]
        assert table.num_rows == len(plain)
        for read, row in zip(table.to_pylist(), plain, strict=True):
            for name, shape in columns:
                expected = row[name]
                if shape == "json" and expected is not None:
                    assert json.loads(read[name]) == expected
                else:
                    assert read[name] == expected


def test_parquet_without_its_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ConfigError, match=r"pip install 'ticketsync\[parquet\]'"):
        formats.check("parquet")


def test_an_unknown_format_is_a_fault() -> None:
    with pytest.raises(ConfigError, match='jsonl, csv, parquet, not "xml"'):
        formats.check("xml")


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.csv"

    def break_off() -> None:
        with formats.whole_file(path) as file:
            file.write(b"half")
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        break_off()
    assert list(path.parent.iterdir()) == []
    with formats.whole_file(path) as file:
        file.write(b"whole")
    assert [one.read_bytes() for one in path.parent.iterdir()] == [b"whole"]


def test_two_that_write_one_file_leave_one_of_both_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with formats.whole_file(path) as first:
        first.write(b"one")
        with formats.whole_file(path) as second:
            second.write(b"another")
        assert path.read_bytes() == b"another"
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


def test_where_nothing_can_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "a.csv", tmp_path, Path("/proc/a.csv")):
        with (
            pytest.raises(TicketsyncError, match=r"^cannot write .*: .+$"),
            formats.whole_file(path) as file,
        ):
            file.write(b"x")


@pytest.mark.parametrize("what", KINDS)
def test_the_documentation_names_every_column(what: str) -> None:
    text = (Path(__file__).parents[2] / "docs/export.md").read_text()
    told = re.sub(r"\([^)]*\)", "", text.partition(f"**{what}**: ")[2].partition(".")[0])
    assert re.findall(r"\w+", told.replace(" and ", ", ")) == [name for name, _ in KINDS[what][0]]
