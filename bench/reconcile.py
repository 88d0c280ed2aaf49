"""A cold import and an idle pass: requests, seconds and processor time, tracker by tracker.

    ./run bench reconcile [--tickets 1000] [--comments 3000] [--rounds 3] [--only github] …

The sandbox is a process of its own. `cold` ends when everything is in SQL and in Markdown files;
`fetch only` walks the same pages and drops them; `idle` is a session when nothing changed, in a
warm process; `full again` reads everything once more and finds nothing new; `command` is `sync`
from start to exit. Counted are requests that cost rate limit, by
the sandbox's own log. Our rate budget is off here: `incremental` measures with it. The last line is
what the disk alone takes for as many durable files, by bare system calls in the same minute.
"""

import argparse
import cProfile
import os
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Any

from bench._stands import ROOT, TRACKERS, Ours, Sandbox
from reconciler import session
from schemas.record import Cursor

IDLE_PASSES = 5
AIMS = {"cold": (42, 3.0), "idle": (2, 0.2)}
"""At GitHub: counted requests and seconds."""


@dataclass
class Row:
    """What was measured of one thing at one tracker; the requests are those of the last round."""

    tracker: str
    what: str
    least: int | None = None
    asked: int = 0
    counted: int = 0
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)


def least(tracker: str, tickets: int, comments: int, commented: int) -> int:
    """The fewest requests by which everything can be read; `commented` tickets have comments."""
    return {
        # The project's id; 100 issues or comments a page, comments of the whole repository.
        "github": 1 + ceil(tickets / 100) + ceil(comments / 100),
        # 100 issues a page; notes and links only issue by issue, links without a count before.
        "gitlab": 1 + ceil(tickets / 100) + commented + tickets,
        # 100 issues a page with up to 20 comments in each; the list of fields.
        "jira": 2 + ceil(tickets / 100),
        # All in the page, of which 10,000 points of complexity take 32 issues with their parts.
        "linear": 1 + ceil(tickets / 32),
        # One query for the ids, 200 items a batch; comments only item by item. Links lie in it.
        "azure_devops": 2 + ceil(tickets / 200) + commented,
    }[tracker]


def main() -> None:
    """Runs the rounds and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=1000)
    parser.add_argument("--comments", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=TRACKERS, action="append")
    parser.add_argument("--profile", action="store_true", help="where the time of a cold one goes")
    given = parser.parse_args()
    with ExitStack() as stack:
        boxes = [
            Sandbox(one, stack, tickets=given.tickets, comments=given.comments)
            for one in given.only or TRACKERS
        ]
        if given.profile:
            _profile(boxes[0], stack)
            return
        rows: dict[tuple[str, str], Row] = {}
        disk = Row("", "disk alone")
        for number in range(given.rounds):
            for box in boxes:
                measure(box, stack, rows, warm=number > 0 or given.rounds == 1)
            disk.seconds.append(_disk(stack, given.tickets))
        print(table(rows, disk, given))


def measure(
    box: Sandbox, stack: ExitStack, rows: dict[tuple[str, str], Row], *, warm: bool
) -> None:
    """One round. The files stay until the end: fresh deletions make the next files slow on ext4."""

    def timed(what: str, do: Callable[[], object], wanted: int | None = None) -> None:
        row = rows.setdefault((box.tracker, what), Row(box.tracker, what, wanted))
        box.forget()
        began, used = time.perf_counter(), time.process_time()
        do()
        if warm:  # a process's first round imports modules and compiles statements
            row.seconds.append(time.perf_counter() - began)
            row.processor.append(time.process_time() - used)
        said = box.requests()
        row.asked, row.counted = said["total"], said["counted"]

    truth = box.tickets()
    notes = [len(one["comments"]) for one in truth]
    ours = Ours(box.told, stack, boundless=True)
    client = ours.parts.connect(ours.source)
    timed("fetch only", lambda: [len(p.records) for p in client.changed_since(Cursor())])
    client.close()
    fewest = least(box.tracker, len(truth), sum(notes), sum(map(bool, notes)))
    timed("cold", lambda: _cold(ours, len(truth), sum(notes)), fewest)
    session.run(ours.parts, ours.source)  # learns what makes the next one conditional
    for _ in range(IDLE_PASSES):
        timed("idle", lambda: _idle(ours))
    timed("full again", lambda: _full(ours))
    timed("command", lambda: _command(ours.file))


def _cold(ours: Ours, tickets: int, comments: int) -> None:
    done = ours.sync()
    assert done.status == "complete", done
    assert ours.held() == (tickets, comments), ours.held()
    assert len(list(ours.folder.rglob("ISSUE.md"))) == tickets


def _idle(ours: Ours) -> None:
    done = session.run(ours.parts, ours.source)
    assert done.status == "complete", done
    assert done.report.journaled == 0, done


def _full(ours: Ours) -> None:
    done = session.run(ours.parts, ours.source, full=True)
    assert done.status == "complete", done
    assert (done.report.new, done.report.changed) == (0, 0), done


def _command(file: Path) -> None:
    command = [sys.executable, "-m", "cli", "--config", str(file), "sync"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def _disk(stack: ExitStack, files: int) -> float:
    """Folders with a durable file each, as few calls as can be."""
    root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ts-bench-")))
    began = time.perf_counter()
    for number in range(files):
        folder = root / str(number)
        folder.mkdir()
        _durable(folder / "new", b"x" * 3_000)
        (folder / "new").rename(folder / "ISSUE.md")
        _settle(folder)
    _settle(root)
    return time.perf_counter() - began


def _durable(path: Path, content: bytes) -> None:
    with path.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())


def _settle(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def _profile(box: Sandbox, stack: ExitStack) -> None:
    Ours(box.told, stack, boundless=True).sync()
    ours = Ours(box.told, stack, boundless=True)
    watch = cProfile.Profile()
    watch.enable()
    ours.sync()
    watch.disable()
    pstats.Stats(watch).sort_stats("cumulative").print_stats(80)


def table(rows: dict[tuple[str, str], Row], disk: Row, given: Any) -> str:
    """Medians and ranges."""
    lines = [
        f"{given.tickets:,} tickets, {given.comments:,} comments, {given.rounds} rounds",
        f"{'':<26}{'requests':>9}{'counted':>9}{'least':>7}{'aim':>5}"
        f"{'seconds':>9}{'range':>13}{'cpu':>7}{'aim':>6}",
    ]
    for row in rows.values():
        aim = AIMS.get(row.what) if row.tracker == "github" else None
        cpu = f"{statistics.median(row.processor):.3f}" if row.what != "command" else ""
        lines.append(
            f"{row.tracker + ' ' + row.what:<26}{row.asked:>9}{row.counted:>9}"
            f"{row.least or '':>7}{aim[0] if aim else '':>5}"
            f"{_times(row.seconds)}{cpu:>7}{aim[1] if aim else '':>6}"
        )
    lines.append(f"{disk.what:<56}{_times(disk.seconds)}")
    return "\n".join(lines)


def _times(seconds: Sequence[float]) -> str:
    spread = f"{min(seconds):.2f}-{max(seconds):.2f}"
    return f"{statistics.median(seconds):>9.3f}{spread:>13}"


if __name__ == "__main__":
    main()
