"""A clock that a test puts ahead, the same for all processes of a world."""

import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

_OFFSET = struct.Struct("d")


class Clock:
    """The shared time of a tracker and of ticketsync; `file` is made when it is not there."""

    def __init__(self, file: Path) -> None:
        self.file = file
        if not file.exists():
            file.write_bytes(_OFFSET.pack(0.0))
        with file.open("r+b") as opened:
            self._map = mmap.mmap(opened.fileno(), _OFFSET.size)

    @property
    def offset(self) -> float:
        """Seconds ahead of the real time."""
        found: float = _OFFSET.unpack_from(self._map)[0]
        return found

    def advance(self, seconds: float) -> None:
        """Lets time pass."""
        _OFFSET.pack_into(self._map, 0, self.offset + seconds)

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.offset)

    def epoch(self) -> float:
        return self.now().timestamp()
