"""The servers that the other tests stand on."""

import psycopg
import pytest

from store.database import Store, ready
from tests.servers import Postgres, Valkey


def test_a_killed_postgres_comes_back_with_what_it_had(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    postgres.kill()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgres.url, connect_timeout=2)
    postgres.start()
    with psycopg.connect(postgres.url) as connection:
        assert connection.execute("SELECT one FROM kept").fetchall() == [(1,)]


def test_a_restarted_valkey_keeps_its_address_and_forgets_its_keys(redis_server: Valkey) -> None:
    redis_server.say("SET", "key", "value")
    address = redis_server.url
    redis_server.restart()
    assert redis_server.url == address
    assert redis_server.say("GET", "key") == "$-1\r\n"


def test_a_durable_valkey_survives_a_kill() -> None:
    with Valkey(durable=True) as server:
        server.say("SET", "key", "value")
        server.kill()
        server.start()
        assert server.say("GET", "key") == "$5\r\nvalue\r\n"


def test_each_test_has_a_migrated_store_of_its_own(store: Store) -> None:
    assert ready(store) is None
