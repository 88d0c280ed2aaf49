"""Backup and restore: one SQLite file of our schema, whatever the database.

A SQLite store is copied page by page while it is in use. Of a PostgreSQL one every table is read in
one snapshot. Both end as a file that another store of either dialect can be made of.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import sqlalchemy as sa

from schemas.errors import TicketsyncError
from store import audit
from store.database import SCHEMA, Connection, Store, open_store
from store.migrations import HEAD
from store.tables import audit as lines
from store.tables import leases, metadata, passes, sources, tickets

Progress = Callable[[str, int, int], None]
"""Told what is copied, how much of it is done and how much there is."""
RESTORE = "restore"
PAGES = 512
ROWS = 200
"""Bodies of deliveries may have megabytes."""
DECLARED = frozenset({"sources", "leases"})
"""What every process writes as it starts: no reason not to restore."""
_MAGIC = b"SQLite format 3\x00"


@dataclass(slots=True)
class Copied:
    """How many rows of each table were copied; `schema` is the file's own."""

    schema: str = HEAD
    tables: dict[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(self.tables.values())


def _quiet(_what: str, _done: int, _total: int) -> None:
    """Nobody looks."""


def write(store: Store, target: Path, progress: Progress = _quiet) -> Copied:
    """Writes a backup beside whatever else is going on; the file is there once it is whole.

    Raises TicketsyncError when the file exists or cannot be written, StoreAway without a database.
    """
    if target.exists():
        raise TicketsyncError(f"{target} exists already; name a new file")
    part = target.with_name(f".backup-{os.getpid()}.part")  # no sign in it means more in a URL
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _cleared_away(part):
            copied = _write(store, part, progress)
            _settle(part)
            part.rename(target)
    except (OSError, sqlite3.Error) as error:
        why = getattr(error, "strerror", None) or error
        raise TicketsyncError(f"{target}: cannot be written: {why}") from None
    return copied


@contextmanager
def _cleared_away(part: Path) -> Iterator[None]:
    """Whatever happens, nothing half is left."""
    try:
        yield
    finally:
        for ending in ("", "-wal", "-shm", "-journal"):
            part.with_name(part.name + ending).unlink(missing_ok=True)


def _write(store: Store, part: Path, progress: Progress) -> Copied:
    if store.dialect == "sqlite":
        _copy_pages(store, part, progress)
        with _opened(part) as connection:
            return Copied(tables=_counts(connection))
    copy = open_store(f"sqlite:///{part.name}", part.parent)
    try:
        with _snapshot(store) as seen, copy.write() as connection:
            return Copied(tables=_copy(seen, connection, progress))
    finally:
        copy.close()


def _copy_pages(store: Store, part: Path, progress: Progress) -> None:
    def told(_status: int, left: int, total: int) -> None:
        progress("pages", total - left, total)

    with store.engine.connect() as connection, connection.begin():
        # Held to one moment, it does not begin anew with every write beside it.
        connection.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1")
        source: Any = connection.connection.driver_connection
        with closing(sqlite3.connect(part)) as copy:
            source.backup(copy, pages=PAGES, progress=told, sleep=0)


@contextmanager
def _snapshot(store: Store) -> Iterator[Connection]:
    """One moment of a PostgreSQL store, for as long as it takes."""
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    engine = store.engine.execution_options(**options)
    with engine.connect() as connection, connection.begin():
        yield connection


def _settle(part: Path) -> None:
    """One file, without the two that stand beside one in use; on the disk before it is named."""
    with closing(sqlite3.connect(part)) as copy:
        copy.execute("PRAGMA journal_mode = DELETE")
    with part.open("rb+") as file:
        os.fsync(file.fileno())


def restore(
    store: Store, file: Path, who: str, now: datetime, progress: Progress = _quiet
) -> Copied:
    """Fills an empty store of either dialect from a backup, in one transaction.

    The journal, cursors and all tickets are as they were; files and what is derived become due, and
    so does a count of every source: what happened since is for the reconciler to find. Raises
    TicketsyncError when the file is no backup or a newer one, or the store is not empty.
    """
    found = schema_of(file)
    with _readable(file, found) as path, _opened(path) as seen:
        _check_whole(seen, file)
        with store.write() as connection:
            _make_room(connection)
            copied = Copied(found, _copy(seen, connection, progress))
            _set_sequences(connection)
            _make_due(connection)
            note = {"schema": found, "rows": copied.rows}
            audit.note(connection, now, who, RESTORE, f"from {file.name}", None, note)
    return copied


def restored_at(connection: Connection) -> datetime | None:
    """When the store was last made of a backup; None when it never was.

    What was made at a tracker since that backup is not known to it until all was read once.
    """
    query = sa.select(lines.c.at).where(lines.c.action == RESTORE).order_by(lines.c.id.desc())
    moment: datetime | None = connection.execute(query.limit(1)).scalar()
    return moment


def schema_of(file: Path) -> str:
    """The schema of a backup; raises TicketsyncError for a file that is none, or a newer one."""
    try:
        with file.open("rb") as opened:
            if opened.read(len(_MAGIC)) != _MAGIC:
                raise TicketsyncError(f"{file} is no backup: `db backup FILE` writes one")
    except OSError as error:
        raise TicketsyncError(f"{file}: cannot be read: {error.strerror}") from None
    try:
        with closing(_sqlite(file)) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise TicketsyncError(f"{file} is no backup of ticketsync: {error}") from None
    version = str(row[0]) if row else ""
    if not version.isdecimal():
        raise TicketsyncError(f"{file} is no backup of ticketsync: it names no schema of ours")
    if int(version) > int(HEAD):
        raise TicketsyncError(
            f"{file} has schema {version}, this version of ticketsync knows {HEAD}: "
            "upgrade ticketsync first"
        )
    return version


@contextmanager
def _readable(file: Path, version: str) -> Iterator[Path]:
    """The file, or a copy of an older one that was brought to this version's schema."""
    if version == HEAD:
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="ticketsync-restore-") as folder:
        copy = Path(folder) / "older.db"
        try:
            shutil.copyfile(file, copy)
        except OSError as error:
            raise TicketsyncError(f"{file}: cannot be copied: {error.strerror}") from None
        open_store(f"sqlite:///{copy.name}", copy.parent).close()
        yield copy


@contextmanager
def _opened(file: Path) -> Iterator[Connection]:
    """A SQLite file for reading, with our types; nothing is written, not even beside it."""
    engine = sa.create_engine(
        "sqlite://",
        creator=lambda: _sqlite(file),
        poolclass=sa.NullPool,
        json_deserializer=orjson.loads,
    )
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _sqlite(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(file.absolute()))}?mode=ro", uri=True)


def _check_whole(seen: Connection, file: Path) -> None:
    try:
        told = str(seen.exec_driver_sql("PRAGMA quick_check(1)").scalar())
    except sa.exc.DatabaseError as error:
        told = str(error.orig)
    if told != "ok":
        raise TicketsyncError(f"{file} is damaged ({told}): take another backup")


def _counts(connection: Connection) -> dict[str, int]:
    return {str(table.name): _count(connection, table) for table in metadata.sorted_tables}


def _count(connection: Connection, table: sa.Table) -> int:
    query = sa.select(sa.func.count()).select_from(table)
    return int(connection.execute(query).scalar_one())


def _make_room(connection: Connection) -> None:
    """An empty store, but for the sources that every process declares. Raises TicketsyncError."""
    for table in metadata.sorted_tables:
        some = sa.select(sa.literal(1)).select_from(table).limit(1)
        if table.name not in DECLARED and connection.execute(some).first():
            raise TicketsyncError(
                f"the store is not empty: it has rows in `{table.name}`; restore into a new one"
            )
    read = sa.or_(sources.c.cursor.is_not(None), sources.c.project_id.is_not(None))
    if connection.execute(sa.select(sources.c.name).where(read)).first():
        raise TicketsyncError("the store is not empty: a source was read; restore into a new one")
    for table in (sources, leases):
        connection.execute(table.delete())


def _copy(seen: Connection, into: Connection, progress: Progress) -> dict[str, int]:
    """Every table, some rows at a time; how many of each."""
    total = _counts(seen)
    copied = {}
    for table in metadata.sorted_tables:
        columns = [column for column in table.c if column.computed is None]
        query = sa.select(*columns)
        done = 0
        rows = seen.execute(query, execution_options={"yield_per": ROWS}).mappings()
        for some in rows.partitions(ROWS):
            values = [dict(row) for row in some]
            if into.dialect.name == "postgresql":
                values = [_without_nul(row) for row in values]
            into.execute(table.insert().inline(), values)
            done += len(values)
            progress(str(table.name), done, max(done, total[table.name]))
        copied[str(table.name)] = done
    return copied


def _without_nul(row: dict[str, Any]) -> dict[str, Any]:
    """PostgreSQL takes no NUL in text or JSON; SQLite keeps whatever it was given."""
    return {name: _bare(value) for name, value in row.items()}


def _bare(value: Any) -> Any:
    match value:
        case str():
            return value.replace("\x00", "\N{REPLACEMENT CHARACTER}") if "\x00" in value else value
        case list():
            return [_bare(one) for one in value]
        case dict():
            return {_bare(name): _bare(one) for name, one in value.items()}
    return value


def _set_sequences(connection: Connection) -> None:
    """The next row gets the next number; SQLite looks for itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is None:
            continue
        last = connection.execute(sa.select(sa.func.max(column))).scalar()
        named = sa.func.pg_get_serial_sequence(f"{SCHEMA}.{table.name}", column.name)
        if last is not None and connection.execute(sa.select(named)).scalar():
            connection.execute(sa.select(sa.func.setval(named, last)))


def _make_due(connection: Connection) -> None:
    """What the machine before had done for itself is done anew, and every source counted soon."""
    raised = {name: tickets.c[name] + 1 for name in ("render_due", "derive_due")}
    connection.execute(tickets.update().values(raised))
    connection.execute(leases.update().values(expires_at=datetime(1970, 1, 1, tzinfo=UTC)))
    connection.execute(sources.update().values(next_session_at=None))
    connection.execute(
        passes.update().where(passes.c.name == "census").values(ended_at=None, mark=None)
    )
