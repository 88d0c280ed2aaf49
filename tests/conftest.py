"""Servers and stores for all tests.

`database` and `store` run a test on SQLite and on PostgreSQL. `postgres` and `redis_server` are
servers of the test's own, to be stopped and killed. TEST_DATABASE_URL and TEST_REDIS_URL win.
Where a server cannot run the test is skipped with one line; with CI=true it fails.
"""

import itertools
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import make_url

from store.database import SCHEMA, Store, open_store
from store.migrations import HEAD
from store.tables import metadata
from tests.servers import Postgres, Server, Unavailable, Valkey, twice

settings.register_profile(
    "tests",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("tests")

DIALECTS = ("sqlite", "postgres")
_numbers = itertools.count()


@dataclass(frozen=True)
class Database:
    """A migrated, empty database of one test's own: what `open_store(url, folder)` takes."""

    dialect: str
    url: str
    folder: Path

    def open(self) -> Store:
        """One more store on it, as another process would have; close it."""
        return open_store(self.url, self.folder)


Databases = Callable[[Path], AbstractContextManager[Database]]
"""Makes databases that last for a context."""


class External:
    """A server that was given by an address: it is used, and left alone."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.running = True

    def url_of(self, database: str) -> str:
        return make_url(self.url).set(database=database).render_as_string(hide_password=False)

    def _refuse(self, *_: str) -> None:
        pytest.skip("a server that was given by its address is never stopped")

    start = stop = kill = restart = say = _refuse

    def close(self) -> None:
        """Nothing."""


def pytest_configure(config: pytest.Config) -> None:
    """An end by SIGTERM is an end in order: fixtures stop what they started."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt("SIGTERM")

    with suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGTERM, end)


def started(make: Callable[[], Server]) -> Server:
    """A running server; the test is skipped without one, and fails where CI promises it."""
    try:
        return twice(make)
    except (Unavailable, OSError) as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"no server for this test: {error}", pytrace=False)
        pytest.skip(f"no server for this test: {error}")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file."""
    folder = tmp_path_factory.mktemp("template")
    open_store("sqlite:///template.db", folder).close()
    return folder / "template.db"


@pytest.fixture(scope="session")
def shared_postgres() -> Iterator[Postgres | External]:
    """The PostgreSQL that tests share; never stop it (see `postgres`)."""
    given = os.environ.get("TEST_DATABASE_URL")
    server = External(given) if given else started(Postgres)
    yield server
    server.close()


@pytest.fixture(scope="session")
def postgres_template(shared_postgres: Postgres | External) -> Iterator[str]:
    """The name of a migrated database that new ones are copied from."""
    with _new_database(shared_postgres, "template") as name:
        open_store(shared_postgres.url_of(name), Path()).close()
        yield name


@pytest.fixture(params=DIALECTS)
def database(request: pytest.FixtureRequest) -> Database:
    """An empty, migrated database on each dialect."""
    return request.getfixturevalue(f"{request.param}_database")


@pytest.fixture
def sqlite_database(sqlite_databases: Databases, tmp_path: Path) -> Iterator[Database]:
    """An empty, migrated SQLite file."""
    with sqlite_databases(tmp_path) as made:
        yield made


@pytest.fixture
def postgres_database(postgres_databases: Databases, tmp_path: Path) -> Iterator[Database]:
    """An empty, migrated PostgreSQL database."""
    with postgres_databases(tmp_path) as made:
        yield made


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    """An open store on each dialect."""
    opened = database.open()
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(sqlite_database: Database) -> Iterator[Store]:
    """An open store on SQLite, for what does not depend on the dialect."""
    opened = sqlite_database.open()
    yield opened
    opened.close()


@pytest.fixture
def postgres_store(postgres_database: Database) -> Iterator[Store]:
    """An open store on PostgreSQL."""
    opened = postgres_database.open()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def sqlite_databases(sqlite_template: Path) -> Databases:
    """Makes databases in a folder, for tests that need several."""

    @contextmanager
    def make(folder: Path) -> Iterator[Database]:
        file = folder / f"test{next(_numbers)}.db"
        shutil.copy(sqlite_template, file)
        yield Database("sqlite", f"sqlite:///{file.name}", folder)

    return make


@pytest.fixture(scope="session")
def postgres_databases(
    shared_postgres: Postgres | External, postgres_template: str
) -> Iterator[Databases]:
    """Makes databases; one that was emptied afterwards serves again, which is ten times faster."""
    with ExitStack() as created:
        free: list[str] = []

        @contextmanager
        def make(folder: Path) -> Iterator[Database]:
            name = free.pop() if free else None
            if name is None:
                new = _new_database(shared_postgres, "test", postgres_template)
                name = created.enter_context(new)
            url = shared_postgres.url_of(name)
            yield Database("postgresql", url, folder)
            if _emptied(url):
                free.append(name)

        yield make


@pytest.fixture
def postgres() -> Iterator[Postgres | External]:
    """A PostgreSQL of the test's own: `url`, `start`, `stop`, `kill`, `restart`, `log`."""
    given = os.environ.get("TEST_DATABASE_URL")
    if not given:
        server = started(Postgres)
        yield server
        server.close()
        return
    with _new_database(External(given), "own") as name:
        yield External(External(given).url_of(name))


@pytest.fixture
def redis_server() -> Iterator[Valkey | External]:
    """A Redis of the test's own: `url`, `start`, `stop`, `kill`, `restart`, `say`."""
    given = os.environ.get("TEST_REDIS_URL")
    server = External(given) if given else started(Valkey)
    yield server
    server.close()


@contextmanager
def _new_database(
    server: Postgres | External, word: str, template: str = "template0"
) -> Iterator[str]:
    """The name of a new database on a server, dropped at the end."""
    name = f"ticketsync_{word}_{os.getpid()}_{next(_numbers)}"
    # Twice as fast as the default where nobody waits for a disk; PostgreSQL 15 and later know it.
    quickly = " STRATEGY FILE_COPY" if isinstance(server, Postgres) else ""
    _say(server, f"CREATE DATABASE {name} TEMPLATE {template}{quickly}")
    try:
        yield name
    finally:
        _say(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _emptied(url: str) -> bool:
    """Empties a database that a test is done with; False when it is not what it was."""
    tables = ", ".join(f"('{table.name}')" for table in metadata.sorted_tables)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute(f"""
            SET search_path = {SCHEMA};
            DO $$ DECLARE name text; BEGIN
              FOR name IN SELECT * FROM (VALUES {tables}) AS all_of_them LOOP
                EXECUTE 'DELETE FROM ' || quote_ident(name);
              END LOOP;
              PERFORM setval(s.oid, 1, false) FROM pg_class s
                WHERE s.relkind = 'S' AND s.relnamespace = '{SCHEMA}'::regnamespace;
            END $$""")
        found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    return found == [(HEAD,)]


def _say(server: Postgres | External, statement: str) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(statement)
