"""Linear's line: every query is validated against the official schema, every answer typed by it."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import graphql
import httpx
import orjson
from graphql import GraphQLError, GraphQLSchema

from tests.trackers.stand_ins import shared

Json = Any
HEADERS = frozenset(
    {
        "accept", "accept-encoding", "authorization", "connection", "content-length",
        "content-type", "host", "user-agent", "public-file-urls-expire-in",
    }
)  # fmt: skip


@cache
def schema() -> GraphQLSchema:
    """The official schema; skips the test where it is absent."""
    text = gzip.decompress(shared("specs/linear.schema.graphql.gz").read_bytes()).decode()
    return graphql.build_schema(text)


@dataclass
class LinearLine:
    """What went over it, and what was wrong with that."""

    faults: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    @property
    def transport(self) -> httpx.BaseTransport:
        return _Tap(self)

    def assert_clean(self, *, at_least: int = 1) -> None:
        """Nothing was off, and so many different fields of Query and Mutation were used."""
        assert not self.faults, "\n".join(dict.fromkeys(self.faults))
        assert len(self.used) >= at_least, sorted(self.used)

    def hear(self, request: httpx.Request, answer: httpx.Response) -> None:
        """Holds one exchange to the schema; other addresses (files) are not its business."""
        if not request.url.path.endswith("/graphql"):
            return
        strange = set(request.headers) - HEADERS
        self.faults += [f"header {name} is unknown" for name in sorted(strange)]
        told = orjson.loads(request.content)
        try:
            document = graphql.parse(told["query"])
        except GraphQLError as error:
            self.faults.append(f"no GraphQL: {error.message}")
            return
        self.faults += [f"query: {one.message}" for one in graphql.validate(schema(), document)]
        operation = graphql.get_operation_ast(document, told.get("operationName"))
        if operation is None or self.faults:
            return
        self.used |= {
            s.name.value for s in operation.selection_set.selections if hasattr(s, "name")
        }
        self._variables(operation, told.get("variables") or {})
        data = orjson.loads(answer.content).get("data") if answer.content else None
        if isinstance(data, dict):
            self.faults += [f"answer: {one}" for one in _Typed(document).faults(operation, data)]

    def _variables(self, operation: Any, given: dict[str, Json]) -> None:
        named = {one.variable.name.value for one in operation.variable_definitions or ()}
        self.faults += [f"variable {one} is not declared" for one in sorted(set(given) - named)]
        result = graphql.execution.values.get_variable_values(
            schema(), operation.variable_definitions or (), given
        )
        if isinstance(result, list):
            self.faults += [f"variables: {one.message}" for one in result]


class _Typed:
    """Compares an answer with the types of what was selected."""

    def __init__(self, document: Any) -> None:
        self._fragments = {
            one.name.value: one
            for one in document.definitions
            if isinstance(one, graphql.FragmentDefinitionNode)
        }

    def faults(self, operation: Any, data: Json) -> Iterator[str]:
        root = schema().get_root_type(operation.operation)
        yield from self._object(root, [operation.selection_set], data, "")

    def _object(self, kind: Any, sets: list[Any], value: Json, place: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{place} is no object"
            return
        fields: dict[str, list[Any]] = {}
        self._collect(kind, sets, fields, value)
        yield from (f"{place}/{one} was not asked for" for one in sorted(set(value) - set(fields)))
        for name, nodes in fields.items():
            word = nodes[0].name.value
            if word == "__typename":
                continue
            if name not in value:
                yield f"{place}/{name} is missing"
                continue
            inner = [one.selection_set for one in nodes if one.selection_set]
            yield from self._value(kind.fields[word].type, inner, value[name], f"{place}/{name}")

    def _collect(
        self, kind: Any, sets: list[Any], fields: dict[str, list[Any]], value: Json
    ) -> None:
        for chosen in sets:
            for one in chosen.selections:
                if isinstance(one, graphql.FieldNode):
                    name = one.alias.value if one.alias else one.name.value
                    fields.setdefault(name, []).append(one)
                    continue
                inner = self._fragments[one.name.value] if hasattr(one, "name") else one
                on = inner.type_condition.name.value if inner.type_condition else kind.name
                if on == kind.name:
                    self._collect(kind, [inner.selection_set], fields, value)

    def _value(self, kind: Any, sets: list[Any], value: Json, place: str) -> Iterator[str]:
        required = isinstance(kind, graphql.GraphQLNonNull)
        kind = kind.of_type if required else kind
        if value is None:
            yield from [f"{place} must not be null"] if required else []
        elif isinstance(kind, graphql.GraphQLList):
            yield from [] if isinstance(value, list) else [f"{place} is no list"]
            for index, one in enumerate(value if isinstance(value, list) else ()):
                yield from self._value(kind.of_type, sets, one, f"{place}/{index}")
        elif isinstance(kind, graphql.GraphQLObjectType):
            yield from self._object(kind, sets, value, place)
        elif isinstance(kind, graphql.GraphQLEnumType | graphql.GraphQLScalarType):
            yield from _leaf(kind, value, place)


def _leaf(kind: Any, value: Json, place: str) -> Iterator[str]:
    plain = {"String": str, "ID": str, "Boolean": bool, "Int": int, "Float": (int, float)}
    if isinstance(kind, graphql.GraphQLEnumType):
        if value not in kind.values:
            yield f"{place}: {value!r} is none of {kind.name}"
    elif kind.name in plain and not isinstance(value, plain[kind.name]):
        yield f"{place}: {value!r} is no {kind.name}"


class _Tap(httpx.BaseTransport):
    def __init__(self, line: LinearLine) -> None:
        self._line = line
        self._under = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        answer = self._under.handle_request(request)
        answer.read()
        self._line.hear(request, answer)
        return answer

    def close(self) -> None:
        self._under.close()


def linear_line() -> LinearLine:
    """A line for Linear; skips the test where the schema is absent."""
    schema()
    return LinearLine()
