"""A mirror from nothing by the API alone, beside an `up` in a process of its own."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from store import tokens
from tests.chaos.processes import UP, Process, until_ready
from tests.mirroring import mirroring
from tests.servers import free_port

SECONDS = 120.0


def until(api: httpx.Client, path: str, true: Callable[[Any], bool]) -> Any:
    """What an address answers, once it is so."""
    end = time.monotonic() + SECONDS
    while True:
        answer = api.get(path)
        assert answer.status_code == 200, answer.text
        if true(answer.json()):
            return answer.json()
        assert time.monotonic() < end, answer.text
        time.sleep(0.2)


@pytest.mark.slow
def test_a_mirror_is_made_triggered_and_done_by_the_api(tmp_path: Path) -> None:
    with mirroring(tmp_path, {"north": "gitlab", "south": "gitlab"}, []) as scene:
        scene.act("north", "open", title="Login fails", labels=["bug"])
        with scene.store.write() as connection:
            _, secret = tokens.create(connection, "ci", "admin", scene.clock(), "test")
        port = free_port()
        words = (*UP, "up", "--port", str(port))
        headers = {"Authorization": f"Bearer {secret}"}
        with (
            Process(words, tmp_path / "up.log", {}, tmp_path) as process,
            httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=20) as api,
        ):
            until_ready(port, process)
            told = {"source": "north", "target": "south", "sync_existing_issues": True}
            mirror = api.post("/api/v1/mirrors", json=told).json()["id"]
            path = f"/api/v1/mirrors/{mirror}"
            session = api.post(f"{path}/trigger").json()["session"]
            done = until(api, f"/api/v1/sessions/{session}", lambda one: one["status"] != "running")
            assert (done["status"], done["kind"]) == ("complete", "mirror")
            until(api, f"{path}/mappings?state=joined", lambda one: len(one["items"]) == 1)
            assert api.get("/api/issue-mirrors").json()[0]["last_sync_status"] == "success"
            api.post(f"{path}/plan")
            plan = until(api, f"{path}/plan", lambda one: not one["under_way"] and one["plan"])
            assert plan["plan"]["writes"] == []
        (twin,) = scene.tickets("south").values()
        assert twin["title"] == "Login fails"
        assert secret not in (tmp_path / "up.log").read_text()
