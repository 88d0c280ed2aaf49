"""What is asked: of which sources, in which period, split by what; and the rows that answer it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa

from schemas.source import Source
from store.keys import among
from store.numbers.daily import rank
from store.tables import flow_members, flows, people, persons

COLUMNS = {"type": flows.c.type, "priority": flows.c.priority, "customer": flows.c.customer}
MANY = ("assignee", "component")
NONE = "(none)"

Member = tuple[str, Any]
"""(source, what the dimension's column holds there)."""


@dataclass(frozen=True, slots=True)
class Question:
    """`since` and `until` bound what happened, the latter not included; `now` is for what still
    goes on. `by` is one of `names.DIMENSIONS`, or None for one figure of all."""

    sources: tuple[Source, ...]
    since: datetime
    until: datetime
    now: datetime
    by: str | None = None

    @property
    def names(self) -> list[str]:
        """The names of the sources."""
        return [one.name for one in self.sources]


@dataclass(frozen=True, slots=True)
class Line:
    """A figure of one member, and of one status where that is asked. For durations `mean`, `p50`
    and `p85` in seconds; `of` is what the count is a share of."""

    member: str | None
    count: int
    status: str | None = None
    mean: float | None = None
    p50: int | None = None
    p85: int | None = None
    of: int | None = None

    @property
    def rate(self) -> float | None:
        """The share; None of nothing."""
        return self.count / self.of if self.of else None


def during(column: sa.ColumnElement[Any], asked: Question) -> sa.ColumnElement[bool]:
    """The condition that something happened in the period."""
    return sa.and_(column >= asked.since, column < asked.until)


def member_column(by: str | None) -> sa.ColumnElement[Any]:
    """What holds the members; each source has its own of them."""
    if by in MANY:
        return flow_members.c.member
    return COLUMNS[by] if by in COLUMNS else sa.literal("")


def joined(by: str | None, left: Any = flows) -> Any:
    """`left`, which has flows in it, with the members of a dimension that may have several."""
    if by not in MANY:
        return left
    same = sa.and_(
        flow_members.c.source == flows.c.source,
        flow_members.c.ticket == flows.c.ticket,
        flow_members.c.dimension == by,
    )
    return left.outerjoin(flow_members, same)


def here(asked: Question) -> tuple[sa.ColumnElement[bool], ...]:
    """The tickets that count; those that are gone have no flow."""
    return (flows.c.source.in_(asked.names),)


def all_of(connection: sa.Connection, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """All values of a group in one, which is far fewer rows to read; see `values`."""
    if connection.dialect.name == "postgresql":
        return sa.func.array_agg(column)
    return sa.func.json_group_array(column, type_=sa.Text)


def moments(found: Any, unset: datetime) -> list[datetime]:
    """What `all_of` brought of a time: SQLite keeps them as text without a zone."""
    if not isinstance(found, str):
        return [one or unset for one in found]
    told = (datetime.fromisoformat(one) if one else unset for one in orjson.loads(found))
    return [one if one.tzinfo else one.replace(tzinfo=UTC) for one in told]


def values(found: Any) -> list[int]:
    """What `all_of` brought."""
    return orjson.loads(found) if isinstance(found, str) else list(found)


def labels(
    connection: sa.Connection, asked: Question, found: Iterable[Member]
) -> Mapping[Member, str | None]:
    """What each member is called; the same in two sources is one."""
    pairs = set(found)
    if asked.by is None:
        return dict.fromkeys(pairs)
    if asked.by == "source":
        return {pair: pair[0] for pair in pairs}
    if asked.by == "team":
        teams = {one.name: one.team for one in asked.sources}
        return {pair: teams.get(pair[0]) or NONE for pair in pairs}
    if asked.by != "assignee":
        return {pair: str(pair[1] or NONE) for pair in pairs}
    known = _called(connection, [pair for pair in pairs if pair[1]])
    return {pair: known.get(pair) or str(pair[1] or NONE) for pair in pairs}


def _called(connection: sa.Connection, members: Sequence[Member]) -> dict[Member, str]:
    """The person behind each account; two of one name are told apart, and an account that nobody
    has matched stands for itself."""
    query = (
        sa.select(
            people.c.source, people.c.external_id, people.c.login, people.c.name, people.c.person,
            persons.c.name.label("person_name"),
        )
        .select_from(people.outerjoin(persons, persons.c.id == people.c.person))
        .where(among(people, members))
    )  # fmt: skip
    raw = connection.execute(query).all()
    namesakes: dict[str, set[int]] = {}
    for row in raw:
        if row.person_name:
            namesakes.setdefault(row.person_name, set()).add(row.person)
    found: dict[Member, str] = {}
    for row in raw:
        alone = len(namesakes.get(row.person_name, ())) < 2
        name = row.person_name if alone else f"{row.person_name} ({row.person})"
        found[row.source, row.external_id] = (
            name if row.person_name else row.login or row.name or row.external_id
        )
    return found


def gathered(
    named: Mapping[Member, str | None], groups: Iterable[tuple[Member, Sequence[int]]]
) -> dict[str | None, list[int]]:
    """The values of each label."""
    found: dict[str | None, list[int]] = {}
    for member, some in groups:
        found.setdefault(named[member], []).extend(some)
    return found


def durations(member: str | None, found: Sequence[int], status: str | None = None) -> Line:
    """The line of some durations."""
    ordered = sorted(found)
    mean = sum(ordered) / len(ordered) if ordered else None
    return Line(member, len(ordered), status, mean, rank(ordered, 0.5), rank(ordered, 0.85))


def most_first(lines: Iterable[Line]) -> list[Line]:
    """Lines with the largest count first."""
    return sorted(lines, key=lambda one: (-one.count, one.member or "", one.status or ""))
