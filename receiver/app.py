"""The receiver as an ASGI application: `uvicorn --factory receiver.app:build`."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from receiver.answers import Receive, Scope, Send
from receiver.api.app import PREFIX as API
from receiver.api.app import Admin
from receiver.api.auth import Doorkeeper
from receiver.api.desk import Desk
from receiver.health import Health, intervals
from receiver.intake import Bounds, Intake
from receiver.oauth import Consents
from receiver.reading import Reading
from receiver.spells import Spells
from receiver.webhooks import PREFIX, Gate, Webhooks, gate
from runtime import broker as queue
from runtime import config, telemetry
from runtime.bell import Bell
from runtime.clock import utc_now
from runtime.credentials import Secrets
from runtime.start import refuse
from runtime.telemetry import Telemetry
from runtime.telemetry.redact import Redactor
from schemas.delivery import Arrival
from schemas.errors import ConfigError
from schemas.settings import Settings
from store import journal, sources
from store.database import Store, open_for
from trackers.base import Tracker
from trackers.registry import REGISTRY

MEGABYTE = 1024 * 1024

Clock = Callable[[], datetime]


class Receiver(Starlette):
    """Starlette with a short way for deliveries: they pass neither middleware nor routing."""

    webhooks: Webhooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI request or the lifespan."""
        if scope["type"] == "http" and _is_delivery(scope):
            await self.webhooks(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def build() -> Receiver:
    """The receiver of this process, from configuration and environment alone.

    Ends the process with code 2 and one line per fault when it cannot start.
    """
    try:
        settings = config.load()
        secrets = config.secrets(settings)
        told = telemetry.start(
            settings, process="web", secrets=secrets.values(config.sources(settings))
        )
        store = open_for(settings)
        broker = queue.connect(settings.queue.url)
    except ConfigError as error:
        refuse(error)
    return start(
        settings=settings,
        secrets=secrets,
        store=store,
        broker=broker,
        telemetry=told,
        closing=(broker.close, store.close, told.close),
    )


def start(
    *,
    settings: Settings,
    secrets: Secrets,
    store: Store,
    broker: queue.Broker,
    telemetry: Telemetry,
    trackers: Mapping[str, Tracker] = REGISTRY,
    now: Clock = utc_now,
    closing: Sequence[Callable[[], None]] = (),
) -> Receiver:
    """The receiver of parts that exist; `closing` is called, in order, when it has ended."""
    bell = Bell(partial(queue.ring, broker))
    intake = Intake(partial(_keep, store), bell.ring, _bounds(settings), telemetry.metrics)
    reading = Reading(
        max_bytes=int(settings.web.max_body_mb * MEGABYTE),
        seconds=settings.web.body_seconds,
        shared_bytes=int(settings.web.queue_mb * MEGABYTE),
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        bell.start()
        intake.start()
        try:
            yield
        finally:
            await intake.close()
            bell.close()
            for close in closing:
                close()

    passes = intervals(config.sources(settings), settings.reconciler)
    health = Health(store, intake, telemetry.metrics, now, passes)
    consents = Consents(store, config.sealing(settings), secrets, trackers, now)
    admin = _admin(settings, secrets, store, bell, telemetry, now)
    beneath = [Route(API, admin), Route(f"{API}/{{rest:path}}", admin)]
    routes = [*health.routes(), *consents.routes(), *beneath, Route("/", _front)]
    app = Receiver(routes=routes, lifespan=lifespan)
    gates = _gates(settings, secrets, trackers)
    spells = Spells(partial(_catch_up, store))
    app.webhooks = Webhooks(gates, intake, reading, telemetry, now, spells)
    return app


def _admin(
    settings: Settings,
    secrets: Secrets,
    store: Store,
    bell: Bell,
    telemetry: Telemetry,
    now: Clock,
) -> Admin:
    declared = config.sources(settings)
    desk = Desk(
        store=store,
        sources={source.name: source for source in declared},
        secrets=secrets,
        bell=bell,
        now=now,
        redactor=Redactor(secrets.values(declared)),
    )
    doorkeeper = Doorkeeper(store, secrets.api_tokens())
    return Admin(
        desk, doorkeeper, telemetry, on=settings.web.api, seconds=settings.web.body_seconds
    )


def _is_delivery(scope: Scope) -> bool:
    path: str = scope["path"]
    return path.startswith((PREFIX, scope.get("root_path", "") + PREFIX))


def _keep(store: Store, arrivals: Sequence[Arrival]) -> list[bool]:
    with store.write() as connection:
        return journal.keep(connection, arrivals)


def _catch_up(store: Store, names: frozenset[str]) -> None:
    """Makes sources due for a reconcile now."""
    with store.write() as connection:
        for name in names:
            sources.note(connection, name, next_session_at=None)


def _bounds(settings: Settings) -> Bounds:
    web = settings.web
    return Bounds(web.queue_rows, int(web.queue_mb * MEGABYTE), web.deadline_seconds)


def _gates(
    settings: Settings, secrets: Secrets, trackers: Mapping[str, Tracker]
) -> dict[str, Gate]:
    found: dict[str, Gate] = {}
    for source in config.sources(settings):
        if source.direction != "disabled" and source.intake != "polling":
            made = gate(source, trackers[source.tracker], secrets.webhook_secrets(source))
            found[source.name] = found[source.slug] = made
    return found


async def _front(_request: Request) -> Response:
    return PlainTextResponse("ticketsync receives webhooks at /webhooks/{source}\n")
