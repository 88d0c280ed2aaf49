"""Priorities and types in each side's words."""

from collections.abc import Mapping

from workers.rules.terms import Terms

_LEVELS = {
    **dict.fromkeys(("urgent", "critical", "blocker", "highest", "p1", "1", "p0", "0"), 1),
    **dict.fromkeys(("high", "major", "p2", "2"), 2),
    **dict.fromkeys(("medium", "normal", "p3", "3"), 3),
    **dict.fromkeys(("low", "lowest", "minor", "trivial", "p4", "4", "p5", "5"), 4),
}
_PRIORITIES = {
    "jira": ("Highest", "High", "Medium", "Low"),
    "linear": ("Urgent", "High", "Medium", "Low"),
    "azure_devops": ("1", "2", "3", "4"),
    "github": ("Urgent", "High", "Medium", "Low"),
}
_KEEPS = ("jira",)
"""Where a priority cannot be taken away again."""

PLAIN = frozenset({"issue", "task"})
_ORDINARY = PLAIN | {"story", "user story", "product backlog item", "requirement"}
"""Types that say no more than that there is work."""
_USUAL = {"jira": "task"}
_GITLAB_TYPES = ("issue", "incident", "test_case")
"""A task of GitLab belongs to another issue, so nothing becomes one."""


def priority(said: str | None, terms: Terms, there: str | None) -> str | None:
    """The priority there; None where nothing there says it (of a ticket that has one)."""
    tracker = terms.other.tracker
    if not said:
        return there if tracker in _KEEPS else None
    mapped = _mapped(terms.mirror.options.priorities, said, terms, there)
    if mapped:
        return mapped
    if terms.own.tracker == tracker:
        return said
    level = _LEVELS.get(said.casefold())
    if level is None:
        return None
    if there and _LEVELS.get(there.casefold()) == level:
        return there
    words = _PRIORITIES.get(tracker)
    return words[level - 1] if words else said


def kind(said: str, terms: Terms, there: str | None) -> tuple[str, bool]:
    """(the type there, whether it says all that was said)."""
    tracker = terms.other.tracker
    mapped = _mapped(terms.mirror.options.types, said, terms, there)
    if mapped:
        return mapped.casefold(), True
    folded = said.casefold()
    if terms.own.tracker == tracker and not (tracker == "gitlab" and folded == "task"):
        return folded, True
    if tracker == "gitlab" and folded not in _GITLAB_TYPES:
        kept = there if there in _GITLAB_TYPES and folded not in PLAIN else "issue"
        return kept or "issue", folded in PLAIN
    if folded in _ORDINARY:
        usual = there if there in _ORDINARY else _USUAL.get(tracker, "issue")
        return usual or "issue", folded in PLAIN
    return folded, True


def _mapped(pairs: Mapping[str, str], said: str, terms: Terms, there: str | None) -> str | None:
    """By a map of the source's words to the target's, backwards for the way back."""
    folded = said.casefold()
    if terms.side == "left":
        return next((value for key, value in pairs.items() if key.casefold() == folded), None)
    fitting = [key for key, value in pairs.items() if value.casefold() == folded]
    kept = [key for key in fitting if there and key.casefold() == there.casefold()]
    return next(iter(kept or fitting), None)
