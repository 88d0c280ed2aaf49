"""All doors in one process: one store, one queue, one write lock, made once and handed to three."""

import os
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Timer
from types import FrameType

import uvicorn

import receiver.app
import reconciler.app
import workers.app
from receiver.app import Receiver
from reconciler.parts import Parts
from reconciler.schedule import Scheduler
from runtime import broker as queue
from runtime import config, limits
from runtime.bell import Bell
from runtime.telemetry import Telemetry
from schemas.errors import ConfigError, TicketsyncError
from schemas.settings import Settings
from store.database import Store, open_for
from workers.observers import Observer
from workers.work import Work

DOORS = frozenset({"web", "worker", "reconciler"})
BACKLOG = 2048
END_SECONDS = 9.0
"""After a signal; Docker kills after ten."""


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: one process, one owner of the signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the signals to us."""
        yield


@dataclass(slots=True)
class Together:
    """The doors of this process, and what ends each of them, last opened first closed."""

    settings: Settings
    telemetry: Telemetry
    store: Store
    parts: Parts | None = None
    app: Receiver | None = None
    work: Work | None = None
    endings: list[Callable[[], None]] = field(default_factory=list)

    def close(self) -> None:
        """Ends everything that was started, each part even if another one fails."""
        while self.endings:
            ending = self.endings.pop()
            try:
                ending()
            except Exception as error:
                self.telemetry.capture(error)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket, before anything else starts. Raises TicketsyncError for a busy port.

    It listens at once: two that are only bound would share a port until the later one listens.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise TicketsyncError(
            f"[web] port: cannot listen on {host}:{port}: {error.strerror}; "
            "give another with --port or PORT"
        ) from None
    return listening


def assemble(
    settings: Settings,
    telemetry: Telemetry,
    doors: frozenset[str] = DOORS,
    *,
    only: frozenset[str] | None = None,
    observer: Observer | None = None,
    schedule: bool = True,
) -> Together:
    """Makes the parts and starts workers and reconciler; the receiver is left to `serve`.

    `only` limits all doors to some sources. `schedule` False leaves the reconciler's clock off.
    """
    door_settings = settings if only is None else _only(settings, only)
    store = open_for(settings)
    together = Together(settings, telemetry, store)
    together.endings.append(store.close)
    broker = queue.connect(settings.queue.url)
    together.endings.append(broker.close)
    budgets = limits.connect(settings.queue.url, metrics=telemetry.metrics)
    together.endings.append(budgets.close)
    if "worker" in doors:
        together.work = workers.app.prepare(
            settings, store, telemetry, only=only, observer=observer, budgets=budgets
        )
        together.endings.append(workers.app.start(broker, together.work).stop)
    if "reconciler" in doors:
        _reconcile(together, broker, budgets, only, schedule)
    if "web" in doors:
        together.app = receiver.app.start(
            settings=door_settings,
            secrets=config.secrets(settings),
            store=store,
            broker=broker,
            telemetry=telemetry,
        )
    return together


def serve(together: Together, listening: socket.socket, ready: Callable[[], None]) -> None:
    """Serves until SIGTERM or SIGINT; calls `ready` once requests are answered."""
    if together.app is None:
        _wait_for_signal(ready)
        return
    server = server_of(together.app)
    _own_signals(lambda: setattr(server, "should_exit", True))
    together.endings.append(lambda: setattr(server, "should_exit", True))
    ready()
    server.run(sockets=[listening])


def server_of(app: Callable[..., Awaitable[None]]) -> uvicorn.Server:
    """The web server as every process of ours runs it: quiet, and quick to end."""
    return _Server(
        uvicorn.Config(
            app,
            access_log=False,
            log_config=None,
            log_level="warning",
            timeout_graceful_shutdown=5,
            server_header=False,
            lifespan="on",
        )
    )


def _only(settings: Settings, only: frozenset[str]) -> Settings:
    known = {source.name for source in settings.sources}
    missing = sorted(only - known)
    if missing:
        raise ConfigError(
            f"--source {missing[0]!r} is not configured; known: {', '.join(sorted(known))}"
        )
    chosen = tuple(source for source in settings.sources if source.name in only)
    return settings.model_copy(update={"sources": chosen})


def _reconcile(
    together: Together,
    broker: queue.Broker,
    budgets: limits.Limits,
    only: frozenset[str] | None,
    schedule: bool,
) -> None:
    bell = Bell(partial(queue.ring, broker))
    bell.start()
    together.endings.append(bell.close)
    together.parts = reconciler.app.prepare(
        together.settings,
        together.store,
        reconciler.app.waker(bell),
        only=only,
        budgets=budgets,
    )
    if schedule:
        scheduler = Scheduler(together.parts)
        scheduler.start()
        together.endings.append(scheduler.stop)


def _wait_for_signal(ready: Callable[[], None]) -> None:
    ended = Event()
    _own_signals(ended.set)
    ready()
    while not ended.wait(1):  # an untimed wait would not let the handler run
        pass


def _own_signals(end: Callable[[], None]) -> None:
    """`end` is called for each signal. Whoever then hangs (a tracker that does not answer) is cut
    off in time: what is not done is in the journal."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        last = Timer(END_SECONDS, os._exit, (0,))
        last.daemon = True
        last.start()
        end()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
