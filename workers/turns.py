"""Turns: one thread at a time for each name; who comes meanwhile leaves a wish and goes on."""

from threading import Lock


class Turns:
    """Who is at it, and whether somebody asked for more since. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked: dict[str, bool] = {}

    def take(self, name: str) -> bool:
        """Whether it is the caller's turn; if not, the one whose turn it is will go on."""
        with self._lock:
            mine = name not in self._asked
            self._asked[name] = not mine
        return mine

    def go_on(self, name: str) -> bool:
        """Whether somebody asked meanwhile; if nobody did, the turn is over."""
        with self._lock:
            if self._asked[name]:
                self._asked[name] = False
                return True
            del self._asked[name]
            return False

    def drop(self, name: str) -> None:
        """Ends the turn in spite of all wishes: it went wrong."""
        with self._lock:
            self._asked.pop(name, None)
