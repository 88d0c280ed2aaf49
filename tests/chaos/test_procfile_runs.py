"""The Procfile, started for real: three processes, real servers, one webhook, one TERM."""

import os
import signal
import sys
from pathlib import Path

import httpx
import pytest

from sandbox.github import app as github
from tests.chaos.load import SECRET, SOURCE
from tests.chaos.processes import ROOT, commands, descendants, until_ready
from tests.chaos.scene import Scene, titles, until
from tests.servers import Postgres, Valkey

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def test_honcho_runs_the_procfile_and_term_ends_all(
    tmp_path: Path, postgres: Postgres, redis_server: Valkey
) -> None:
    with (
        github.start(tickets=2) as tracker,
        Scene(tmp_path, postgres.url, redis_server.url, tracker.url, tracker.repo_url) as scene,
    ):
        scene.environ |= {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PORT": str(scene.port),
            "WORKERS": "1",
        }
        honcho = scene.run(
            "honcho", "-m", "honcho", "-d", str(ROOT), "start", "web", "worker", "reconciler"
        )
        until_ready(scene.port, honcho, 60)
        store = scene.store()
        until(lambda: set(titles(store)) == {1, 2}, 30, honcho.output)
        tracker.acts.add_hook(f"http://127.0.0.1:{scene.port}/webhooks/{SOURCE}", secret=SECRET)
        tracker.acts.open("Told by a signed webhook")
        until(lambda: titles(store).get(3) == "Told by a signed webhook", 15, honcho.output)
        family = descendants(honcho.pid)
        running = " ".join(commands(family))
        assert [word in running for word in ("uvicorn", "dramatiq", "-m reconciler")] == [True] * 3
        honcho.send(signal.SIGTERM)
        honcho.wait(20)
        until(lambda: not commands(family), 10, lambda: "\n".join(commands(family)))
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{scene.port}/healthz", timeout=2)
        assert "Traceback" not in honcho.output()
