"""Front matter out: a few lines of YAML that never change for the same values.

Written by hand because byte-stability across library versions is the point; strings that are not
plainly safe are written in YAML's JSON form. (Reading back what people typed is ruamel's work.)
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

ORDER = (
    "source", "key", "number", "title", "state", "status", "status_category", "type", "labels",
    "assignees", "milestone", "reporter",
    "close_reason", "closed_at", "priority", "severity", "sprint", "project", "parent", "children",
    "blocked_by", "blocks", "epic", "duplicates", "duplicated_by", "relates", "pull_requests",
    "components", "estimate", "story_points", "weight", "time_estimate", "time_spent", "due_date",
    "customer", "reactions", "attachments", "locked", "confidential", "privacy",
    "comments", "created_at", "updated_at", "url", "deleted", "sync_status", "render",
)  # fmt: skip
"""Every key of ours, as they follow each other; any other key in a file is a person's own."""

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./@+-]*( [A-Za-z0-9_./@+-]+)*\Z")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"}
# Legal in JSON, not printable in YAML 1.2 (§5.1): they have to be escaped.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def lines(values: Mapping[str, Any]) -> list[str]:
    """One line a key, in the order given."""
    return [f"{key}: {scalar(value)}" for key, value in values.items()]


def scalar(value: Any) -> str:
    """A value in YAML: null, booleans, numbers, RFC 3339 times, strings, flat lists and maps."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return text(moment(value))
    if isinstance(value, date):
        return text(value.isoformat())
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(scalar(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{text(k)}: {scalar(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (int, float)):
        return json.dumps(value)
    return text(str(value))


def text(value: str) -> str:
    """A string, plain where no reader could take it for anything else."""
    if _PLAIN.match(value) and value.lower() not in _WORDS:
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def moment(value: datetime) -> str:
    """`2026-11-20T09:31:44Z`, with a fraction only where there is one."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
