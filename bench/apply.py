"""Deliveries applied per second by one thread of a worker, beside the same rows by the raw driver.

    ./run bench apply [--seconds 1] [--rounds 5] [--only sqlite] [--profile sqlite-one]

Distinct tickets, GitHub bodies of 10 KB. Ours reads the journal, translates, merges, upserts the
ticket and gives the delivery its outcome; the raw driver is handed finished rows and does the last
two only. One ticket a transaction, then 64. Each round takes every variant in turn, so that the
ratios come from the same minutes of the same machine.
"""

import argparse
import cProfile
import pstats
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from bench._deliveries import PROJECT, Deliveries, headers
from bench._stores import KINDS, address
from runtime.clock import utc_now
from schemas.delivery import Arrival, Via
from schemas.settings import RetrySettings
from schemas.source import Source
from store import journal, sources
from store.database import open_store
from workers.drain import drain
from workers.work import Work

SOURCE = Source(
    name="bench",
    slug="bench",
    tracker="github",
    url=f"https://github.com/{PROJECT}",
    filter={"state": "all"},
)
CHUNK = 512
BATCH = 64
SIZES = {"one": 1, "batch": BATCH}
AIMS = {
    "sqlite-one": 2_000,
    "postgresql-one": 800,
    "sqlite-batch": 5_000,
    "postgresql-batch": 5_000,
}


@dataclass
class Variant:
    """One way of applying: `run` applies the deliveries of so many tickets, in steps of `size`."""

    name: str
    size: int
    bench: "Bench"
    run: Callable[[list[str]], None]
    rates: list[float] = field(default_factory=list)


class Bench:
    """One database with a worker on it and the raw driver beside it."""

    def __init__(self, kind: str, stack: ExitStack) -> None:
        self.kind = kind
        url = address(kind, stack)
        self.store = open_store(url, Path.cwd())
        stack.callback(self.store.close)
        with self.store.write() as connection:
            sources.declare(connection, [SOURCE], utc_now())
        self.work = Work(self.store, {SOURCE.name: SOURCE}, _no_client, RetrySettings())
        self.material = Deliveries()
        self.tickets = 0
        self.raw = _raw(url)
        stack.callback(self.raw.close)

    def fill(self, count: int) -> list[str]:
        """Journals deliveries about so many new tickets."""
        names = [str(self.tickets + n) for n in range(1, count + 1)]
        self.tickets += count
        arrivals = [self._arrival(int(name)) for name in names]
        with self.store.write() as connection:
            journal.keep(connection, arrivals)
        return names

    def apply(self, names: list[str]) -> None:
        """Ours: one drain for all of them."""
        done = drain(self.work, [(SOURCE.name, name) for name in names])
        assert done.deliveries == len(names), done

    def learn(self) -> None:
        """Prepares the raw driver: the row it writes is one that we wrote."""
        self.apply(self.fill(1))
        cursor = self.raw.execute("SELECT * FROM tickets LIMIT 1")
        columns = [one[0] for one in cursor.description]
        values = dict(zip(columns, cursor.fetchone(), strict=True))
        mark = "?" if self.kind == "sqlite" else "%s"
        marks = ", ".join([mark] * len(columns))
        updates = ", ".join(f"{c} = excluded.{c}" for c in columns)
        self._insert = (
            f"INSERT INTO tickets ({', '.join(columns)}) VALUES ({marks})"
            f" ON CONFLICT (source, external_id) DO UPDATE SET {updates}"
        )
        self._finish = (
            "UPDATE deliveries SET outcome = 'applied', done_at = received_at"
            f" WHERE source = 'bench' AND ticket = {mark} AND outcome IS NULL"
        )
        self._row = {
            name: Jsonb(value)
            if isinstance(value, (dict, list)) and self.kind != "sqlite"
            else value
            for name, value in values.items()
        }
        self.raw.commit()

    def write(self, names: list[str]) -> None:
        """The raw driver: finished rows, one transaction."""
        rows = [list((self._row | {"external_id": name}).values()) for name in names]
        if self.kind == "sqlite":
            self.raw.execute("BEGIN IMMEDIATE")
        cursor = self.raw.cursor()
        if len(names) == 1:
            cursor.execute(self._insert, rows[0])
            cursor.execute(self._finish, names)
        else:
            cursor.executemany(self._insert, rows)
            cursor.executemany(self._finish, [[name] for name in names])
        self.raw.commit()

    def empty(self) -> None:
        """Forgets everything applied, so that rounds are alike."""
        for table in ("deliveries", "tickets"):
            how = "DELETE FROM" if self.kind == "sqlite" else "TRUNCATE"
            self.raw.execute(f"{how} {table}")
        self.raw.commit()
        with self.store.read() as connection:
            assert journal.open_lanes(connection, SOURCE.name) == []

    def _arrival(self, number: int) -> Arrival:
        body = self.material.body(number)
        sent = headers(body)
        return Arrival(
            source=SOURCE.name,
            via=Via.webhook,
            event="issues.edited",
            delivery_key=sent["x-github-delivery"],
            ticket=str(number),
            body=body,
            received_at=utc_now(),
            headers=sent,
        )


def main() -> None:
    """Runs the rounds and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each variant in each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=KINDS)
    parser.add_argument("--profile", choices=sorted(AIMS), help="where the time of one goes")
    given = parser.parse_args()
    kinds = (given.profile.split("-")[0],) if given.profile else KINDS
    with ExitStack() as stack:
        benches = [Bench(kind, stack) for kind in ((given.only,) if given.only else kinds)]
        variants = [one for bench in benches for one in _variants(bench)]
        if given.profile:
            _profile(next(one for one in variants if one.name == given.profile), given.seconds)
            return
        for number in range(given.rounds + 1):
            for one in variants:
                rate = measure(one, given.seconds if number else 0.2)
                if number:  # the first round warms up
                    one.rates.append(rate)
            for bench in benches:
                bench.empty()
        print(table(variants, given))


def _variants(bench: Bench) -> Iterator[Variant]:
    bench.learn()
    for step, size in SIZES.items():
        yield Variant(f"{bench.kind}-{step}", size, bench, bench.apply)
        yield Variant(f"{bench.kind}-{step} raw driver", size, bench, bench.write)


def measure(one: Variant, seconds: float) -> float:
    """Deliveries a second; filling the journal is not counted."""
    done, took = 0, 0.0
    while took < seconds:
        names = one.bench.fill(CHUNK)
        began = time.perf_counter()
        for start in range(0, CHUNK, one.size):
            one.run(names[start : start + one.size])
        took += time.perf_counter() - began
        done += CHUNK
    return done / took


def table(variants: list[Variant], given: argparse.Namespace) -> str:
    """Medians and ranges; the ratio is to the raw driver of the same round."""
    lines = [
        f"{given.rounds} rounds x {given.seconds:g} s, one thread, 10 KB bodies, distinct tickets",
        f"{'':<29}{'per s':>7}{'range':>14}{'to raw':>8}{'range':>12}{'aim':>7}",
    ]
    for ours, raw in zip(variants[::2], variants[1::2], strict=True):
        ratios = [a / b for a, b in zip(ours.rates, raw.rates, strict=True)]
        spread = f"{min(ratios):.2f}-{max(ratios):.2f}"
        lines.append(
            f"{_rates(ours)}{statistics.median(ratios):>8.2f}{spread:>12}{AIMS[ours.name]:>7}"
        )
        lines.append(_rates(raw))
    return "\n".join(lines)


def _rates(one: Variant) -> str:
    spread = f"{min(one.rates):.0f}-{max(one.rates):.0f}"
    return f"{one.name:<29}{statistics.median(one.rates):>7.0f}{spread:>14}"


def _profile(one: Variant, seconds: float) -> None:
    measure(one, 0.5)
    chunks = [one.bench.fill(CHUNK) for _ in range(max(1, int(2 * seconds)))]
    watch = cProfile.Profile()
    watch.enable()
    for names in chunks:
        for start in range(0, CHUNK, one.size):
            one.run(names[start : start + one.size])
    watch.disable()
    pstats.Stats(watch).sort_stats("tottime").print_stats(40)


def _raw(url: str) -> Any:
    if url.startswith("sqlite"):
        raw = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            raw.execute(f"PRAGMA {pragma}")
        return raw
    raw = psycopg.connect(url)
    raw.execute("SET search_path = ticketsync, public")
    raw.execute("SET synchronous_commit = on")
    raw.commit()
    return raw


def _no_client(_source: Source) -> Any:
    raise AssertionError("a drain asks nobody")


if __name__ == "__main__":
    main()
