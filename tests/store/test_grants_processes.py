"""Several processes and one rotating refresh token, against a real OAuth server."""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from runtime.sealing import Sealing
from schemas.ports import Grant
from store.grants import Grants
from tests.oauth_server import OAuthServer, oauth_server

ROOT = Path(__file__).parents[2]
KEYS = Fernet.generate_key().decode()


class Scene:
    """A database with a grant that has just ended, and processes that want to use it."""

    def __init__(self, database, server: OAuthServer, folder: Path) -> None:
        self.database, self.server, self.folder = database, server, folder
        self.shot = folder / "shot"
        self.store = database.open()
        self.grants = Grants(self.store, Sealing(KEYS, Path("unused")))
        pair = server.pair()
        ended = datetime.now(UTC) - timedelta(minutes=1)
        grant = Grant(
            access_token=pair["access_token"],
            refresh_token=pair["refresh_token"],
            expires_at=ended,
        )
        self.grants.save("gitlab", server.url, grant, {}, None)

    def process(self, lease_seconds: float = 60) -> subprocess.Popen:
        told = {
            "database": self.database.url,
            "folder": str(self.database.folder),
            "keys": KEYS,
            "server": self.server.url,
            "shot": str(self.shot),
            "lease_seconds": lease_seconds,
        }
        command = [sys.executable, "-m", "tests.store.renewing", json.dumps(told)]
        started = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert started.stdout.readline() == "ready\n"
        return started

    def said(self, process: subprocess.Popen) -> str:
        out, _ = process.communicate(timeout=60)
        return out.strip()

    def killed_after_the_tracker_answered(self) -> None:
        """A process dies when its refresh token is used up and the new pair is not stored."""
        self.server.stall.set()
        self.shot.touch()
        process = self.process(lease_seconds=1)
        until = time.monotonic() + 20
        while not self.server.refreshes:
            assert time.monotonic() < until, "it never asked"
            time.sleep(0.01)
        process.kill()
        process.communicate()
        self.server.stall.clear()
        time.sleep(1.1)  # its lease ends


@pytest.fixture
def server():
    with oauth_server() as running:
        yield running


@pytest.fixture
def scene(database, server, tmp_path):
    made = Scene(database, server, tmp_path)
    yield made
    made.store.close()


def test_processes_that_renew_at_once_end_with_one_refresh(scene):
    scene.server.pause = 0.5
    processes = [scene.process() for _ in range(3)]
    scene.shot.touch()
    said = [scene.said(process) for process in processes]
    assert said == ["Bearer invented-access-token-2"] * 3
    assert len(scene.server.refreshes) == 1
    assert scene.grants.find("gitlab", scene.server.url).refresh_token == scene.server.refresh


def test_killed_between_refresh_and_save_is_healed_where_the_tracker_allows(scene):
    scene.server.grace = 1
    scene.killed_after_the_tracker_answered()
    assert scene.said(scene.process()) == "Bearer invented-access-token-3"
    assert len(scene.server.refreshes) == 2
    assert scene.grants.find("gitlab", scene.server.url).refresh_token == scene.server.refresh


def test_killed_between_refresh_and_save_is_told_where_it_does_not(scene):
    scene.killed_after_the_tracker_answered()
    said = scene.said(scene.process())
    assert said.startswith("Denied: gitlab refused the grant (invalid_grant): run `ticketsync auth")
    assert "was cut off half-way" in said
    (one,) = scene.grants.listed()
    assert "was cut off half-way" in one.fault
    assert "invented-refresh" not in said
