"""Patterns that people write into the configuration: whether they may be run on any text.

Python's regular expressions go back and try again. A repeat inside a repeat makes that exponential:
thirty letters are enough to stop a process. Such patterns are refused when they are read; what is
left costs at worst a power of the text's length, which `cost` tells.
"""

import importlib
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

LONGEST = 2_000
"""Characters of a pattern."""

_WAYS = 1_000_000
"""How many ways a pattern may have to match one text, its open repeats apart."""
_POWER = 6
"""How many open repeats a pattern may have."""
_OPEN = 1_000
"""A repeat that may go on for longer counts as one without end."""

# `re` itself reads patterns with it; there is no other reader in the standard library.
_parser: Any = importlib.import_module("re._parser")
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")


def fault(pattern: str) -> str | None:
    """Why a pattern cannot be used, in words that follow its name; None for one that can."""
    if len(pattern) > LONGEST:
        return f"is longer than {LONGEST} characters"
    try:
        found = re.compile(pattern)
        tree = _parser.parse(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"is not a regular expression: {error}"
    if found.search(""):
        return "also finds empty text, so it would be everywhere"
    if _runs_away(tree):
        return (
            "has repeats inside a repeat, or too many, which can take for ever: write "
            "[\\w ]+ rather than (\\w+ ?)+"
        )
    return None


def cost(pattern: str, length: int) -> float:
    """Steps that finding a pattern in a text of so many characters may take at worst."""
    tree = _parser.parse(pattern)
    return float(_ways(tree)) * float(length) ** (1 + _power(tree))


def _runs_away(tree: Iterable[Any]) -> bool:
    if _ways(tree) > _WAYS or _power(tree) > _POWER:
        return True
    return any(
        _alike(body) or any(low != high for low, high, _ in _repeats(body))
        for argument in _repeats(tree)
        if _is_open(argument)
        for body in (argument[2],)
    )


def _is_open(argument: tuple[int, int, Any]) -> bool:
    return argument[1] > _OPEN


def _repeats(tree: Iterable[Any]) -> Iterator[tuple[int, int, Any]]:
    """(least, most, what) of all repeats, those inside others too."""
    for name, argument in _items(tree):
        if name in _REPEATS:
            yield int(argument[0]), int(argument[1]), argument[2]
        for inner in _inside(argument):
            yield from _repeats(inner)


def _alike(tree: Iterable[Any]) -> bool:
    """Whether anywhere two alternatives might begin alike; only plain letters surely do not."""
    for name, argument in _items(tree):
        if name == "BRANCH":
            firsts = [_first(branch) for branch in argument[1]]
            if None in firsts or len(set(firsts)) < len(firsts):
                return True
        if any(_alike(inner) for inner in _inside(argument)):
            return True
    return False


def _first(branch: Iterable[Any]) -> int | None:
    for name, argument in _items(branch):
        return int(argument) if name == "LITERAL" else None
    return None


def _ways(tree: Iterable[Any]) -> int:
    """How many ways there may be to match one text; open repeats count once, and no more is
    counted than matters."""
    found = 1
    for name, argument in _items(tree):
        if name in _REPEATS:
            least, most = int(argument[0]), min(int(argument[1]), _OPEN)
            here = 1 if _is_open(argument) else (most - least + 1) * _ways(argument[2]) ** most
        elif name == "BRANCH":
            here = sum(_ways(branch) for branch in argument[1])
        else:
            here = math.prod(_ways(inner) for inner in _inside(argument))
        found = min(found * here, 2 * _WAYS)
    return found


def _power(tree: Iterable[Any]) -> int:
    """How many open repeats are passed on the way through, one in a bounded repeat each time."""
    found = 0
    for name, argument in _items(tree):
        if name in _REPEATS:
            times = 1 if _is_open(argument) else int(argument[1])
            found += _is_open(argument) + times * _power(argument[2])
        else:
            found += sum(_power(inner) for inner in _inside(argument))
    return found


def _items(tree: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    for operation, argument in tree:
        yield str(operation), argument


def _inside(argument: Any) -> Iterator[Any]:
    """The patterns that an operation holds, at whatever place its argument has them."""
    if isinstance(argument, _parser.SubPattern):
        yield argument
    elif isinstance(argument, (tuple, list)):
        for one in argument:
            yield from _inside(one)
