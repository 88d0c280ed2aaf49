"""What a restore refuses, and what it brings to this version's schema first."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from schemas.errors import TicketsyncError
from store import backup, sources
from store.database import Store, open_store
from store.tables import sessions
from store.tables import sources as source_rows
from tests.builders import NOW, a_source, an_issue, polled
from tests.store.test_backup import dump, fill, one
from tests.workers.draining import drained


def test_a_store_that_holds_anything_is_left_alone(store: Store, tmp_path: Path) -> None:
    drained(store, polled(an_issue(title="Mine")))
    backup.write(store, tmp_path / "a.db")
    before = dump(store)
    with pytest.raises(TicketsyncError, match="not empty: it has rows in `"):
        backup.restore(store, tmp_path / "a.db", "me", NOW)
    assert dump(store) == before


def test_sources_that_a_start_declared_are_no_hindrance_but_read_ones_are(
    sqlite_store: Store, postgres_store: Store, tmp_path: Path
) -> None:
    drained(sqlite_store, polled(an_issue()))
    backup.write(sqlite_store, tmp_path / "a.db")
    with postgres_store.write() as connection:
        sources.declare(connection, [a_source("other")], NOW)
        sources.pin(connection, "other", "77", "o/r")
    with pytest.raises(TicketsyncError, match="a source was read"):
        backup.restore(postgres_store, tmp_path / "a.db", "me", NOW)
    with postgres_store.write() as connection:
        connection.execute(source_rows.update().values(project_id=None))
    backup.restore(postgres_store, tmp_path / "a.db", "me", NOW)
    assert one(postgres_store, sa.select(sa.func.count()).select_from(source_rows)) == 0


def versioned(file: Path, version: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))


def test_what_is_no_backup_is_one_line(sqlite_store: Store, tmp_path: Path) -> None:
    target = open_store("sqlite:///new.db", tmp_path)
    text, strange, newer = (tmp_path / name for name in ("text", "strange.db", "newer.db"))
    text.write_text("SELECT 1")
    with closing(sqlite3.connect(strange)) as connection:
        connection.execute("CREATE TABLE mine (a)")
    backup.write(sqlite_store, newer)
    versioned(newer, "9999")
    for file, why in (
        (text, "is no backup"),
        (strange, "is no backup of ticketsync"),
        (newer, "has schema 9999, this version of ticketsync knows"),
        (tmp_path / "nowhere", "cannot be read: No such file"),
        (tmp_path, "cannot be read: Is a directory"),
    ):
        with pytest.raises(TicketsyncError, match=why) as told:
            backup.restore(target, file, "me", NOW)
        assert "\n" not in str(told.value)
    target.close()


def test_a_damaged_backup_fills_nothing(sqlite_store: Store, tmp_path: Path) -> None:
    fill(sqlite_store, 300)
    file = tmp_path / "a.db"
    backup.write(sqlite_store, file)
    content = bytearray(file.read_bytes())
    content[len(content) // 3 : len(content) // 3 * 2] = bytes(len(content) // 3)
    file.write_bytes(content)
    target = open_store("sqlite:///new.db", tmp_path)
    with pytest.raises(TicketsyncError, match=r"is damaged|is no backup"):
        backup.restore(target, file, "me", NOW)
    assert not any(dump(target).values())
    target.close()


def test_an_older_backup_is_brought_to_this_schema_first(store: Store, tmp_path: Path) -> None:
    """Made by the first version there was."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'older.db'}")
    settings = Config()
    folder = Path(backup.__file__).parent / "migrations"
    settings.set_main_option("script_location", str(folder))
    with engine.connect() as connection, connection.begin():
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0004")
        connection.exec_driver_sql(
            "INSERT INTO sessions (source, kind, started_at, status, report)"
            " VALUES ('shop', 'full', '2026-01-01 00:00:00.000000', 'complete', '{}')"
        )
    engine.dispose()
    before = (tmp_path / "older.db").read_bytes()
    copied = backup.restore(store, tmp_path / "older.db", "me", NOW)
    assert copied.schema == "0004"
    assert one(store, sa.select(sessions.c.kind)) == "full"
    assert (tmp_path / "older.db").read_bytes() == before
