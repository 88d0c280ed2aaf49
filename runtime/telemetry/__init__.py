"""What a process tells of itself: logs, metrics, and Sentry. No secret passes (law 15)."""

from runtime.telemetry.metrics import Metrics
from runtime.telemetry.start import Telemetry, start

__all__ = ["Metrics", "Telemetry", "start"]
