"""From a webhook's sender to the store: how long until a delivery is applied.

    ./run bench latency [--seconds 10] [--rounds 3] [--rate 50] [--only embedded]

One worker process, GitHub bodies of 10 KB, sent at a steady pace whatever the answers take; from
the sender's clock before the POST to the `done_at` of the journal's row. `embedded` is `up` on
SQLite with the queue in memory and the Markdown files; `servers` is uvicorn, dramatiq with one
process of four threads, Valkey and PostgreSQL.
"""

import argparse
import http.client
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import sqlalchemy as sa

from bench._deliveries import PROJECT, SECRET, Deliveries, headers
from bench._stores import address, queue
from store.database import Store
from store.tables import deliveries
from tests.chaos.load import PATH
from tests.chaos.scene import Scene, until_settled

KINDS = ("embedded", "servers")
TICKETS = 200
CONNECTIONS = 8
AIM_MS = 1_000


@dataclass
class Setup:
    """A running ticketsync, and per round the milliseconds to the answer and to the store."""

    kind: str
    port: int
    store: Store
    answered: list[list[float]] = field(default_factory=list)
    stored: list[list[float]] = field(default_factory=list)


class Sender:
    """Sends signed bodies, each connection in a thread of its own."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._local = threading.local()
        self.began: dict[str, float] = {}
        self.answered: list[float] = []
        self.wrong = 0

    def send(self, body: bytes, sent: dict[str, str]) -> None:
        """One delivery; its clock starts here."""
        self.began[sent["x-github-delivery"]] = time.time()
        began = time.perf_counter()
        if not hasattr(self._local, "link"):
            self._local.link = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            status = self._post(body, sent)
        except ConnectionError:  # it was idle for so long that the server closed it
            self._local.link.close()
            status = self._post(body, sent)
        self.answered.append(1000 * (time.perf_counter() - began))
        self.wrong += status not in (200, 202)

    def _post(self, body: bytes, sent: dict[str, str]) -> int:
        self._local.link.request("POST", PATH, body, sent)
        answer = self._local.link.getresponse()
        answer.read()
        return int(answer.status)


def main() -> None:
    """Starts both, takes them in turn, prints one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=float, default=50.0, help="deliveries a second")
    parser.add_argument("--only", choices=KINDS)
    given = parser.parse_args()
    with ExitStack() as stack:
        kinds = (given.only,) if given.only else KINDS
        setups = [STARTS[kind](stack) for kind in kinds]
        material = Deliveries()
        for number in range(given.rounds + 1):
            for one in setups:
                answered, stored = measure(one, material, given.rate, given.seconds)
                if number:  # the first round warms up
                    one.answered.append(answered)
                    one.stored.append(stored)
        print(table(setups, given))


def embedded(stack: ExitStack) -> Setup:
    """`up` with receiver and worker."""
    scene = _scene(stack)
    scene.up("--web", "--worker")
    return Setup("embedded", scene.port, scene.store())


def servers(stack: ExitStack) -> Setup:
    """The processes of the Procfile, one worker."""
    scene = _scene(stack, address("postgresql", stack), queue(stack))
    scene.web()
    scene.worker()
    return Setup("servers", scene.port, scene.store())


STARTS: dict[str, Callable[[ExitStack], Setup]] = {"embedded": embedded, "servers": servers}


def _scene(stack: ExitStack, database: str = "", redis: str = "") -> Scene:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ts-bench-")))
    scene = Scene(folder, database, redis, url=f"https://github.com/{PROJECT}")
    scene.environ["SHOP_SECRET"] = SECRET
    return stack.enter_context(scene)


def measure(
    one: Setup, material: Deliveries, rate: float, seconds: float
) -> tuple[list[float], list[float]]:
    """One round: milliseconds to the answers, and to the store."""
    sender = Sender(one.port)
    count = int(rate * seconds)
    bodies = [material.body(number % TICKETS + 1) for number in range(count)]
    ready = [(body, headers(body)) for body in bodies]
    start = time.perf_counter()
    under_way = []
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for number, (body, sent) in enumerate(ready):
            time.sleep(max(0.0, start + number / rate - time.perf_counter()))
            under_way.append(pool.submit(sender.send, body, sent))
    for each in under_way:
        each.result()  # raises what went wrong with it
    until_settled(one.store, 60)
    assert sender.wrong == 0, f"{sender.wrong} were not kept"
    return sender.answered, _stored(one.store, sender.began)


def _stored(store: Store, began: dict[str, float]) -> list[float]:
    query = sa.select(deliveries.c.delivery_key, deliveries.c.done_at)
    with store.read() as connection:
        done = {row.delivery_key: row.done_at for row in connection.execute(query)}
    lost = began.keys() - done.keys()
    assert not lost, f"answered with success and not in the journal: {sorted(lost)}"
    return [1000 * (done[key].timestamp() - at) for key, at in began.items()]


def table(setups: list[Setup], given: argparse.Namespace) -> str:
    """Percentiles over all rounds; the range is that of the rounds' own p99."""
    lines = [
        f"{given.rounds} rounds x {given.seconds:g} s at {given.rate:g}/s, 10 KB, one worker",
        f"{'':<10}{'deliveries':>11}{'answer p50':>11}{'p99':>7}"
        f"{'store p50':>11}{'p99':>7}{'range':>12}{'max':>7}{'aim p99':>9}   (ms)",
    ]
    for one in setups:
        answered, stored = list(chain(*one.answered)), list(chain(*one.stored))
        rounds = [_at(each, 0.99) for each in one.stored]
        lines.append(
            f"{one.kind:<10}{len(stored):>11}{_at(answered, 0.5):>11.1f}{_at(answered, 0.99):>7.1f}"
            f"{_at(stored, 0.5):>11.1f}{_at(stored, 0.99):>7.1f}"
            f"{f'{min(rounds):.0f}-{max(rounds):.0f}':>12}{max(stored):>7.0f}{AIM_MS:>9}"
        )
    return "\n".join(lines)


def _at(values: list[float], share: float) -> float:
    if share == 0.5:
        return statistics.median(values)
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


if __name__ == "__main__":
    main()
