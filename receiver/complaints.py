"""Says that deliveries are refused, without letting whoever sends them fill the log."""

from collections.abc import Callable, Hashable
from time import monotonic

QUIET_SECONDS = 60.0
MOST = 1_000


class Complaints:
    """Lets one complaint of each kind through a minute and counts the others."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._seen: dict[Hashable, tuple[float, int]] = {}

    def due(self, kind: Hashable) -> int:
        """How many there were since the last one let through, this one included; 0 to be quiet."""
        now = self._clock()
        last, held_back = self._seen.get(kind, (-QUIET_SECONDS, 0))
        if now - last < QUIET_SECONDS:
            self._seen[kind] = (last, held_back + 1)
            return 0
        if len(self._seen) >= MOST:
            self._seen.clear()
        self._seen[kind] = (now, 0)
        return held_back + 1
