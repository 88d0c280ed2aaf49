"""The search index: a little behind the truth, read page by page with tokens.

Atlassian docs: Search and reconcile, https://developer.atlassian.com/cloud/jira/platform/
search-and-reconcile/
"""

from __future__ import annotations

import base64
import bisect
import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from sandbox.jira.jql import order
from sandbox.jira.jql.lexer import JqlError
from sandbox.jira.jql.match import compiled
from sandbox.jira.jql.parse import Node, parse
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
            found = self._fitting(query.where, user, fresh)
            self._rows = sorted(((key_of(place_of(one)), one) for one in found), key=_key)
            self._asked = asked
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

    def _fitting(
        self, where: Node | None, user: User | None, fresh: Sequence[int]
    ) -> Iterator[Issue]:
        test = compiled(where, Asking(self.world, user))
        if user is not None:
            yield from filter(test, self._shown(set(fresh)))

    def _shown(self, fresh: set[int]) -> Iterator[Issue]:
        """Each issue as the index has it, if it is there and may be seen.

        A right that is lost counts at once: permissions are checked on the way out.
        """
        lag = int(self.lag() * 1000)
        limit = self.world.ms() - lag
        for issue in self.world.issues.values():
            look = issue if not lag or issue.id in fresh else _indexed(issue, limit)
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


def _key(row: tuple[Any, Issue]) -> Any:
    return row[0]


def _indexed(issue: Issue, limit: int) -> Issue | None:
    """What was there at `limit`: the look before the first change since."""
    for until, look in issue.past:
        if until > limit:
            return look
    return issue


def _digest(jql: str) -> str:
    return hashlib.sha256(jql.encode()).hexdigest()[:12]
