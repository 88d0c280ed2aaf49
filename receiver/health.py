"""What load balancers and Prometheus ask: alive, ready, and the numbers."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from time import monotonic
from typing import get_args

from anyio import to_thread
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from receiver.intake import Intake
from runtime.telemetry import Metrics
from schemas.errors import TicketsyncError
from schemas.settings import ReconcilerSettings
from schemas.source import Source, SourceStatus
from store import status
from store.database import Store, ready

CACHED_SECONDS = 5.0
BY_SOURCE = {
    "behind_seconds": "Age of the oldest delivery not yet applied",
    "in_doubt": "Tickets that have to be read again",
    "hook_coverage": "Share of changes in 24 h that the webhook told of; absent without changes",
    "hook_told": "Changes in 24 h that the webhook told of",
    "hook_missed": "Changes in 24 h that only a reconcile found",
    "hook_silent": "1 while the webhook is silent although there is something to tell",
    "hook_faults": "What the last look at the webhook found wrong",
    "tracker_requests_sent": "Requests of the last session",
    "tracker_requests_cached": "Those of them that were answered 'not modified'",
}


Intervals = Mapping[tuple[str, str], float]
"""How many seconds there are from one to the next, by source and pass."""


def intervals(sources: Iterable[Source], settings: ReconcilerSettings) -> Intervals:
    """The passes that are made again and again; a source that lives on webhooks has none."""
    hour = 3600.0
    spans = {"definitions": hour, "census": settings.census_hours * hour}
    return {
        (source.name, name): seconds
        for source in sources
        if source.intake != "webhook"
        for name, seconds in {**spans, "tickets": source.interval_minutes * 60.0}.items()
    }


class Health:
    """The three endpoints of a running receiver; `passes` is how often each is to be made."""

    def __init__(
        self,
        store: Store,
        intake: Intake,
        metrics: Metrics,
        now: Callable[[], datetime],
        passes: Intervals,
    ) -> None:
        self._passes = passes
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
        now = self._now()
        try:
            with self._store.read() as connection:
                seen = status.overview(connection, now)
        except TicketsyncError:
            return generate_latest(registry)
        up.set(1)
        _fill(registry, seen, now)
        _fill_intervals(registry, self._passes)
        return generate_latest(registry)


def _fill(registry: CollectorRegistry, seen: status.Overview, now: datetime) -> None:
    for name, text, count in (
        ("deliveries_total", "Deliveries in the journal", seen.total),
        ("deliveries_open", "Deliveries not yet applied", seen.open),
        ("deliveries_dead", "Deliveries given up on", seen.dead),
    ):
        Gauge(f"ticketsync_{name}", text, registry=registry).set(count)
    gauges = {name: _gauge(registry, name, text) for name, text in BY_SOURCE.items()}
    status_of = _gauge(registry, "source_status", "1 for the status a source has", "status")
    age = _gauge(registry, "pass_age_seconds", "Since a pass was last complete", "pass")
    for source in seen.sources:
        for name, value in _numbers(source).items():
            gauges[name].labels(source.name).set(value)
        for one in get_args(SourceStatus):
            status_of.labels(source.name, one).set(source.status == one)
        for name, made in source.watch.passes.items():
            since = made.ended_at or made.began_at
            if since is not None:
                age.labels(source.name, name).set(max(0.0, (now - since).total_seconds()))


def _fill_intervals(registry: CollectorRegistry, passes: Intervals) -> None:
    gauge = _gauge(registry, "pass_interval_seconds", "How often a pass is to be made", "pass")
    for (source, name), seconds in passes.items():
        gauge.labels(source, name).set(seconds)


def _numbers(source: status.SourceOverview) -> dict[str, float]:
    """What there is to tell of a source; a share of nothing is left out."""
    watch = source.watch
    told: dict[str, float | None] = {
        "behind_seconds": source.behind_seconds,
        "in_doubt": source.in_doubt,
        "hook_coverage": watch.day.share,
        "hook_told": watch.day.told,
        "hook_missed": watch.day.missed,
        "hook_silent": watch.silent_since is not None,
        "hook_faults": len(watch.look.faults) if watch.look else None,
        "tracker_requests_sent": watch.report.requests if watch.report else None,
        "tracker_requests_cached": watch.report.cached if watch.report else None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _gauge(registry: CollectorRegistry, name: str, text: str, *more: str) -> Gauge:
    return Gauge(f"ticketsync_{name}", text, ["source", *more], registry=registry)
