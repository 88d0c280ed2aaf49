"""The reconciler's door: built from the environment, or given its parts by another process."""

import time
from collections.abc import Callable, Sequence
from functools import partial

from reconciler.parts import Parts
from runtime import broker as queue
from runtime import config, limits
from runtime.bell import Bell
from runtime.clients import Lanes, connector
from runtime.clock import utc_now
from runtime.telemetry.start import Telemetry
from runtime.telemetry.start import start as start_telemetry
from schemas.errors import ConfigError
from schemas.messages import Backfill
from schemas.settings import Settings
from store import journal, mirrors, sources
from store.database import Store, open_for
from store.grants import Grants
from store.journal import Lane
from store.notices import Teller
from store.validators import StoredValidators
from trackers.registry import ready, tracker_named

SETTLE_SECONDS = 30.0


def prepare(
    settings: Settings,
    store: Store,
    wake: Callable[[Sequence[Lane]], None],
    *,
    settle: Callable[[str, int | None], bool] | None = None,
    only: frozenset[str] | None = None,
    budgets: Lanes | None = None,
) -> Parts:
    """The parts of a reconcile; `wake` is told of lanes with deliveries.

    `only` limits it to some sources by name; `budgets` are those of the rates of trackers, where
    others in this process share them.
    """
    declared = config.sources(settings)
    ready(one.tracker for one in declared)
    secrets = config.secrets(settings, grants=Grants(store, config.sealing(settings)))
    with store.write() as connection:
        sources.declare(connection, declared, utc_now())
        mirrors.declare(connection, settings.mirrors, utc_now())
    return Parts(
        store=store,
        settings=settings,
        sources=config.chosen(declared, only),
        connect=connector(
            tracker_named,
            credentials=secrets,
            limits=budgets or limits.connect(settings.queue.url),
            validators=StoredValidators(store),
            lane="reconcile",
        ),
        credential=secrets.credential_id,
        remedy=secrets.remedy,
        tell=Teller.of(settings.notices),
        webhook_secrets=secrets.webhook_secrets,
        wake=wake,
        settle=settle or partial(wait_until_applied, store),
    )


def wait_until_applied(store: Store, source: str, session: int | None) -> bool:
    """Waits, for at most half a minute, until workers applied what a session journaled.

    Without a session, until nothing of the source waits any more.
    """
    until = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < until:
        with store.read() as connection:
            if not journal.open_lanes(connection, source, session):
                return True
        time.sleep(0.2)
    return False


def waker(bell: Bell) -> Callable[[Sequence[Lane]], None]:
    """Wakes the workers through the queue, behind what webhooks bring."""

    def wake(lanes: Sequence[Lane]) -> None:
        if lanes:
            bell.ring(Backfill(keys=tuple(lanes)))

    return wake


def build() -> tuple[Parts, Bell, Telemetry]:
    """Reads the environment. Raises ConfigError."""
    settings = config.load()
    secrets = config.secrets(settings).values(config.sources(settings))
    telemetry = start_telemetry(settings, process="reconciler", secrets=secrets, exporter=True)
    store = open_for(settings)
    if settings.queue.url == queue.EMBEDDED:
        raise ConfigError(
            "[queue] url: an embedded queue lives in one process; set REDIS_URL, or run `up`"
        )
    bell = Bell(partial(queue.ring, queue.connect(settings.queue.url)))
    bell.start()
    budgets = limits.connect(settings.queue.url, metrics=telemetry.metrics)
    return prepare(settings, store, waker(bell), budgets=budgets), bell, telemetry
