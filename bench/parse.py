"""What one delivery costs before the store: verify, parse and translate, per tracker.

    ./run bench parse [--rounds 7] [--kilobytes 20]

Each tracker's stand-in signs a delivery about a new ticket with a long text; that delivery is
proven, parsed and translated again and again, all trackers in turn in each round. A tracker whose
webhooks are hints only (Azure DevOps) has nothing to translate. Median of the rounds, in
microseconds; aim below 150.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox import serve
from sandbox.register import MODULES, module_of
from sandbox.wire import Reply, read_call, write_reply
from schemas.change import TicketChange
from schemas.event import CommentSeen, TicketSeen
from schemas.source import Source
from schemas.ticket import Ticket
from tests.trackers.stand_ins import Budget, Memory, Secrets, a_delivery, a_source
from trackers.base import Client, Tracker
from trackers.registry import REGISTRY

AIM_US = 150
SECRET = "a-secret-for-the-bench-of-24-bytes"
SENTENCE = "The delivery van waits at the loading dock until the papers are signed. "
CALLS = 200


@dataclass
class Inbox:
    """Keeps what it is sent."""

    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        call = await read_call(scope, receive)
        self.got.append(({k.lower(): v for k, v in call.headers.items()}, call.body))
        await write_reply(Reply(200), send)


@dataclass(frozen=True)
class Sample:
    """One delivery of one tracker; the work is what a drain does before it writes."""

    tracker: Tracker
    source: Source
    headers: dict[str, str]
    body: bytes
    at: datetime

    def steps(self) -> tuple[float, float, float]:
        """Seconds for verify, parse and translate, once."""
        row = a_delivery(self.headers, self.body, received_at=self.at, observed_at=self.at)
        began = time.perf_counter()
        self.tracker.verify(self.headers, self.body, [SECRET], self.at)
        proven = time.perf_counter()
        events = self.tracker.parse(row)
        parsed = time.perf_counter()
        for event in events:
            if isinstance(event, TicketSeen):
                self.tracker.to_ticket(event.record, self.source)
            elif isinstance(event, CommentSeen):
                self.tracker.to_comment(event.record, self.source)
        return proven - began, parsed - proven, time.perf_counter() - parsed


@contextmanager
def inbox() -> Iterator[tuple[str, Inbox]]:
    here = Inbox()
    served = serve.Served(here, serve.bind())
    yield f"{served.url}/hook", here
    served.stop()


def sample(name: str, kilobytes: float) -> Sample:
    """A delivery about a new ticket, signed by the stand-in."""
    tracker = REGISTRY[name]
    with inbox() as (address, here), module_of(name).start() as running:
        told = module_of(name).announce(running)
        keys = {k: v for k, v in told.get("source", {}).items() if not k.endswith("_env")}
        source = a_source(name, told["url"], api_url=told["api_url"], **keys)
        running.add_hook(address, SECRET)
        running.outbox.idle(10)
        here.got.clear()
        _create(tracker, source, told, running, SENTENCE * int(kilobytes * 1000 / len(SENTENCE)))
        running.outbox.idle(10)
        headers, body = max(here.got, key=lambda one: len(one[1]))
    return Sample(tracker, source, headers, body, datetime.now(UTC))


def _create(
    tracker: Tracker, source: Source, told: dict[str, Any], running: Any, text: str
) -> None:
    if not tracker.capabilities.writes:
        running.acts.create("A long story", text)
        return
    login = next(iter(told.get("environment", {}).values()), None)
    client: Client = tracker.connect(
        source,
        credentials=Secrets(told["token"], login=login),
        limiter=Budget(),
        validators=Memory(),
    )
    wanted = Ticket(source=source.name, external_id="", key="", title="A long story", body=text)
    change = TicketChange(wanted=wanted, fields=frozenset({"title", "body"}))
    client.write(tracker.to_writes(change, source)[0])
    client.close()


def measured(one: Sample) -> tuple[float, float, float]:
    """Microseconds of the three steps, the mean of many calls."""
    sums = [0.0, 0.0, 0.0]
    for _ in range(CALLS):
        for place, seconds in enumerate(one.steps()):
            sums[place] += seconds
    verify, parse, translate = (total / CALLS * 1e6 for total in sums)
    return verify, parse, translate


def table(found: dict[str, list[tuple[float, float, float]]], samples: dict[str, Sample]) -> Table:
    shown = Table(box=None)
    for name in ("tracker", "bytes", "verify", "parse", "translate", "together", f"aim {AIM_US}"):
        shown.add_column(name, justify="left" if name == "tracker" else "right")
    for name, rounds in found.items():
        middle: Callable[[int], float] = lambda place, rounds=rounds: statistics.median(  # noqa: E731
            one[place] for one in rounds
        )
        together = statistics.median(sum(one) for one in rounds)
        steps = [f"{middle(place):.0f}" for place in range(3)]
        verdict = "ok" if together < AIM_US else "over"
        shown.add_row(name, str(len(samples[name].body)), *steps, f"{together:.0f}", verdict)
    return shown


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--rounds", type=int, default=7)
    asked.add_argument("--kilobytes", type=float, default=18, help="of text in the ticket")
    given = asked.parse_args()
    samples = {name: sample(name, given.kilobytes) for name in MODULES if name in REGISTRY}
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in samples}
    for _ in range(given.rounds):
        for name, one in samples.items():
            found[name].append(measured(one))
    Console().print(table(found, samples))


if __name__ == "__main__":
    main()
