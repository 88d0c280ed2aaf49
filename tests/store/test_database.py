"""Opening, migrating, writing from several sides, and what an outage is called."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from schemas.errors import ConfigError, StoreAway
from store.database import Store, open_store, ready, upgrade
from store.migrations import HEAD
from store.tables import metadata, people
from store.tables.search import BESIDE
from tests.conftest import Database
from tests.servers import Postgres, free_port

ROOT = Path(__file__).parents[2]


def count(store: Store) -> int:
    with store.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(people)).scalar_one()


def insert(connection: sa.Connection, name: str) -> None:
    connection.exec_driver_sql(
        "INSERT INTO people (source, external_id, login, name, kind, seen_at)"
        f" VALUES ('s', '{name}', '', '', 'user', '2026-11-20 12:00:00')"
    )


def in_both_dialects(_: object, name: str | None, *more: object) -> bool:
    return name not in BESIDE


def test_the_migrations_make_exactly_the_tables_of_the_code(store: Store) -> None:
    with store.read() as connection:
        options = {"compare_type": False, "include_object": in_both_dialects}
        context = MigrationContext.configure(connection, opts=options)
        differences = compare_metadata(context, metadata)
    assert differences == []


def test_every_column_has_the_type_of_the_code(store: Store) -> None:
    with store.read() as connection:
        found = sa.inspect(connection)
        for table in metadata.sorted_tables:
            columns = {c["name"]: c for c in found.get_columns(table.name)}
            assert set(columns) == {c.name for c in table.columns}
            for column in table.columns:
                said = columns[column.name]["type"].compile(connection.dialect)
                meant = column.type.compile(connection.dialect)
                assert str(said).split()[0] == str(meant).split()[0], f"{table}.{column.name}"


def test_head_names_the_newest_migration() -> None:
    assert ScriptDirectory(str(ROOT / "store/migrations")).get_current_head() == HEAD


def test_a_current_database_is_ready_and_migrating_again_changes_nothing(store: Store) -> None:
    assert ready(store) is None
    upgrade(store)
    assert ready(store) is None


@pytest.mark.parametrize("dialect", ["sqlite", "postgres"])
def test_an_empty_database_that_may_not_be_migrated_says_what_to_do(
    request: pytest.FixtureRequest, tmp_path: Path, dialect: str
) -> None:
    url = "sqlite:///new.db"
    if dialect == "postgres":
        url = request.getfixturevalue("shared_postgres").url
    with pytest.raises(ConfigError, match=r"the database is empty: run `ticketsync db migrate`"):
        open_store(url, tmp_path, migrate=False)


def test_a_database_of_a_newer_version_is_refused_in_one_line(database: Database) -> None:
    store = database.open()
    with store.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(ConfigError, match=r"another version of ticketsync"):
        database.open()


def test_a_relative_sqlite_path_is_taken_from_the_folder_given(tmp_path: Path) -> None:
    open_store("sqlite:///data.db", tmp_path).close()
    assert (tmp_path / "data.db").exists()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///missing/folder/x.db",
        "postgresql://ines:secret@127.0.0.1:{port}/none",
        "nonsense",
        "mysql://a/b",
    ],
)
def test_an_address_that_leads_nowhere_is_a_fault_without_its_password(
    tmp_path: Path, url: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        open_store(url.format(port=free_port()), tmp_path)
    assert "[store] url" in str(refused.value)
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_sqlite_survives_a_power_cut_and_readers_beside_a_writer(sqlite_store: Store) -> None:
    with sqlite_store.read() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_postgres_answers_after_the_commit_and_in_utc(postgres_store: Store) -> None:
    with postgres_store.read() as connection:
        shown = {
            name: connection.exec_driver_sql(f"SHOW {name}").scalar()
            for name in ("synchronous_commit", "lock_timeout", "timezone", "search_path")
        }
    assert shown == {
        "synchronous_commit": "on",
        "lock_timeout": "5s",
        "timezone": "UTC",
        "search_path": "ticketsync, public",
    }


def test_a_write_that_fails_leaves_nothing(store: Store) -> None:
    def write() -> None:
        with store.write() as connection:
            insert(connection, "half")
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        write()
    assert count(store) == 0
    with store.write() as connection:
        insert(connection, "whole")
    assert count(store) == 1


def test_a_reader_sees_one_moment(sqlite_store: Store) -> None:
    with sqlite_store.read() as connection:
        before = connection.execute(sa.text("SELECT count(*) FROM people")).scalar()
        with sqlite_store.write() as writer:
            insert(writer, "later")
        after = connection.execute(sa.text("SELECT count(*) FROM people")).scalar()
    assert before == after == 0


def add_one(store: Store) -> None:
    """A read, a pause in thought, a write: what loses updates without a lock."""
    with store.write() as connection:
        seen = connection.execute(sa.text("SELECT fence FROM leases WHERE name = 'n'")).scalar_one()
        connection.execute(sa.text("UPDATE leases SET fence = :f"), {"f": seen + 1})


def start_counting(store: Store) -> None:
    with store.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO leases (name, holder, fence, expires_at)"
            " VALUES ('n', 'h', 0, '2026-11-20 12:00:00')"
        )


def counted(store: Store) -> int:
    with store.read() as connection:
        return connection.execute(sa.text("SELECT fence FROM leases")).scalar_one()


def test_many_threads_writing_one_sqlite_lose_no_update(sqlite_database: Database) -> None:
    stores = [sqlite_database.open() for _ in range(2)]
    start_counting(stores[0])
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_one, stores * 40))
    assert counted(stores[0]) == 80
    for store in stores:
        store.close()


WRITER = """
import sys
from pathlib import Path
from store.database import open_store
from tests.store.test_database import add_one
store = open_store(sys.argv[1], Path(sys.argv[2]))
for _ in range(40):
    add_one(store)
store.close()
"""


def test_two_processes_writing_one_sqlite_lose_no_update(sqlite_database: Database) -> None:
    store = sqlite_database.open()
    start_counting(store)
    command = [sys.executable, "-c", WRITER, sqlite_database.url, str(sqlite_database.folder)]
    others = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    for _ in range(40):
        add_one(store)
    assert [other.wait(60) for other in others] == [0, 0]
    assert counted(store) == 120
    store.close()


def test_two_processes_migrating_at_once_both_succeed(postgres: Postgres, tmp_path: Path) -> None:
    ready_to_go = threading.Barrier(3)

    def open_one(_: int) -> str | None:
        ready_to_go.wait(10)
        store = open_store(postgres.url, tmp_path)
        found = ready(store)
        store.close()
        return found

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(open_one, range(3))) == [None, None, None]


def test_a_busy_sqlite_is_away_not_broken(sqlite_database: Database) -> None:
    store, other = sqlite_database.open(), sqlite_database.open()
    sa.event.listen(store.engine, "connect", lambda c, _: c.execute("PRAGMA busy_timeout=50"))
    store.close()
    with (
        other.engine.connect() as connection,
        connection.execution_options(ticketsync_write=True).begin(),
        pytest.raises(StoreAway, match="does not answer: database is locked"),
        store.write(),
    ):
        pass
    store.close()
    other.close()


def test_a_wrong_statement_is_not_an_outage(store: Store) -> None:
    with pytest.raises(sa.exc.DBAPIError) as wrong, store.read() as connection:
        connection.exec_driver_sql("SELECT nothing FROM nowhere")
    assert not isinstance(wrong.value, StoreAway)


def test_a_postgres_that_dies_is_away_and_its_return_is_noticed(
    postgres: Postgres, tmp_path: Path
) -> None:
    store = open_store(postgres.url, tmp_path)
    with store.write() as connection:
        insert(connection, "kept")
    postgres.kill()
    with pytest.raises(StoreAway):
        count(store)
    assert (ready(store) or "").count("does not answer") == 1
    postgres.start()
    for _ in range(20):  # each pooled connection fails once
        try:
            found = count(store)
            break
        except StoreAway:
            continue
    assert found == 1
    store.close()


def test_a_postgres_that_dies_in_a_write_is_away_and_nothing_is_half_done(
    postgres: Postgres, tmp_path: Path
) -> None:
    store = open_store(postgres.url, tmp_path)

    def write() -> None:
        with store.write() as connection:
            insert(connection, "lost")
            postgres.kill()
            insert(connection, "lost too")

    with pytest.raises(StoreAway):
        write()
    postgres.start()
    store.close()
    assert count(store) == 0
    store.close()
