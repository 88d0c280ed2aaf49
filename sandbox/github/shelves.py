"""Numbers kept in the orders that lists are asked for, so that a page costs a slice.

Import benches walk 100,000 issues a page at a time; sorting per page would make that quadratic.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from typing import TypeVar

K = TypeVar("K")


class Shelf:
    """Numbers by number and by the moment of their last update."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._updates: list[tuple[str, int]] = []

    def __len__(self) -> int:
        return len(self._numbers)

    def at(self, place: int) -> int:
        return self._numbers[place]

    def put(self, number: int, updated: str) -> None:
        insort(self._numbers, number)
        insort(self._updates, (updated, number))

    def drop(self, number: int, updated: str) -> None:
        del self._numbers[bisect_left(self._numbers, number)]
        del self._updates[bisect_left(self._updates, (updated, number))]

    def fill(self, pairs: Iterable[tuple[int, str]]) -> None:
        known = list(pairs)
        self._numbers = sorted(number for number, _ in known)
        self._updates = sorted((updated, number) for number, updated in known)

    def page(
        self, *, by_update: bool, descending: bool, since: str, start: int, count: int
    ) -> tuple[list[int], int]:
        """One page of numbers and how many there are in all; `since` is inclusive."""
        low = bisect_left(self._updates, (since, -1)) if since else 0
        if by_update:
            cut = _cut(self._updates, low, descending, start, count)
            return [number for _, number in cut], len(self._updates) - low
        numbers = sorted(n for _, n in self._updates[low:]) if since else self._numbers
        return _cut(numbers, 0, descending, start, count), len(numbers)


def _cut(keys: list[K], low: int, descending: bool, start: int, count: int) -> list[K]:
    if not descending:
        return keys[low + start : low + start + count]
    high = max(len(keys) - start, low)
    return keys[max(high - count, low) : high][::-1]
