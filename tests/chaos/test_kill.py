"""kill -9 under load: whatever was answered 2xx is applied after the restart (law 1 and 2)."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from store.database import Store
from store.workspace.read import read
from tests.chaos.load import HOT, Load
from tests.chaos.processes import Process
from tests.chaos.scene import (
    Scene,
    assert_kept,
    journal,
    titles,
    until,
    until_settled,
)
from tests.servers import Postgres, Valkey

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SETTLED_SECONDS = 90
AWAY_SECONDS = 1.5


def test_nothing_answered_is_lost_when_up_is_killed_five_times(tmp_path: Path) -> None:
    with Scene(tmp_path / "not" / "there" / "yet") as scene:
        load = scene.load()
        for number in range(5):
            up = scene.up("--web", "--worker")
            if number == 0:
                load.start()
            load.wait_for(60)
            up.kill()
        scene.up("--web", "--worker")
        load.wait_for(20)
        load.stop()
        store = scene.store()
        until_settled(store, SETTLED_SECONDS)
        assert_kept(load, store)
        shown = sorted(titles(store).items())
        until(lambda: _in_files(scene.folder) == shown, 20, lambda: _unlike(scene.folder, shown))


def _in_files(folder: Path) -> list[tuple[int, str]]:
    found = [read(path).values for path in folder.glob("tickets/*/*/ISSUE.md")]
    return sorted((one["number"], one["title"]) for one in found)


def _unlike(folder: Path, shown: list[tuple[int, str]]) -> str:
    differing = sorted(set(_in_files(folder)) ^ set(shown))
    return f"files and rows differ: {differing}, {len(_in_files(folder))} files"


def test_nothing_answered_is_lost_when_each_server_and_process_is_killed_in_turn(
    tmp_path: Path, postgres: Postgres, redis_server: Valkey
) -> None:
    with Scene(tmp_path, postgres.url, redis_server.url) as scene:
        load = scene.load()
        cast = Cast(scene, load, postgres, redis_server)
        for kill in (
            cast.receiver, cast.worker, cast.redis, cast.postgres_killed,
            cast.receiver, cast.worker, cast.redis_flushed, cast.postgres_stopped_at_once,
            cast.receiver, cast.worker,
        ):  # fmt: skip
            load.wait_for(40)
            kill()
        load.wait_for(40)
        load.stop()
        store = scene.store()
        until_settled(store, SETTLED_SECONDS)
        assert_kept(load, store)
        assert len(load.promised(set(load.acked))) > HOT


def _done(store: Store) -> int:
    """Counted in one look: two would differ by what the load sends in between."""
    return sum(one.outcome is not None for one in journal(store))


class Cast:
    """All that can be killed, each brought back on the same data and port."""

    def __init__(self, scene: Scene, load: Load, postgres: Postgres, redis: Valkey) -> None:
        self._scene = scene
        self._load = load
        self._postgres = postgres
        self._redis = redis
        self._web: Process = scene.web()
        self._worker: Process = scene.worker()
        load.start()
        self._until_it_works()

    def receiver(self) -> None:
        self._web.kill()
        self._web = self._scene.web()

    def worker(self) -> None:
        self._worker.kill()
        self._worker = self._scene.worker()
        self._until_it_works()

    def _until_it_works(self) -> None:
        """One that is still starting ends without a database, as it should."""
        store = self._scene.store()
        before = _done(store)
        until(lambda: _done(store) > before, 20, self._worker.output)
        store.close()

    def redis(self) -> None:
        """Its answers go on: the queue is a hint."""
        self._redis.kill()
        self._load.wait_for(40)
        self._redis.start()

    def redis_flushed(self) -> None:
        assert self._redis.say("FLUSHALL").startswith("+OK")

    def postgres_killed(self) -> None:
        self._postgres_away(self._postgres.kill)

    def postgres_stopped_at_once(self) -> None:
        """As `pg_ctl stop -m immediate` does."""

        def stop() -> None:
            os.kill(self._postgres.pid, signal.SIGQUIT)
            until(lambda: not self._postgres.running, 10)
            self._postgres.stop()

        self._postgres_away(stop)

    def _postgres_away(self, end: Callable[[], None]) -> None:
        """The same receiver and worker go on: 503 while it is away, success after."""
        end()
        refused = self._load.answers[503]
        until(lambda: self._load.answers[503] > refused, 10, lambda: "no 503 without a database")
        time.sleep(AWAY_SECONDS)
        self._postgres.start()
        self._load.wait_for(20, 15)
        assert self._web.running
        assert self._worker.running
