"""People and labels this process has stored already: most deliveries bring none that are new."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from threading import Lock

from schemas.event import Definition
from schemas.ticket import Person

SIZE = 20_000
SECONDS = 600.0
"""After so long a thing is stored again: another process may have stored another name since."""


class Remembered:
    """A bounded memory of what each person and definition was last stored as. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = Lock()
        self._clock = clock
        self._known: OrderedDict[Hashable, tuple[Hashable, float]] = OrderedDict()

    def is_new(self, thing: tuple[str, Person | Definition]) -> bool:
        """Whether (source, person or definition) differs from what was stored last."""
        last = self._known.get(_identity(thing))
        return last is None or last[0] != thing or last[1] < self._clock() - SECONDS

    def add(self, things: Iterable[tuple[str, Person | Definition]]) -> None:
        """Call it only after the transaction that stored them was committed."""
        with self._lock:
            for thing in things:
                self._known[_identity(thing)] = (thing, self._clock())
                self._known.move_to_end(_identity(thing))
            while len(self._known) > SIZE:
                self._known.popitem(last=False)


def _identity(thing: tuple[str, Person | Definition]) -> Hashable:
    source, one = thing
    # A person's kind (user, bot, …) may change; a definition's is part of what it is.
    return source, one.kind if isinstance(one, Definition) else "person", one.id
