"""The two sides of a change, as history tells them."""

from collections.abc import Mapping, Sequence

from schemas.history import SETS, TRACKED, members
from schemas.model import Json


def sides(field: str, before: Json, after: Json) -> tuple[Json, Json]:
    """(before, after) of a change, from two values in the form of `schemas.history.shown`.

    For a field of SETS only the members that went and that came; None for none.
    """
    if field not in SETS:
        return before, after
    old, new = set(before or ()), set(after or ())
    return members(old - new) or None, members(new - old) or None


def place(number: int, index: int) -> int:
    """The order of changes of one moment: by the number of their save, then inside of it.

    Numbers that count up for ever are cut to what an integer column holds.
    """
    return number % 1_000_000 * 1000 + min(index, 999)


def owners(fixed: Mapping[str, Sequence[str]], all_: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Which of our fields a native one's own entry tells of, by native name.

    Both arguments name the native fields that make each of ours, a field's own ones first; what
    else a native field makes has entries beside its own. `fixed` are those no configuration moves.
    """
    found = {native[0]: ours for ours, native in fixed.items()}
    for most in (1, None):
        for ours in TRACKED:
            for native in all_.get(ours, ())[:most]:
                found.setdefault(native, ours)
    return found
