"""Moments in JQL: epoch milliseconds, relative ones, and literals in the asker's own time zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.jira.jql.lexer import JqlError
from sandbox.jira.jql.parse import Function, Operand
from sandbox.jira.moments import millis

LITERAL = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:\s+(\d{1,2}):(\d{2}))?$")
RELATIVE = re.compile(r"[+-]?\d+\s*[mhdwM]?(\s+\d+[mhdwM])*$")
UNITS = {"m": 1, "h": 60, "d": 1440, "w": 10080, "M": 43200}


def moment(field: str, operand: Operand, now: datetime, zone: ZoneInfo) -> int:
    """In milliseconds. A literal has no more than minutes, and no zone of its own."""
    if isinstance(operand, Function):
        return _called(operand, now, zone)
    text = (operand or "").strip()
    if hit := LITERAL.match(text):
        year, month, day, hour, minute = (int(part or 0) for part in hit.groups())
        try:
            return millis(datetime(year, month, day, hour, minute, tzinfo=zone).astimezone(UTC))
        except ValueError:
            raise _wrong(field, text) from None
    if text.isdigit():
        return int(text)
    if RELATIVE.match(text):
        return millis(now + timedelta(minutes=_minutes(text)))
    raise _wrong(field, text)


def _minutes(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    parts = re.findall(r"(\d+)\s*([mhdwM]?)", text)
    return sign * sum(int(count) * UNITS[unit or "m"] for count, unit in parts)


def _called(function: Function, now: datetime, zone: ZoneInfo) -> int:
    """`startOfDay(-1)` is yesterday's; a unit may be given: `startOfWeek("-2d")`."""
    local = now.astimezone(zone)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0)
    shift = timedelta(minutes=_shift(function))
    if function.name == "now":
        return millis(now)
    if function.name == "startofday":
        return millis((day + shift).astimezone(UTC))
    if function.name == "startofweek":
        return millis((day - timedelta(days=day.weekday()) + shift).astimezone(UTC))
    if function.name == "endofday":
        return millis((day + timedelta(days=1) + shift).astimezone(UTC)) - 1
    raise JqlError(f"Unable to find JQL function '{function.name}()'.")


def _shift(function: Function) -> int:
    text = function.args[0] if function.args else ""
    usual = "w" if function.name.endswith("week") else "d"
    return _minutes(text if not text or text[-1] in UNITS else text + usual)


def _wrong(field: str, text: str) -> JqlError:
    return JqlError(
        f"Date value '{text}' for field '{field}' is invalid. Valid formats include: "
        "'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format "
        "e.g. '-5d', '4w 2d'."
    )
