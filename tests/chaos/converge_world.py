"""A world: one tracker's stand-in in this process, one ticketsync in another, and one clock."""

import itertools
import json
import os
import random
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import sqlalchemy as sa
import tomlkit

from cli import settings_file
from sandbox.register import module_of
from store.database import Store
from store.tables import leases, tickets
from tests.chaos.converge_clock import Clock
from tests.chaos.converge_ours import Order
from tests.chaos.converge_zygote import Zygote
from tests.conftest import Database

SOURCE = "shop"
SECRET = "convergence-secret-0123456789"
BEGIN_SECONDS = 20.0
ANSWER_SECONDS = 60.0
REST_SECONDS = 60.0
LEASE_SECONDS = 16.0
"""Longer than a killed process holds a lease."""

_PORTS = itertools.count(random.Random(os.getpid()).randrange(18_000, 31_000))


_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Killed(Exception):
    """Ours died before it answered."""


@dataclass
class World:
    """What a story acts upon. `seen` are the tickets ours ever had, `told` what happened."""

    tracker: str
    running: Any
    database: Database
    zygote: Zygote
    clock: Clock
    port: int
    store: Store
    config: Path
    workspace: bool = True
    pid: int | None = None
    seen: set[str] = field(default_factory=set)
    sessions: list[dict[str, Any]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    _starts: Iterator[int] = field(default_factory=itertools.count)
    _control: Path = Path()

    # Ours: its process, and what it is asked to do.

    def start(self) -> None:
        """Starts ours, unless it runs."""
        if self.pid is not None:
            return
        self._control = self.folder / f"c{next(self._starts)}"
        paths = str(self.config), str(self.clock.file), str(self._control)
        order = Order(*paths, self.port, self.workspace)
        self.pid = self.zygote.start(order, self.log)
        until = time.monotonic() + BEGIN_SECONDS
        while True:
            with suppress(Killed):
                self.ask("state")
                return
            assert time.monotonic() < until, f"ours does not start:\n{self.output()}"
            time.sleep(0.005)

    def kill(self) -> None:
        """kill -9, wherever it stands."""
        if self.pid is not None:
            self.zygote.kill(self.pid)
            self.pid = None
            self.told.append("killed")

    def ask(self, wish: str, **arguments: Any) -> Any:
        """What ours says to a wish; Killed when it does not live to say it."""
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(ANSWER_SECONDS)
                line.connect(str(self._control))
                line.sendall(json.dumps({"do": wish, **arguments}).encode() + b"\n")
                said = b"".join(iter(lambda: line.recv(65536), b""))
        except (ConnectionError, FileNotFoundError) as error:
            raise Killed from error
        if not said:
            raise Killed
        answer = json.loads(said)
        assert "failed" not in answer, f"{wish}: {answer['failed']}\n{self.output()}"
        return answer["said"]

    def reconcile(self, *, full: bool = False) -> dict[str, Any]:
        """One session, to its end."""
        done: dict[str, Any] = self.ask("reconcile", full=full)
        self.told.append(f"{'full' if full else 'incremental'}: {done['status']} {done['error']}")
        self.sessions.append(done)
        return done

    def reconcile_and_kill(self, *, full: bool, after: int, ends: tuple[str, ...] = ("",)) -> bool:
        """A session, killed once the tracker has seen so many requests of it to such paths.

        False when it had come to its end before.
        """
        begun = self.asked(ends)
        asking = Thread(target=self._reconcile_unheard, args=(full,))
        asking.start()
        while asking.is_alive() and self.asked(ends) - begun < after:
            time.sleep(0.0005)
        alive = asking.is_alive()
        self.kill()
        asking.join()
        return alive

    def asked(self, ends: tuple[str, ...] = ("",)) -> int:
        """Requests the tracker has seen to paths, or of GraphQL queries, with such an end."""
        every = list(self.running.requests.entries)
        return sum(
            f"{one.path} {one.query.get('name', '')}".strip().endswith(ends) for one in every
        )

    def _reconcile_unheard(self, full: bool) -> None:
        with suppress(Killed):
            self.ask("reconcile", full=full)

    # Time.

    def wait(self, seconds: float) -> None:
        """Lets time pass for the tracker, for ours and for the leases in the store."""
        self.clock.advance(seconds)
        with self.store.write() as connection:
            held = list(connection.execute(sa.select(leases.c.name, leases.c.expires_at)))
            for name, ends in held:
                earlier = max(ends - timedelta(seconds=seconds), _LONG_AGO)
                statement = leases.update().where(
                    leases.c.name == name, leases.c.expires_at == ends
                )
                connection.execute(statement.values(expires_at=earlier))

    def rest(self) -> None:
        """Until nothing is on its way, pending, in doubt or to be written; lets time pass.

        Twice in a row: a webhook may have been answered between our look and the tracker's.
        """
        until, quiet = time.monotonic() + REST_SECONDS, 0
        while True:
            assert self.running.outbox.idle(REST_SECONDS), "webhooks are still on their way"
            self.ask("sweep")
            state = self.ask("state")
            busy = state["rows"] or state["doubts"] or state["files"]
            quiet = 0 if busy else quiet + 1
            if quiet == 2:
                return
            assert time.monotonic() < until, f"not at rest: {state}\n{self.output()}"
            if busy:
                self.wait(max(state["due_in"] + 0.05, 0.0) if not state["files"] else 0.05)
            time.sleep(0.005)

    # What is there.

    @property
    def folder(self) -> Path:
        return self.database.folder

    @property
    def log(self) -> Path:
        return self.folder / "ours.log"

    @property
    def truth(self) -> list[dict[str, Any]]:
        """Every ticket as the tracker has it, in neutral words."""
        found: list[dict[str, Any]] = self.running.neutral()["tickets"]
        return found

    def note_seen(self) -> None:
        """Remembers which tickets ours has now: it may never lose one."""
        with self.store.read() as connection:
            self.seen |= set(connection.execute(sa.select(tickets.c.external_id)).scalars())

    def output(self) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join([*self.told[-30:], text[-4000:]])


@contextmanager
def world(
    tracker: str,
    database: Database,
    zygote: Zygote,
    *,
    tickets: int = 8,
    comments: int | None = None,
    seed: int = 1,
    workspace: bool = True,
    **plan: Any,
) -> Iterator[World]:
    """A tracker with some tickets and a ticketsync that listens to it, not started."""
    clock = Clock(database.folder / "clock")
    module: Any = module_of(tracker)
    running = module.start(
        tickets=tickets,
        comments=tickets if comments is None else comments,
        seed=seed,
        webhook_secret=SECRET,
        now=clock.now,
        **plan,
    )
    file = _configure(database, module.announce(running))
    store = database.open()
    made = World(tracker, running, database, zygote, clock, _port(), store, file, workspace)
    try:
        calm(made)
        yield made
    finally:
        made.kill()
        running.stop()
        store.close()


def calm(of: World) -> None:
    """No faults; and what the tracker asks us to wait for is short."""
    of.running.faults.clear()
    known = of.running.faults.as_json()
    usual = {"retry_after": 1, "reset_in": 1, "probation": 0.2, "resend": 0.05}
    of.running.faults.set(**{name: value for name, value in usual.items() if name in known})


def listen(of: World) -> None:
    """Registers the webhook: through the API, or as a person would by hand."""
    url = f"http://127.0.0.1:{of.port}/webhooks/{SOURCE}"
    if of.tracker in BY_HAND:
        of.running.add_hook(url, SECRET)
    else:
        assert of.ask("hook", url=url, secret=SECRET) == []
    assert of.running.outbox.idle(10)


BY_HAND = ("jira",)


def until(true: Callable[[], bool], seconds: float) -> bool:
    """Whether something came to hold in time."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def _configure(database: Database, told: dict[str, Any]) -> Path:
    file = database.folder / "ticketsync.toml"
    document = tomlkit.document()
    document["log"] = {"level": "warning"}
    document["store"] = {"url": database.url}
    document["workspace"] = {"path": "tickets"}
    source = {
        "name": SOURCE,
        "tracker": told["tracker"],
        "url": told["url"],
        "api_url": told["api_url"],
        "token_env": "SHOP_TOKEN",
        "webhook_secret_env": "SHOP_SECRET",
        **told.get("source", {}),
        "filter": {"state": "all"},
    }
    settings_file.append(document, source)
    file.write_text(tomlkit.dumps(document))
    secrets = {"SHOP_TOKEN": told["token"], "SHOP_SECRET": SECRET, **told.get("environment", {})}
    (database.folder / ".env").write_text("".join(f"{k}={v}\n" for k, v in secrets.items()))
    return file


def _port() -> int:
    """One that no outgoing connection takes while ours is dead: below the kernel's own range."""
    while True:
        number = 18_000 + next(_PORTS) % 14_000
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                tried.bind(("127.0.0.1", number))
                return number
