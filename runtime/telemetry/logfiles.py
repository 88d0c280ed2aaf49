"""Log files that rotate by size, shared safely by the processes of one host."""

import fcntl
import logging
import os
import threading
from collections.abc import Mapping
from pathlib import Path

MAX_BYTES = 10_000_000
KEEP = 5
ALL = "_all"
"""No slug begins with an underscore, so no source can claim this file."""


class LogFile:
    """One file, appended to line by line; beyond `max_bytes` it becomes `name.1`, and so on."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES, keep: int = KEEP) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._keep = keep
        self._descriptor: int | None = None

    def write(self, line: bytes) -> None:
        """Appends one line; raises OSError."""
        descriptor = self._open()
        size = os.fstat(descriptor).st_size
        if size and size + len(line) > self._max_bytes:
            self._rotate(descriptor)
            descriptor = self._open()
        os.write(descriptor, line)

    def close(self) -> None:
        """Closes the file; a later write opens it again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> int:
        # Another process may have rotated it: then our descriptor is that of the old file.
        if self._descriptor is not None and not self._is_current(self._descriptor):
            self.close()
        if self._descriptor is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            self._descriptor = os.open(self._path, flags, 0o640)
        return self._descriptor

    def _is_current(self, descriptor: int) -> bool:
        try:
            return os.fstat(descriptor).st_ino == self._path.stat().st_ino
        except FileNotFoundError:
            return False

    def _rotate(self, descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            if self._is_current(descriptor):
                for number in range(self._keep - 1, 0, -1):
                    older = self._numbered(number)
                    if older.exists():
                        older.replace(self._numbered(number + 1))
                self._path.replace(self._numbered(1))
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


class SourceFiles(logging.Handler):
    """One fixed file for all lines and one for each source; `slugs` maps names to slugs."""

    def __init__(self, folder: Path, slugs: Mapping[str, str], max_bytes: int = MAX_BYTES) -> None:
        super().__init__()
        self._files = {
            slug: LogFile(folder / f"{slug}.log", max_bytes) for slug in (ALL, *slugs.values())
        }
        self._slugs = dict(slugs)
        self._writing = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Writes the line; a full disk must not stop the work that is logged."""
        try:
            line = self.format(record).encode("utf-8", "replace") + b"\n"
            named = self._slugs.get(_source(record))
            with self._writing:
                self._files[ALL].write(line)
                if named:
                    self._files[named].write(line)
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Closes all files."""
        for file in self._files.values():
            file.close()
        super().close()


def _source(record: logging.LogRecord) -> str:
    # structlog hands its event over as the record's message.
    event = record.msg
    return str(event.get("source", "")) if isinstance(event, dict) else ""
