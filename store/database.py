"""One database, two dialects: how it is opened, read and written.

`write()` is the only way to a write transaction. On SQLite it first takes a process-wide lock, then
`BEGIN IMMEDIATE`: measured five times the drains per second of `busy_timeout` alone, and without it
read-modify-write transactions silently lose updates.
"""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from schemas.errors import Collision, ConfigError, StoreAway
from schemas.settings import Settings
from store.migrations import HEAD
from store.views import standing
from store.views.dialect import TABLES

Connection = sa.Connection
SCHEMA = TABLES
_BUSY_MILLISECONDS = 5_000
_COLLISIONS = {"40001", "40P01"}
"""serialization_failure, deadlock_detected (PostgreSQL, appendix A)."""
_SQLITE_AWAY = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
}
"""Primary result codes (https://www.sqlite.org/rescode.html) of a store that may come back."""
_write_locks: dict[str, AbstractContextManager[Any]] = {}


class Store:
    """An open database. Cheap to share between threads; close it once at the end."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.dialect = engine.dialect.name
        self._writing = engine.execution_options(ticketsync_write=True)
        # Under READ COMMITTED every statement sees its own moment anyway: BEGIN and COMMIT around
        # reads would be two round trips for nothing.
        self._reading = (
            engine.execution_options(isolation_level="AUTOCOMMIT")
            if self.dialect == "postgresql"
            else engine
        )
        self._write_lock = _lock_of(engine)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """For reading: one consistent moment on SQLite, the latest of each statement on PostgreSQL.

        Raises StoreAway when the database does not answer.
        """
        with _store_errors(), self._reading.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A write transaction, committed at the end. Raises StoreAway like `read`."""
        with (
            _store_errors(),
            self._write_lock,
            self._writing.connect() as connection,
            connection.begin(),
        ):
            yield connection

    def close(self) -> None:
        """Gives all connections back; the object may be used again afterwards."""
        self.engine.dispose()


def open_for(settings: Settings, *, migrate: bool | None = None) -> Store:
    """The store of a configuration, with its views for analysts. Raises like `open_store`."""
    trackers = frozenset(source.tracker for source in settings.sources)
    return open_store(
        settings.store.url,
        settings.folder,
        migrate=settings.store.auto_migrate if migrate is None else migrate,
        views=standing.Wanted(settings.views, trackers),
    )


def open_store(
    url: str,
    folder: Path,
    *,
    migrate: bool = True,
    pool_size: int = 10,
    views: standing.Wanted | None = None,
) -> Store:
    """Opens and, unless told otherwise, migrates the database at `url`.

    A relative SQLite path is taken from `folder`. Where it may migrate it also makes `views`; what
    is in their way is logged, one warning each. Raises ConfigError when it cannot be reached, or
    its schema is not this version's and may not be migrated here.
    """
    try:
        store = Store(_engine(url, folder, pool_size))
    except sa.exc.ArgumentError:
        known = "sqlite:///file.db or postgresql://user:password@host/database"
        raise ConfigError(f"[store] url: not a database's address; write {known}") from None
    try:
        behind = ready(store)
        if migrate and behind:
            upgrade(store, views)
            behind = ready(store)
        if migrate and views and not behind:
            _show(store, views)
    except (StoreAway, sa.exc.SQLAlchemyError, OSError) as error:
        store.close()
        raise ConfigError(f"[store] url: cannot open {_shown(url)}: {_cause(error)}") from None
    except ConfigError:
        store.close()
        raise
    if behind:
        store.close()
        raise ConfigError(f"[store] url: {_shown(url)}: {behind}")
    return store


def ready(store: Store) -> str | None:
    """None when the database answers and its schema is current, else why not, in one line."""
    try:
        with store.read() as connection:
            found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    except (StoreAway, sa.exc.SQLAlchemyError) as error:
        if "alembic_version" in str(error):
            return "the database is empty: run `ticketsync db migrate`"
        # What is away already says so.
        said = "" if isinstance(error, StoreAway) else "the database does not answer: "
        return f"{said}{_cause(error)}"
    if found == HEAD:
        return None
    return f"the database is at schema {found}, this version needs {HEAD}: `ticketsync db migrate`"


def upgrade(store: Store, views: standing.Wanted | None = None) -> None:
    """Brings the schema to this version, and `views` with it, one process at a time."""
    # Alembic costs 0.2 s to import; an up-to-date database never needs it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with store.write() as connection:
        _alone(connection)
        if store.dialect == "postgresql":
            connection.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        # A table that a view stands on cannot be changed.
        aside = standing.lay_aside(connection)
        settings.attributes["connection"] = connection
        try:
            command.upgrade(settings, "head")
        except CommandError as error:
            raise ConfigError(
                f"[store] url: the database belongs to another version of ticketsync: {error}"
            ) from None
        if views:
            _bring_up(connection, views, aside)


def _show(store: Store, views: standing.Wanted) -> None:
    with store.read() as connection:
        if standing.up_to_date(connection, views):
            return
    with store.write() as connection:
        _alone(connection)
        _bring_up(connection, views)


def _bring_up(
    connection: Connection, views: standing.Wanted, aside: standing.Standing | None = None
) -> None:
    for fault in standing.bring_up(connection, views, aside):
        logging.getLogger(__name__).warning("%s", fault)


def _alone(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(746163)"))


def _engine(url: str, folder: Path, pool_size: int) -> sa.Engine:
    parsed = sa.make_url(url)
    options: dict[str, Any] = {"json_serializer": _dumps, "json_deserializer": _loads}
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            parsed = parsed.set(database=str((folder / parsed.database).absolute()))
        engine = sa.create_engine(parsed, **options)
        event.listen(engine, "connect", _open_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    parsed = parsed.set(drivername="postgresql+psycopg")
    options |= {"pool_size": pool_size, "max_overflow": 5, "pool_timeout": 5}
    # A host that vanishes in mid-statement must not hold a thread for the kernel's quarter hour.
    alive = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
    options |= {"connect_args": {"connect_timeout": 5, "tcp_user_timeout": 10_000, **alive}}
    engine = sa.create_engine(parsed, **options)
    event.listen(engine, "connect", _open_postgres)
    return engine


def _open_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we send BEGIN ourselves
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # law 1: an answered delivery survives a power cut
        f"busy_timeout={_BUSY_MILLISECONDS}",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writing = connection.get_execution_options().get("ticketsync_write")
    statement = "BEGIN IMMEDIATE" if writing else "BEGIN"
    try:
        # By the driver itself: a tenth of what SQLAlchemy takes for it.
        connection.connection.cursor().execute(statement)
    except sqlite3.Error as error:
        connection._handle_dbapi_exception(error, statement, (), None, None)


def _open_postgres(connection: Any, _record: Any) -> None:
    # As statements, not start-up options: connection poolers refuse those.
    with connection.cursor() as cursor:
        cursor.execute(f"SET search_path = {SCHEMA}, public")
        cursor.execute("SET synchronous_commit = on")
        cursor.execute("SET lock_timeout = '5s'")
        cursor.execute("SET timezone = 'UTC'")
    connection.commit()


@contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise StoreAway(f"no free database connection: {_cause(error)}") from error
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in _COLLISIONS:
            raise Collision(f"two transactions collided: {_cause(error)}") from error
        if _is_away(error):
            raise StoreAway(f"the database does not answer: {_cause(error)}") from error
        raise


def _is_away(error: DBAPIError) -> bool:
    """Whether waiting may help; sqlite3 files even a syntax error under OperationalError."""
    if error.connection_invalidated or isinstance(error, sa.exc.InterfaceError):
        return True
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return (code & 0xFF) in _SQLITE_AWAY
    return isinstance(error, sa.exc.OperationalError)


def _lock_of(engine: sa.Engine) -> AbstractContextManager[Any]:
    if engine.dialect.name != "sqlite":
        return nullcontext()
    return _write_locks.setdefault(str(engine.url.database), Lock())


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def _loads(value: Any) -> Any:
    """SQLite keeps the JSON of a number as that number: a column called JSON is numeric to it
    (https://www.sqlite.org/datatype3.html#determination_of_column_affinity)."""
    return value if isinstance(value, int | float) else orjson.loads(value)


def _cause(error: Exception) -> str:
    """The first line of the driver's own words, without the statement and its values."""
    origin = getattr(error, "orig", None) or error
    return str(origin).strip().split("\n")[0] or type(origin).__name__


def _shown(url: str) -> str:
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except sa.exc.ArgumentError:
        return "the given address"
