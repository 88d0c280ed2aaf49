"""Counters and histograms of one process, in a registry of its own; nothing is global."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Thread
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from schemas.errors import ConfigError

PORTS_TRIED = 16
"""The processes of one worker share METRICS_PORT: each takes the next free one."""

FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """What a process counts; each attribute is a family named as in the operator's guide."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self.received = self._counter(
            "deliveries_received", "Webhook requests by answer", "source", "event", "answer"
        )
        self.batch_rows = self._histogram("intake_batch_rows", "Deliveries in one commit", SIZES)
        self.ack_seconds = self._histogram("ack_seconds", "Body read to durable answer", FAST)
        self.drained = self._counter(
            "deliveries_drained", "Deliveries by outcome", "source", "outcome"
        )
        self.drain_seconds = self._histogram("drain_seconds", "One drain of some lanes", FAST)
        self.refetches = self._counter(
            "refetches", "Tickets read again because of doubt", "source", "result"
        )
        self.rate_left = Gauge(
            "ticketsync_rate_left",
            "Requests a credential has left until its tracker's next window",
            ["credential"],
            registry=self.registry,
        )
        self.rate_parked = self._counter(
            "rate_parked", "Requests not sent, to keep a tracker's rate limit", "lane"
        )

    def left(self, credential: str, requests: int | None) -> None:
        """What a credential has left; a window of which nothing is known shows no number."""
        if requests is None:
            with suppress(KeyError):
                self.rate_left.remove(credential)
        else:
            self.rate_left.labels(credential).set(requests)

    def serve(self, port: int) -> Callable[[], None]:
        """Offers the registry at the first free port from `port` on; returns what stops it.

        Raises ConfigError when none of sixteen is free.
        """
        for candidate in range(port, min(port + PORTS_TRIED, 65536)):
            try:
                server, thread = start_http_server(candidate, registry=self.registry)
            except OSError:
                continue
            return partial(_stop, server, thread)
        raise ConfigError(f"METRICS_PORT: no free port from {port} on")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"ticketsync_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"ticketsync_{name}", text, buckets=buckets, registry=self.registry)


def _stop(server: WSGIServer, thread: Thread) -> None:
    server.shutdown()
    server.server_close()
    thread.join(2)
