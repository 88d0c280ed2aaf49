"""All of ticketsync in one process, as `up` assembles it, on a clock that a test puts ahead.

It listens on its port for webhooks and on a Unix socket for what a test wants: one line of JSON in,
one line out, each on a thread of its own, so that a reconcile does not hold up the rest.
"""

import json
import socketserver
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from starlette.applications import Starlette

import receiver.app
import reconciler.app
import workers.app
from cli.together import bind, server_of
from reconciler import schedule, session
from reconciler.parts import Parts
from reconciler.tenure import Busy
from runtime import broker as queue
from runtime import config
from runtime import telemetry as telling
from runtime.bell import Bell
from runtime.clients import connector
from runtime.limits import Limits
from runtime.telemetry import Telemetry
from schemas.settings import Settings
from schemas.source import Source
from store import journal, sources
from store.database import Store, open_store
from store.grants import Grants
from store.tables import deliveries, tickets
from store.validators import StoredValidators
from tests.chaos.converge_clock import Clock
from trackers.registry import ready, tracker_named
from workers.drain import drain
from workers.refetch import follow
from workers.sweep import sweep
from workers.work import Work

TRACKERS = ("github", "gitlab", "jira", "linear", "azure_devops")
SETTLE_SECONDS = 1.0
NOT_YET = 0.01


@dataclass(frozen=True)
class Order:
    """What a process is started with; paths as text, since it goes over a pipe."""

    config: str
    clock: str
    control: str
    port: int
    workspace: bool = True


@dataclass(frozen=True)
class Ours:
    """The doors of this process; `source` is the only one there is."""

    store: Store
    work: Work
    parts: Parts
    clock: Clock

    @property
    def source(self) -> Source:
        return next(iter(self.parts.sources.values()))


def warm() -> None:
    """Imports and makes once what every process would for itself; starts no thread."""
    ready(TRACKERS)
    queue.connect().close()
    server_of(Starlette()).config.load()


def live(order: Order) -> None:
    """Runs until it is killed."""
    settings = config.load(Path(order.config), environ={})
    telemetry = telling.start(settings, process="up")
    clock = Clock(Path(order.clock))
    store = open_store(settings.store.url, settings.folder)
    broker = queue.connect(settings.queue.url)
    ours = _assemble(settings, store, broker, clock, telemetry)
    if not order.workspace:
        ours = replace(ours, work=replace(ours.work, workspace=None))
    workers.app.start(broker, ours.work, threads=2)
    web = server_of(
        receiver.app.start(
            settings=settings,
            secrets=config.secrets(settings),
            store=store,
            broker=broker,
            telemetry=telemetry,
            now=clock.now,
        )
    )
    listening = bind("127.0.0.1", order.port)
    threading.Thread(target=web.run, kwargs={"sockets": [listening]}, daemon=True).start()
    while not web.started:
        time.sleep(0.002)
    with _Control(order.control, partial(_answer, ours)) as control:
        control.serve_forever(poll_interval=60)


def _assemble(
    settings: Settings, store: Store, broker: queue.Broker, clock: Clock, telemetry: Telemetry
) -> Ours:
    """As `cli.together.assemble`, with the clock in every seam that takes one."""
    secrets = config.secrets(settings, grants=Grants(store, config.sealing(settings)))
    connect = connector(
        tracker_named,
        credentials=secrets,
        limits=Limits(now=clock.epoch),
        validators=StoredValidators(store),
    )
    work = workers.app.prepare(settings, store, telemetry)
    bell = Bell(partial(queue.ring, broker))
    bell.start()
    parts = reconciler.app.prepare(settings, store, reconciler.app.waker(bell))

    work = replace(work, now=clock.now, connect=connect)
    settle = partial(_settled, work)
    return Ours(store, work, replace(parts, now=clock.now, connect=connect, settle=settle), clock)


def _settled(work: Work, source: str, session: int) -> bool:
    """As the command line does it: what workers have not applied yet is applied here.

    A source that is paused while it is read applies nothing, and is not waited for.
    """
    left, until = 0, time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < until:
        with work.store.read() as connection:
            lanes = journal.open_lanes(connection, source, session)
        if not lanes:
            return True
        if len(lanes) != left:
            left, until = len(lanes), time.monotonic() + SETTLE_SECONDS
        follow(work, drain(work, lanes))
        time.sleep(NOT_YET)
    return False


class _Control(socketserver.ThreadingUnixStreamServer):
    """One line of JSON in, one out."""

    daemon_threads = True
    request_queue_size = 32

    def __init__(self, path: str, answer: Callable[[dict[str, Any]], Any]) -> None:
        self.answer = answer
        super().__init__(path, _Line)


class _Line(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        wish = json.loads(self.rfile.readline())
        try:
            said = {"said": self.server.answer(wish)}  # type: ignore[attr-defined]
        except Exception as error:
            said = {"failed": f"{type(error).__name__}: {error}"}
        self.wfile.write(json.dumps(said).encode() + b"\n")


def _answer(ours: Ours, wish: dict[str, Any]) -> Any:
    return _WISHES[wish.pop("do")](ours, **wish)


def _reconcile(ours: Ours, *, full: bool = False, wait: float = 0.0) -> dict[str, Any]:
    """(status, error) of a session; `busy` when somebody else is at it."""
    try:
        done = session.run(ours.parts, ours.source, full=full, wait_seconds=wait)
    except Busy as error:
        return {"status": "busy", "error": str(error)}
    return done.model_dump(mode="json")


def _scheduled(ours: Ours) -> list[str]:
    """What the scheduler would do now: runs what is due; the names."""
    due = schedule.due(ours.parts)
    for source in due:
        schedule.run_one(ours.parts, source)
    return [source.name for source in due]


def _by_the_clock(ours: Ours) -> None:
    """From now on the scheduler runs what is due, as in `up`."""
    schedule.Scheduler(ours.parts).start()


def _sweep(ours: Ours) -> int:
    return sweep(ours.work, older_than=timedelta(0))


def _state(ours: Ours) -> dict[str, Any]:
    """What is still to do: pending rows now and later, doubts, files; seconds to the next."""
    now, name = ours.clock.now(), ours.source.name
    waiting = sa.select(deliveries.c.due_at).where(deliveries.c.outcome.is_(None))
    doubts = sa.select(tickets.c.doubt_due_at).where(tickets.c.doubt_due_at.is_not(None))
    files = sa.select(sa.func.count()).where(
        tickets.c.render_due > 0, tickets.c.record.is_not(None)
    )
    with ours.store.read() as connection:
        rows = list(connection.execute(waiting.where(deliveries.c.source == name)).scalars())
        asked = list(connection.execute(doubts.where(tickets.c.source == name)).scalars())
        unwritten = connection.execute(files).scalar_one() if ours.work.workspace else 0
    return {
        "rows": len(rows),
        "doubts": len(asked),
        "files": unwritten,
        "due_in": min([_until(one, now) for one in (*rows, *asked)], default=0.0),
    }


def _until(due: datetime | None, now: datetime) -> float:
    return 0.0 if due is None else max(0.0, (due - now).total_seconds())


def _hook(ours: Ours, *, url: str, secret: str) -> list[str]:
    """Registers the webhook, as `hooks register` does; what is still wrong with it."""
    client = ours.parts.connect(ours.source)
    try:
        client.ensure_hook(url, secret)
        return [fault.problem for fault in client.check_hooks(url)]
    finally:
        client.close()


def _pause(ours: Ours, *, paused: bool) -> str:
    """As `sources pause` and `sources resume` do."""
    with ours.store.write() as connection:
        state = sources.state(connection, ours.source.name)
        pinned = state is not None and state.project_id is not None
        status = "paused" if paused else "active" if pinned else "configuring"
        if paused or (state is not None and state.status == "paused"):
            sources.set_status(connection, ours.source.name, status, "paused" * paused)
    return status


_WISHES: dict[str, Callable[..., Any]] = {
    "reconcile": _reconcile,
    "scheduled": _scheduled,
    "by_the_clock": _by_the_clock,
    "sweep": _sweep,
    "state": _state,
    "hook": _hook,
    "pause": _pause,
}
