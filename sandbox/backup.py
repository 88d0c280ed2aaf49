"""The state of a stand-in as it was: what a tracker restored from its backup goes back to."""

from __future__ import annotations

import copy
import sys
from collections.abc import Collection, Sequence
from typing import Any

_DEEP = 1_000_000
"""Tickets that hang together make long chains, and copying walks along them."""


class Backup:
    """A copy of what some objects hold; `restore` puts it back into the very same objects.

    The objects keep their identity, and so does whatever is `shared`: neither is copied where the
    others refer to it. `leave` names attributes that no restoring touches (a lock, a clock, the
    counters of ids that are never given out twice). Call both under the world's lock.
    """

    def __init__(
        self,
        objects: Sequence[object],
        *,
        leave: Collection[str] = (),
        shared: Sequence[object] = (),
    ) -> None:
        self._objects = tuple(objects)
        self._shared = tuple(shared)
        self._leave = frozenset(leave)
        self._kept = self._copied([self._held(one) for one in objects])

    def restore(self) -> None:
        """May be called again: what is put back is a copy, too."""
        for one, held in zip(self._objects, self._copied(self._kept), strict=True):
            for name, value in held.items():
                setattr(one, name, value)

    def _held(self, one: object) -> dict[str, Any]:
        names = [*getattr(one, "__dict__", ()), *_slots(type(one))]
        return {
            name: getattr(one, name)
            for name in names
            if name not in self._leave and hasattr(one, name)
        }

    def _copied(self, held: list[dict[str, Any]]) -> list[dict[str, Any]]:
        usual = sys.getrecursionlimit()
        sys.setrecursionlimit(_DEEP)
        try:
            return copy.deepcopy(held, {id(one): one for one in (*self._objects, *self._shared)})
        finally:
            sys.setrecursionlimit(usual)


def _slots(kind: type) -> list[str]:
    named = [base.__dict__.get("__slots__", ()) for base in kind.__mro__]
    return [slot for slots in named for slot in ((slots,) if isinstance(slots, str) else slots)]
