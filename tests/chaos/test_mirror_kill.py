"""`kill -9` of a whole ticketsync while it mirrors: each ticket ends with one twin, told whole."""

import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from runtime import config
from store import known, mappings
from store.database import Store, open_for
from tests.chaos.processes import UP, Process
from tests.mirroring import configured

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
MIRRORS = [{"name": "m", "source": "north", "target": "south"}]
TICKETS, KILLS = 24, 5
REST_SECONDS = 420.0
"""What was cut off is looked up twice, a minute apart, once its call cannot be under way."""


def test_each_ticket_has_one_twin_after_five_kills(tmp_path: Path) -> None:
    with configured(tmp_path, {"north": "gitlab", "south": "gitlab"}, MIRRORS) as (file, stands):
        north, south = stands
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        arguments = [*UP, "--config", str(file), "up", "--port", str(port)]
        environ = {"PORT": str(port)}
        store = open_for(config.load(file, {}))
        up = Process(arguments, tmp_path / "up.log", environ, tmp_path)
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz")
            hook = f"http://127.0.0.1:{port}/webhooks/north"
            north.running.site.acts.add_hook(hook, "demo-webhook-secret-of-a-toy")
            for number in range(1, TICKETS + 1):
                north.running.site.perform(
                    "open", {"title": f"Ticket {number}.", "description": "Text"}
                )
                north.running.site.perform("comment", {"number": number, "body": f"Word {number}."})
                time.sleep(0.35)
                if number % (TICKETS // KILLS) == 0:
                    up.kill()
                    up = Process(arguments, tmp_path / "up.log", environ, tmp_path)
            wait_for(f"http://127.0.0.1:{port}/readyz")
            sync = [sys.executable, "-m", "cli", "--config", str(file), "sync"]
            done = subprocess.run(
                sync, capture_output=True, text=True, env=up.environ, cwd=tmp_path, check=False
            )
            assert done.returncode == 0, done.stderr  # what was told while nobody listened
            until = time.monotonic() + REST_SECONDS
            while not at_rest(store):
                assert time.monotonic() < until, standing(store)
                time.sleep(1)
        finally:
            up.kill()
            store.close()
        made = south.tickets
        assert sorted(one["title"] for one in made) == sorted(
            f"Ticket {number}." for number in range(1, TICKETS + 1)
        )
        for one in made:
            (comment,) = one["comments"]
            assert comment["body"].startswith(f"Word {one['title'].split()[1]}")


def wait_for(address: str) -> None:
    """Until it answers: what is older than the mirror would stay out."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(httpx.HTTPError):
            if httpx.get(address, timeout=2).status_code == 200:
                return
        time.sleep(0.2)
    raise AssertionError(f"no answer from {address}")


def standing(store: Store) -> list[tuple[str, str, int]]:
    """Why it is not at rest."""
    with store.read() as connection:
        found = mappings.find(connection, 1, limit=1_000)
    return [(one.state, one.reason, one.due) for one in found]


def at_rest(store: Store) -> bool:
    """Whether every ticket is held and joined, and nothing is due."""
    with store.read() as connection:
        found = mappings.find(connection, 1, limit=1_000)
        return (
            len(found) == TICKETS
            and all(one.state == "joined" and one.due == 0 for one in found)
            and not known.unsettled(connection, "north")
        )
