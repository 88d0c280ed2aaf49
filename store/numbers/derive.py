"""Derives flows, spans, stays in sprints and stories of tickets from their histories."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any

import sqlalchemy as sa

from schemas.event import DefinitionKind
from schemas.source import Source
from schemas.ticket import StatusCategory
from store import sql
from store.categories import Meant
from store.definitions import renamed
from store.derivable import Derivable
from store.keys import among
from store.numbers.flow import Flow, flow, spans, stays
from store.numbers.story import CLOSED, Meaning, Names, Story, pack, tell
from store.prepared import Prepared
from store.tables import definitions, flow_members, flows, stories
from store.tables import spans as spans_table
from store.tables import stays as stays_table

MEMBERS = {"assignee": "assignees", "component": "components"}
"""Dimensions of which a ticket may have several members, by the field that holds them."""

_TABLES = (flows, flow_members, spans_table, stays_table, stories)
_KINDS: dict[DefinitionKind, str] = {
    "label": "labels",
    "component": "components",
    "sprint": "sprint",
}


def make(connection: sa.Connection, batch: Sequence[Derivable], now: datetime) -> None:
    """Puts what is counted of these tickets in place of what was derived from them before."""
    keys = [one.key for one in batch]
    rows: dict[sa.Table, list[dict[str, Any]]] = {table: [] for table in _TABLES}
    past = Past(connection, [one.source for one in batch if one.source], {k for k, _ in keys})
    for one in batch:
        _add(rows, one, past.story(one), past.by_assignment(one))
    for table in _TABLES:
        connection.execute(table.delete().where(among(table, keys, "ticket")))
        _insert(table).send(connection, rows[table])


@cache
def _insert(table: sa.Table) -> Prepared:
    """An insert by the driver itself: a ticket has a dozen rows here."""
    given: dict[str, Any] = {column.name: sa.bindparam(column.name) for column in table.c}
    return Prepared(lambda dialect: sql.insert(dialect, table).inline().values(given))


class Past:
    """What the past of tickets is told with: what statuses meant, and former names."""

    def __init__(
        self, connection: sa.Connection, sources: Iterable[Source], names: Iterable[str]
    ) -> None:
        self._connection = connection
        self._sources = {one.name: one for one in sources}
        self._names = sorted(set(names))
        self._meant = Meant(connection, self._sources.values())
        self._former = _former(connection, self._names)
        self._with_states = _with_states(connection, self._names)

    def story(self, one: Derivable) -> Story:
        """A ticket's story."""
        return tell(one.ticket, one.rows, self._meaning(one.key[0]), self._former.get(one.key[0]))

    def by_assignment(self, one: Derivable) -> bool:
        """Whether no status of its source means that work is done: it has none, but open and
        closed, and no label stands for one."""
        if one.key[0] in self._with_states:
            return False
        mapped = one.source.statuses.values() if one.source else ()
        return str(StatusCategory.in_progress) not in mapped

    def _meaning(self, source: str) -> Meaning:
        return partial(self._meant.of, source)


def _former(connection: sa.Connection, sources: Sequence[str]) -> dict[str, Names]:
    """Present names by former ones, of each source."""
    found: dict[str, dict[tuple[str, Any], str]] = {}
    for (source, kind, name), now in renamed(connection, sources, _KINDS).items():
        found.setdefault(source, {})[_KINDS[kind], name] = now
    return dict(found)


def _with_states(connection: sa.Connection, sources: Sequence[str]) -> set[str]:
    """The sources whose tracker has states of its own."""
    query = sa.select(definitions.c.source).distinct()
    query = query.where(definitions.c.source.in_(sources), definitions.c.kind == "state")
    return set(connection.execute(query).scalars())


def _add(
    rows: Mapping[sa.Table, list[dict[str, Any]]],
    one: Derivable,
    story: Story,
    by_assignment: bool,
) -> None:
    source, ticket = one.key
    key = {"source": source, "ticket": ticket}
    last = flow(story, by_assignment=by_assignment)
    if last is None:
        raise AssertionError("a story has at least one moment")
    told = {"by_assignment": by_assignment, "story": pack(story)}
    rows[stories].append(key | told | {"ended_at": last.ended_at})
    if story.gone_at is not None:  # it counts on days before that, and in nothing else
        return
    rows[flows].append(key | _flow_row(one, last))
    for dimension, name in MEMBERS.items():
        for member in last.now.values[name] or ():
            rows[flow_members].append(key | {"dimension": dimension, "member": member})
    rows[spans_table] += [key | row for row in _span_rows(story, last)]
    rows[stays_table] += [
        key
        | {
            "place": place,
            "sprint": stay.sprint,
            "points": stay.points,
            "done_at": stay.done_at,
            "entered_at": stay.entered_at,
            "left_at": stay.left_at,
        }
        for place, stay in enumerate(stays(story))
    ]


def _span_rows(story: Story, last: Flow) -> Iterator[dict[str, Any]]:
    """Rows of spans. The first in each open status of a ticket that is done says how long it was
    there in all its visits."""
    found = spans(story)
    spent: dict[str, int] = {}
    if last.done_at is not None:
        for span in found:
            if span.category not in CLOSED:
                spent[span.status] = spent.get(span.status, 0) + (span.seconds or 0)
    for place, span in enumerate(found):
        yield {
            "place": place,
            "status": span.status,
            "category": str(span.category),
            "came_from": str(span.came_from or ""),
            "entered_at": span.entered_at,
            "left_at": span.left_at,
            "seconds": span.seconds,
            "spent": None if span.category in CLOSED else spent.pop(span.status, None),
            "done_at": last.done_at,
        }


def _flow_row(one: Derivable, last: Flow) -> dict[str, Any]:
    ticket = one.ticket
    return {
        "type": ticket.type,
        "priority": ticket.priority,
        "customer": ticket.customer,
        "category": str(last.now.category),
        "working": last.working,
        "created_at": last.created_at,
        "started_at": last.started_at,
        "done_at": last.done_at,
        "ended_at": last.ended_at,
        "done_count": last.done_count,
        "reopened_count": len(last.reopened),
        "lead_seconds": last.lead_seconds,
        "cycle_seconds": last.cycle_seconds,
        "inferred": last.inferred,
    }
