"""The search index: a little behind the truth, read page by page with tokens.

Atlassian docs: Search and reconcile, https://developer.atlassian.com/cloud/jira/platform/
search-and-reconcile/
"""

from __future__ import annotations

import base64
import bisect
import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson

from sandbox.jira.jql import order
from sandbox.jira.jql.lexer import JqlError
from sandbox.jira.jql.match import compiled
from sandbox.jira.jql.parse import Clause, Junction, Node, Query, parse
from sandbox.jira.jql.terms import Asking
from sandbox.jira.state import Issue, User
from sandbox.jira.world import World

TOKEN_LIFE_MS = 7 * 24 * 3600 * 1000
UNBOUNDED = (
    "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
)
BAD_TOKEN = "The provided next page token is invalid or expired."  # noqa: S105 - a sentence


@dataclass(frozen=True)
class Found:
    """One page, in order; `token` leads on unless it is empty."""

    issues: list[Issue]
    token: str


@dataclass
class Index:
    """`lag` says, in seconds, how far the index is behind.

    The rows of the last query are kept for its next page, as long as nothing was changed.
    """

    world: World
    lag: Callable[[], float]
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _rows: list[tuple[Any, Issue]] = field(default_factory=list)
    _asked: tuple[object, ...] = ()
    _whole: bool = True

    def page(
        self, jql: str, user: User | None, size: int, token: str = "", fresh: Sequence[int] = ()
    ) -> Found:
        """`fresh` names issues that are looked at as they are, not as they are indexed."""
        query = parse(jql)
        if query.where is None:
            raise JqlError(UNBOUNDED)
        place_of, key_of = order.placing(query.orders), order.sorting(query.orders)
        place = self._read_token(token, jql) if token else []
        asked = (jql, user, tuple(fresh), self.world.changes)
        if not token or self._asked != asked or self.lag() > 0:
            found = self._near(query, user, fresh, place, size)
            self._rows = sorted(((key_of(place_of(one)), one) for one in found), key=_key)
            self._asked = asked if self._whole else ()
        start = bisect.bisect_right(self._rows, key_of(place), key=_key) if place else 0
        kept = [issue for _, issue in self._rows[start : start + size]]
        if start + size >= len(self._rows):
            return Found(kept, "")
        if kept:
            place = place_of(kept[-1])
        return Found(kept, self._token(place, jql))

    def all(self, jql: str, user: User | None) -> list[Issue]:
        """Everything that fits, for the older search and for counting."""
        query = parse(jql)
        place_of, key_of = order.placing(query.orders), order.sorting(query.orders)
        found = self._fitting(query.where, user, ())
        return sorted(found, key=lambda issue: key_of(place_of(issue)))

    def count(self, jql: str, user: User | None) -> int:
        """How many fit."""
        return sum(1 for _ in self._fitting(parse(jql).where, user, ()))

    def _near(
        self,
        query: Query,
        user: User | None,
        fresh: Sequence[int],
        place: order.Place,
        size: int,
    ) -> Iterator[Issue]:
        """All that fits, or, by creation, enough of it from a place on: one page of many."""
        first = query.orders[0] if query.orders else None
        ahead = first is not None and not first.descending and first.field.lower() == "created"
        self._whole = bool(fresh) or self.lag() > 0 or not ahead or not self.world.in_order()
        if self._whole or user is None:
            yield from self._fitting(query.where, user, fresh)
            return
        begin = max(int(place[0][1]) if place else 0, since(query.where, "created"))
        every = list(self.world.issues.values())
        start = bisect.bisect_left(every, begin, key=lambda issue: issue.created)
        shown = self._shown(set(), itertools.islice(every, start, None))
        seen, last = 0, 0
        for issue in filter(compiled(query.where, Asking(self.world, user)), shown):
            if seen > size and issue.created > last:
                return
            seen += issue.created > begin
            last = issue.created
            yield issue

    def _fitting(
        self, where: Node | None, user: User | None, fresh: Sequence[int]
    ) -> Iterator[Issue]:
        test = compiled(where, Asking(self.world, user))
        begin = since(where, "updated")
        near = begin > 0 and not self.lag() and not fresh
        every = self.world.recent(begin) if near else self.world.issues.values()
        if user is not None:
            yield from filter(test, self._shown(set(fresh), every))

    def _shown(self, fresh: set[int], issues: Iterable[Issue]) -> Iterator[Issue]:
        """Each issue as the index has it, if it is there and may be seen.

        A right that is lost counts at once: permissions are checked on the way out.
        """
        lag = self.lag()
        limit = self.world.now() - timedelta(seconds=lag)
        for issue in issues:
            look = issue if not lag or issue.id in fresh else issue.past.at(limit, issue)
            if look is None or look.archived or look.deleted:
                continue
            if issue.hidden or not look.project.readable or look.project.archived:
                continue
            yield look

    def _token(self, place: order.Place, jql: str) -> str:
        born, number = self.world.ms(), next(self._numbers)
        value = {"p": place, "q": _digest(jql), "t": born, "n": number}
        return base64.urlsafe_b64encode(orjson.dumps(value)).decode()

    def _read_token(self, token: str, jql: str) -> order.Place:
        try:
            value = orjson.loads(base64.urlsafe_b64decode(token.encode()))
            place, digest, born = list(value["p"]), value["q"], int(value["t"])
        except (ValueError, KeyError, TypeError):
            raise JqlError(BAD_TOKEN) from None
        if digest != _digest(jql) or born + TOKEN_LIFE_MS < self.world.ms():
            raise JqlError(BAD_TOKEN)
        return place


def since(where: Node | None, field: str) -> int:
    """The moment from which on everything lies that a question asks for, in milliseconds; 0 when
    it names none. Only numbers beside an outer AND are understood."""
    parts = where.parts if isinstance(where, Junction) and where.word == "and" else (where,)
    named = [
        str(one.operands[0])
        for one in parts
        if isinstance(one, Clause) and one.operator == ">=" and one.field.lower() == field
    ]
    return max((int(one) for one in named if one.isdecimal()), default=0)


def _key(row: tuple[Any, Issue]) -> Any:
    return row[0]


def _digest(jql: str) -> str:
    return hashlib.sha256(jql.encode()).hexdigest()[:12]
