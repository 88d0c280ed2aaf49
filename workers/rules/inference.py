"""What must have happened between two full records, beside the changes that are told exactly."""

from collections.abc import Sequence

from schemas.history import SETS, HistoryEntry
from schemas.model import Json

Seen = tuple[Json, Json]
"""A field in an earlier and in a later record, as `schemas.history.shown` has it."""

Values = tuple[Json, Json]
"""Before and after, in the form of a change."""


def residual(field: str, seen: Seen, exact: Sequence[HistoryEntry]) -> Values | None:
    """The change that the exact ones between the two records, oldest first, leave unexplained.

    None when they explain all. One told without its values is taken to explain what is seen.
    """
    if any(not one.told for one in exact):
        return None
    if field in SETS:
        return _of_members(seen, exact)
    before = exact[-1].after if exact else seen[0]
    return None if before == seen[1] else (before, seen[1])


def _of_members(seen: Seen, exact: Sequence[HistoryEntry]) -> Values | None:
    """Members that went and came without a word, from where the last word about each left it."""
    first, last = set(seen[0] or ()), set(seen[1] or ())
    said: dict[str, bool] = {}
    for one in exact:
        said |= dict.fromkeys(one.before or (), False) | dict.fromkeys(one.after or (), True)
    now = (first | {name for name, here in said.items() if here}) - {
        name for name, here in said.items() if not here
    }
    gone, came = sorted(now - last), sorted(last - now)
    return (gone or None, came or None) if gone or came else None


def only_untold(exact: Sequence[HistoryEntry]) -> HistoryEntry | None:
    """The one change told without values that stands for all that is seen, if there is such."""
    return exact[0] if len(exact) == 1 and not exact[0].told else None


def as_change(field: str, seen: Seen) -> Values:
    """Two records' values in the form of a change."""
    if field not in SETS:
        return seen
    first, last = set(seen[0] or ()), set(seen[1] or ())
    return sorted(first - last) or None, sorted(last - first) or None
