"""What a status meant, also one that no ticket has any more."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

from schemas.source import Source
from schemas.ticket import StatusCategory
from store.tables import definitions, tickets

OPEN, CLOSED = ("open", "opened"), ("closed",)
"""All the states there are where a tracker has no workflow; labels may say more."""

_NOTHING_DONE = frozenset({"not_planned", "duplicate", "canceled", "cancelled", "won't do"})


@dataclass(frozen=True, slots=True)
class Categories:
    """The statuses of all sources. `defined` holds (source, status), folded; `learnt` also the
    reason a ticket was closed for; `mapped` what a source's configuration says of labels."""

    defined: Mapping[tuple[str, str], StatusCategory]
    learnt: Mapping[tuple[str, str, str], StatusCategory]
    mapped: Mapping[str, Mapping[str, StatusCategory]]

    def of(
        self, source: str, status: str, close_reason: str | None, labels: Collection[str] = ()
    ) -> StatusCategory:
        """The category of a status at a source, with the labels a ticket had then, by name."""
        name, reason = status.casefold(), (close_reason or "").casefold()
        if (source, name) in self.defined:
            return self.defined[source, name]
        mapped = self.mapped.get(source, {})
        if name in OPEN:
            told = (mapped[label] for label in map(str.casefold, sorted(labels)) if label in mapped)
            return next(told, mapped.get(name, StatusCategory.todo))
        known = self.learnt.get((source, name, reason))
        if known is not None:
            return known
        if name in CLOSED:
            nothing = reason in _NOTHING_DONE
            return StatusCategory.canceled if nothing else StatusCategory.done
        other = (found for key, found in self.learnt.items() if key[:2] == (source, name))
        return mapped.get(name) or next(other, StatusCategory.todo)

    def decides(self, source: str, status: str) -> bool:
        """Whether a status means the same whatever tickets have now."""
        name = status.casefold()
        if (source, name) in self.defined or name in OPEN:
            return True
        return name in CLOSED and not self.mapped.get(source)


class Meanings(Protocol):
    """Tells what a status meant."""

    def of(
        self, source: str, status: str, close_reason: str | None, labels: Collection[str] = ()
    ) -> StatusCategory:
        """The category of a status at a source, with the labels a ticket had then, by name."""


class Meant:
    """What statuses meant, looked up when it is first asked.

    What tickets have now is only read where nothing else tells: it means reading them all.
    """

    def __init__(self, connection: sa.Connection, sources: Iterable[Source]) -> None:
        self._connection = connection
        self._sources = tuple(sources)
        self._defined: Categories | None = None
        self._learnt: Categories | None = None

    def of(
        self, source: str, status: str, close_reason: str | None, labels: Collection[str] = ()
    ) -> StatusCategory:
        """The category of a status at a source, with the labels a ticket had then, by name."""
        if self._defined is None:
            self._defined = load(self._connection, self._sources, learn=False)
        if self._defined.decides(source, status):
            return self._defined.of(source, status, close_reason, labels)
        if self._learnt is None:
            self._learnt = load(self._connection, self._sources)
        return self._learnt.of(source, status, close_reason, labels)


def load(connection: sa.Connection, sources: Iterable[Source], *, learn: bool = True) -> Categories:
    """Reads what is known now: states and their former names, and what tickets have.

    Without `learn` the tickets are not looked at, all of which that takes.
    """
    defined: dict[tuple[str, str], StatusCategory] = {}
    query = sa.select(definitions).where(
        definitions.c.kind == "state", definitions.c.state.is_not(None)
    )
    for row in connection.execute(query.order_by(definitions.c.seen_at, definitions.c.external_id)):
        for name in (*(row.former or ()), row.name):
            if row.state in set(StatusCategory) and name:
                defined[row.source, name.casefold()] = StatusCategory(row.state)
    columns = (tickets.c.source, tickets.c.status, tickets.c.close_reason)
    seen = sa.select(*columns, tickets.c.status_category).group_by(
        *columns, tickets.c.status_category
    )
    learnt: dict[tuple[str, str, str], StatusCategory] = {}
    found = (
        connection.execute(seen.order_by(sa.func.count(), *columns, tickets.c.status_category))
        if learn
        else ()
    )
    for source, status, reason, category in found:
        key = (source, status.casefold(), (reason or "").casefold())
        learnt[key] = StatusCategory(category)
    mapped = {
        one.name: {name.casefold(): StatusCategory(to) for name, to in one.statuses.items()}
        for one in sources
    }
    return Categories(defined, learnt, mapped)
