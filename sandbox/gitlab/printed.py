"""Moments and spans of time as GitLab prints and reads them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_UNITS = {"mo": 144000 * 4, "w": 144000, "d": 28800, "h": 3600, "m": 60, "s": 1}
"""A day of work has eight hours, a week five days (GitLab docs: Time tracking)."""
_PART = re.compile(r"(-?)(\d+)\s*(mo|w|d|h|m|s)\s*")


def exact(moment: datetime | None) -> str | None:
    """`2026-11-20T09:14:05.120Z`, as the API and issue hooks print it."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def coarse(moment: datetime | None) -> str | None:
    """`2026-11-20 09:14:05 UTC`, as the hooks of notes, milestones and emoji print it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if moment else None


def moment_of(text: str) -> datetime:
    """A moment a client named; ValueError when it is none."""
    found = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def seconds_of(text: str) -> int | None:
    """`3h30m` in seconds; None for what is no span."""
    bare = text.strip()
    sign = -1 if bare.startswith("-") else 1
    rest = bare.lstrip("-")
    parts = _PART.findall(rest)
    if not parts or _PART.sub("", rest):
        return None
    return sign * sum(int(number) * _UNITS[unit] for _, number, unit in parts)


def human(seconds: int) -> str | None:
    """`3h 30m`; null for nothing."""
    parts, rest = [], abs(seconds)
    for unit, size in _UNITS.items():
        if unit != "mo" and rest >= size:
            parts.append(f"{rest // size}{unit}")
            rest %= size
    return ("-" if seconds < 0 else "") + " ".join(parts) if parts else None
