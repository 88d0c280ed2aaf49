"""What a durable answer costs: the receiver on SQLite and PostgreSQL beside a bare endpoint.

    python bench/intake.py [--seconds 3] [--rounds 5] [--only sqlite]

Each round loads every server in turn, so that ratios come from the same minutes of the same
machine. The bare endpoint keeps nothing; ours answers after the commit (`synchronous=FULL`, on).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tests.servers import Postgres, Valkey  # noqa: E402

Own = TypeVar("Own", Postgres, Valkey)
KINDS = ("bare", "sqlite", "postgresql")


@dataclass
class Server:
    """A running server and what its rounds measured."""

    kind: str
    process: subprocess.Popen[str]
    port: int
    rounds: list[dict[str, float]] = field(default_factory=list)

    def cpu_seconds(self) -> float:
        """CPU time of the process so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Starts all servers, runs the rounds, prints one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--only", choices=KINDS[1:], help="one database beside the bare endpoint")
    given = parser.parse_args()
    kinds = ("bare", given.only) if given.only else KINDS
    with ExitStack() as stack:
        servers = [start(kind, stack) for kind in kinds]
        for number in range(given.rounds + 1):
            for server in servers:
                found = load(server, given)
                if number:  # the first round warms up
                    server.rounds.append(found)
        print(table(servers, given))


def start(kind: str, stack: ExitStack) -> Server:
    """A server of a kind in its own process and folder."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ts-bench-")))
    command = [sys.executable, str(HERE / "_intake_serve.py"), kind, "--folder", str(folder)]
    command += _core(0)
    if kind == "sqlite":
        command += ["--database", f"sqlite:///{folder / 'bench.db'}"]
    if kind == "postgresql":
        command += ["--database", postgres(stack)]
    if kind != "bare":
        command += ["--queue", queue(stack)]
    around = os.environ | {"PYTHONPATH": str(HERE.parent)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=around)
    stack.callback(_stop, process)
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise SystemExit(f"{kind}: the server did not start")
    time.sleep(1)
    return Server(kind, process, int(line))


def load(server: Server, given: argparse.Namespace) -> dict[str, float]:
    """One run against one server."""
    command = [sys.executable, str(HERE / "_intake_load.py"), str(server.port), *_core(1)]
    command += ["--seconds", str(given.seconds), "--connections", str(given.connections)]
    before = server.cpu_seconds()
    line = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    found: dict[str, float] = json.loads(line)
    used = server.cpu_seconds() - before
    return {**found, "cpu": 1_000_000 * used / max(found["answered"], 1)}


def table(servers: list[Server], given: argparse.Namespace) -> str:
    """Medians over the rounds, with the ratio to bare of the same round."""
    lines = [
        f"{given.rounds} rounds x {given.seconds:g} s, {given.connections} connections, 10 KB",
        f"{'server':<12}{'req/s':>8}{'range':>16}{'p50 ms':>9}{'p99 ms':>9}"
        f"{'CPU us':>8}{'ratio':>7}{'range':>13}{'wrong':>7}",
    ]
    for server in servers:
        rates = [one["rate"] for one in server.rounds]
        ratios = [own / bare["rate"] for own, bare in zip(rates, servers[0].rounds, strict=True)]
        lines.append(
            f"{server.kind:<12}{statistics.median(rates):>8.0f}"
            f"{f'{min(rates):.0f}-{max(rates):.0f}':>16}"
            f"{_median(server, 'p50'):>9.1f}{_median(server, 'p99'):>9.1f}"
            f"{_median(server, 'cpu'):>8.0f}{statistics.median(ratios):>7.2f}"
            f"{f'{min(ratios):.2f}-{max(ratios):.2f}':>13}"
            f"{sum(one['wrong'] for one in server.rounds):>7.0f}"
        )
    return "\n".join(lines)


def postgres(stack: ExitStack) -> str:
    """A PostgreSQL of our own (TEST_DATABASE_URL wins); its address."""
    given = os.environ.get("TEST_DATABASE_URL")
    return given or _started(Postgres(durable=True), stack).url


def queue(stack: ExitStack) -> str:
    """A Redis of our own (TEST_REDIS_URL wins), as a web process has beside it."""
    given = os.environ.get("TEST_REDIS_URL")
    return given or _started(Valkey(), stack).url


def _started(server: Own, stack: ExitStack) -> Own:
    stack.callback(server.close)
    if _two_cores():  # beside the loader: the receiver has its core to itself
        os.sched_setaffinity(server.pid, {1})
    return server


def _core(wanted: int) -> list[str]:
    return ["--core", str(wanted)] if _two_cores() else []


def _two_cores() -> bool:
    return {0, 1} <= os.sched_getaffinity(0)


def _median(server: Server, key: str) -> float:
    return statistics.median(one[key] for one in server.rounds)


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()


if __name__ == "__main__":
    main()
