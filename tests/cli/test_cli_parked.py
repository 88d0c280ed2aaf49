"""`sync` at the end of a rate budget: a short wait is waited for, a long one is told."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.github.app import Running, start
from tests.cli.conftest import Shell


@contextmanager
def scarce(shell: Shell, seconds: int) -> Iterator[Running]:
    """A tracker that gives four requests in so many seconds."""
    with start(tickets=12, comments=20, rate_limit=4, rate_seconds=seconds) as running:
        shell.environ["SHOP_TOKEN"] = running.plan.token
        shell.configure(running, more='filter = { state = "all" }')
        yield running


def refused(running: Running) -> int:
    return sum(one.status in (403, 429) for one in running.requests.entries)


def test_a_short_wait_is_waited_for_and_then_gone_on(bare: Shell) -> None:
    with scarce(bare, 4) as running:
        done = bare.ok("sync", "--json")
        assert refused(running) == 0
    assert "the tracker's rate limit is used up; waiting" in done.err
    [report] = done.json
    assert (report["status"], report["error"]) == ("complete", None)
    assert report["seen"] == report["new"] > 12
    assert report["requests"] == len(running.requests.entries) > 4
    kept = bare.ok("sessions", "list", "--json").json
    assert {one["status"] for one in kept} == {"parked", "complete"}
    assert len(bare.ok("tickets", "list", "--json").json) == 12


def test_a_long_wait_is_one_line_that_says_until_when(bare: Shell) -> None:
    with scarce(bare, 3600) as running:
        done = bare("sync")
        assert refused(running) == 0
        again = bare("sync", "--json")
    assert done.code == again.code == 1
    [line] = done.err.splitlines()
    assert line.startswith("ticketsync: shop: the rate limit of the token is used up until ")
    assert "what was read is kept" in line
    assert "sync shop` again then, or leave it to `up`" in line
    assert again.json[0]["ended"] == "parked"
    assert again.json[0]["requests"] <= 1  # a new process has to ask once to know


def test_ctrl_c_ends_it_in_order(bare: Shell) -> None:
    with scarce(bare, 100):
        pressing = threading.Timer(2.0, os.kill, (os.getpid(), signal.SIGINT))
        pressing.start()
        done = bare("sync")
        pressing.join()
    assert done.code == 130
    assert "interrupted; what was read is kept" in done.err
    assert "Traceback" not in done.err
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    running = [one for one in bare.ok("sessions", "list", "--json").json if not one["ended_at"]]
    assert running == []


def test_a_session_shows_where_its_passes_are(bare: Shell) -> None:
    with scarce(bare, 3600):
        bare("sync")
        found = bare.ok("sessions", "show", "1", "--json").json
        text = bare.ok("sessions", "show", "1").out
    assert found["status"] == "parked"
    assert found["resumes_at"] is not None
    standing = {one["name"]: one for one in found["source_passes"]}
    assert standing["whole"]["status"] == "pending"
    assert standing["whole"]["where"]
    assert "pass of shop" in text
    assert "pending" in text
