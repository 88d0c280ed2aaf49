"""Moments as Jira writes them: `2026-03-04T09:15:00.120+0100`, in the reader's own time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def millis(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)


def at(ms: int, zone: ZoneInfo) -> datetime:
    return (EPOCH + timedelta(milliseconds=ms)).astimezone(zone)


@lru_cache(maxsize=8192)
def stamp(ms: int, zone: ZoneInfo) -> str:
    """With milliseconds, and an offset without a colon."""
    moment = at(ms, zone)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}{moment:%z}"


def agile_stamp(ms: int | None) -> str | None:
    """Sprints are dated in UTC: `2026-03-02T08:00:00.000Z`."""
    if ms is None:
        return None
    return f"{at(ms, ZoneInfo('UTC')):%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


def read_stamp(text: str) -> int:
    """A moment as a client sends it; ValueError if it is none."""
    return millis(datetime.fromisoformat(text).astimezone(UTC))


def duration(seconds: int) -> str:
    """`3h 30m`, in working days of eight hours and weeks of five days."""
    parts = []
    for unit, size in (("w", 144000), ("d", 28800), ("h", 3600), ("m", 60)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0m"


def seconds_of(text: str) -> int:
    """`3h 30m` back into seconds; a bare number means minutes. ValueError if it is neither."""
    sizes = {"w": 144000, "d": 28800, "h": 3600, "m": 60}
    total = 0
    for part in text.split():
        unit = part[-1]
        total += int(float(part[:-1]) * sizes[unit]) if unit in sizes else int(part) * 60
    return total
