"""What load balancers and Prometheus ask: alive, ready, and the numbers."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from time import monotonic

from anyio import to_thread
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from receiver.intake import Intake
from runtime.telemetry import Metrics
from schemas.errors import TicketsyncError
from store import status
from store.database import Store, ready

CACHED_SECONDS = 5.0


class Health:
    """The three endpoints of a running receiver."""

    def __init__(
        self, store: Store, intake: Intake, metrics: Metrics, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._intake = intake
        self._metrics = metrics
        self._now = now
        self._gauges = b""
        self._gauges_at = -CACHED_SECONDS
        self._reading = asyncio.Lock()

    def routes(self) -> list[Route]:
        """Where they are found."""
        return [
            Route("/healthz", self.healthz),
            Route("/readyz", self.readyz),
            Route("/metrics", self.metrics),
        ]

    async def healthz(self, _request: Request) -> Response:
        """200 while the process can answer at all."""
        return JSONResponse({"status": "ok"})

    async def readyz(self, _request: Request) -> Response:
        """200 when a delivery would be kept, else 503 with the reason."""
        reason = await to_thread.run_sync(ready, self._store)
        if reason is None and not self._intake.alive:
            reason = "the intake does not run"
        if reason is None:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not ready", "reason": reason}, 503)

    async def metrics(self, _request: Request) -> Response:
        """Prometheus text; what the database tells is left out while it is away."""
        async with self._reading:
            if monotonic() - self._gauges_at >= CACHED_SECONDS:
                self._gauges = await to_thread.run_sync(self._read)
                self._gauges_at = monotonic()
        text = generate_latest(self._metrics.registry) + self._gauges
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    def _read(self) -> bytes:
        registry = CollectorRegistry()
        up = Gauge("ticketsync_store_up", "Whether the database answers", registry=registry)
        try:
            with self._store.read() as connection:
                seen = status.overview(connection, self._now())
        except TicketsyncError:
            return generate_latest(registry)
        up.set(1)
        _fill(registry, seen)
        return generate_latest(registry)


def _fill(registry: CollectorRegistry, seen: status.Overview) -> None:
    for name, text, value in (
        ("deliveries_total", "Deliveries in the journal", seen.total),
        ("deliveries_open", "Deliveries not yet applied", seen.open),
        ("deliveries_dead", "Deliveries given up on", seen.dead),
    ):
        Gauge(f"ticketsync_{name}", text, registry=registry).set(value)
    behind = _by_source(registry, "behind_seconds", "Age of the oldest delivery not yet applied")
    doubt = _by_source(registry, "in_doubt", "Tickets that have to be read again")
    for source in seen.sources:
        behind.labels(source.name).set(source.behind_seconds)
        doubt.labels(source.name).set(source.in_doubt)


def _by_source(registry: CollectorRegistry, name: str, text: str) -> Gauge:
    return Gauge(f"ticketsync_{name}", text, ["source"], registry=registry)
