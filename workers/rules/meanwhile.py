"""What a history tells of an edit between a reading and the write that followed it. Pure.

No clock is asked: each change names the value before it, and that of our own write has to be the
one that was read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.model import Json
from workers.rules import footer, prose
from workers.rules.views import amount

_SAME_TEXT = ("github", "gitlab", "local")
"""Where a history has texts in the words of the record; elsewhere it has a form of its own."""
_BARE = ("github", "gitlab")
"""Where open and closed are no status with a history."""
_NUMBERS = frozenset({"weight", "estimate", "story_points", "time_estimate", "time_spent"})
_PLAIN = frozenset({"title", "priority", "severity", "milestone", "sprint", "due_date"})


@dataclass(frozen=True, slots=True)
class Step:
    """A change of a field: what it said before, and after."""

    before: Json
    after: Json


@dataclass(frozen=True, slots=True)
class Lost:
    """What somebody else had made of the field; None is a value, too."""

    value: Json


def history_name(field: str, tracker: str) -> str | None:
    """The history's name of a mirrored field, where it can be compared with what was written.

    Sets are not among them: members are added and taken away, so that nobody's are lost.
    """
    if field == "body":
        return "body" if tracker in _SAME_TEXT else None
    if field == "state":
        return None if tracker in _BARE else "status"
    return field if field in _NUMBERS | _PLAIN else None


def comparable(field: str, value: Json) -> Json:
    """A value in the form that views and histories have in common."""
    if value is None or value == "":
        return None
    if field == "title":
        return " ".join(str(value).split())
    if field == "body":
        return prose.normal(footer.cut(str(value))[0]) or None
    if field in _NUMBERS and isinstance(value, int | float):
        return amount(value) or None
    return value


def meanwhile(told: Sequence[Step], read: Json, wrote: Json) -> Lost | None:
    """What was written over unseen, between reading `read` and writing `wrote`.

    `told` are the changes around that time, oldest first. Either our write did not follow on what
    was read, or what was read had become something else. What came before is no matter: it ended
    with what was read.
    """
    if read == wrote:
        return None
    last = max((place for place, one in enumerate(told, 1) if one.after == read), default=0)
    later = told[last:]
    if Step(read, wrote) in later:
        return None
    for one in later:
        if one.after == wrote and one.before != wrote:
            return Lost(one.before)
    for one in later:
        if one.before == read and one.after != wrote:
            return Lost(one.after)
    return None
