"""Starts all that a process tells of itself, from the settings."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, TextIO

from sentry_sdk.transport import Transport

from runtime.slugs import slug_of
from runtime.telemetry import logs, sentry
from runtime.telemetry.metrics import Metrics
from runtime.telemetry.redact import Redactor
from schemas.settings import Settings


@dataclass(frozen=True, slots=True)
class Telemetry:
    """The metrics of this process, and where its unknown errors go."""

    metrics: Metrics = field(default_factory=Metrics)
    reports: bool = False
    endings: tuple[Callable[[], None], ...] = ()

    def capture(self, error: BaseException, **context: Any) -> None:
        """Reports an exception to Sentry, when there is one; `context` holds ids only."""
        if self.reports:
            sentry.capture(error, **context)

    def close(self) -> None:
        """Stops the exporter, sends waiting reports and gives logging back."""
        for end in self.endings:
            end()


def start(
    settings: Settings,
    *,
    process: str,
    secrets: Collection[str] = (),
    exporter: bool = False,
    stream: TextIO | None = None,
    transport: type[Transport] | None = None,
) -> Telemetry:
    """Logs, metrics and Sentry of one process (`web`, `worker`, `reconciler`, `up`, `cli`).

    Has to come before the store and the broker. `secrets` are struck out wherever they appear;
    `exporter` serves the metrics at METRICS_PORT, when set. Raises ConfigError.
    """
    redactor = Redactor(secrets)
    metrics = Metrics()
    endings: list[Callable[[], None]] = []
    if exporter and settings.metrics_port:
        endings.append(metrics.serve(settings.metrics_port))
    reports = sentry.configure(settings.sentry, redactor, transport)
    if reports:
        endings.append(lambda: sentry.flush(2))
    undo = logs.configure(
        settings.log,
        redactor,
        folder=settings.folder,
        slugs={source.name: slug_of(source.name) for source in settings.sources},
        process=process,
        stream=stream,
    )
    return Telemetry(metrics, reports, (*endings, undo))
