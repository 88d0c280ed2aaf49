"""What stands behind a figure: its tickets, and the changes that made them count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from schemas.model import Json
from schemas.ticket import Ticket
from store import history
from store.derivable import Derivable
from store.keys import Key, among
from store.numbers import figures, question, snapshots, velocity
from store.numbers.daily import members
from store.numbers.derive import Past
from store.numbers.flow import Flow, flow, seconds
from store.numbers.names import METRICS
from store.numbers.question import Question, here, joined, member_column
from store.numbers.story import Moment
from store.tables import flows, stays
from store.whole import accounts, whole_tickets

_AT_ONCE = 5_000
"""So many tickets are told at once: a statement takes no more than 65,535 values."""

_ORDER = {
    "lead-time": flows.c.lead_seconds.desc(),
    "cycle-time": flows.c.cycle_seconds.desc(),
    "created": flows.c.created_at.desc(),
    "age": flows.c.started_at,
    "wip": flows.c.started_at,
    "open": flows.c.created_at,
}
"""What matters most first; of all else what ended last."""


@dataclass(frozen=True, slots=True)
class Step:
    """A change that a figure rests on. `by` is who made it, None unknown; `basis` changelog,
    webhook, inferred (then it happened after `since`), or record: the ticket itself says so."""

    at: datetime
    field: str
    before: Json
    after: Json
    category: str
    by: str | None
    basis: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Behind:
    """A ticket behind a figure, with what it adds: seconds, story points, or None for itself."""

    ticket: Ticket
    members: tuple[str, ...]
    created_at: datetime | None
    started_at: datetime | None
    done_at: datetime | None
    adds: float | None
    steps: tuple[Step, ...]


def behind(
    connection: sa.Connection, metric: str, asked: Question, limit: int, *, every: bool = False
) -> list[Behind]:
    """The tickets behind a figure, those that weigh most first, at most `limit`; of a velocity
    those of `every` sprint, or of the newest that `velocity` tells."""
    keys = _keys(connection, metric, asked, limit, every)
    found: list[Behind] = []
    for start in range(0, len(keys), _AT_ONCE):
        found += _behind(connection, metric, asked, keys[start : start + _AT_ONCE])
    return found


def _behind(
    connection: sa.Connection, metric: str, asked: Question, keys: Sequence[Key]
) -> list[Behind]:
    found = whole_tickets(connection, keys)
    rows = history.of(connection, keys)
    past = Past(connection, asked.sources, asked.names)
    sources = {one.name: one for one in asked.sources}
    at = _then(metric, asked)
    told = {
        key: _Explained(
            Derivable(key, found[key], tuple(rows.get(key, ())), sources[key[0]]), past, at
        )
        for key in keys
        if key in found
    }
    members = _members(connection, asked, keys) if at is None else _members_then(
        connection, asked, told
    )  # fmt: skip
    people = _people(connection, told.values())
    return [one.told(metric, asked, members.get(key, ()), people) for key, one in told.items()]


def _then(metric: str, asked: Question) -> datetime | None:
    """The end of a day that is over, if a figure is of how things stood then."""
    over = METRICS[metric].at_end and asked.until <= asked.now
    return asked.until - asked.until.resolution if over else None


def _keys(
    connection: sa.Connection, metric: str, asked: Question, limit: int, every: bool
) -> list[Key]:
    at = _then(metric, asked)
    if at is not None:
        return snapshots.standing(connection, metric, asked.names, at)[:limit]
    if metric == "velocity":
        where = _in_sprints(connection, asked, every)
    elif metric == "resolution":
        kinds = ("created", "throughput", "canceled")
        where = sa.or_(*(sa.and_(*figures.condition(kind, asked)) for kind in kinds))
    elif metric == "reopen-rate":
        done = figures.condition("throughput", asked)
        where = sa.or_(sa.and_(*done), *figures.condition("reopened", asked))
    else:
        where = sa.and_(*figures.condition(metric, asked))
    order = _ORDER.get(metric, flows.c.ended_at.desc())
    query = sa.select(flows.c.source, flows.c.ticket).where(*here(asked), where)
    query = query.order_by(order.nulls_last(), flows.c.source, flows.c.ticket).limit(limit)
    return [(source, ticket) for source, ticket in connection.execute(query)]


def _in_sprints(connection: sa.Connection, asked: Question, every: bool) -> sa.ColumnElement[bool]:
    chosen = velocity.chosen(connection, asked, every=every)
    of = [
        sa.and_(stays.c.source == one.source, stays.c.sprint.in_(sorted(one.names)))
        for one in chosen
    ]
    same = sa.and_(stays.c.source == flows.c.source, stays.c.ticket == flows.c.ticket)
    return sa.exists(sa.select(1).where(same, sa.or_(sa.false(), *of)))


def _members(
    connection: sa.Connection, asked: Question, keys: Sequence[Key]
) -> Mapping[Key, tuple[str, ...]]:
    """In which members of the dimension each ticket counts."""
    if asked.by is None or not keys:
        return {}
    query = (
        sa.select(flows.c.source, flows.c.ticket, member_column(asked.by))
        .select_from(joined(asked.by))
        .where(among(flows, keys, "ticket"))
    )
    raw = connection.execute(query).all()
    named = question.labels(connection, asked, [(row[0], row[2]) for row in raw])
    found: dict[Key, tuple[str, ...]] = {}
    for source, ticket, member in raw:
        label = named[source, member] or question.NONE
        found[source, ticket] = (*found.get((source, ticket), ()), label)
    return found


def _members_then(
    connection: sa.Connection, asked: Question, told: Mapping[Key, "_Explained"]
) -> Mapping[Key, tuple[str, ...]]:
    """The same as of the end of a day: a snapshot counts a ticket for whoever had it then."""
    if asked.by is None:
        return {}
    pairs = {key: [(key[0], one) for one in each.members(asked.by)] for key, each in told.items()}
    named = question.labels(connection, asked, [pair for some in pairs.values() for pair in some])
    return {
        key: tuple(named[pair] or question.NONE for pair in some) for key, some in pairs.items()
    }


class _Explained:
    """A ticket's story, told with its rows, until a moment if one is given."""

    def __init__(self, one: Derivable, past: Past, at: datetime | None) -> None:
        self.one = one
        self.story = past.story(one)
        self.by_assignment = past.by_assignment(one)
        self.moments = self.story.moments if at is None else self.story.by(at)
        self.last = flow(self.story, at, by_assignment=self.by_assignment)

    def members(self, by: str) -> list[str]:
        """Its members of a dimension."""
        if self.last is None:
            return []
        return [
            member for dimension, member in members(self.last.now.values) if dimension == by
        ] or [""]

    def told(
        self, metric: str, asked: Question, members: tuple[str, ...], people: Mapping[Key, Any]
    ) -> Behind:
        last = self.last
        names = ("status", "sprint", "story_points") if metric == "velocity" else ("status",)
        started = last.started_at if last else None
        return Behind(
            ticket=self.one.ticket,
            members=members,
            created_at=self.story.created_at,
            started_at=started,
            done_at=last.done_at if last else None,
            adds=_adds(metric, last, asked, self.one.ticket),
            steps=tuple(
                step
                for before, after in pairwise(self.moments)
                for step in self._steps(before, after, names, people, started)
            ),
        )

    def _steps(
        self,
        before: Moment,
        after: Moment,
        names: Sequence[str],
        people: Mapping[Key, Any],
        started: datetime | None,
    ) -> list[Step]:
        """What a moment changed of what counts; the assignment, too, that work began with."""
        row = after.row
        changed = [name for name in names if before.values[name] != after.values[name]]
        if after.category is not before.category and "status" not in changed:
            changed.append(row.entry.field or "status" if row else "status")
        if self.by_assignment and started == after.at and "status" not in changed:
            changed += ["assignees"] if row and row.entry.field == "assignees" else []
        return [
            Step(
                at=after.at,
                field=name,
                before=self._shown(before.values[name], name, people),
                after=self._shown(after.values[name], name, people),
                category=str(after.category),
                by=self._who(row.entry.actor.id, people) if row and row.entry.actor else None,
                basis=row.basis if row else "record",
                since=row.since if row else None,
            )
            for name in dict.fromkeys(changed)
        ]

    def _shown(self, value: Json, name: str, people: Mapping[Key, Any]) -> Json:
        if name != "assignees":
            return value
        return [self._who(one, people) for one in value or ()] or None

    def _who(self, one: str, people: Mapping[Key, Any]) -> str:
        known = people.get((self.one.key[0], one))
        return str(known.login or known.name or one) if known else one


def _adds(metric: str, last: Flow | None, asked: Question, ticket: Ticket) -> float | None:
    if last is None:
        return None
    match metric:
        case "lead-time":
            return last.lead_seconds
        case "cycle-time":
            return last.cycle_seconds
        case "age":
            until = min(asked.until, asked.now)
            return seconds(last.started_at, until) if last.started_at else None
        case "velocity":
            return ticket.story_points
    return None


def _people(connection: sa.Connection, told: Any) -> Mapping[Key, Any]:
    wanted = {
        (one.one.key[0], person)
        for one in told
        for moment in one.story.moments
        for person in (
            *(moment.values["assignees"] or ()),
            *([moment.row.entry.actor.id] if moment.row and moment.row.entry.actor else []),
        )
    }
    return accounts(connection, wanted)
