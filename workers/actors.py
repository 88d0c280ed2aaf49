"""Actors: three lines each. They never raise; what failed is in the journal (law 2)."""

from collections.abc import Callable, Iterable
from typing import Any

import dramatiq
import structlog

from schemas.errors import Transient
from schemas.messages import Backfill, Download, Drain, Message, Refetch
from workers import attachments
from workers import refetch as asking
from workers.drain import drain
from workers.render import render
from workers.work import Work

BEHIND = 10
"""The priority of a backfill and of files; 0 is everything else's, and the smaller goes first."""
log = structlog.get_logger(__name__)


def declare(broker: dramatiq.Broker, work: Work, ring: Callable[[Message], None]) -> dict[str, Any]:
    """Declares the actors on a broker; `ring` sends follow-up messages. Actors by name."""

    def on_drain(keys: list[list[str | None]]) -> None:
        drained = drain(work, [(str(key[0]), key[1]) for key in keys])
        _ring_doubts(ring, drained.doubtful)
        render(work, drained.touched, indexed=False)
        _ring_files(work, ring, drained.touched)

    def on_refetch(source: str, tickets: list[str]) -> None:
        asking.refetch(work, source, tickets)
        render(work, [source], indexed=False)
        _ring_files(work, ring, [source])

    def on_download(source: str) -> None:
        if attachments.bring(work, [source], seconds=attachments.TURN_SECONDS):
            render(work, [source], indexed=False)

    doing: dict[type[Drain] | type[Refetch] | type[Download], Callable[..., None]] = {
        Drain: on_drain,
        Backfill: on_drain,
        Refetch: on_refetch,
        Download: on_download,
    }
    found = {}
    for message, do in doing.items():
        actor = dramatiq.actor(
            broker=broker,
            actor_name=message.actor,
            queue_name=message.queue,
            priority=BEHIND if message in (Backfill, Download) else 0,
        )
        found[message.actor] = actor(_never_raising(do))
    return found


def _ring_doubts(ring: Callable[[Message], None], keys: set[tuple[str, str]]) -> None:
    by_source: dict[str, list[str]] = {}
    for source, ticket in sorted(keys):
        by_source.setdefault(source, []).append(ticket)
    for source, tickets in by_source.items():
        ring(Refetch(source=source, tickets=tuple(tickets)))


def _ring_files(work: Work, ring: Callable[[Message], None], sources: Iterable[str]) -> None:
    for source in sources:
        if attachments.waiting(work, source):
            ring(Download(source=source))


def _never_raising(do: Callable[..., None]) -> Callable[..., None]:
    """The sweep comes back to whatever was left; a raised error would only fill Dramatiq's DLQ."""

    def run(**fields: Any) -> None:
        try:
            do(**fields)
        except Transient as error:
            log.warning("work_waits", actor=do.__name__, reason=str(error))
        except Exception:
            log.exception("work_failed", actor=do.__name__)

    return run
