"""A usual day of one source: how many reads were answered "not modified", how many requests.

    ./run bench day [--edits 12] [--tickets 300] [--comments 900] [--lost 0.02] [--only TRACKER] …

The model: a pass every quarter of an hour, 96 of them, on a clock that is moved. From nine to five
people do so many things an hour (edit, comment, label, close, open, link, …) and their webhooks are
received and applied before the next pass, all but the share that is lost. The other hours are
quiet. The first reading and the pass after it, which learns what later ones compare with, are not
counted. Reads are everything that was asked in the day, by passes and about doubts; a read that was
not modified costs no rate limit where the tracker knows conditional requests (GitHub).
"""

import argparse
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import receiver.app
from bench._stands import TRACKERS, Ours
from cli.stage import SECRET
from cli.together import bind, server_of
from reconciler import session
from runtime import broker as queue
from runtime import config
from sandbox.register import Running, module_of

PASS = timedelta(minutes=15)
PASSES = 96
WORK_BEGINS, WORK_ENDS = 36, 68
"""Nine and five o'clock, in passes since midnight."""
AIM = 0.8


class Clock:
    """A clock that goes on by itself and is put forward."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, by: timedelta) -> None:
        self._ahead += by


@dataclass
class Day:
    """What a day came to at one tracker."""

    tracker: str
    passes: int = 0
    done: int = 0
    missed: int = 0
    requests: int = 0
    counted: int = 0
    not_modified: int = 0
    quiet: int = 0
    seconds: float = 0.0


def main() -> None:
    """Takes one tracker after the other and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=12, help="things done in a working hour")
    parser.add_argument("--tickets", type=int, default=300)
    parser.add_argument("--comments", type=int, default=900)
    parser.add_argument("--lost", type=float, default=0.02, help="share of webhooks that are lost")
    parser.add_argument("--only", choices=TRACKERS, action="append")
    given = parser.parse_args()
    found = []
    for tracker in given.only or TRACKERS:
        with ExitStack() as stack:
            found.append(live(tracker, stack, given))
    print(table(found, given))


def live(tracker: str, stack: ExitStack, given: argparse.Namespace) -> Day:
    """One day at one tracker."""
    clock, module = Clock(), module_of(tracker)
    box: Running = module.start(
        tickets=given.tickets, comments=given.comments, webhook_secret=SECRET, now=clock.now
    )
    stack.callback(box.stop)
    ours = Ours(module.announce(box), stack, boundless=True)
    ours.move_clock(clock.now)
    ours.sync()
    session.run(ours.parts, ours.source)
    day = Day(tracker)
    with _listening(ours, clock) as address:
        box.add_hook(f"{address}/webhooks/bench", SECRET)
        box.faults.set(drop=given.lost)
        for number in range(PASSES):
            clock.advance(PASS)
            _quarter(ours, box, day, number, given.edits)
    return day


def _quarter(ours: Ours, box: Running, day: Day, number: int, edits: int) -> None:
    """What people do in a quarter of an hour, their webhooks, and the pass at its end."""
    box.requests.clear()
    at_work = WORK_BEGINS <= number < WORK_ENDS
    steps = edits * (number + 1) // 4 - edits * number // 4 if at_work else 0
    box.people.work(steps)
    assert box.outbox.idle(30), "webhooks are still on their way"
    ours.here.catch_up("bench")
    began = time.perf_counter()
    done = session.run(ours.parts, ours.source)
    assert done.status == "complete", done
    ours.here.catch_up("bench")
    day.seconds += time.perf_counter() - began
    asked: list[Any] = box.requests.entries
    day.passes += 1
    day.done += steps
    day.missed += done.report.missed
    day.requests += len(asked)
    day.counted += sum(one.counted for one in asked)
    day.not_modified += sum(one.status == 304 for one in asked)
    day.quiet += 0 if steps else len(asked)


@contextmanager
def _listening(ours: Ours, clock: Clock) -> Iterator[str]:
    """Our receiver on the moved clock; the address it listens at."""
    app = receiver.app.start(
        settings=ours.here.settings,
        secrets=config.secrets(ours.here.settings),
        store=ours.here.store,
        broker=queue.connect(),
        telemetry=ours.here.telemetry,
        now=clock.now,
    )
    listening = bind("127.0.0.1", 0)
    server = server_of(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


def table(found: list[Day], given: argparse.Namespace) -> str:
    """One line a tracker."""
    lines = [
        f"{PASSES} passes, {given.edits} acts in each of eight working hours,"
        f" {given.lost:.0%} of webhooks lost, {given.tickets} tickets",
        f"{'':<14}{'acts':>6}{'missed':>8}{'requests':>10}{'counted':>9}{'a quiet pass':>14}"
        f"{'304':>7}{'aim':>7}{'s a pass':>10}",
    ]
    quiet = PASSES - (WORK_ENDS - WORK_BEGINS)
    for one in found:
        share, aim = f"{one.not_modified / one.requests:.0%}", f"> {AIM:.0%}"
        lines.append(
            f"{one.tracker:<14}{one.done:>6}{one.missed:>8}{one.requests:>10}{one.counted:>9}"
            f"{one.quiet / quiet:>14.1f}{share:>7}{aim if one.tracker == 'github' else '':>7}"
            f"{one.seconds / one.passes:>10.3f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
