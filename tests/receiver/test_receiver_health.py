"""Alive, ready and the numbers; and what happens when databases and processes come and go."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from store.database import open_store
from tests.receiver.doors import SECRET, an_issue, kept, running, signed, wait_until
from tests.servers import free_port

CONFIG = """
[[sources]]
name = "my-repo"
tracker = "github"
url = "https://github.com/owner/repo"
webhook_secret_env = "SECRET"
"""


def test_healthz_and_readyz_of_a_running_receiver(store):
    with running(store) as receiver:
        assert receiver.http.get("/healthz").json() == {"status": "ok"}
        assert receiver.http.get("/readyz").json() == {"status": "ready"}
        assert receiver.http.get("/").status_code == 200
        assert receiver.http.get("/nothing").status_code == 404


def test_metrics_hold_counters_and_the_state_of_the_journal(store):
    with running(store) as receiver:
        receiver.post()
        receiver.post(b"{}", headers=signed(b"x"))
        answer = receiver.http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    kept_line = (
        'deliveries_received_total{answer="kept",event="issues.edited",source="my-repo"} 1.0'
    )
    assert f"ticketsync_{kept_line}" in lines
    assert "ticketsync_deliveries_open 1.0" in lines
    assert "ticketsync_deliveries_dead 0.0" in lines
    assert "ticketsync_deliveries_total 1.0" in lines
    assert "ticketsync_store_up 1.0" in lines
    assert any(line.startswith("ticketsync_ack_seconds_count 1") for line in lines)


def test_a_postgres_that_restarts_is_503_and_then_202_in_place(postgres, tmp_path):
    store = open_store(postgres.url, tmp_path)
    with running(store) as receiver:
        assert receiver.post(an_issue(1)).status_code == 202
        postgres.stop()
        refused = receiver.post(an_issue(2))
        assert (refused.status_code, receiver.counted("store_away")) == (503, 1)
        assert "retry-after" in refused.headers
        not_ready = receiver.http.get("/readyz")
        assert not_ready.status_code == 503
        assert "answer" in not_ready.json()["reason"]
        assert receiver.http.get("/healthz").status_code == 200
        assert "ticketsync_store_up 0.0" in receiver.http.get("/metrics").text
        postgres.start()
        assert receiver.post(an_issue(3)).status_code == 202
        assert receiver.http.get("/readyz").status_code == 200
    assert [row.ticket for row in kept(store)] == ["1", "3"]
    store.close()


def test_a_postgres_restart_between_two_deliveries_is_not_noticed(postgres, tmp_path):
    store = open_store(postgres.url, tmp_path)
    with running(store) as receiver:
        for number in (1, 2, 3):
            assert receiver.post(an_issue(number)).status_code == 202
            postgres.restart()
    store.close()


def test_a_kept_delivery_survives_kill_9_of_the_database_and_of_us(postgres, tmp_path):
    environ = {"DATABASE_URL": postgres.url}
    with Web(tmp_path, environ) as (web, url):
        assert post(url, an_issue(1)) == 202
        postgres.kill()
        assert post(url, an_issue(2)) == 503
        postgres.start()
        wait_until(lambda: post(url, an_issue(3)) == 202)
        web.kill()
        web.wait()
    store = open_store(postgres.url, tmp_path)
    assert {row.ticket for row in kept(store)} >= {"1", "3"}
    store.close()


def test_build_serves_with_uvicorn_and_ends_in_order_on_sigterm(tmp_path):
    with Web(tmp_path) as (web, url):
        assert httpx.get(f"{url}/readyz").status_code == 200
        assert post(url, an_issue(1)) == 202
        began = time.monotonic()
        web.send_signal(signal.SIGTERM)
        web.wait(10)
        assert time.monotonic() - began < 5
    store = open_store("sqlite:///ticketsync.db", tmp_path)
    assert len(kept(store)) == 1
    store.close()


def test_a_receiver_that_cannot_start_says_why_and_exits_with_2(tmp_path):
    (tmp_path / "ticketsync.toml").write_text(CONFIG + "\n[web]\nprot = 1\n")
    done = subprocess.run(
        command(free_port()), env=around(tmp_path, {"SECRET": ""}), capture_output=True,
        text=True, cwd=tmp_path, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("ticketsync: ")]
    assert len(lines) == 2


def test_an_unreachable_database_is_one_line_without_the_password(tmp_path):
    (tmp_path / "ticketsync.toml").write_text(CONFIG)
    url = f"postgresql://u:hunter2hunter2@127.0.0.1:{free_port()}/d"
    done = subprocess.run(
        command(free_port()), env=around(tmp_path, {"DATABASE_URL": url}), capture_output=True,
        text=True, cwd=tmp_path, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr


class Web:
    """A `web` process as the Procfile starts it."""

    def __init__(self, folder, environ=None) -> None:
        self._folder = folder
        self._environ = environ or {}

    def __enter__(self):
        (self._folder / "ticketsync.toml").write_text(CONFIG)
        port = free_port()
        self._web = subprocess.Popen(
            command(port),
            env=around(self._folder, self._environ),
            cwd=self._folder,
            stderr=subprocess.DEVNULL,
        )
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(url), 30)
        return self._web, url

    def __exit__(self, *_):
        self._web.kill()
        self._web.wait()


def command(port: int) -> list[str]:
    uvicorn = [sys.executable, "-m", "uvicorn", "--factory", "receiver.app:build"]
    return [*uvicorn, "--port", str(port), "--no-access-log"]


def around(folder, environ) -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    found = {"PATH": os.environ["PATH"], "PYTHONPATH": root, "SECRET": SECRET}
    return found | {"TICKETSYNC_CONFIG": str(folder / "ticketsync.toml")} | environ


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").status_code == 200
    except httpx.HTTPError:
        return False


def post(url: str, content: dict) -> int:
    body = json.dumps(content).encode()
    return httpx.post(f"{url}/webhooks/my-repo", content=body, headers=signed(body)).status_code
