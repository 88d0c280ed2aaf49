"""What the page remarks about changes, in GitLab's words (GitLab docs: System notes).

An issue that is opened leaves none of them but that of its due date.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sandbox.gitlab.printed import human
from sandbox.gitlab.state import Issue, Person

SEVERITIES = {
    "critical": "Critical - S1",
    "high": "High - S2",
    "medium": "Medium - S3",
    "low": "Low - S4",
    "unknown": "Unknown",
}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def remark(issue: Issue, name: str, before: Any, after: Any) -> str | None:
    """The words about one field; None for what is not remarked."""
    words = _WORDS.get(name)
    return words(issue.kind.replace("_", " "), before, after) if words else None


def assigned(came: list[Person], gone: list[Person]) -> str:
    """One remark for all who came and went."""
    parts = [("assigned to", came), ("unassigned", gone)]
    return " and ".join(f"{verb} {_listed(some)}" for verb, some in parts if some)


def _listed(people: list[Person]) -> str:
    *first, last = [f"@{one.login}" for one in people]
    if not first:
        return last
    return f"{first[0]} and {last}" if len(first) == 1 else f"{', '.join(first)}, and {last}"


def _title(word: str, before: Any, after: Any) -> str:
    return f"changed title from **{before}** to **{after}**"


def _due(word: str, before: Any, after: Any) -> str:
    return f"changed due date to {_day(after)}" if after else f"removed due date {_day(before)}"


def _confidential(word: str, before: Any, after: Any) -> str:
    return f"made the {word} {'confidential' if after else 'visible to everyone'}"


def _locked(word: str, before: Any, after: Any) -> str:
    return f"{'locked' if after else 'unlocked'} the discussion in this {word}"


def _kind(word: str, before: Any, after: Any) -> str:
    return f"changed type from {_bare(before)} to {_bare(after)}"


def _severity(word: str, before: Any, after: Any) -> str:
    return f"changed the severity to **{SEVERITIES[after]}**"


def _estimate(word: str, before: Any, after: Any) -> str:
    if not before:
        return f"added time estimate of {human(after)}"
    if not after:
        return f"removed time estimate of {human(before)}"
    return f"changed time estimate to {human(after)} from {human(before)}"


def _spent(word: str, before: Any, after: Any) -> str:
    if not after:
        return "removed time spent"
    verb = "added" if after > before else "subtracted"
    return f"{verb} {human(abs(after - before))} of time spent"


def _health(word: str, before: Any, after: Any) -> str:
    return f"changed health status to **{_bare(after)}**" if after else "removed the health status"


def _day(text: str) -> str:
    found = date.fromisoformat(text)
    return f"{_MONTHS[found.month - 1]} {found.day:>2}, {found.year}"


def _bare(name: Any) -> str:
    return str(name).replace("_", " ")


_WORDS: dict[str, Callable[[str, Any, Any], str]] = {
    "title": _title,
    "description": lambda word, before, after: "changed the description",
    "due_date": _due,
    "confidential": _confidential,
    "locked": _locked,
    "kind": _kind,
    "severity": _severity,
    "estimate": _estimate,
    "spent": _spent,
    "health": _health,
}
