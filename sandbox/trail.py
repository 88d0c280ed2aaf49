"""How a thing looked until some moments ago: what indexes and replicas that lag still show."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Generic, TypeVar

V = TypeVar("V")


class Trail(Generic[V]):
    """The last few looks of one thing, oldest first; a look None means that it was not there.

    Call `keep` just before a change, with the look that ends now, and only while a lag is on.
    """

    __slots__ = ("_looks",)

    def __init__(self) -> None:
        self._looks: list[tuple[datetime, V | None]] = []

    def keep(self, look: V | None, now: datetime, longest: float) -> None:
        """Keeps a look, and drops those that ended more than `longest` seconds ago."""
        oldest = now - timedelta(seconds=longest)
        self._looks = [one for one in self._looks if one[0] >= oldest]
        self._looks.append((now, look))

    def at(self, moment: datetime, today: V | None) -> V | None:
        """The look at that moment; `today` when nothing has changed since."""
        return next((look for until, look in self._looks if until > moment), today)

    def clear(self) -> None:
        self._looks.clear()
