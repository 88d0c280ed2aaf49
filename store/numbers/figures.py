"""The figures that are asked for, from the tables that are derived from histories.

A ticket counts with what it is now. For what it was on a day see `store.numbers.snapshots`.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from schemas.errors import TicketsyncError
from schemas.ticket import StatusCategory
from store.numbers import question, snapshots
from store.numbers.daily import Figure
from store.numbers.flow import seconds
from store.numbers.names import METRICS
from store.numbers.question import (
    Line,
    Member,
    Question,
    all_of,
    durations,
    during,
    gathered,
    here,
    joined,
    member_column,
    most_first,
)
from store.tables import flows, spans

_DONE, _CANCELED = str(StatusCategory.done), str(StatusCategory.canceled)
_OPENED = [str(StatusCategory.todo), str(StatusCategory.in_progress)]
_SPANS = {"lead-time": flows.c.lead_seconds, "cycle-time": flows.c.cycle_seconds}


def answer(connection: sa.Connection, metric: str, asked: Question) -> list[Line]:
    """The lines of a metric, one a member, largest first. Of all metrics but resolution and
    velocity, which have columns of their own."""
    special: dict[str, Callable[[sa.Connection, Question], list[Line]]] = {
        "age": _age,
        "time-in-status": _time_in_status,
        "reopened": _reopened,
        "reopen-rate": _reopened,
    }
    if METRICS[metric].at_end and asked.until <= asked.now:
        return _at_end(connection, metric, asked)
    if metric in special:
        return special[metric](connection, asked)
    if metric in _SPANS:
        return _durations(connection, _SPANS[metric], asked, condition(metric, asked))
    return _counts(connection, asked, condition(metric, asked))


def condition(metric: str, asked: Question) -> tuple[sa.ColumnElement[bool], ...]:
    """Which flows a metric is about."""
    match metric:
        case "lead-time" | "cycle-time":
            return (during(flows.c.done_at, asked), _SPANS[metric].is_not(None))
        case "throughput" | "time-in-status":
            return (during(flows.c.done_at, asked),)
        case "created":
            return (during(flows.c.created_at, asked),)
        case "canceled":
            return (during(flows.c.ended_at, asked), flows.c.category == _CANCELED)
        case "open":
            return (flows.c.ended_at.is_(None),)
        case "wip" | "age":
            return (flows.c.ended_at.is_(None), flows.c.working.is_(True))
    turned = sa.select(1).where(
        spans.c.source == flows.c.source, spans.c.ticket == flows.c.ticket, opened_again(asked)
    )
    return (sa.exists(turned),)


def opened_again(asked: Question) -> sa.ColumnElement[bool]:
    """The spans that began when a ticket that was done was opened again."""
    again = sa.and_(spans.c.category.in_(_OPENED), spans.c.came_from == _DONE)
    return sa.and_(again, during(spans.c.entered_at, asked))


def _counts(
    connection: sa.Connection, asked: Question, where: Sequence[sa.ColumnElement[bool]]
) -> list[Line]:
    column = member_column(asked.by)
    query = (
        sa.select(flows.c.source, column, sa.func.count())
        .select_from(joined(asked.by))
        .where(*here(asked), *where)
        .group_by(flows.c.source, column)
    )
    raw = connection.execute(query).all()
    found: Counter[str | None] = Counter()
    named = question.labels(connection, asked, [(row[0], row[1]) for row in raw])
    for source, member, count in raw:
        found[named[source, member]] += count
    return _whole(asked, most_first(Line(member, count) for member, count in found.items()))


def _durations(
    connection: sa.Connection,
    span: sa.ColumnElement[Any],
    asked: Question,
    where: Sequence[sa.ColumnElement[bool]],
) -> list[Line]:
    column = member_column(asked.by)
    query = (
        sa.select(flows.c.source, column, all_of(connection, span))
        .select_from(joined(asked.by))
        .where(*here(asked), *where)
        .group_by(flows.c.source, column)
    )
    groups = [((row[0], row[1]), question.values(row[2])) for row in connection.execute(query)]
    return _lines(connection, asked, groups)


def _age(connection: sa.Connection, asked: Question) -> list[Line]:
    column = member_column(asked.by)
    query = (
        sa.select(flows.c.source, column, all_of(connection, flows.c.started_at))
        .select_from(joined(asked.by))
        .where(*here(asked), *condition("age", asked))
        .group_by(flows.c.source, column)
    )
    groups = [
        ((source, member), [seconds(one, asked.now) for one in question.moments(some, asked.now)])
        for source, member, some in connection.execute(query)
    ]
    return _lines(connection, asked, groups)


def _lines(
    connection: sa.Connection,
    asked: Question,
    groups: Sequence[tuple[Member, Sequence[int]]],
) -> list[Line]:
    named = question.labels(connection, asked, [member for member, _ in groups])
    found = gathered(named, groups)
    return _whole(asked, most_first(durations(one, some) for one, some in found.items()))


def _whole(asked: Question, lines: list[Line]) -> list[Line]:
    """One figure of all is told also when it is none."""
    return lines or ([Line(None, 0)] if asked.by is None else [])


def _time_in_status(connection: sa.Connection, asked: Question) -> list[Line]:
    """Of each status the time that tickets done in the period spent in it, all visits together."""
    column = member_column(asked.by)
    keys = (spans.c.source, column, spans.c.status)
    query = (
        sa.select(*keys, all_of(connection, spans.c.spent))
        .select_from(_spans_with(asked.by))
        .where(spans.c.source.in_(asked.names), during(spans.c.done_at, asked))
        .where(spans.c.spent.is_not(None))
        .group_by(*keys)
    )
    raw = connection.execute(query).all()
    named = question.labels(connection, asked, [(row[0], row[1]) for row in raw])
    found: dict[tuple[str | None, str], list[int]] = {}
    for source, member, status, some in raw:
        key = (named[source, member], status)
        found.setdefault(key, []).extend(question.values(some))
    return most_first(durations(one, some, status) for (one, status), some in found.items())


def _spans_with(by: str | None) -> Any:
    """Spans, with what the dimension needs of the rest."""
    if by in (None, "source", "team"):
        return spans
    both = sa.and_(spans.c.source == flows.c.source, spans.c.ticket == flows.c.ticket)
    return joined(by, spans.join(flows, both))


def _reopened(connection: sa.Connection, asked: Question) -> list[Line]:
    """Of each member how often its tickets were opened again, and how often they became done."""
    done = sa.and_(
        spans.c.category == _DONE,
        spans.c.came_from.in_(["", _CANCELED, *_OPENED]),
        during(spans.c.entered_at, asked),
    )
    again, became = (_turns(connection, asked, which) for which in (opened_again(asked), done))
    named = question.labels(connection, asked, [*again, *became])
    found: dict[str | None, list[int]] = {}
    for place, counted in enumerate((again, became)):
        for member, count in counted.items():
            found.setdefault(named[member], [0, 0])[place] += count
    lines = [Line(one, count, of=of) for one, (count, of) in found.items()]
    return most_first(lines) or ([Line(None, 0, of=0)] if asked.by is None else [])


def _turns(
    connection: sa.Connection, asked: Question, which: sa.ColumnElement[bool]
) -> dict[Member, int]:
    column = member_column(asked.by)
    query = (
        sa.select(spans.c.source, column, sa.func.count())
        .select_from(_spans_with(asked.by))
        .where(spans.c.source.in_(asked.names), which)
        .group_by(spans.c.source, column)
    )
    return {(row[0], row[1]): row[2] for row in connection.execute(query)}


def _at_end(connection: sa.Connection, metric: str, asked: Question) -> list[Line]:
    """How things stood at the end of a day that is over, from its snapshot."""
    day = (asked.until - asked.until.resolution).date()
    dimension = "all" if asked.by in (None, "source", "team") else str(asked.by)
    kept = snapshots.trend(connection, metric, asked.names, day, day, dimension=dimension)
    lacking = snapshots.lacking(connection, asked.names, day)
    if lacking:
        raise TicketsyncError(
            f"no snapshot of {day} was taken of {', '.join(lacking)}: "
            f"`metrics snapshot --day {day}` takes it"
        )
    named = question.labels(connection, asked, [(row[0], row[2]) for row in kept])
    found: dict[str | None, list[Figure]] = {}
    for source, _, member, figure in kept:
        found.setdefault(named[source, member], []).append(figure)
    return most_first(_summed(one, figures) for one, figures in found.items())


def _summed(member: str | None, figures: Sequence[Figure]) -> Line:
    """Figures of several sources as one; percentiles of several are none of all."""
    count = sum(one.count for one in figures)
    spent = [one.seconds for one in figures if one.seconds is not None]
    only = figures[0] if len(figures) == 1 else None
    return Line(
        member,
        count,
        mean=sum(spent) / count if spent and count else None,
        p50=only.p50 if only else None,
        p85=only.p85 if only else None,
    )
