"""What a killed worker held, and what a flushed Redis forgot, is applied within 15 seconds."""

import time
from pathlib import Path

import pytest

from store.database import Store
from tests.chaos.load import Load
from tests.chaos.processes import Process
from tests.chaos.scene import Scene, assert_kept, journal, pending, until, until_settled
from tests.servers import Postgres, Valkey

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

LATE_SECONDS = 15


def test_what_a_killed_worker_held_is_applied_within_15_seconds(
    tmp_path: Path, postgres: Postgres, redis_server: Valkey
) -> None:
    """It is frozen first, so that it surely holds messages, and locks, when it is killed."""
    with Scene(tmp_path, postgres.url, redis_server.url) as scene:
        load = scene.load(pause=0.01)
        scene.web()
        first, _second = scene.worker("first"), scene.worker("second")
        store = scene.store()
        load.start()
        load.wait_for(100)
        until(lambda: pending(store) < 50 < len(journal(store)), 20)
        until(lambda: _is_held_by_both(redis_server), 20)
        while not held_by(first, load, store):
            load.start()
            load.wait_for(20)
        first.kill()
        until_settled(store, LATE_SECONDS)
        assert_kept(load, store)


def held_by(first: Process, load: Load, store: Store) -> int:
    """Freezes it under load; how much is left when the others have done what they can."""
    first.freeze()
    load.stop()
    time.sleep(1)
    held = pending(store)
    if not held:
        first.thaw()
    return held


def _is_held_by_both(redis: Valkey) -> bool:
    return redis.say("KEYS", "ticketsync:__acks__.*.deliveries").startswith("*2")


def test_a_worker_started_again_goes_on_where_the_killed_one_was(
    tmp_path: Path, postgres: Postgres, redis_server: Valkey
) -> None:
    with Scene(tmp_path, postgres.url, redis_server.url) as scene:
        load = scene.load(pause=0.01)
        scene.web()
        worker = scene.worker()
        load.start()
        load.wait_for(100)
        for _ in range(2):  # the second is killed in its first sweep, with lanes it woke
            worker.kill()
            load.wait_for(50)
            worker = scene.worker()
        load.stop()
        store = scene.store()
        until_settled(store, LATE_SECONDS)
        assert_kept(load, store)


def test_nothing_is_lost_or_late_when_redis_forgets_everything(
    tmp_path: Path, postgres: Postgres, redis_server: Valkey
) -> None:
    with Scene(tmp_path, postgres.url, redis_server.url) as scene:
        load = scene.load(pause=0.01)
        scene.web()
        scene.worker()
        load.start()
        load.wait_for(50)
        for _ in range(5):
            load.wait_for(60)
            assert redis_server.say("FLUSHALL").startswith("+OK")
        load.stop()
        store = scene.store()
        until_settled(store, LATE_SECONDS)
        rows = assert_kept(load, store)
        assert set(load.answers) == {202}
        assert max(row.seconds for row in rows[50:]) < LATE_SECONDS
