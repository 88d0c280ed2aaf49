"""ORDER BY: keys that compare, that can be told to a page token, and that go down as well as up."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from sandbox.jira.jql.lexer import JqlError
from sandbox.jira.jql.parse import Order
from sandbox.jira.jql.terms import plain
from sandbox.jira.state import Issue, Option, User

Value = int | str
Read = Callable[[Issue], Value | None]


def _option(one: Option | None) -> Value | None:
    return int(one.id) if one is not None else None


def _name(one: User | None) -> Value | None:
    return one.name if one is not None else None


READS: dict[str, Read] = {
    "updated": lambda issue: issue.updated,
    "created": lambda issue: issue.created,
    "resolved": lambda issue: issue.resolved,
    "due": lambda issue: issue.due,
    "summary": lambda issue: issue.summary,
    "status": lambda issue: int(issue.status.id),
    "statuscategory": lambda issue: issue.status.category.id,
    "priority": lambda issue: _option(issue.priority),
    "resolution": lambda issue: _option(issue.resolution),
    "issuetype": lambda issue: issue.type.name,
    "assignee": lambda issue: _name(issue.assignee),
    "reporter": lambda issue: _name(issue.reporter),
    "creator": lambda issue: _name(issue.creator),
    "project": lambda issue: issue.project.name,
    "rank": lambda issue: issue.rank,
}
USUAL = (Order("created", True),)


@functools.total_ordering
class Down:
    """A value that sorts the other way round."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Down) and self.value == other.value

    def __lt__(self, other: Down) -> bool:
        return bool(other.value < self.value)


Place = list[Any]
"""Where an issue stands in an order, as plain JSON: what a page token remembers."""


def placing(orders: Sequence[Order]) -> Callable[[Issue], Place]:
    """Where an issue stands; the id at the end makes every place unlike any other."""
    reads = [_reading(order) for order in orders or USUAL]
    return lambda issue: [*(read(issue) for read in reads), issue.id]


def _reading(order: Order) -> Callable[[Issue], list[Any]]:
    field = plain(order.field)
    if field == "issuekey":
        return lambda issue: [issue.project.key, issue.number]
    if field not in READS:
        raise JqlError(f"Not able to sort using field '{order.field}'.")
    read = READS[field]

    def value_of(issue: Issue) -> list[Any]:
        value = read(issue)
        return [1, value] if value is not None else [2, 0]

    return value_of


def sorting(orders: Sequence[Order]) -> Callable[[Place], Any]:
    """A place as something that sorts the way the order says."""
    ways = [order.descending for order in orders or USUAL]
    ways.append(ways[-1])
    if not any(ways):
        return lambda place: place
    if all(ways):
        return Down
    return lambda place: [
        Down(value) if down else value for value, down in zip(place, ways, strict=True)
    ]
