"""Reads a JQL text into a tree: And, Or, Not and clauses, and the order."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.jira.jql.lexer import JqlError, Piece, pieces

MOST_ORDERS = 7
COMPARISONS = ("=", "!=", "<", ">", "<=", ">=", "~", "!~")


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    args: tuple[str, ...]


Operand = str | Function | None
"""A value, a call such as currentUser(), or EMPTY."""


@dataclass(frozen=True, slots=True)
class Clause:
    field: str
    operator: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Junction:
    word: str
    parts: tuple[Node, ...]


Node = Clause | Junction


@dataclass(frozen=True, slots=True)
class Order:
    field: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    where: Node | None
    orders: tuple[Order, ...]


def parse(jql: str) -> Query:
    return _Parser(pieces(jql)).query()


class _Parser:
    def __init__(self, found: list[Piece]) -> None:
        self.found = found
        self.place = 0

    def query(self) -> Query:
        where = None if self._at_end() or self._next_is("order") else self._any()
        orders = self._orders() if self._take("order") else ()
        if not self._at_end():
            raise self._unexpected()
        return Query(where, orders)

    def _any(self) -> Node:
        parts = [self._all()]
        while self._take("or") or self._take_sign("||", "|"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Junction("or", tuple(parts))

    def _all(self) -> Node:
        parts = [self._one()]
        while self._take("and") or self._take_sign("&&", "&"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Junction("and", tuple(parts))

    def _one(self) -> Node:
        if self._take("not") or self._take_sign("!"):
            return Junction("not", (self._one(),))
        if self._take_sign("("):
            inside = self._any()
            self._need_sign(")")
            return inside
        return self._clause()

    def _clause(self) -> Clause:
        field = self._name()
        operator = self._operator()
        if operator in ("in", "not in"):
            return Clause(field, operator, self._list())
        return Clause(field, operator, (self._operand(),))

    def _name(self) -> str:
        piece = self._pop()
        if piece.kind == "sign":
            raise self._unexpected(-1)
        return piece.text

    def _operator(self) -> str:
        piece = self._pop()
        if piece.is_sign(*COMPARISONS):
            return piece.text
        if piece.says("in"):
            return "in"
        if piece.says("not"):
            if not self._take("in"):
                raise self._unexpected()
            return "not in"
        if piece.says("is"):
            return "is not" if self._take("not") else "is"
        raise self._unexpected(-1)

    def _list(self) -> tuple[Operand, ...]:
        if not self._take_sign("("):
            return (self._operand(),)
        values = [self._operand()]
        while self._take_sign(","):
            values.append(self._operand())
        self._need_sign(")")
        return tuple(values)

    def _operand(self) -> Operand:
        piece = self._pop()
        if piece.kind == "sign":
            raise self._unexpected(-1)
        if piece.says("empty", "null"):
            return None
        if piece.kind == "word" and self._take_sign("("):
            return self._call(piece.text)
        return piece.text

    def _call(self, name: str) -> Function:
        args: list[str] = []
        while not self._take_sign(")"):
            args.append(self._name())
            self._take_sign(",")
        return Function(name.lower(), tuple(args))

    def _orders(self) -> tuple[Order, ...]:
        if not self._take("by"):
            raise self._unexpected()
        orders = [self._order()]
        while self._take_sign(","):
            orders.append(self._order())
        if len(orders) > MOST_ORDERS:
            raise JqlError(f"The ORDER BY clause has more than {MOST_ORDERS} fields.")
        return tuple(orders)

    def _order(self) -> Order:
        name = self._name()
        if self._take("desc"):
            return Order(name, True)
        self._take("asc")
        return Order(name, False)

    def _at_end(self) -> bool:
        return self.place >= len(self.found)

    def _next_is(self, word: str) -> bool:
        return not self._at_end() and self.found[self.place].says(word)

    def _take(self, word: str) -> bool:
        hit = self._next_is(word)
        self.place += hit
        return hit

    def _take_sign(self, *signs: str) -> bool:
        hit = not self._at_end() and self.found[self.place].is_sign(*signs)
        self.place += hit
        return hit

    def _need_sign(self, sign: str) -> None:
        if not self._take_sign(sign):
            raise self._unexpected()

    def _pop(self) -> Piece:
        if self._at_end():
            raise self._unexpected()
        self.place += 1
        return self.found[self.place - 1]

    def _unexpected(self, shift: int = 0) -> JqlError:
        place = self.place + shift
        if place >= len(self.found):
            return JqlError("Error in the JQL Query: Unexpected end of the query.")
        text = self.found[place].text
        return JqlError(
            f"Error in the JQL Query: Expecting something else but got '{text}'. "
            f"(piece {place + 1})"
        )
