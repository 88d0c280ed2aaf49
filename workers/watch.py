"""What operators see of the work: one wide log line per finished thing, counters, reports."""

import structlog

from runtime.telemetry.start import Telemetry
from schemas.delivery import Delivery, Outcome
from schemas.errors import TicketsyncError
from workers.failures import described
from workers.ingest import FULL_WALK

log = structlog.get_logger("ticketsync")


class Watch:
    """The observer of a real process."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def drained(self, delivery: Delivery, outcome: Outcome, reason: str, seconds: float) -> None:
        """Counts and logs a delivery that has its outcome; an import's rows only when debugging."""
        self._telemetry.metrics.drained.labels(delivery.source, str(outcome)).inc()
        tell = log.debug if delivery.event == FULL_WALK else log.info
        tell(
            "delivery_done",
            source=delivery.source,
            delivery=delivery.id,
            via=str(delivery.via),
            event_name=delivery.event,
            ticket=delivery.ticket,
            outcome=str(outcome),
            reason=reason or None,
            seconds=round(seconds, 3),
        )

    def failed(self, delivery: Delivery, error: BaseException, dead: bool) -> None:
        """Logs a failed attempt; reports it once, when it is dead or of an unknown kind."""
        log.warning(
            "delivery_dead" if dead else "delivery_failed",
            source=delivery.source,
            delivery=delivery.id,
            event_name=delivery.event,
            ticket=delivery.ticket,
            attempt=delivery.attempts + 1,
            error=described(error),
        )
        unknown = not isinstance(error, TicketsyncError) and delivery.attempts == 0
        if dead or unknown:
            self._telemetry.capture(error, source=delivery.source, delivery=delivery.id)

    def refetched(self, source: str, ticket: str, answer: str, seconds: float) -> None:
        """Counts and logs an answer of a tracker."""
        result = "no answer" if answer.startswith("no answer") else answer
        self._telemetry.metrics.refetches.labels(source, result).inc()
        log.info(
            "ticket_fetched",
            source=source,
            ticket=ticket,
            answer=answer,
            seconds=round(seconds, 3),
        )

    def rendered(self, source: str, files: int) -> None:
        """Logs written workspace files."""
        log.debug("files_written", source=source, files=files)
