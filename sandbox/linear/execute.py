"""Carries a GraphQL question out over tables of resolvers.

A table tells for each type which fields it has and how they are read; connections are paged here,
as Linear pages them (https://linear.app/developers/pagination).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sandbox.linear.filters import matches
from sandbox.linear.language import Document, Field, Operation, Selection, Spread, Variable
from sandbox.linear.refusals import Refused, invalid, unknown_field
from sandbox.linear.shelves import ORDERS, Shelf
from sandbox.wire import Json

DEFAULT_PAGE = 50
LARGEST_PAGE = 250
PAGING = ("first", "after", "last", "before", "includeArchived", "orderBy", "filter")


@dataclass(frozen=True, slots=True)
class Read:
    """How a field is read: its type when it is an object, and whether it is one, a list or pages.

    `takes` names arguments beside those of every connection.
    """

    read: Callable[[Any, Json], Any]
    of: str = ""
    shape: str = "one"
    takes: tuple[str, ...] = ()


Tables = Mapping[str, Mapping[str, Read]]


def pages(read: Callable[[Any], Any], of: str) -> Read:
    """A connection."""
    return Read(lambda thing, _: read(thing), of, "page")


class Question:
    """One operation, ready to be judged and carried out."""

    def __init__(
        self,
        tables: Tables,
        document: Document,
        operation: Operation,
        given: Json,
        page_size: Callable[[int], int] = int,
    ) -> None:
        self._tables = tables
        self._document = document
        self._operation = operation
        self._given = _variables(operation, given)
        self._page_size = page_size
        self.root = "Mutation" if operation.kind == "mutation" else "Query"
        self.errors: list[Json] = []

    def check(self) -> None:
        """Refuses a field or argument that Linear does not have, before anything happens."""
        self._check(self.root, self._operation.selections)

    def complexity(self) -> int:
        """The points the question costs (https://linear.app/developers/rate-limiting)."""
        return math.ceil(self._cost(self.root, self._operation.selections))

    def answer(self) -> Json:
        """The data asked for; Refused with Linear's error when a field cannot be answered."""
        return self._object(self.root, None, self._operation.selections)

    def _fields(self, kind: str, selections: Sequence[Selection]) -> dict[str, list[Field]]:
        """Fields by the name they are answered under, fragments spread out."""
        found: dict[str, list[Field]] = {}
        for one in selections:
            if not self._wanted(one.directives):
                continue
            if isinstance(one, Field):
                found.setdefault(one.alias, []).append(one)
                continue
            spread = self._fragment(one)
            if spread.on in (None, kind, "Node"):
                for alias, fields in self._fields(kind, spread.selections).items():
                    found.setdefault(alias, []).extend(fields)
        return found

    def _fragment(self, spread: Spread) -> Spread:
        if spread.name is None:
            return spread
        found = self._document.fragments.get(spread.name)
        if found is None:
            raise invalid(f'Unknown fragment "{spread.name}".')
        return found

    def _wanted(self, directives: list[tuple[str, Json]]) -> bool:
        for name, arguments in directives:
            flag = bool(self._value(arguments.get("if")))
            if (name, flag) in (("include", False), ("skip", True)):
                return False
        return True

    def _check(self, kind: str, selections: Sequence[Selection]) -> None:
        for fields in self._fields(kind, selections).values():
            for one in fields:
                if one.name == "__typename":
                    continue
                table = self._table(kind)
                if one.name not in table:
                    raise unknown_field(one.name, kind)
                self._check_field(kind, one, table[one.name])

    def _check_field(self, kind: str, one: Field, told: Read) -> None:
        allowed = {*told.takes, *(PAGING if told.shape == "page" else ())}
        for name in one.arguments:
            if name not in allowed:
                raise invalid(f'Unknown argument "{name}" on field "{kind}.{one.name}".')
        if bool(told.of) != bool(one.selections):
            must = "must have" if told.of else "must not have"
            raise invalid(f'Field "{one.name}" {must} a selection of subfields.')
        if told.of:
            self._check(_type(told), one.selections)

    def _table(self, kind: str) -> Mapping[str, Read]:
        if kind.endswith("Connection"):
            inner = kind.removesuffix("Connection")
            return {
                "nodes": Read(_none, inner, "list"),
                "edges": Read(_none, f"{inner}Edge", "list"),
                "pageInfo": Read(_none, "PageInfo"),
            }
        if kind.endswith("Edge"):
            return {"node": Read(_none, kind.removesuffix("Edge")), "cursor": Read(_none)}
        return self._tables[kind]

    def _cost(self, kind: str, selections: Sequence[Selection]) -> float:
        """A property is 0.1, an object 1; a connection its children as often as asked for."""
        total = 0.0
        for fields in self._fields(kind, selections).values():
            one = fields[0]
            told = None if one.name == "__typename" else self._table(kind)[one.name]
            if told is None or not told.of:
                total += 0.1
            elif told.shape == "page":
                total += self._page_cost(one, _type(told))
            else:
                total += 1 + self._cost(_type(told), one.selections)
        return total

    def _page_cost(self, one: Field, kind: str) -> float:
        arguments = self._arguments(one)
        size = arguments.get("first") or arguments.get("last") or DEFAULT_PAGE
        return int(size) * self._cost(kind, one.selections)

    def _object(self, kind: str, value: Any, selections: Sequence[Selection]) -> Json:
        answer: Json = {}
        for alias, fields in self._fields(kind, selections).items():
            one = fields[0]
            if one.name == "__typename":
                answer[alias] = kind
                continue
            inner = [each for field in fields for each in field.selections]
            told = self._tables[kind][one.name]
            answer[alias] = self._answered(alias, told, value, self._arguments(one), inner)
        return answer

    def _answered(
        self, alias: str, told: Read, value: Any, arguments: Json, inner: Sequence[Selection]
    ) -> Any:
        try:
            found = told.read(value, arguments)
        except Refused as refused:
            refused.path = refused.path or (alias,)
            raise
        if not told.of or found is None:
            return found
        if told.shape == "page":
            if isinstance(found, Shelf):
                return self._walked(told.of, found, arguments, inner)
            return self._page(told.of, list(found), arguments, inner)
        if told.shape == "list":
            return [self._object(told.of, item, inner) for item in found]
        return self._object(told.of, found, inner)

    def _page(self, kind: str, items: list[Any], given: Json, inner: Sequence[Selection]) -> Json:
        """Newest first; a cursor is the id of a node, found again wherever it stands by now."""
        name = _order(given)

        def place(one: Any) -> tuple[str, str]:
            return getattr(one, name), one.id

        ends = {
            side: _cursor(items, given[side], place)
            for side in ("after", "before")
            if given.get(side)
        }
        if not given.get("includeArchived"):
            items = [one for one in items if getattr(one, "archived_at", None) is None]
        if given.get("filter"):
            items = [one for one in items if matches(self._tables, kind, one, given["filter"])]
        items.sort(key=place, reverse=True)
        before = [one for one in items if "after" in ends and place(one) >= ends["after"]]
        later = [one for one in items if "before" in ends and place(one) <= ends["before"]]
        span = items[len(before) : len(items) - len(later)]
        shown, more, less = _slice(span, given, bool(later), bool(before))
        return self._connection(kind, shown, more, less, inner)

    def _walked(self, kind: str, shelf: Shelf, given: Json, inner: Sequence[Selection]) -> Json:
        """The same for lists of the whole workspace, without looking at more than is shown."""
        if given.get("last") or given.get("before"):
            return self._page(kind, list(shelf), given, inner)
        name, size, wanted = _order(given), _size(given), given.get("filter") or {}
        node = shelf.find(given["after"]) if given.get("after") else None
        if given.get("after") and node is None:
            raise invalid("Argument Validation Error: the cursor is unknown")
        after = (getattr(node, name), node.id) if node is not None else None
        size = self._page_size(size)
        archived = given.get("includeArchived")
        fitting = (
            one
            for one in shelf.falling(name, wanted, after)
            if (archived or one.archived_at is None) and matches(self._tables, kind, one, wanted)
        )
        found = list(islice(fitting, size + 1))
        return self._connection(kind, found[:size], len(found) > size, after is not None, inner)

    def _connection(
        self, kind: str, shown: list[Any], more: bool, less: bool, inner: Sequence[Selection]
    ) -> Json:
        answer: Json = {}
        for alias, fields in self._fields(f"{kind}Connection", inner).items():
            deeper = [each for field in fields for each in field.selections]
            name = fields[0].name
            if name == "nodes":
                answer[alias] = [self._object(kind, one, deeper) for one in shown]
            elif name == "pageInfo":
                page = {
                    "hasNextPage": more,
                    "hasPreviousPage": less,
                    "startCursor": shown[0].id if shown else None,
                    "endCursor": shown[-1].id if shown else None,
                }
                answer[alias] = self._object("PageInfo", page, deeper)
            elif name == "edges":
                answer[alias] = [self._edge(kind, one, deeper) for one in shown]
        return answer

    def _edge(self, kind: str, one: Any, inner: Sequence[Selection]) -> Json:
        answer: Json = {}
        for alias, fields in self._fields(f"{kind}Edge", inner).items():
            deeper = [each for field in fields for each in field.selections]
            answer[alias] = (
                one.id if fields[0].name == "cursor" else self._object(kind, one, deeper)
            )
        return answer

    def _arguments(self, one: Field) -> Json:
        return {
            name: self._value(value)
            for name, value in one.arguments.items()
            if not (isinstance(value, Variable) and value.name not in self._given)
        }

    def _value(self, value: Any) -> Any:
        """A value with its variables filled in; one that was not given leaves its place out."""
        if isinstance(value, Variable):
            return self._given.get(value.name)
        if isinstance(value, list):
            return [self._value(one) for one in value]
        if isinstance(value, dict):
            return {
                name: self._value(one)
                for name, one in value.items()
                if not (isinstance(one, Variable) and one.name not in self._given)
            }
        return value


def _type(told: Read) -> str:
    return f"{told.of}Connection" if told.shape == "page" else told.of


def _none(value: Any, arguments: Json) -> Any:
    return None


def _variables(operation: Operation, given: Json) -> Json:
    found: Json = {}
    for one in operation.variables:
        if one.name in given:
            found[one.name] = given[one.name]
        elif one.default is not None:
            found[one.name] = one.default
        if one.required and found.get(one.name) is None:
            raise invalid(f'Variable "${one.name}" of required type was not provided.')
    return found


def _slice(
    span: list[Any], given: Json, later: bool, earlier: bool
) -> tuple[list[Any], bool, bool]:
    """(the page, whether there are later ones, whether there are earlier ones)."""
    size = _size(given)
    if given.get("last"):
        return span[-size:], later, len(span) > size or earlier
    return span[:size], len(span) > size or later, earlier


def _size(given: Json) -> int:
    size = given.get("first") or given.get("last") or DEFAULT_PAGE
    if not isinstance(size, int) or isinstance(size, bool) or not 0 < size <= LARGEST_PAGE:
        raise invalid(f"Argument Validation Error: at most {LARGEST_PAGE} nodes can be asked for")
    return size


def _order(given: Json) -> str:
    """The attribute that a list is ordered by."""
    by = given.get("orderBy") or "createdAt"
    if by not in ORDERS:
        raise invalid(f'Value "{by}" does not exist in "PaginationOrderBy" enum.')
    return ORDERS[by]


def _cursor(
    items: list[Any], cursor: str, place: Callable[[Any], tuple[str, str]]
) -> tuple[str, str]:
    """Where a cursor's node stands, also when no filter would show it any more."""
    for one in items:
        if one.id == cursor:
            return place(one)
    raise invalid("Argument Validation Error: the cursor is unknown")
