"""Sentry, off without a DSN. It would send bodies, queries and signature headers: nothing of these
leaves (`reference/dependencies.md` §4)."""

from collections.abc import Callable
from typing import Any

import sentry_sdk
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.scrubber import DEFAULT_DENYLIST, EventScrubber
from sentry_sdk.transport import Transport

from runtime.telemetry.redact import Redactor
from schemas.settings import SentrySettings

HEADERS_KEPT = frozenset({"content-type", "content-length", "user-agent", "x-github-event"})
DENIED = [
    "x-hub-signature", "x-hub-signature-256", "x-gitlab-token", "linear-signature",
    "webhook-signature", "authorization", "token", "secret", "access_token", "refresh_token",
    "client_secret", "code_verifier",
]  # fmt: skip


def configure(
    settings: SentrySettings, redactor: Redactor, transport: type[Transport] | None = None
) -> bool:
    """Starts Sentry when there is a DSN; whether it did. `transport` replaces the network."""
    if not settings.dsn:
        return False
    sentry_sdk.init(
        dsn=settings.dsn,
        environment=settings.environment,
        transport=transport,
        max_request_body_size="never",
        include_local_variables=False,
        # We report once, at the step to dead or for an unknown exception; a failed attempt and a
        # log line are no reports. Integrations that patch brokers and clients would be.
        auto_enabling_integrations=False,
        integrations=[LoggingIntegration(event_level=None)],
        # No tracker is to be told our trace ids by a header on every request.
        trace_propagation_targets=[],
        event_scrubber=EventScrubber(denylist=[*DEFAULT_DENYLIST, *DENIED], recursive=True),
        before_send=_stripper(redactor),
        before_breadcrumb=lambda crumb, _hint: redactor.value(crumb),
    )
    return True


def capture(error: BaseException, **context: Any) -> None:
    """Reports an exception with small facts beside it (ids, never bodies)."""
    with sentry_sdk.new_scope() as scope:
        scope.set_context("ticketsync", context)
        scope.capture_exception(error)


def flush(seconds: float) -> None:
    """Sends what waits, for at most so many seconds."""
    sentry_sdk.flush(timeout=seconds)


def _stripper(redactor: Redactor) -> Callable[[Any, Any], Any]:
    def strip(event: Any, _hint: Any) -> Any:
        request = event.get("request")
        if isinstance(request, dict):
            for name in ("query_string", "data", "cookies", "env"):
                request.pop(name, None)
            request["headers"] = {
                name: value
                for name, value in (request.get("headers") or {}).items()
                if name.lower() in HEADERS_KEPT
            }
        return redactor.value(event)

    return strip
