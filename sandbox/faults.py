"""A switchboard for everything that goes wrong between two computers.

Three kinds of switch: a *chance* (0 to 1, drawn from a seeded source), a *count* (the next n
times) and a *number* (seconds, or a plain value). Every chance `x` also has a count `x_next`,
since a test wants "exactly the next one" and a soak wants "one in ten".
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Mapping

SHARED_CHANCES = ("errors", "cut", "short_pages")
"""A failing server, a connection closed without any answer, list pages with fewer items than asked
for: what every tracker's stand-in can be told to do."""

LAGS = {"index_lag": 0.0, "replica_lag": 0.0}
"""Seconds: how far lists and searches, and how far single reads, too, are behind the truth."""

TEXTS = {"rewrites": 0.0}
"""1: texts written by the API come back otherwise than they were sent (`sandbox/rewriting`), at
GitHub, GitLab and Azure DevOps; Linear and Jira Cloud rewrite them in any case."""


class UnknownSwitch(ValueError):
    """Somebody asked for a fault that does not exist; a typo must not pass as "no fault"."""


class Switchboard:
    """Holds the switches of one sandbox and answers "does it happen now?"."""

    def __init__(
        self,
        chances: Iterable[str],
        counts: Iterable[str] = (),
        numbers: Mapping[str, float] | None = None,
        seed: int = 1,
    ) -> None:
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._lock = threading.Lock()
        self._chances = dict.fromkeys(chances, 0.0)
        self._counts = dict.fromkeys([*counts, *(f"{name}_next" for name in self._chances)], 0)
        self._numbers = dict(numbers or {})
        self._initial = dict(self._numbers)
        self._happened: dict[str, int] = {}

    def set(self, **values: float) -> None:
        """Turn switches; what is not named stays as it is."""
        with self._lock:
            self._refuse_unknown(values)
            for name, value in values.items():
                self._turn(name, value)

    def clear(self) -> None:
        """Back to a world without faults."""
        with self._lock:
            self._chances = dict.fromkeys(self._chances, 0.0)
            self._counts = dict.fromkeys(self._counts, 0)
            self._numbers = dict(self._initial)

    def happens(self, name: str) -> bool:
        """True if the fault strikes now; a count is used up by asking."""
        with self._lock:
            struck = self._take(name)
            if struck:
                self._happened[name] = self._happened.get(name, 0) + 1
            return struck

    def number(self, name: str) -> float:
        return self._numbers[name]

    def page_size(self, asked: int) -> int:
        """How many items a list page holds; fewer than asked for when `short_pages` strikes."""
        if asked > 1 and self.happens("short_pages"):
            with self._lock:
                return self.random.randint(1, asked - 1)
        return asked

    def as_json(self) -> dict[str, object]:
        with self._lock:
            switches = {**self._chances, **self._counts, **self._numbers}
            return {**switches, "happened": dict(self._happened)}

    def _take(self, name: str) -> bool:
        counter = name if name in self._counts else f"{name}_next"
        if self._counts.get(counter, 0) > 0:
            self._counts[counter] -= 1
            return True
        chance = self._chances.get(name, 0.0)
        return chance > 0 and self.random.random() < chance

    def _turn(self, name: str, value: float) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise UnknownSwitch(f"{name} needs a number that is not negative")
        if name in self._chances:
            if value > 1:
                raise UnknownSwitch(f"{name} is a chance from 0 to 1; use {name}_next for a count")
            self._chances[name] = float(value)
        elif name in self._counts:
            self._counts[name] = int(value)
        else:
            self._numbers[name] = float(value)

    def _refuse_unknown(self, values: Mapping[str, float]) -> None:
        known = {**self._chances, **self._counts, **self._numbers}
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise UnknownSwitch(f"no fault {', '.join(unknown)}; there are {', '.join(known)}")
