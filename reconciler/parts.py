"""What a reconcile is given: tools of several rooms, joined once per process."""

import socket
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from os import getpid
from threading import Event

from runtime.clients import Connect
from runtime.clock import utc_now
from schemas.record import Page
from schemas.settings import Settings
from schemas.source import Source
from store.database import Store
from store.journal import Lane
from store.notices import Tell, Teller
from trackers.base import Client, Tracker
from trackers.registry import tracker_named


def me() -> str:
    """A name for this process in leases, that a person can find again."""
    return f"{socket.gethostname()}:{getpid()}:{uuid.uuid4().hex[:6]}"


def _nothing(*_: object) -> None:
    return None


def _look_at_it(_: Source) -> str:
    return "look at its credential"


def _no_secret(_: Source) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Parts:
    """Tools of the reconciler.

    `wake` is told which lanes got deliveries (the queue, or a drain in this process); `settle`
    returns once a session's deliveries are applied, or after a while (without a session: all of the
    source); `progress` sees each page. `credential` names a source's credential by a hash, never
    the secret; `remedy` says what to do when the tracker does not accept it; `webhook_secrets` are
    the live secrets of its webhook; `push` tells a mirror's twins here and now, where no worker
    does; `tell` records what others are told. Once `stop` is set, walks
    end after the page under way.
    """

    store: Store
    settings: Settings
    sources: Mapping[str, Source]
    connect: Connect[Client]
    credential: Callable[[Source], str]
    wake: Callable[[Sequence[Lane]], None]
    settle: Callable[[str, int | None], bool]
    remedy: Callable[[Source], str] = _look_at_it
    webhook_secrets: Callable[[Source], Sequence[str]] = _no_secret
    now: Callable[[], datetime] = utc_now
    tracker: Callable[[str], Tracker] = tracker_named
    progress: Callable[[Source, Page, int], None] = _nothing
    push: Callable[[str], object] = _nothing
    tell: Tell = field(default_factory=Teller)
    stop: Event = field(default_factory=Event)
    holder: str = field(default_factory=me)
