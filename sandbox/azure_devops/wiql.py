"""WIQL, as much of it as anybody asks: conditions with AND, OR, NOT and parentheses.

Azure DevOps docs: Syntax for the Work Item Query Language (WIQL).
"""

from __future__ import annotations

import bisect
import operator
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sandbox.azure_devops.process import FIELDS
from sandbox.azure_devops.refusals import invalid
from sandbox.azure_devops.state import Item, Person, Project, Team

MOST = 20_000
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|\[(?P<field>[^\]]+)\]|(?P<op><>|<=|>=|=|<|>)"
    r"|(?P<mark>[(),])|(?P<word>@?[\w.+-]+))"
)
_SHAPE = re.compile(
    r"\s*select\s+(?P<shown>.*?)\s+from\s+workitems\b(?:\s+where\s+(?P<where>.*?))?"
    r"(?:\s+order\s+by\s+(?P<order>.*?))?\s*$",
    re.IGNORECASE | re.DOTALL,
)
Test = Callable[[Item], bool]
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass
class Asker:
    """Whose macros they are."""

    me: Person
    project: Project | None
    team: Team | None
    precise: bool


class Shelf:
    """Work items by id; a query that names a range of ids looks at nothing else."""

    def __init__(self, items: dict[int, Item]) -> None:
        self._items = items
        self._keys = sorted(items)

    def between(self, over: int, upto: int | None) -> Iterator[Item]:
        """Those that are there and may be seen, in the order of their ids."""
        start = bisect.bisect_right(self._keys, over)
        end = len(self._keys) if upto is None else bisect.bisect_right(self._keys, upto)
        for key in self._keys[start:end]:
            item = self._items[key]
            if item.alive and not item.hidden and not item.project.locked:
                yield item


def matching(query: str, shelf: Shelf, asker: Asker, top: int | None) -> list[Item]:
    """The work items a query brings, in its order; Refused above 20,000."""
    shape = _SHAPE.match(query)
    if shape is None:
        raise invalid("TF51006: The query statement is missing a FROM clause.", "SyntaxException")
    parser = _Parser(shape["where"] or "", asker)
    test = parser.whole() if shape["where"] else _always
    orders = (shape["order"] or "").split(",") if shape["order"] else []
    by_id = [one.strip().lower() for one in orders] == ["[system.id]"]
    enough = None if not by_id else (MOST + 1 if top is None else top)
    found = list(islice(filter(test, shelf.between(*parser.ids())), enough))
    for part in reversed([] if by_id else orders):
        name = part.replace("[", "").replace("]", "").strip()
        down = name.lower().endswith(" desc")
        held = _holding(re.sub(r"\s+(asc|desc)$", "", name, flags=re.IGNORECASE))
        found.sort(key=lambda item: _sortable(held(item)), reverse=down)
    if top is not None:
        found = found[:top]
    if len(found) > MOST:
        raise invalid(
            "VS402337: The number of work items returned exceeds the size limit of 20000. "
            "Change the query to return fewer items.",
            "WorkItemTrackingQueryResultSizeLimitExceededException",
        )
    return found


class _Parser:
    """Conditions by recursive descent."""

    def __init__(self, text: str, asker: Asker) -> None:
        self.asker = asker
        self._inner = 0
        self._either = False
        self._over, self._upto = 0, sys.maxsize
        self.tokens: list[tuple[str, str]] = []
        place = 0
        while place < len(text.rstrip()):
            token = _TOKEN.match(text, place)
            if token is None:
                raise _wrong(text[place : place + 20])
            kind = token.lastgroup or ""
            self.tokens.append((kind, token[kind]))
            place = token.end()

    def whole(self) -> Test:
        test = self._any()
        if self.tokens:
            raise _wrong(self.tokens[0][1])
        return test

    def ids(self) -> tuple[int, int]:
        """(above which id, up to which) everything lies that was asked for."""
        return (0, sys.maxsize) if self._either else (self._over, self._upto)

    def _any(self) -> Test:
        tests = [self._all()]
        while self._word("or"):
            self._either |= not self._inner
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda item: any(test(item) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._word("and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda item: all(test(item) for test in tests)

    def _one(self) -> Test:
        if self._word("not"):
            self._inner += 1
            test = self._one()
            self._inner -= 1
            return lambda item: not test(item)
        if self._mark("("):
            self._inner += 1
            test = self._any()
            self._inner -= 1
            self._expect(")")
            return test
        return self._condition()

    def _condition(self) -> Test:
        kind, field = self._next()
        if kind != "field" or not _known(field):
            raise invalid(f"TF51005: The query references a field that does not exist: {field}")
        kind, op = self._next()
        negated = op.lower() == "not"
        if negated:
            kind, op = self._next()
        op, held = op.lower(), _holding(field)
        if op == "in":
            values = self._values()
            self._narrow(field, negated, values)
            return lambda item: negated != any(_equal(held(item), one) for one in values)
        if (op == "contains" and not self._word("words")) or op == "under":
            wanted = str(self._value()).lower()
            place = _under if op == "under" else _contains
            return lambda item: negated != place(field, str(held(item) or ""), wanted)
        return self._comparison(field, op, self._value())

    def _comparison(self, field: str, op: str, value: object) -> Test:
        held = _holding(field)
        if value == "@teamareas":
            return lambda item: (op == "<>") != self._in_team(item)
        self._check_time(value)
        if field.lower() == "system.id" and isinstance(value, int) and not self._inner:
            self._over = max(self._over, value if op == ">" else 0)
            self._upto = min(self._upto, value if op == "<=" else sys.maxsize)
        if op in ("=", "<>"):
            return lambda item: (op == "=") == _equal(held(item), value)
        return _compared(held, op, value)

    def _values(self) -> list[object]:
        self._expect("(")
        values = [self._value()]
        while self._mark(","):
            values.append(self._value())
        self._expect(")")
        return values

    def _narrow(self, field: str, negated: bool, values: list[object]) -> None:
        """A list of ids is a range, too."""
        keys = [one for one in values if isinstance(one, int)]
        if field.lower() == "system.id" and keys and not negated and not self._inner:
            self._over = max(self._over, min(keys) - 1)
            self._upto = min(self._upto, max(keys))

    def _in_team(self, item: Item) -> bool:
        team = self.asker.team
        path = str(item.fields["System.AreaPath"]).lower()
        return team is not None and any(
            path == area.lower() or path.startswith(f"{area.lower()}\\") for area in team.areas
        )

    def _check_time(self, value: object) -> None:
        """Without `timePrecision` a time of day is refused."""
        timed = isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value)
        if timed and not self.asker.precise:
            raise invalid("You cannot supply a time with the date when running a query using date "
                          "precision.")  # fmt: skip

    def _value(self) -> object:
        kind, text = self._next()
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "word" and text.lstrip("-").isdecimal():
            return int(text)
        macros = {
            "@me": self.asker.me,
            "@project": self.asker.project.name if self.asker.project else "",
            "@teamareas": "@teamareas",
        }
        if text.lower() in macros:
            return macros[text.lower()]
        raise _wrong(text)

    def _next(self) -> tuple[str, str]:
        if not self.tokens:
            raise _wrong("the end")
        return self.tokens.pop(0)

    def _word(self, word: str) -> bool:
        return self._if("word", word)

    def _mark(self, mark: str) -> bool:
        return self._if("mark", mark)

    def _if(self, kind: str, text: str) -> bool:
        if self.tokens and self.tokens[0][0] == kind and self.tokens[0][1].lower() == text:
            self.tokens.pop(0)
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._mark(mark):
            raise _wrong(self.tokens[0][1] if self.tokens else "the end")


def _always(item: Item) -> bool:
    return True


def _known(field: str) -> bool:
    return any(field.lower() == known.lower() for known in FIELDS)


def _holding(field: str) -> Callable[[Item], object]:
    """What a work item holds in a field, whatever its case."""
    if field.lower() == "system.id":
        return lambda item: item.id
    name = next((known for known in FIELDS if known.lower() == field.lower()), field)
    return lambda item: item.fields.get(name)


def _equal(held: object, value: object) -> bool:
    if isinstance(held, Person):
        wanted = value.unique if isinstance(value, Person) else str(value)
        return wanted.lower() in (held.unique.lower(), held.name.lower(), held.text.lower())
    if isinstance(held, str) and isinstance(value, str):
        return held.lower() == value.lower()
    return held == value or (value == "" and held is None)


def _compared(held: Callable[[Item], object], op: str, value: object) -> Test:
    """An unset field is neither more nor less than anything."""
    other, compare = _sortable(value), _COMPARE[op]

    def test(item: Item) -> bool:
        found = held(item)
        return found is not None and compare(_sortable(found), other)

    return test


def _contains(field: str, held: str, value: str) -> bool:
    if field.lower() == "system.tags":
        return value in [one.strip() for one in held.lower().split(";")]
    return value in held.lower()


def _under(field: str, held: str, value: str) -> bool:
    return held.lower() == value or held.lower().startswith(f"{value}\\")


def _sortable(value: object) -> tuple[int, float, str]:
    if isinstance(value, int | float):
        return (1, float(value), "")
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d", value):
        moment = datetime.fromisoformat(value)
        return (1, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp(), "")
    return (0, 0.0, str(value or "").lower())


def _wrong(near: str) -> Exception:
    return invalid(f"TF51006: The query statement is not valid near {near}.", "SyntaxException")
