"""What every piece of work is given: built once per process, passed to all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from runtime.clock import utc_now
from schemas.settings import RetrySettings
from schemas.source import Source
from store.database import Store
from store.notices import Teller
from trackers.base import Client, Tracker
from trackers.registry import tracker_named
from workers.notify import Sender
from workers.observers import Observer, Silent
from workers.remembered import Remembered
from workers.turns import Turns


def _look_at_it(_: Source) -> str:
    return "look at its credential"


def _passed(_: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Work:
    """Tools of the workers.

    `connect` opens a client for a source; `remedy` says what to do when the tracker does not accept
    its credential; `workspace` None is off, `attachments` the largest
    to bring there, in bytes; `tell` records what others are told, and `sender`,
    where anybody listens, sends it. `seen` are the files of local tickets as they last were.
    `passing` is told of each step of a write as it is passed: a test ends the process there.
    """

    store: Store
    sources: Mapping[str, Source]
    connect: Callable[[Source], Client]
    retry: RetrySettings
    workspace: Path | None = None
    attachments: int | None = None
    remedy: Callable[[Source], str] = _look_at_it
    now: Callable[[], datetime] = utc_now
    tracker: Callable[[str], Tracker] = tracker_named
    observer: Observer = field(default_factory=Silent)
    remembered: Remembered = field(default_factory=Remembered)
    tell: Teller = field(default_factory=Teller)
    sender: Sender | None = None
    rendering: Turns = field(default_factory=Turns)
    bringing: Turns = field(default_factory=Turns)
    seen: dict[Path, tuple[int, int, int]] = field(default_factory=dict)
    passing: Callable[[str], None] = _passed
