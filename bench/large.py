"""A first reading of 100,000 tickets beside live webhooks: memory, pace, and who has to wait.

    ./run bench large [--tickets 100000] [--comments 20000] [--rate 5] [--database sqlite]

`up` and the sandbox GitHub are a process each. While `up` reads everything for the first time,
people edit tickets at a steady pace and the sandbox sends its webhooks. Each edit names a ticket of
its own, so its row in the journal is found. `receipt to store` is what we need to apply it,
`answer` what the sandbox waited for our 202; `edit to store` has the sandbox's own queue in it,
which sends one webhook after the other beside all the pages it serves. Memory is what the process
of `up` holds (VmRSS).
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench._stands import ROOT, Sandbox
from bench._stores import KINDS, address
from cli.stage import SECRET, Stand, configure
from store.database import Store, open_store
from store.tables import deliveries, sessions, tickets
from tests.servers import free_port

STEP = 10_000
AIM_MS = 1_000
PATIENCE = 3_600.0
SETTLE_SECONDS = 120.0


@dataclass
class Mark:
    """When so many tickets were there, and what the process held in memory then."""

    tickets: int
    seconds: float
    megabytes: float


@dataclass
class Editor:
    """Somebody who edits one ticket after the other at a steady pace, from the oldest on."""

    box: Sandbox
    rate: float
    store: Store
    edits: dict[str, float] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        draw, due = random.Random(1), time.monotonic()
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            due += 1 / self.rate
            number = draw.randint(1, max(1, _held(self.store)))
            if str(number) not in self.edits:
                self.edits[str(number)] = time.time()
                self.box.act("edit", number=number, title=f"Edited {number}")


def main() -> None:
    """Runs once and prints two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--comments", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=5.0, help="edits a second")
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    given = parser.parse_args()
    with ExitStack() as stack:
        box = Sandbox("github", stack, tickets=given.tickets, comments=given.comments)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ts-bench-")))
        database = "" if given.database == "sqlite" else address(given.database, stack)
        port = free_port()
        file = configure(folder, [Stand("bench", None, box.told)])  # type: ignore[arg-type]
        store = open_store(database or "sqlite:///ticketsync.db", folder)
        stack.callback(store.close)
        box.act("add_hook", url=f"http://127.0.0.1:{port}/webhooks/bench", secret=SECRET)
        began = time.monotonic()
        pid = _up(file, port, database, stack)
        editor = Editor(box, given.rate, store)
        editor.start()
        marks = _watch(store, pid, given, began)
        editor.stop()
        _settle(lambda: len(_rows(store, editor.edits)) >= len(editor.edits))
        _settle(lambda: not _waiting(store, given.database), PATIENCE)
        done = time.monotonic() - began
        files = len(list(folder.rglob("ISSUE.md")))
        print(table(marks, given), f"{files:,} files at {done:.1f}s", sep="\n")
        print(_edits(store, editor.edits, box.answers()), flush=True)


def _up(file: Path, port: int, database: str, stack: ExitStack) -> int:
    """`up` in its process, ready; its id."""
    command = [sys.executable, "-m", "cli", "--config", str(file), "up", "--port", str(port)]
    environ = os.environ | ({"DATABASE_URL": database} if database else {})
    log = stack.enter_context((file.parent / "up.log").open("wb"))
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
    stack.callback(process.wait, 30)
    stack.callback(process.terminate)

    def ready() -> bool:
        assert process.poll() is None, (file.parent / "up.log").read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return True
        except OSError:
            return False

    _settle(ready)
    return process.pid


def _watch(store: Store, pid: int, given: argparse.Namespace, began: float) -> list[Mark]:
    """A mark at each so many tickets, and one when the first session has ended."""
    marks = [Mark(0, time.monotonic() - began, _megabytes(pid))]
    while not _session_ended(store):
        assert time.monotonic() - began < PATIENCE, f"only {_held(store)} tickets in an hour"
        held = _held(store)
        if held // STEP > marks[-1].tickets // STEP:
            marks.append(Mark(held, time.monotonic() - began, _megabytes(pid)))
        time.sleep(0.25)
    _settle(lambda: _held(store) == given.tickets)
    return [*marks, Mark(_held(store), time.monotonic() - began, _megabytes(pid))]


def _settle(true: Callable[[], bool], seconds: float = SETTLE_SECONDS) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "not in time"
        time.sleep(0.1)


def _held(store: Store) -> int:
    with store.read() as connection:
        query = sa.select(sa.func.count()).select_from(tickets)
        return connection.execute(query).scalar_one()


def _waiting(store: Store, database: str) -> bool:
    """Whether anything is pending or, where there is a workspace, a file is still to be written."""
    queries = [sa.select(deliveries.c.id).where(deliveries.c.outcome.is_(None))]
    if database == "sqlite":
        queries.append(sa.select(tickets.c.external_id).where(tickets.c.render_due > 0))
    with store.read() as connection:
        return any(connection.execute(one.limit(1)).first() for one in queries)


def _session_ended(store: Store) -> bool:
    with store.read() as connection:
        found = connection.execute(sa.select(sessions.c.status, sessions.c.error)).first()
    assert found is None or found.status in ("running", "complete"), found
    return found is not None and found.status == "complete"


def _megabytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"no memory of process {pid} is told")


def _edits(store: Store, edits: dict[str, float], answers: list[float]) -> str:
    """How long edits took to be applied; each has to be in the journal and done."""
    rows = _rows(store, edits)
    lost = edits.keys() - {row.ticket for row in rows}
    assert not lost, f"{len(lost)} edits never came"
    whole = [1000 * (row.done_at.timestamp() - edits[row.ticket]) for row in rows]
    inside = [1000 * (row.done_at - row.received_at).total_seconds() for row in rows]
    lines = [f"{'':<20}{'edits':>7}{'p50':>8}{'p99':>8}{'max':>8}{'aim p99':>9}   (ms)"]
    waits = [1000 * one for one in answers]
    rows = (("receipt to store", inside), ("answer", waits), ("edit to store", whole))
    for name, values in rows:
        lines.append(
            f"{name:<20}{len(values):>7}{statistics.median(values):>8.0f}"
            f"{_p99(values):>8.0f}{max(values):>8.0f}{AIM_MS:>9}"
        )
    return "\n".join(lines)


def _rows(store: Store, edits: dict[str, float]) -> Sequence[Any]:
    """What came of them and is done."""
    query = sa.select(deliveries.c.ticket, deliveries.c.received_at, deliveries.c.done_at).where(
        deliveries.c.via == "webhook",
        deliveries.c.ticket.in_(list(edits)),
        deliveries.c.done_at.is_not(None),
    )
    with store.read() as connection:
        return connection.execute(query).all()


def _p99(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]


def table(marks: list[Mark], given: argparse.Namespace) -> str:
    """One line for each ten thousand tickets; the last is the end of the session."""
    lines = [
        f"{given.tickets:,} tickets, {given.comments:,} comments, {given.rate:g} edits a second,"
        f" {given.database}",
        f"{'tickets':>9}{'at':>9}{'for these':>11}{'RSS':>9}",
    ]
    for before, mark in zip([marks[0], *marks], marks, strict=False):
        lines.append(
            f"{mark.tickets:>9,}{mark.seconds:>8.1f}s{mark.seconds - before.seconds:>10.1f}s"
            f"{mark.megabytes:>6.0f} MB"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
