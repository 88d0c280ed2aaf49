"""Never over a tracker's limit: real processes, a real Redis, and stand-ins that count."""

import multiprocessing
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import Empty
from typing import Any

import pytest

from runtime import limits
from runtime.limits import Limits
from sandbox.register import Running, module_of
from schemas.errors import Spent, Transient
from schemas.ports import Lane
from tests.trackers.stand_ins import Memory, Secrets, a_source
from trackers.base import Client
from trackers.registry import tracker_named

LANES: tuple[Lane, ...] = ("webhook", "reconcile", "backfill")
PROCESSES = 4
WINDOW = 4
"""Seconds of the stand-in's limit, which is an hour at GitHub."""

TOO_FAST = {
    "github": (403, 429),
    "gitlab": (429,),
    "jira": (429,),
    "linear": (400, 429),
    "azure_devops": (429,),
}


@dataclass(frozen=True)
class Asker:
    """Where to ask, in words that another process understands."""

    tracker: str
    line: dict[str, Any]

    def client(self, budgets: Limits, lane: Lane) -> Client:
        """A client whose requests are of one lane."""
        return tracker_named(self.tracker).connect(
            a_source(self.tracker, self.line["url"], api_url=self.line["api_url"], **self._more),
            credentials=Secrets(self.line["token"]),
            limiter=budgets.lane(lane),
            validators=Memory(),
        )

    @property
    def _more(self) -> dict[str, Any]:
        known = ("deployment", "fields", "team", "statuses")
        return {name: one for name, one in self.line["source"].items() if name in known}


def ask(client: Client, until: float, tell: Callable[[str], None]) -> None:
    """Asks as fast as it may."""
    while time.time() < until:
        try:
            client.project()
            tell("answered")
        except Spent as error:
            tell("parked")
            time.sleep(min(error.retry_after or 1, 0.1))
        except Transient as error:
            tell(f"refused: {error}")
    client.close()


def work(asker: Asker, redis: str, begin: Any, seconds: float, told: Any) -> None:
    """One process: a thread for each lane; runs in a child."""
    budgets = limits.connect(redis)
    clients = {lane: asker.client(budgets, lane) for lane in LANES}
    begin.wait(60)
    until = time.time() + seconds
    threads = [
        threading.Thread(
            target=ask, args=(one, until, lambda what, lane=lane: told.put((lane, what)))
        )
        for lane, one in clients.items()
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    budgets.close()


def refused(running: Running, tracker: str) -> int:
    """How many requests the stand-in turned away for their number."""
    return sum(one.status in TOO_FAST[tracker] for one in running.requests.entries)


def on_stage(tracker: str, **plan: Any) -> tuple[Running, Asker]:
    module = module_of(tracker)
    running = module.start(tickets=3, **plan)
    return running, Asker(tracker, module.announce(running))


@pytest.mark.slow
def test_four_processes_with_three_lanes_never_meet_the_limit(redis_server) -> None:
    """Over two resets; the limit is told by headers alone, documented is another."""
    running, asker = on_stage("github", rate_limit=60, rate_seconds=WINDOW)
    context = multiprocessing.get_context("spawn")
    begin, told = context.Barrier(PROCESSES), context.Queue()
    seconds = 2.5 * (WINDOW + 1)
    try:
        given = (asker, redis_server.url, begin, seconds, told)
        processes = [context.Process(target=work, args=given) for _ in range(PROCESSES)]
        for one in processes:
            one.start()
        counted = Counter(all_told(told, processes))
        log = [one for one in running.requests.entries if one.counted]
        assert refused(running, "github") == 0
    finally:
        running.stop()
    answered = {lane: counted[lane, "answered"] for lane in LANES}
    assert sum(count for (_, what), count in counted.items() if what.startswith("refused")) == 0
    assert len(log) == sum(answered.values())
    assert 100 < len(log) <= 180  # three windows of sixty, the third perhaps not used up
    assert all(answered.values())
    assert all(counted[lane, "parked"] for lane in LANES)


def all_told(told: Any, processes: list[Any]) -> Iterator[tuple[str, str]]:
    """What the processes said, until all have ended."""
    while any(one.is_alive() for one in processes) or not told.empty():
        try:
            yield told.get(timeout=0.2)
        except Empty:
            continue
    for one in processes:
        one.join()
        assert one.exitcode == 0


STILL = datetime.now(UTC).replace(second=5)
"""No window may end, and begin anew, while a test looks at it."""

PLANS: dict[str, dict[str, Any]] = {
    "github": {"rate_limit": 40},
    "gitlab": {"rate_limit": 40},
    "jira": {"rate_limit": 200},
    "linear": {"rate_limit": 40},
    "azure_devops": {"rate_limit": 200, "units_per_request": 0.1},
}


@pytest.fixture(params=PLANS)
def stage(request: pytest.FixtureRequest) -> Iterator[tuple[Running, Asker]]:
    running, asker = on_stage(request.param, **PLANS[request.param], now=lambda: STILL)
    yield running, asker
    running.stop()


def until_spent(client: Client) -> int:
    """How many times a project could be asked about."""
    with closing(client):
        for count in range(2_000):
            try:
                client.project()
            except Spent:
                return count
    raise AssertionError("there seems to be no limit")


def test_a_webhook_still_has_its_answer_when_an_import_must_stop(
    stage: tuple[Running, Asker],
) -> None:
    running, asker = stage
    budgets = Limits(now=STILL.timestamp)
    used = {lane: until_spent(asker.client(budgets, lane)) for lane in reversed(LANES)}
    assert refused(running, asker.tracker) == 0
    assert used["backfill"] > used["webhook"] > 0
    assert used["reconcile"] > 0
    assert until_spent(asker.client(budgets, "webhook")) == 0


def test_threads_of_one_process_never_meet_the_limit() -> None:
    running, asker = on_stage("github", rate_limit=60, rate_seconds=2)
    budgets, said = Limits(), Counter[str]()
    until = time.time() + 4
    threads = [
        threading.Thread(
            target=ask, args=(asker.client(budgets, lane), until, lambda what: said.update([what]))
        )
        for lane in LANES * 2
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    running.stop()
    assert refused(running, "github") == 0
    assert set(said) == {"answered", "parked"}
    assert said["answered"] >= 100
