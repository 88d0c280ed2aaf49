"""Attachments: brought beside their tickets, outside any transaction, each once.

What is due has a mark in the store (`store.workspace.attached`), so a kill loses nothing and the
sweep brings what was left. There is never half of a file in its place.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import cache
from pathlib import Path

import structlog

from schemas.errors import Denied, Permanent, StoreAway, TooLarge, Transient
from store.workspace import attached, place
from store.workspace.attached import Wanted
from trackers.base import Client
from workers.failures import described
from workers.work import Work

FIRST, LONGEST = timedelta(seconds=30), timedelta(hours=1)
"""How long a tracker that does not answer is left alone, doubled each time."""
DENIALS = 5
"""So often a credential that is refused is given time to be mended."""
AT_ONCE = 100
TURN, TURN_SECONDS = "attachments", 60.0
"""One thread of a process brings files, and not for ever: the others have tickets to drain."""
log = structlog.get_logger(__name__)


def bring(work: Work, sources: Iterable[str], *, seconds: float | None = None) -> int:
    """Brings what is due of these sources; how many files came or were refused for good.

    Their tickets' files are due then. Nothing without a workspace, or where attachments are not
    wanted. A tracker that does not answer is asked again ever more seldom. One thread of a process
    is at it at a time; no file is begun after so many `seconds`. Raises StoreAway.
    """
    names = sorted(set(sources) & set(work.sources))
    root = work.workspace
    if root is None or work.attachments is None or not names:
        return 0
    if not work.bringing.take(TURN):
        return 0
    until = None if seconds is None else time.monotonic() + seconds
    with ExitStack() as open_clients:
        open_clients.callback(work.bringing.drop, TURN)

        @cache
        def client(source: str) -> Client:
            made = work.connect(work.sources[source])
            open_clients.callback(made.close)
            return made

        return sum(_one(work, root, client, wanted) for wanted in _claimed(work, names, until))


def waiting(work: Work, source: str) -> bool:
    """Whether something of a source is due; one indexed look."""
    if work.workspace is None or work.attachments is None:
        return False
    with work.store.read() as connection:
        return bool(attached.due(connection, [source], work.now(), 1))


def _claimed(work: Work, sources: list[str], until: float | None) -> Iterator[Wanted]:
    found = None
    while found is None or len(found) == AT_ONCE:
        with work.store.read() as connection:
            found = attached.due(connection, sources, work.now(), AT_ONCE)
        for key, attachment in found:
            if until is not None and time.monotonic() > until:
                return
            with work.store.write() as connection:
                wanted = attached.claim(connection, key, attachment, work.now())
            if wanted is not None:
                yield wanted


def _one(work: Work, root: Path, client: Callable[[str], Client], wanted: Wanted) -> bool:
    """Whether it is settled: here, or refused."""
    try:
        name = _bring(work, root, client(wanted.key[0]), wanted)
    except StoreAway:
        raise
    except Exception as error:  # one file's trouble must not keep the others away
        return _failed(work, wanted, error)
    with work.store.write() as connection:
        attached.arrived(connection, wanted, name, work.now())
    return True


def _bring(work: Work, root: Path, client: Client, wanted: Wanted) -> str:
    source, pieces = wanted.key[0], client.download(wanted.url, largest=work.attachments)
    draft = place.receive(root, source, pieces, work.now())
    return place.put(work.store, root, wanted.key, draft, wanted.name, wanted.id)


def _failed(work: Work, wanted: Wanted, error: Exception) -> bool:
    largest = work.attachments if isinstance(error, TooLarge) else None
    reason = described(error) if largest is None else attached.too_large(largest)
    patient = isinstance(error, Denied) and wanted.attempts < DENIALS
    with work.store.write() as connection:
        if isinstance(error, Permanent) and not patient:
            attached.refused(connection, wanted, reason, work.now(), largest)
            return True
        asked = error.retry_after if isinstance(error, Transient) else None
        wait = min(FIRST * 2 ** min(wanted.attempts - 1, 10), LONGEST)
        wait = wait if asked is None else timedelta(seconds=asked)
        attached.put_off(connection, wanted, work.now() + wait)
    unforeseen = None if isinstance(error, Transient | Permanent) else error
    log.warning(
        "attachment_waits",
        source=wanted.key[0],
        ticket=wanted.key[1],
        reason=reason,
        exc_info=unforeseen,
    )
    return False
