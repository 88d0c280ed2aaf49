"""The wall clock; whoever needs it takes it as an argument, so that tests may hold it."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)
