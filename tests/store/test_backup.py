"""Backup and restore: every row of every table, from either dialect into either."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from schemas.errors import TicketsyncError
from store import audit, backup, sources
from store.database import Store, open_store, ready
from store.migrations import HEAD
from store.tables import (
    UtcTime,
    census_seen,
    deliveries,
    grants,
    leases,
    metadata,
    passes,
    renders,
    searchable,
    tickets,
)
from store.tables import audit as lines
from store.tables import sources as source_rows
from tests.builders import NOW, SOURCE, a_source, an_issue, at, held, issue_webhook, keep, polled
from tests.workers.draining import drained

OURS = {
    "tickets": ("render_due", "derive_due"),
    "leases": ("expires_at",),
    "sources": ("next_session_at",),
    "passes": ("ended_at", "mark"),
}
"""What a restore sets on purpose."""
PAIRS = [(one, other) for one in ("sqlite", "postgres") for other in ("sqlite", "postgres")]
LONG_AGO = datetime(2019, 2, 28, 23, 59, 59, 123_457, tzinfo=UTC)


@pytest.fixture(params=PAIRS, ids=lambda pair: "-to-".join(pair))
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    """An empty store, and another one it is to be moved to."""
    with ExitStack() as stack:
        opened = []
        for dialect in request.param:
            make = request.getfixturevalue(f"{dialect}_databases")
            store = stack.enter_context(make(tmp_path)).open()
            stack.callback(store.close)
            opened.append(store)
        yield opened[0], opened[1]


def a_value(column: sa.Column[Any], number: int) -> Any:
    """Something of the column's type, awkward where it may be, other for each number."""
    match column.type:
        case UtcTime():
            return LONG_AGO + timedelta(hours=number)
        case sa.Date():
            return date(2024, 2, 29) + timedelta(days=number)
        case sa.Boolean():
            return number % 2 == 0
        case sa.Float():
            return 0.1 + number
        case sa.JSON():
            return {"b": [1, 2.5, None, "ä"], "a": {"n": number, "deep": [True]}}
        case sa.LargeBinary():
            return bytes(range(256)) + str(number).encode()
        case sa.Integer():
            return 1_000_000 + number if isinstance(column.type, sa.BigInteger) else 1_000 + number
    return f"{column.name} {number} — \N{GRINNING FACE} 'quoted'\nline"


def fill(store: Store, count: int = 3) -> None:
    """Rows in every table there is."""
    with store.write() as connection:
        for table in metadata.sorted_tables:
            columns = [column for column in table.c if column.computed is None]
            whole = [
                {column.name: a_value(column, number) for column in columns}
                for number in range(count)
            ]
            bare = {
                column.name: None if column.nullable else a_value(column, count)
                for column in columns
            }
            connection.execute(table.insert(), [*whole, bare])


def dump(store: Store) -> dict[str, list[Any]]:
    with store.read() as connection:
        return {table.name: _rows(connection, table) for table in metadata.sorted_tables}


def _rows(connection: sa.Connection, table: sa.Table) -> list[Any]:
    columns = [c for c in table.c if c.name not in OURS.get(table.name, ()) and c.computed is None]
    return sorted((dict(r) for r in connection.execute(sa.select(*columns)).mappings()), key=repr)


def one(store: Store, query: Any) -> Any:
    with store.read() as connection:
        return connection.execute(query).scalar()


def moved(pair: tuple[Store, Store], folder: Path) -> Store:
    """The second store, restored from a backup of the first."""
    backup.write(pair[0], folder / "copy.db")
    backup.restore(pair[1], folder / "copy.db", "cli:ines", NOW)
    return pair[1]


def test_every_table_is_the_same_afterwards(pair: tuple[Store, Store], tmp_path: Path) -> None:
    fill(pair[0])
    before = dump(pair[0])
    assert all(len(rows) == 4 for rows in before.values())
    after = dump(moved(pair, tmp_path))
    [note] = [row for row in after["audit"] if row["action"] == backup.RESTORE]
    after["audit"].remove(note)
    assert after == before
    assert (note["at"], note["who"], note["after"]["schema"]) == (NOW, "cli:ines", HEAD)
    assert ready(pair[1]) is None


def test_numbers_go_on_after_the_last_one(pair: tuple[Store, Store], tmp_path: Path) -> None:
    fill(pair[0])
    last = one(pair[0], sa.select(sa.func.max(deliveries.c.id)))
    store = moved(pair, tmp_path)
    keep(store, issue_webhook(an_issue()))
    assert one(store, sa.select(sa.func.max(deliveries.c.id))) > last


def test_work_goes_on_in_the_restored_store(pair: tuple[Store, Store], tmp_path: Path) -> None:
    drained(pair[0], polled(an_issue(title="Before")))
    keep(pair[0], issue_webhook(an_issue(updated=60, title="Pending"), when=60, key="k"))
    store = moved(pair, tmp_path)
    assert held(store).title == "Before"
    drained(store, issue_webhook(an_issue(updated=60, title="Pending"), when=60, key="k"))
    assert held(store).title == "Pending"


def test_files_derived_rows_and_a_count_of_every_source_are_due(
    pair: tuple[Store, Store], tmp_path: Path
) -> None:
    drained(pair[0], polled(an_issue()))
    with pair[0].write() as connection:
        sources.declare(connection, [a_source()], NOW)
        sources.note(connection, SOURCE, next_session_at=at(900))
        connection.execute(tickets.update().values(render_due=0, derive_due=0))
        connection.execute(leases.insert().values(name="x", holder="y", fence=7, expires_at=at(99)))
        connection.execute(
            passes.insert(),
            [
                {"source": SOURCE, "name": name, "status": "complete", "ended_at": NOW}
                for name in ("census", "tickets")
            ],
        )
    store = moved(pair, tmp_path)
    assert one(store, sa.select(tickets.c.render_due)) == 1
    assert one(store, sa.select(tickets.c.derive_due)) == 1
    assert one(store, sa.select(source_rows.c.next_session_at)) is None
    assert one(store, sa.select(leases.c.expires_at)) < LONG_AGO
    assert one(store, sa.select(leases.c.fence)) == 7
    ended = sa.select(passes.c.ended_at).order_by(passes.c.name)
    with store.read() as connection:
        assert list(connection.execute(ended).scalars()) == [None, NOW]


def test_words_are_found_in_the_restored_store(pair: tuple[Store, Store], tmp_path: Path) -> None:
    """On SQLite the index over them is no table of ours, so nothing copies it."""
    fill(pair[0])
    store = moved(pair, tmp_path)
    if store.dialect != "sqlite":
        return
    with store.read() as connection:
        tables = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE sql LIKE '%USING fts5%'"
        ).scalars()
        for name in tables:
            found = connection.exec_driver_sql(
                f"SELECT count(*) FROM {name} WHERE {name} MATCH 'quoted'"
            )
            assert found.scalar() == one(store, sa.select(sa.func.count()).select_from(searchable))


def test_a_store_says_when_it_was_restored(pair: tuple[Store, Store], tmp_path: Path) -> None:
    drained(pair[0], polled(an_issue()))
    with pair[0].read() as connection:
        assert backup.restored_at(connection) is None
    with moved(pair, tmp_path).read() as connection:
        assert backup.restored_at(connection) == NOW


def test_a_backup_beside_writers_is_whole_and_of_one_moment(store: Store, tmp_path: Path) -> None:
    drained(store, polled(an_issue(title="Kept")))
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with store.write() as connection:  # always both, or none
                for table in (renders, census_seen):
                    row = {"id": str(number), "document": b"", "at": NOW, "round": number}
                    row |= {"source": SOURCE, "ticket": str(number)}
                    names = {column.name for column in table.c}
                    connection.execute(
                        table.insert().values({n: v for n, v in row.items() if n in names})
                    )

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            backup.write(store, tmp_path / "deep" / f"copy{number}.db")
    finally:
        stop.set()
        writer.join()
    counted = []
    for number in range(5):
        copy = open_store(f"sqlite:///deep/copy{number}.db", tmp_path)
        assert ready(copy) is None
        assert held(copy).title == "Kept"
        seen = [
            one(copy, sa.select(sa.func.count()).select_from(t)) for t in (renders, census_seen)
        ]
        assert seen[0] == seen[1]
        counted.append(seen[0])
        with copy.read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        copy.close()
    assert counted == sorted(counted)
    assert counted[-1] > 0


def test_a_backup_is_one_file_and_nothing_is_left_beside_it(store: Store, tmp_path: Path) -> None:
    drained(store, polled(an_issue()))
    folder = tmp_path / "backups"
    told: list[tuple[str, int, int]] = []
    copied = backup.write(store, folder / "a.db", lambda *one: told.append(one))
    assert [one.name for one in folder.iterdir()] == ["a.db"]
    assert copied.tables["tickets"] == 1
    assert told
    assert all(0 <= done <= total for _, done, total in told)
    with closing(sqlite3.connect(folder / "a.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_backup_may_have_any_name(store: Store, tmp_path: Path) -> None:
    drained(store, polled(an_issue()))
    file = tmp_path / "why? 100%20#1.db"
    backup.write(store, file)
    assert list(tmp_path.glob("*[?]*")) == [file]
    assert backup.schema_of(file) == HEAD


def test_a_backup_overwrites_nothing_and_names_where_it_cannot_write(
    store: Store, tmp_path: Path
) -> None:
    (tmp_path / "there").write_text("mine")
    with pytest.raises(TicketsyncError, match="exists already"):
        backup.write(store, tmp_path / "there")
    with pytest.raises(TicketsyncError, match="cannot be written: File exists"):
        backup.write(store, tmp_path / "there" / "below.db")
    assert (tmp_path / "there").read_text() == "mine"


def test_a_restore_leaves_the_backup_as_it_was(sqlite_store: Store, tmp_path: Path) -> None:
    fill(sqlite_store)
    folder = tmp_path / "backups"
    backup.write(sqlite_store, folder / "a.db")
    (folder / "a.db").chmod(0o400)
    before = (folder / "a.db").read_bytes()
    target = open_store("sqlite:///new.db", tmp_path)
    backup.restore(target, folder / "a.db", "me", NOW)
    target.close()
    assert (folder / "a.db").read_bytes() == before
    assert [one.name for one in folder.iterdir()] == ["a.db"]


def test_what_postgresql_refuses_is_replaced(
    sqlite_store: Store, postgres_store: Store, tmp_path: Path
) -> None:
    """SQLite takes NUL in text; an error message of a driver may quote one."""
    with sqlite_store.write() as connection:
        audit.note(connection, NOW, "me\x00", "x", "y", before={"a\x00": ["b\x00c"]})
    backup.write(sqlite_store, tmp_path / "a.db")
    backup.restore(postgres_store, tmp_path / "a.db", "me", NOW)
    with postgres_store.read() as connection:
        row = connection.execute(sa.select(lines).order_by(lines.c.id)).first()
    assert row is not None
    assert (row.who, row.before) == ("me\ufffd", {"a\ufffd": ["b\ufffdc"]})


def test_a_grant_travels_sealed_as_it_is(pair: tuple[Store, Store], tmp_path: Path) -> None:
    with pair[0].write() as connection:
        connection.execute(
            grants.insert().values(
                tracker="jira", site="", sealed=b"\x80sealed", generation=3, sites={}, scopes=[],
                granted_at=NOW,
            )
        )  # fmt: skip
    store = moved(pair, tmp_path)
    assert bytes(one(store, sa.select(grants.c.sealed))) == b"\x80sealed"


def test_an_interrupted_restore_leaves_the_store_empty(
    sqlite_store: Store, postgres_store: Store, tmp_path: Path
) -> None:
    fill(sqlite_store)
    backup.write(sqlite_store, tmp_path / "a.db")

    def stop(what: str, _done: int, _total: int) -> None:
        if what == "tickets":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backup.restore(postgres_store, tmp_path / "a.db", "me", NOW, stop)
    assert not any(dump(postgres_store).values())
    backup.restore(postgres_store, tmp_path / "a.db", "me", NOW)
