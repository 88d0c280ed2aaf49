"""Each request to a tracker as a line on stderr, with what is left of the budget."""

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from schemas.ports import Allowance, Lane, Limiter, Rate

if TYPE_CHECKING:
    from cli.context import Opened
    from runtime.clients import Lanes
    from runtime.telemetry.redact import Redactor

REQUESTS = "trackers.http"
"""The logger that each request is told to."""


@dataclass(slots=True)
class Ear:
    """Budgets that remember what the last answer to each thread said was left."""

    lanes: "Lanes"
    left: dict[int, int | None] = field(default_factory=dict)

    def lane(self, name: Lane) -> Limiter:
        """The budget of one kind of work."""
        return _Heard(self, self.lanes.lane(name))


@dataclass(frozen=True, slots=True)
class _Heard:
    """The port Limiter, listened to."""

    ear: Ear
    limiter: Limiter

    def wait(self, credential: str, usual: Allowance | None = None) -> None:
        """Counts one request; raises Spent."""
        self.ear.left[threading.get_ident()] = None
        self.limiter.wait(credential, usual)

    def learn(self, credential: str, rate: Rate) -> None:
        """Takes note of an answer."""
        self.ear.left[threading.get_ident()] = rate.remaining
        self.limiter.learn(credential, rate)

    def block(self, credential: str, seconds: float) -> None:
        """Nothing may be sent for so many seconds."""
        self.limiter.block(credential, seconds)


class _Lines(logging.Handler):
    """Writes the lines about requests; everything else goes where it always goes."""

    def __init__(self, ear: Ear, redactor: "Redactor", pass_on: bool) -> None:
        super().__init__()
        self._ear = ear
        self._redactor = redactor
        self._pass_on = pass_on

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
        if record.levelno > logging.DEBUG:
            if self._pass_on:
                logging.getLogger().handle(record)
            return
        left = self._ear.left.get(threading.get_ident())
        told = self._redactor.text(record.getMessage())
        sys.stderr.write(told + (f", {left:,} left" if left is not None else "") + "\n")


@contextmanager
def requests_shown(here: "Opened") -> Iterator[None]:
    """Shows what is asked while this lasts; log lines stay as they are."""
    ear = Ear(here.budgets)
    here.budgets = ear
    logger = logging.getLogger(REQUESTS)
    level, propagate = logger.level, logger.propagate
    quiet = logger.getEffectiveLevel() > logging.DEBUG
    lines = _Lines(ear, here.redactor, pass_on=quiet and propagate)
    logger.addHandler(lines)
    if quiet:
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(lines)
        logger.setLevel(level)
        logger.propagate = propagate
        here.budgets = ear.lanes
