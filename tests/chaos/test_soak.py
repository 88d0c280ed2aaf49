"""A week of a shop in seconds: every fault at once, two kills, and in the end all is equal."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.compare import Difference, differences, files_by_key
from sandbox.github import app as github
from store import known
from store.database import Store
from store.whole import whole_tickets
from tests.chaos.load import SECRET, SOURCE
from tests.chaos.scene import Scene, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

WEBHOOKS = {"drop": 0.15, "double": 0.1, "reorder": 0.25, "delay": 0.02, "forge": 0.1, "fail": 0.02}
ACTS = 150
QUIET_SECONDS = 120


@pytest.mark.parametrize("seed", [1, 2])
def test_after_faults_and_kills_a_full_sync_makes_all_equal(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with (
        github.start(tickets=15, comments=30, seed=seed, rate_limit=100_000) as tracker,
        Scene(tmp_path, api_url=tracker.url, url=tracker.repo_url) as scene,
    ):
        scene.environ["SHOP_TOKEN"] = tracker.plan.token
        scene.config.write_text(scene.config.read_text() + '\ntoken_env = "SHOP_TOKEN"\n')
        up = scene.up()
        tracker.acts.add_hook(f"http://127.0.0.1:{scene.port}/webhooks/{SOURCE}", secret=SECRET)
        tracker.faults.set(errors=0.3, **WEBHOOKS)
        kills = sorted(chance.sample(range(20, ACTS - 20), 2))
        for act in range(ACTS):
            tracker.people.work(1)
            time.sleep(chance.uniform(0, 0.06))
            if act in kills:
                up.kill()
                up = scene.up()
        tracker.faults.clear()
        assert tracker.outbox.idle(30)
        store = scene.store()
        until(lambda: not _is_busy(store), QUIET_SECONDS, up.output)
        sync = [sys.executable, "-m", "cli", "--config", str(scene.config), "sync", "--full"]
        done = subprocess.run(
            sync, capture_output=True, text=True, env=up.environ, cwd=tmp_path, check=False
        )
        assert done.returncode == 0, done.stderr
        until(lambda: not _is_busy(store), QUIET_SECONDS, up.output)
        assert up.running
        assert _differences(store, tracker, tmp_path) == []
        assert set(tracker.faults.as_json()["happened"]) >= {"drop", "double", "reorder", "errors"}


def _is_busy(store: Store) -> bool:
    with store.read() as connection:
        return known.unsettled(connection, SOURCE)


def _differences(store: Store, tracker: github.Running, folder: Path) -> list[Difference]:
    with store.read() as connection:
        keys = [(SOURCE, one) for one in sorted(known.ids_here(connection, SOURCE))]
        stored = whole_tickets(connection, keys, parts=True)
    files = files_by_key(folder / "tickets" / SOURCE)
    return list(differences(tracker.neutral()["tickets"], stored.values(), files))
