"""Reads GraphQL questions into a small tree: operations, fields, arguments, fragments, variables.

https://spec.graphql.org/October2021/ as far as clients of an issue tracker use it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(
    r"""[\s,﻿]+|\#[^\n]*|(?P<token>"{3}(?:[^"]|"(?!""))*"{3}|"(?:[^"\\\n]|\\.)*"|\.\.\."""
    r"""|[A-Za-z_]\w*|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[!$()\[\]{}:=@|&])"""
)
_NAME = re.compile(r"[A-Za-z_]\w*")


class Unreadable(ValueError):
    """The text is no GraphQL."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A place in an argument that a variable fills."""

    name: str


@dataclass(slots=True)
class Field:
    """A field with its alias, arguments and selections; `on` is set for inline fragments."""

    name: str
    alias: str
    arguments: dict[str, Any] = field(default_factory=dict)
    selections: list[Selection] = field(default_factory=list)
    directives: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@dataclass(slots=True)
class Spread:
    """`...Name`, or an inline fragment with its own selections."""

    name: str | None
    on: str | None = None
    selections: list[Selection] = field(default_factory=list)
    directives: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


Selection = Field | Spread


@dataclass(slots=True)
class Declared:
    """A variable as an operation declares it."""

    name: str
    required: bool
    default: Any = None


@dataclass(slots=True)
class Operation:
    """A query or mutation."""

    kind: str
    name: str | None
    variables: list[Declared]
    selections: list[Selection]


@dataclass(slots=True)
class Document:
    """All operations and fragments of one text."""

    operations: list[Operation] = field(default_factory=list)
    fragments: dict[str, Spread] = field(default_factory=dict)


def parse(text: str) -> Document:
    """The document; Unreadable with the place where it stops being one."""
    return _Reader(_tokens(text)).document()


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Unreadable(f'Syntax Error: Unexpected character: "{text[at]}".')
        if match["token"]:
            found.append(match["token"])
        at = match.end()
    return found


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def document(self) -> Document:
        found = Document()
        while self._peek():
            if self._peek() == "fragment":
                self._next()
                name = self._name()
                self._expect("on")
                fragment = Spread(name, self._name())
                fragment.directives = self._directives()
                fragment.selections = self._selections()
                found.fragments[name] = fragment
            else:
                found.operations.append(self._operation())
        if not found.operations:
            raise Unreadable("Syntax Error: Unexpected <EOF>.")
        return found

    def _operation(self) -> Operation:
        if self._peek() == "{":
            return Operation("query", None, [], self._selections())
        kind = self._name()
        if kind not in ("query", "mutation"):
            raise Unreadable(f'Syntax Error: Unexpected Name "{kind}".')
        name = self._name() if _NAME.fullmatch(self._peek()) else None
        variables = self._variables() if self._peek() == "(" else []
        self._directives()
        return Operation(kind, name, variables, self._selections())

    def _variables(self) -> list[Declared]:
        self._expect("(")
        found = []
        while not self._taken(")"):
            self._expect("$")
            name = self._name()
            self._expect(":")
            required = self._type()
            default = self._value() if self._taken("=") else None
            found.append(Declared(name, required and default is None, default))
        return found

    def _type(self) -> bool:
        """Passes over a type; whether it may not be null."""
        if self._taken("["):
            self._type()
            self._expect("]")
        else:
            self._name()
        return self._taken("!")

    def _selections(self) -> list[Selection]:
        self._expect("{")
        found: list[Selection] = []
        while not self._taken("}"):
            found.append(self._spread() if self._taken("...") else self._field())
        return found

    def _spread(self) -> Spread:
        if self._peek() == "on":
            self._next()
            spread = Spread(None, self._name())
        elif _NAME.fullmatch(self._peek()):
            return Spread(self._name(), directives=self._directives())
        else:
            spread = Spread(None)
        spread.directives = self._directives()
        spread.selections = self._selections()
        return spread

    def _field(self) -> Field:
        alias = name = self._name()
        if self._taken(":"):
            name = self._name()
        found = Field(name, alias)
        if self._peek() == "(":
            found.arguments = self._arguments()
        found.directives = self._directives()
        if self._peek() == "{":
            found.selections = self._selections()
        return found

    def _arguments(self) -> dict[str, Any]:
        self._expect("(")
        found = {}
        while not self._taken(")"):
            name = self._name()
            self._expect(":")
            found[name] = self._value()
        return found

    def _directives(self) -> list[tuple[str, dict[str, Any]]]:
        found = []
        while self._taken("@"):
            name = self._name()
            found.append((name, self._arguments() if self._peek() == "(" else {}))
        return found

    def _value(self) -> Any:
        word = self._next()
        if word == "$":
            return Variable(self._name())
        if word == "[":
            items = []
            while not self._taken("]"):
                items.append(self._value())
            return items
        if word == "{":
            return self._object()
        if word in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[word]
        return _scalar(word)

    def _object(self) -> dict[str, Any]:
        found = {}
        while not self._taken("}"):
            name = self._name()
            self._expect(":")
            found[name] = self._value()
        return found

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise Unreadable("Syntax Error: Unexpected <EOF>.")
        self._at += 1
        return token

    def _taken(self, token: str) -> bool:
        if self._peek() != token:
            return False
        self._at += 1
        return True

    def _expect(self, token: str) -> None:
        found = self._next()
        if found != token:
            raise Unreadable(f'Syntax Error: Expected "{token}", found "{found}".')

    def _name(self) -> str:
        token = self._next()
        if not _NAME.fullmatch(token):
            raise Unreadable(f'Syntax Error: Expected Name, found "{token}".')
        return token


def _scalar(token: str) -> Any:
    if token.startswith('"""'):
        return token[3:-3]
    if token.startswith('"'):
        return json.loads(token)
    if _NAME.fullmatch(token):
        return token  # a word of an enumeration
    if not token.lstrip("-")[:1].isdecimal():
        raise Unreadable(f'Syntax Error: Unexpected "{token}".')
    return float(token) if any(mark in token for mark in ".eE") else int(token)
