"""What trackers say of themselves, in memory for a moment, so that a new client need not ask again.

Names of labels, states and fields are asked for by every write that names one; a client lives for
one errand.
"""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

KEPT_SECONDS = 60.0


@dataclass(slots=True)
class Kept:
    """Answers by question, each for `seconds`; `clock` is monotonic."""

    seconds: float = KEPT_SECONDS
    clock: Callable[[], float] = time.monotonic
    answers: dict[Hashable, tuple[float, Any]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def known(self, question: Hashable) -> Any:
        """The answer of before while it is young, else None."""
        with self.lock:
            until, found = self.answers.get(question, (0.0, None))
        return found if until > self.clock() else None

    def keep(self, question: Hashable, answer: Any) -> None:
        """Keeps an answer, and drops those that grew old."""
        now = self.clock()
        with self.lock:
            for old in [one for one, (until, _) in self.answers.items() if until <= now]:
                del self.answers[old]
            self.answers[question] = (now + self.seconds, answer)

    def forget(self, question: Hashable) -> None:
        """The next one asks again."""
        with self.lock:
            self.answers.pop(question, None)
