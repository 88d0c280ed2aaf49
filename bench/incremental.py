"""A hundred changed tickets with their comments, webhooks off: from the change to the store.

    ./run bench incremental [--changed 100] [--tickets 150] [--comments 450] [--only TRACKER]

Each tracker's sandbox keeps the limit its vendor documents, and our rate budget is the real one. A
pass that the budget parks is gone on with when it says, so waiting is part of the time. `left` is
what our budget knows to be left at the end: nothing where a tracker tells it only when little is.
"""

import argparse
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bench._stands import TRACKERS, Ours, Sandbox
from runtime.clock import utc_now
from store.tables import comments, tickets

AIM_SECONDS = 30.0


@dataclass(frozen=True)
class Limit:
    """What a vendor documents: requests (or `unit`) in so many seconds, and how a sandbox gets it.

    The pages are named in `trackers/<name>`, where each client begins with the same number.
    """

    size: int
    seconds: int
    plan: dict[str, Any]
    unit: str = "requests"
    first: str = "number"


LIMITS = {
    "github": Limit(5_000, 3_600, {"rate_limit": 5_000}),
    "gitlab": Limit(2_000, 60, {"rate_limit": 2_000}),
    "jira": Limit(65_000, 3_600, {"rate_limit": 65_000}, "points", first="issue"),
    "linear": Limit(2_500, 3_600, {"rate_limit": 2_500}, first="key"),
    "azure_devops": Limit(200, 300, {"rate_limit": 2_000, "units_per_request": 0.1}, "units"),
}


@dataclass
class Result:
    """One tracker: the seconds of the first reading, of the changes, and what they cost."""

    tracker: str
    read: float
    seconds: float
    requests: int
    counted: int
    parked: int
    left: float | None


def main() -> None:
    """Takes one tracker after the other and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changed", type=int, default=100)
    parser.add_argument("--tickets", type=int, default=150)
    parser.add_argument("--comments", type=int, default=450)
    parser.add_argument("--only", choices=TRACKERS, action="append")
    given = parser.parse_args()
    found = []
    for tracker in given.only or TRACKERS:
        with ExitStack() as stack:
            found.append(measure(tracker, stack, given))
    print(table(found, given))


def measure(tracker: str, stack: ExitStack, given: argparse.Namespace) -> Result:
    """Reads everything, lets people change some of it, reads what changed."""
    limit = LIMITS[tracker]
    box = Sandbox(tracker, stack, tickets=given.tickets, comments=given.comments, **limit.plan)
    ours = Ours(box.told, stack)
    read, _ = _until_complete(ours)
    ours.sync()  # definitions and marks are settled
    changed = _change(box, limit, given.changed)
    box.forget()
    seconds, parked = _until_complete(ours)
    said = box.requests()
    _assert_equal(ours, box, changed)
    told = ours.here.telemetry.metrics.rate_left.collect()[0].samples
    left = min((one.value for one in told), default=None)
    return Result(tracker, read, seconds, said["total"], said["counted"], parked, left)


def _until_complete(ours: Ours) -> tuple[float, int]:
    """Passes until one is complete, waiting as long as a parked one asks; seconds, parked ones."""
    began, parked = time.perf_counter(), 0
    while True:
        done = ours.sync()
        if done.status == "complete":
            return time.perf_counter() - began, parked
        assert done.status == "parked", done
        assert done.resumes_at is not None
        parked += 1
        time.sleep(max(0.0, (done.resumes_at - utc_now()).total_seconds()))


def _change(box: Sandbox, limit: Limit, count: int) -> set[str]:
    """A new title and a comment for so many tickets; their keys."""
    chosen = [one for one in box.tickets() if not one.get("deleted")][:count]
    for one in chosen:
        name = one["key"] if limit.first != "number" else one["number"]
        box.act("edit", **{limit.first: name}, title=f"Changed: {one['title']}")
        box.act("comment", **{limit.first: name}, body="It happened again.")
    return {one["key"] for one in chosen}


def _assert_equal(ours: Ours, box: Sandbox, changed: set[str]) -> None:
    truth = {one["key"]: one for one in box.tickets()}
    with ours.here.store.read() as connection:
        query = sa.select(tickets.c.key, tickets.c.external_id, tickets.c.title)
        held = {key: (ticket, title) for key, ticket, title in connection.execute(query)}
        notes = sa.select(comments.c.ticket, sa.func.count()).group_by(comments.c.ticket)
        counts: dict[str, int] = dict(connection.execute(notes).all())
    assert len(changed) > 0
    for key in changed:
        ticket, title = held[key]
        assert title == truth[key]["title"], (key, title)
        assert counts.get(ticket, 0) == len(truth[key]["comments"]), (key, counts.get(ticket))


def table(found: list[Result], given: argparse.Namespace) -> str:
    """One line a tracker."""
    lines = [
        f"{given.changed} of {given.tickets} tickets changed, a comment each; documented limits",
        f"{'':<14}{'read all':>9}{'changes':>9}{'aim':>6}{'requests':>10}{'counted':>9}"
        f"{'parked':>8}{'left':>8}  of the limit",
    ]
    for one in found:
        limit = LIMITS[one.tracker]
        left = "" if one.left is None else f"{one.left:.0f}"
        lines.append(
            f"{one.tracker:<14}{one.read:>8.1f}s{one.seconds:>8.1f}s{AIM_SECONDS:>5.0f}s"
            f"{one.requests:>10}{one.counted:>9}{one.parked:>8}{left:>8}"
            f"  {limit.size:,} {limit.unit} in {limit.seconds} s"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
