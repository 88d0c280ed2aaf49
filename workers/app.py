"""The workers' door: `dramatiq workers.app:build`, or `start` inside another process."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import dramatiq

from runtime import broker as queue
from runtime import config, limits
from runtime.bell import Bell
from runtime.clients import Lanes, connector
from runtime.clock import utc_now
from runtime.start import refuse
from runtime.telemetry.start import Telemetry
from runtime.telemetry.start import start as start_telemetry
from schemas.errors import ConfigError
from schemas.settings import Settings
from store import mirrors, sources
from store.database import Store, open_for
from store.grants import Grants
from store.notices import Teller
from store.validators import StoredValidators
from store.workspace import attached
from trackers.registry import ready, tracker_named
from workers import actors, notify
from workers.observers import Observer
from workers.sweep import Sweeper
from workers.watch import Watch
from workers.work import Work

SHUTDOWN_MS = 8_000


@dataclass(slots=True)
class Started:
    """Running workers; `stop` finishes what is under way."""

    work: Work
    bell: Bell
    sweeper: Sweeper
    worker: dramatiq.Worker | None = None

    def stop(self) -> None:
        """Ends within ten seconds; what is not done stays pending."""
        if self.work.sender is not None:
            self.work.sender.stop()
        if self.worker is not None:
            self.worker.stop(timeout=SHUTDOWN_MS)
        self.sweeper.stop()
        self.bell.close()


def prepare(
    settings: Settings,
    store: Store,
    telemetry: Telemetry,
    *,
    only: frozenset[str] | None = None,
    observer: Observer | None = None,
    budgets: Lanes | None = None,
) -> Work:
    """The tools of the workers; `only` limits them to some sources by name.

    `observer` replaces the counters and log lines; `budgets` are those of the rates of trackers,
    where others in this process share them.
    """
    declared = config.sources(settings)
    ready(one.tracker for one in declared)
    secrets = config.secrets(settings, grants=Grants(store, config.sealing(settings)))
    with store.write() as connection:
        sources.declare(connection, declared, utc_now())
        mirrors.declare(connection, settings.mirrors, utc_now())
    root = workspace_of(settings, store)
    wanted = settings.workspace.attachments and root is not None
    largest = int(settings.workspace.attachment_max_mb * 1_000_000) if wanted else None
    attached.agree(store, [one.name for one in declared], largest, utc_now())
    return Work(
        store=store,
        sources=config.chosen((*declared, config.local_source()), only),
        connect=connector(
            tracker_named,
            credentials=secrets,
            limits=budgets or limits.connect(settings.queue.url, metrics=telemetry.metrics),
            validators=StoredValidators(store),
        ),
        retry=settings.retry,
        remedy=secrets.remedy,
        workspace=root,
        attachments=largest,
        observer=observer or Watch(telemetry),
        tell=Teller.of(settings.notices),
        sender=notify.prepare(settings, store),
    )


def workspace_of(settings: Settings, store: Store) -> Path | None:
    """The folder of the Markdown files: on by default with SQLite, else only when it is named.

    Several hosts on one PostgreSQL have several disks; one worker with a path serves it there.
    """
    path = settings.workspace.path
    if path is None and store.dialect == "sqlite":
        path = "tickets"
    return (settings.folder / path) if path else None


def start(broker: dramatiq.Broker, work: Work, *, threads: int = 4) -> Started:
    """Workers inside this process: actors, worker threads and the sweep."""
    bell = Bell(partial(queue.ring, broker))
    actors.declare(broker, work, bell.ring)
    worker = dramatiq.Worker(broker, worker_threads=threads)
    sweeper = Sweeper(work)
    bell.start()
    worker.start()
    broker.emit_after("process_boot")
    sweeper.start()
    if work.sender is not None:
        work.sender.start()
    return Started(work, bell, sweeper, worker)


class _Boot(dramatiq.Middleware):
    """Starts and stops what a worker process of the command line has beside its threads."""

    def __init__(self, started: Started, store: Store, telemetry: Telemetry) -> None:
        self._started = started
        self._store = store
        self._telemetry = telemetry

    def after_process_boot(self, broker: dramatiq.Broker) -> None:
        """Once in each process, after the fork: threads do not survive one."""
        self._started.bell.start()
        self._started.sweeper.start()
        if self._started.work.sender is not None:
            self._started.work.sender.start()

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """The worker has finished its messages; the rest follows it."""
        self._started.stop()
        self._store.close()
        self._telemetry.close()


def build() -> None:
    """Reads the environment and sets Dramatiq's global broker; its command line calls this.

    This is the only line of the project that touches a global: the command line asks for it.
    """
    try:
        settings = config.load()
        secrets = config.secrets(settings).values(config.sources(settings))
        telemetry = start_telemetry(settings, process="worker", secrets=secrets, exporter=True)
        store = open_for(settings)
        if settings.queue.url == queue.EMBEDDED:
            raise ConfigError(
                "[queue] url: an embedded queue lives in one process; set REDIS_URL, or run `up`"
            )
        work = prepare(settings, store, telemetry)
        broker: Any = queue.connect(settings.queue.url)
    except ConfigError as error:
        refuse(error)
    bell = Bell(partial(queue.ring, broker))
    actors.declare(broker, work, bell.ring)
    broker.add_middleware(_Boot(Started(work, bell, Sweeper(work)), store, telemetry))
    dramatiq.set_broker(broker)
