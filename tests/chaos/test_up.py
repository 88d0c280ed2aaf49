"""`up` and `demo` as processes: they end when they are told, whatever they are doing."""

import signal
import socket
import time
from pathlib import Path

import httpx
import pytest

from store.database import Store
from tests.chaos.processes import Process, until_ready
from tests.chaos.scene import Scene, assert_kept, journal, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

END_SECONDS = 10


def test_sigterm_under_load_ends_up_in_order_within_10_seconds(tmp_path: Path) -> None:
    with Scene(tmp_path) as scene:
        load = scene.load(pause=0.005)
        up = scene.up("--web", "--worker")
        load.start()
        load.wait_for(100)
        up.send(signal.SIGTERM)
        assert up.wait(END_SECONDS) == 0, up.output()
        load.stop()
        assert "Traceback" not in up.output()
        scene.up("--web", "--worker")
        store = scene.store()
        until(lambda: _is_settled(store), 30)
        assert_kept(load, store)


def _is_settled(store: Store) -> bool:
    return all(row.outcome for row in journal(store))


@pytest.mark.parametrize("moment", [0.35, 0.6, 0.9, 1.2])
def test_sigterm_while_it_starts_ends_up_in_order(tmp_path: Path, moment: float) -> None:
    """A moment in which Python itself does not run yet may end it by the signal."""
    with Scene(tmp_path) as scene:
        up = scene.run("up", "-m", "cli", "up", "--port", str(scene.port))
        time.sleep(moment)
        up.send(signal.SIGTERM)
        assert up.wait(END_SECONDS) in (0, -signal.SIGTERM), up.output()
        assert "Traceback" not in up.output()


def test_sigterm_after_the_socket_is_bound_is_exit_0(tmp_path: Path) -> None:
    with Scene(tmp_path) as scene:
        up = scene.run("up", "-m", "cli", "up", "--port", str(scene.port))
        until(lambda: _answers_tcp(scene.port), 10)
        up.send(signal.SIGTERM)
        assert up.wait(END_SECONDS) == 0, up.output()
        assert "Traceback" not in up.output()


def _answers_tcp(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True


def test_a_busy_port_is_one_line_and_the_first_goes_on(tmp_path: Path) -> None:
    with Scene(tmp_path) as scene:
        first = scene.up("--web", "--worker")
        second = scene.run("second", "-m", "cli", "up", "--port", str(scene.port))
        assert second.wait(END_SECONDS) == 1
        said = second.output().strip()
        assert len(said.splitlines()) == 1
        assert str(scene.port) in said
        assert httpx.get(f"http://127.0.0.1:{scene.port}/readyz").status_code == 200
        first.send(signal.SIGTERM)
        assert first.wait(END_SECONDS) == 0


def test_two_that_start_at_once_on_one_port_are_one_that_serves(tmp_path: Path) -> None:
    with Scene(tmp_path) as scene:
        pair = [scene.run(f"up{n}", "-m", "cli", "up", "--port", str(scene.port)) for n in (1, 2)]
        until(lambda: sum(one.running for one in pair) == 1, 10)
        (winner,) = (one for one in pair if one.running)
        (loser,) = (one for one in pair if not one.running)
        assert loser.wait(1) == 1
        until_ready(scene.port, winner)


def test_ctrl_c_ends_the_demo_with_its_summary(tmp_path: Path) -> None:
    log = tmp_path / "demo.log"
    with Process(("-m", "cli", "demo"), log, {"TMPDIR": str(tmp_path)}, tmp_path) as demo:
        until(lambda: "issues.opened" in demo.output(), 30, demo.output)
        time.sleep(3)
        demo.send(signal.SIGINT)
        assert demo.wait(60) == 0, demo.output()[-3000:]
        assert "tickets compared" in demo.output()
        assert "all equal" in demo.output()
        assert "Traceback" not in demo.output()
