"""The figures of one day, as of its end, from the stories of tickets. Pure.

A day is one of UTC. Each ticket counts with what it was at the end of that day: who gets it later
changes nothing. Percentiles are by nearest rank: values that tickets really had.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from schemas.ticket import StatusCategory
from store.numbers.flow import Flow, flow, seconds
from store.numbers.names import METRICS
from store.numbers.story import CLOSED, Story, Values

Cell = tuple[str, str, str]
"""(metric, dimension, member); the member "" has none, the dimension "all" has only that."""

_MEMBERS = {
    "type": "type",
    "priority": "priority",
    "assignee": "assignees",
    "customer": "customer",
    "component": "components",
    "status": "status",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a day. `count` tickets, or times; for durations their sum and percentiles.

    `inferred` of them rest on changes whose time is not exact.
    """

    count: int
    seconds: int | None = None
    p50: int | None = None
    p85: int | None = None
    inferred: int = 0


@dataclass(slots=True)
class _Tally:
    count: int = 0
    inferred: int = 0
    spans: list[int] = field(default_factory=list)


def start_of(day: date) -> datetime:
    """The first moment of a day."""
    return datetime.combine(day, time(), UTC)


def end_of(day: date) -> datetime:
    """The first moment after a day; what happens then belongs to the next."""
    return start_of(day + timedelta(days=1))


def figures(stories: Iterable[tuple[Story, bool]], day: date) -> dict[Cell, Figure]:
    """All figures of a day that are not zero, and those of all tickets in any case.

    Each story comes with whether work begins by assignment at its source.
    """
    since, until = start_of(day), end_of(day)
    last = until - timedelta(microseconds=1)
    tallies: dict[Cell, _Tally] = {
        (one.name, "all", ""): _Tally() for one in METRICS.values() if one.daily
    }
    for story, by_assignment in stories:
        found = flow(story, last, by_assignment=by_assignment)
        if found is None:
            continue
        told = list(_told(story, found, since, until))
        if not told:
            continue
        counts_for = list(members(found.now.values))
        for metric, times, span in told:
            for dimension, member in counts_for:
                tally = tallies.setdefault((metric, dimension, member), _Tally())
                tally.count += times
                tally.inferred += times if found.inferred else 0
                if span is not None:
                    tally.spans.append(span)
    return {cell: _figure(cell, tally) for cell, tally in tallies.items()}


def _told(
    story: Story, one: Flow, since: datetime, until: datetime
) -> Iterator[tuple[str, int, int | None]]:
    """What a ticket adds to a day: (metric, times, seconds)."""
    if since <= story.born_at < until:
        yield "created", 1, None
    if stands("open", one):
        yield "open", 1, None
    if stands("wip", one):
        yield "wip", 1, None
        yield "age", 1, seconds(one.started_at or until, until)
    reopened = sum(since <= at < until for at in one.reopened)
    if reopened:
        yield "reopened", reopened, None
    if one.ended_at is not None and since <= one.ended_at < until:
        yield from _ended(one)


def stands(metric: str, one: Flow) -> bool:
    """Whether a ticket counts for a metric of how things stand."""
    return one.working if metric in ("wip", "age") else one.now.category not in CLOSED


def _ended(one: Flow) -> Iterator[tuple[str, int, int | None]]:
    if one.now.category is StatusCategory.canceled:
        yield "canceled", 1, None
        return
    yield "throughput", 1, None
    for metric, span in (("lead-time", one.lead_seconds), ("cycle-time", one.cycle_seconds)):
        if span is not None:
            yield metric, 1, span


def members(values: Values) -> Iterator[tuple[str, str]]:
    """(dimension, member) that a ticket counts for."""
    yield "all", ""
    for dimension, name in _MEMBERS.items():
        value = values[name]
        many = value if isinstance(value, list) else [value]
        for member in many or [None]:
            yield dimension, str(member or "")


def _figure(cell: Cell, tally: _Tally) -> Figure:
    if METRICS[cell[0]].unit != "seconds":
        return Figure(tally.count, inferred=tally.inferred)
    spans = sorted(tally.spans)
    return Figure(
        tally.count, sum(spans), rank(spans, 0.5), rank(spans, 0.85), inferred=tally.inferred
    )


def rank(ordered: Sequence[int], share: float) -> int | None:
    """The smallest value that this share of all does not exceed; None of none."""
    if not ordered:
        return None
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
