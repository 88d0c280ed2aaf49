"""How any process starts: configuration, broker, rate limits, telemetry."""
