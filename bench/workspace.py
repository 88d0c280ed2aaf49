"""A workspace of many tickets: the first render, one where nothing changed, and single changes.

    ./run bench workspace [--tickets 10000] [--only sqlite]

What was written is found by looking at each file's inode and times before and after, not by our
own counters. `drain` is what brings the change into the store, `render` what writes the files.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import _stores
from schemas.delivery import Arrival
from store import journal
from store.database import Store, open_store
from tests.builders import SOURCE, a_work, an_issue, lanes, polled
from workers.drain import drain
from workers.render import render
from workers.work import Work

PAGE = 100
Sign = tuple[int, int, int]


@dataclass(frozen=True)
class Step:
    """One line of the table: seconds, and the files that are other than before."""

    name: str
    drain: float
    render: float
    written: list[str]


def main() -> None:
    """Prints one table a database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=10_000)
    parser.add_argument("--only", choices=_stores.KINDS, action="append")
    given = parser.parse_args()
    for kind in given.only or _stores.KINDS:
        with ExitStack() as stack:
            print(table(kind, given.tickets, measure(kind, given.tickets, stack)))


def measure(kind: str, tickets: int, stack: ExitStack) -> list[Step]:
    """Fills a store, and renders it after each kind of change."""
    root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ts-bench-")))
    store = open_store(_stores.address(kind, stack), root)
    stack.callback(store.close)
    work = a_work(store, workspace=root / "tickets")
    one = tickets // 2
    return [
        step("first render", work, lambda: read(work, *records(tickets))),
        step("nothing changed", work, lambda: None),
        step("all read again, unchanged", work, lambda: read(work, *records(tickets))),
        step("one text", work, lambda: read(work, record(one, 1, body="Another text."))),
        step(
            "one title",
            work,
            lambda: read(work, record(one, 2, body="Another text.", title="Another title")),
        ),
    ]


def step(name: str, work: Work, change: Callable[[], None]) -> Step:
    """Makes a change, renders, and looks at the disk."""
    assert work.workspace is not None
    before = signs(work.workspace)
    began = time.perf_counter()
    change()
    drained = time.perf_counter()
    render(work, [SOURCE])
    ended = time.perf_counter()
    after = signs(work.workspace)
    written = sorted(str(path) for path, sign in after.items() if before.get(path) != sign)
    return Step(name, drained - began, ended - drained, written)


def signs(root: Path) -> dict[Path, Sign]:
    """Every file with what a write would change; locks are no content."""
    found = {}
    for path in root.rglob("*"):
        if path.is_file() and path.name != ".lock":
            looks = path.stat()
            found[path.relative_to(root)] = (looks.st_ino, looks.st_mtime_ns, looks.st_ctime_ns)
    return found


def records(tickets: int) -> list[dict[str, Any]]:
    """Issues as a tracker lists them."""
    return [record(number) for number in range(1, tickets + 1)]


def record(number: int, updated: float = 0, **over: Any) -> dict[str, Any]:
    """One of them; `updated` in seconds from the first reading."""
    plain = {"title": f"Ticket number {number} of many", "body": "Some text.\n" * 20}
    return an_issue(number, updated=updated, **plain | over)


def read(work: Work, *found: dict[str, Any]) -> None:
    """Brings records in by the journal, as a reconcile does."""
    for start in range(0, len(found), PAGE):
        arrivals = [polled(one, when=one_second(one)) for one in found[start : start + PAGE]]
        keep(work.store, arrivals)
        drain(work, lanes(arrivals))


def one_second(record: dict[str, Any]) -> float:
    """When a record is read: right after its change."""
    return float(str(record["updated_at"])[17:19]) + 1


def keep(store: Store, arrivals: list[Arrival]) -> None:
    """Journals them in one transaction."""
    with store.write() as connection:
        journal.keep(connection, arrivals)


def table(kind: str, tickets: int, steps: list[Step]) -> str:
    """Markdown."""
    lines = [
        f"### {tickets:,} tickets on {kind}",
        "",
        "| step | drain s | render s | files written |",
        "|---|---:|---:|---|",
    ]
    for one in steps:
        some = f": {', '.join(one.written)}" if 0 < len(one.written) <= 3 else ""
        lines.append(
            f"| {one.name} | {one.drain:.3f} | {one.render:.3f} | {len(one.written):,}{some} |"
        )
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
