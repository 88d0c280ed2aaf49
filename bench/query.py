"""Fifty thousand tickets with ten changes each: how soon lists, searches and numbers answer, warm.

    ./run bench query [--tickets 50000] [--changes 10] [--only sqlite] [--rounds 30]

Each question is asked through the function its command calls, in this process, after one answer
that does not count. `aim` is what the 95th of a hundred may take. Below stands what a whole command
takes, with the start of Python.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from itertools import islice
from pathlib import Path

from bench import _library
from bench._stores import KINDS, address
from store import as_of, categories, queries, search
from store.database import Store, open_store
from store.numbers import figures, resolution, velocity
from store.numbers.names import METRICS
from store.numbers.question import Question as Asked
from store.whole import whole_tickets

AIM_MS = 100.0
ROOT = Path(__file__).parents[1]
Question = Callable[[], object]


def main() -> None:
    """Takes one database after the other and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=50_000)
    parser.add_argument("--changes", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--only", choices=KINDS, action="append")
    given = parser.parse_args()
    for kind in given.only or KINDS:
        with ExitStack() as stack:
            measure(kind, stack, given)


def measure(kind: str, stack: ExitStack, given: argparse.Namespace) -> None:
    """Builds, derives, asks."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ts-query-")))
    url = address(kind, stack)
    store = open_store(url, folder)
    stack.callback(store.close)
    began = time.perf_counter()
    _library.build(store, given.tickets, given.changes)
    built = time.perf_counter()
    derived = _library.derive(store)
    seconds = time.perf_counter() - built
    _library.settle(store)
    print(
        f"\n{kind}: {given.tickets} tickets, {given.changes} changes each, in {built - began:.0f} s"
    )
    print(f"derived from {derived} in {seconds:.0f} s, {seconds / derived * 1000:.2f} ms each")
    print(f"{'':<44}{'p50 ms':>9}{'p95 ms':>9}{'aim':>7}{'answers':>9}")
    for name, ask in questions(store):
        print(line(name, ask, given.rounds), flush=True)
    command(url, folder)


def line(name: str, ask: Question, rounds: int) -> str:
    """One question, asked so many times."""
    answer = ask()
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - began) * 1000)
    p95 = statistics.quantiles(taken, n=20)[-1]
    size = len(answer) if hasattr(answer, "__len__") else 1
    late = "" if p95 < AIM_MS else "  LATE"
    return f"{name:<44}{statistics.median(taken):>9.1f}{p95:>9.1f}{AIM_MS:>7.0f}{size:>9}{late}"


def questions(store: Store) -> Iterator[tuple[str, Question]]:
    """Each by the words a person would type."""
    for name, asked in (
        ("list", {}),
        ("list --source shop", {"source": "shop"}),
        ("list --state open", {"state": "open"}),
        ("list --state deleted", {"state": "deleted"}),
        ("list --label label-0 (common)", {"label": "label-0"}),
        ("list --label label-39 (rare)", {"label": "label-39"}),
        ("list --label none-such", {"label": "none-such"}),
        ("list --assignee person-7", {"assignee": "person-7"}),
        ("list --state closed --label label-3", {"state": "closed", "label": "label-3"}),
    ):
        yield f"tickets {name}", lambda asked=asked: listed(store, **asked)
    for name, words, asked in (
        ("login (nearly all)", "login", {}),
        ("login --state closed", "login", {"state": "closed"}),
        ("login1234 (rare)", "login1234", {}),
        ("invoice timeout", "invoice timeout", {}),
        ("payment login77*", "payment login77*", {}),
        ("log* (beginning)", "log*", {}),
        ('"server answers"', '"server answers"', {}),
        ("please login invoice --source shop", "please login invoice", {"source": "shop"}),
        ("SHOP-120 (key)", "SHOP-120", {}),
        ("none-such", "nonesuch", {}),
    ):
        yield f"tickets search {name}", lambda words=words, asked=asked: hits(store, words, **asked)
    yield "tickets show SHOP-120", lambda: shown(store, "SHOP-120")
    yield "tickets list --source shop --at", lambda: then(store, "shop")
    yield from figures_asked(store)


def figures_asked(store: Store) -> Iterator[tuple[str, Question]]:
    """Each metric of the last thirty days, in all, by source and by assignee; and of a year."""
    for metric in METRICS:
        for by in (None, "source", "assignee"):
            split = f" --by {by}" if by else ""
            yield f"metrics {metric}{split}", lambda m=metric, b=by: counted(store, m, b, 30)
        yield f"metrics {metric}, a year", lambda m=metric: counted(store, m, None, 365)


def listed(store: Store, **asked: str) -> list[object]:
    """As `tickets list` does it."""
    with store.read() as connection:
        return list(queries.find(connection, **asked, limit=51))


def hits(store: Store, words: str, **asked: str) -> list[object]:
    """As `tickets search` does it, with the texts that its excerpts come from."""
    with store.read() as connection:
        keys = search.search(connection, words, **asked, limit=51)
        whole_tickets(connection, keys, parts=True)
        return list(keys)


def then(store: Store, source: str) -> object:
    """As `tickets list --at` does it, half a year back."""
    with store.read() as connection:
        meant = categories.Meant(connection, _library.declared().values())
        moment = _library.NOW - timedelta(days=180)
        return list(islice(as_of.newest_as_of(connection, moment, meant, source), 51))


def counted(store: Store, metric: str, by: str | None, days: int) -> object:
    """As `metrics show` does it."""
    since = _library.NOW - timedelta(days=days)
    until = _library.NOW + timedelta(seconds=1)
    sources = tuple(_library.declared().values())
    asked = Asked(sources, since, until, _library.NOW, by)
    with store.read() as connection:
        if metric == "velocity":
            return velocity.velocity(connection, asked)
        if metric == "resolution":
            return resolution.movements(connection, asked)
        return figures.answer(connection, metric, asked)


def shown(store: Store, key: str) -> list[object]:
    """As `tickets show` does it."""
    with store.read() as connection:
        return list(queries.by_key(connection, key))


def command(url: str, folder: Path) -> None:
    """One whole command, from the start of its process."""
    file = folder / "ticketsync.toml"
    file.write_text(f'[store]\nurl = "{url}"\n[workspace]\npath = ""\n')
    environ = {**os.environ, "DATABASE_URL": url}
    for words in (("list",), ("search", "login")):
        taken = []
        for _ in range(3):
            began = time.perf_counter()
            call = [sys.executable, "-m", "cli", "--config", str(file), "tickets", *words]
            subprocess.run(call, cwd=ROOT, env=environ, check=True, stdout=subprocess.DEVNULL)
            taken.append(time.perf_counter() - began)
        print(f"the command `tickets {' '.join(words)}`: {min(taken):.2f} s")


if __name__ == "__main__":
    main()
