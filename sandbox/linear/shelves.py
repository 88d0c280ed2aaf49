"""Lists in order, kept while nothing changes: a walk asks for them page after page."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, overload

from sandbox.wire import Json

ORDERS = {"createdAt": "created_at", "updatedAt": "updated_at"}
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")
FEW = 2000
"""So many are sorted faster than the whole list is looked through."""


class Shelf(Sequence[Any]):
    """Things of one kind, sorted once for each of Linear's two orders."""

    def __init__(self, things: Iterable[Any]) -> None:
        self._things = list(things)
        self._sorted: dict[str, list[Any]] = {}
        self._ids: dict[str, Any] | None = None

    def __len__(self) -> int:
        return len(self._things)

    @overload
    def __getitem__(self, place: int) -> Any: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Any]: ...
    def __getitem__(self, place: int | slice) -> Any:
        return self._things[place]

    def find(self, key: str) -> Any:
        """The thing of this id, or None."""
        if self._ids is None:
            self._ids = {one.id: one for one in self._things}
        return self._ids.get(key)

    def falling(self, by: str, given: Json, after: tuple[str, str] | None) -> Iterator[Any]:
        """Newest first by `created_at` or `updated_at`, from behind `after`.

        What a filter says of the two times is used to leave out what it cannot let through; the
        filter itself is not judged here.
        """
        own, other = _bounds(given, by), _bounds(given, _other(by))
        few = self._between(_other(by), *other) if other != (None, None) else None
        if few is not None and len(few) <= FEW:
            found = sorted(few, key=_place(by))
        else:
            found = self._between(by, *own)
        end = len(found) if after is None else bisect_left(found, after, key=_place(by))
        return (found[place] for place in range(end - 1, -1, -1))

    def _between(self, by: str, low: str | None, high: str | None) -> list[Any]:
        if by not in self._sorted:
            self._sorted[by] = sorted(self._things, key=_place(by))
        whole = self._sorted[by]
        start = 0 if low is None else bisect_left(whole, (low, ""), key=_place(by))
        end = len(whole) if high is None else bisect_right(whole, (high, "~"), key=_place(by))
        return whole if (start, end) == (0, len(whole)) else whole[start:end]


def _place(by: str) -> Callable[[Any], tuple[str, str]]:
    return lambda one: (getattr(one, by), one.id)


def _other(by: str) -> str:
    return "updated_at" if by == "created_at" else "created_at"


def _bounds(given: Json, by: str) -> tuple[str | None, str | None]:
    """The lowest and the highest time that a filter lets through, as far as its top tells."""
    name = next(word for word, attribute in ORDERS.items() if attribute == by)
    told = given.get(name)
    tests = told if isinstance(told, dict) else {}
    low, high = tests.get("gte") or tests.get("gt"), tests.get("lte") or tests.get("lt")
    return _printed(low), _printed(high)


def _printed(told: Any) -> str | None:
    """A time in the form the world keeps; others are left to the filter."""
    return told if isinstance(told, str) and _STAMP.fullmatch(told) else None
