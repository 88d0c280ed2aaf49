"""People and labels this process has stored already: most deliveries bring none that are new."""

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from threading import Lock

SIZE = 20_000


class Remembered:
    """A bounded set of things known to be in the store. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[Hashable, None] = OrderedDict()

    def is_new(self, thing: Hashable) -> bool:
        """Whether this process has not stored it yet."""
        return thing not in self._known

    def add(self, things: Iterable[Hashable]) -> None:
        """Call it only after the transaction that stored them was committed."""
        with self._lock:
            for thing in things:
                self._known[thing] = None
            while len(self._known) > SIZE:
                self._known.popitem(last=False)
