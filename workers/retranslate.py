"""Retranslate: what another map or translator makes of the records that are kept.

No request is sent and nothing is journaled: the tracker did nothing. So nobody is told, no history
is drawn from it, and a ticket's revision stays; its fingerprint becomes the one that the next poll
computes, which then finds nothing new.
"""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import structlog

from schemas.ticket import Person, Ticket
from store import definitions, people, translated
from store.database import Connection
from store.translated import Anew, Kept
from workers.mirrors import rebasing
from workers.rules import carried
from workers.work import Work

BATCH = 64
"""No write transaction on SQLite lasts longer than a quarter of a second."""
SECONDS_AT_ONCE = 3.0
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Retranslated:
    """What became of a source's tickets.

    `tickets` were looked at, `fields` tells in how many of them which field changed, `left` could
    not be translated any more and are as they were; `example` is why, for one of them.
    """

    source: str
    tickets: int = 0
    changed: int = 0
    left: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    example: str = ""


def retranslate(work: Work, source: str, *, dry_run: bool = False) -> Retranslated:
    """Translates a source's records anew where its map or its translator is another one now.

    Raises StoreAway; what was done stays, and a second call goes on.
    """
    told = Retranslated(source)
    for _ in _walk(work, told, dry_run=dry_run):
        pass
    if told.tickets and not dry_run:
        _log(told)
    return told


class Records:
    """All sources' records, once in a process, a few seconds at a time beside other work."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._todo = list(work.sources)
        self._told: Retranslated | None = None
        self._walk: Iterator[None] | None = None

    def go_on(self, seconds: float = SECONDS_AT_ONCE) -> bool:
        """Goes on for so long; whether something is left. Raises StoreAway, and then begins the
        source anew: what is done is found no more."""
        until = time.monotonic() + seconds
        while self._todo and time.monotonic() < until:
            if self._walk is None or self._told is None:
                self._told = Retranslated(self._todo[0])
                self._walk = _walk(self._work, self._told)
            walk, self._walk = self._walk, None
            if next(walk, self) is None:
                self._walk = walk
                continue
            if self._told.tickets:
                _log(self._told)
            del self._todo[0]
        return bool(self._todo)


def _walk(work: Work, told: Retranslated, *, dry_run: bool = False) -> Iterator[None]:
    """Batch by batch; yields after each."""
    source = work.sources[told.source]
    version = work.tracker(source.tracker).capabilities.translator_version
    translation = source.translation(version)
    with work.store.read() as connection:
        ids = translated.due(connection, source.name, translation)
    for start in range(0, len(ids), BATCH):
        with work.store.read() as connection:
            kept = translated.load(connection, source.name, ids[start : start + BATCH])
        found = [one for one in (_translate(work, told, each) for each in kept) if one is not None]
        if not dry_run and found:
            changed = [one.ticket.external_id for one in found if one.values]
            with work.store.write() as connection:
                said = rebasing.words(work, connection, source.name, changed)
                found = translated.save(connection, source.name, found, translation, version)
                _remember(connection, source.name, found)
                rebasing.rebase(work, connection, said)
        _count(told, found)
        yield None


def _translate(work: Work, told: Retranslated, kept: Kept) -> Anew | None:
    source = work.sources[told.source]
    try:
        ticket = work.tracker(source.tracker).to_ticket(kept.record, source)
        return translated.compare(kept, ticket)
    except Exception as error:  # a translator that lost a record must not hold up the others
        told.tickets += 1
        told.left += 1
        told.example = told.example or f"{kept.row['key']}: {type(error).__name__}: {error}"
        return None


def _count(told: Retranslated, found: list[Anew]) -> None:
    told.tickets += len(found)
    told.changed += sum(bool(one.values) for one in found)
    told.fields.update(name for one in found for name in one.fields)


def _remember(connection: Connection, source: str, found: list[Anew]) -> None:
    """People and definitions that a mapped field names. What a state means is told by its list."""
    changed = [(one.ticket, one.kept.observed_at) for one in found if one.values]
    people.remember(
        connection,
        [(source, person, at) for ticket, at in changed for person in _people(ticket)],
    )
    definitions.remember(
        connection,
        [
            (source, one, at)
            for ticket, at in changed
            for one in carried.definitions(ticket)
            if one.kind != "state"
        ],
    )


def _people(ticket: Ticket) -> Iterator[Person]:
    yield from ticket.assignees
    if ticket.reporter:
        yield ticket.reporter


def _log(told: Retranslated) -> None:
    log.info(
        "retranslated",
        source=told.source,
        tickets=told.tickets,
        changed=told.changed,
        left=told.left,
        fields=dict(told.fields),
    )
    if told.left:
        log.warning("not_translated", source=told.source, tickets=told.left, example=told.example)
