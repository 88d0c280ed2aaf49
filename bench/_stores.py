"""Databases for the benches: a file, and a PostgreSQL of our own (TEST_DATABASE_URL wins)."""

import os
import tempfile
import uuid
from contextlib import ExitStack
from pathlib import Path

import psycopg

from tests.servers import Postgres, Valkey

KINDS = ("sqlite", "postgresql")


def address(kind: str, stack: ExitStack) -> str:
    """The address of an empty database; it is gone when the stack is closed."""
    if kind == "sqlite":
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ts-bench-"))
        return f"sqlite:///{Path(folder) / 'bench.db'}"
    given = os.environ.get("TEST_DATABASE_URL")
    if given is None:
        server = Postgres(durable=True)
        stack.callback(server.close)
        return server.url
    name = f"ts_bench_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(given, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    stack.callback(_drop, given, name)
    return f"{given.rpartition('/')[0]}/{name}"


def queue(stack: ExitStack) -> str:
    """A Redis of our own (TEST_REDIS_URL wins); its address."""
    given = os.environ.get("TEST_REDIS_URL")
    if given is not None:
        return given
    server = Valkey()
    stack.callback(server.close)
    return server.url


def _drop(server: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
