"""An official API description (OpenAPI 3 or Swagger 2) as something requests can be held against.

Findings are words; nothing raises. What the descriptions are known to say wrongly is loosened per
description (see `Looseness`), never per endpoint.
"""

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from jsonschema import Draft4Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests.trackers.stand_ins import shared

Json = Any
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
ROOT = "urn:described"


@dataclass(frozen=True)
class Looseness:
    """Known faults of a description, from the notes that come with it.

    `nullable`: nothing is marked nullable. `scalars`: numbers and flags are typed as text.
    `listed`: lists are described as one object. `wrapped`: lists come as `{count, value}`.
    `open`: objects may hold more than is described (then only what is described is checked).
    """

    nullable: bool = False
    scalars: bool = False
    listed: bool = False
    wrapped: bool = False
    open: bool = False


@dataclass(frozen=True)
class Operation:
    """One method of one path; pointers lead into the description."""

    method: str
    template: str
    pattern: re.Pattern[str]
    required_query: frozenset[str]
    query: frozenset[str]
    headers: frozenset[str]
    bodies: Mapping[str, str]
    answers: Mapping[str, str | None]

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.template}"


@dataclass
class Description:
    """A whole description, prepared once."""

    document: dict[str, Json]
    loose: Looseness
    operations: list[Operation] = field(default_factory=list)

    def __post_init__(self) -> None:
        _prepare(self.document, self.loose)
        self._registry: Registry[Json] = Registry().with_resource(
            ROOT, Resource.from_contents(self.document, default_specification=DRAFT4)
        )
        self.operations = sorted(
            _merged(self._read_operations()),
            key=lambda one: (one.template.count("{"), -len(one.template)),
        )

    def find(self, method: str, path: str) -> Operation | None:
        """The operation of a request; fixed paths win over templates."""
        fitting = (o for o in self.operations if o.method == method.lower())
        return next((one for one in fitting if one.pattern.fullmatch(path)), None)

    def faults(self, pointer: str, value: Json) -> Iterator[str]:
        """What of a value is not as described; properties nobody described included."""
        schema = self._at(pointer)
        checker = Draft4Validator({"$ref": f"{ROOT}#{pointer}"}, registry=self._registry)
        for one in self._unwrapped(schema, value):
            for error in checker.iter_errors(one):
                place = "/".join(str(one) for one in error.absolute_path)
                yield f"{place or 'value'}: {error.message[:200]}"
            if not self.loose.open:
                yield from self._strangers(schema, one, "")

    def _unwrapped(self, schema: Json, value: Json) -> list[Json]:
        array = "array" in _kinds(self._resolved(schema))
        if self.loose.wrapped and array and isinstance(value, dict) and "value" in value:
            return [value["value"]]
        if self.loose.listed and not array and isinstance(value, list):
            return value
        return [value]

    def _strangers(self, schema: Json, value: Json, place: str) -> Iterator[str]:
        """Properties that no branch of the schema knows."""
        branches = list(self._branches(schema))
        if isinstance(value, list):
            items = [s["items"] for s in branches if isinstance(s.get("items"), dict)]
            items = items or (branches if self.loose.listed else [])
            for index, one in enumerate(value if items else ()):
                yield from self._strangers({"anyOf": items}, one, f"{place}/{index}")
        elif isinstance(value, dict):
            yield from self._unknown(branches, value, place)

    def _unknown(
        self, branches: list[dict[str, Json]], value: dict[str, Json], place: str
    ) -> Iterator[str]:
        known: dict[str, list[Json]] = {}
        for one in branches:
            for name, inner in one.get("properties", {}).items():
                known.setdefault(name, []).append(inner)
        anything = not known or any(self._takes_more(one) for one in branches)
        for name, inner in value.items():
            if name in known:
                yield from self._strangers({"anyOf": known[name]}, inner, f"{place}/{name}")
            elif not anything:
                yield f"{place}/{name}: a property nobody described"

    def _takes_more(self, schema: Json) -> bool:
        return schema.get("additionalProperties") not in (None, False)

    def _branches(self, schema: Json, depth: int = 0) -> Iterator[dict[str, Json]]:
        schema = self._resolved(schema)
        yield schema
        for word in ("allOf", "oneOf", "anyOf"):
            for one in schema.get(word, ()) if depth < 8 else ():
                yield from self._branches(one, depth + 1)

    def _resolved(self, schema: Json) -> dict[str, Json]:
        for _ in range(20):
            if not isinstance(schema, dict):
                return {}
            if "$ref" not in schema:
                return schema
            schema = self._at(schema["$ref"].partition("#")[2])
        return {}

    def _at(self, pointer: str) -> Json:
        found: Json = self.document
        for part in pointer.strip("/").split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            found = found[int(name) if isinstance(found, list) else name]
        return found

    def _read_operations(self) -> Iterator[Operation]:
        for group in ("paths", "x-ms-paths"):
            for path, item in self.document.get(group, {}).items():
                for method in METHODS:
                    if method in item:
                        base = f"/{group}/{_escaped(path)}"
                        yield self._operation(method, path, item, base)

    def _operation(self, method: str, path: str, item: Json, base: str) -> Operation:
        told = item[method]
        parameters = [
            self._resolved(p) for p in [*item.get("parameters", []), *told.get("parameters", [])]
        ]
        query = {p["name"] for p in parameters if p.get("in") == "query"}
        template = path.partition("?")[0]
        optional = {p["name"] for p in parameters if p.get("x-ms-required") is False}
        return Operation(
            method=method,
            template=template,
            pattern=_pattern(template, self.document.get("basePath", ""), optional),
            required_query=frozenset(
                p["name"] for p in parameters if p.get("in") == "query" and p.get("required")
            ),
            query=frozenset(query | {name.partition("[")[0] for name in query}),
            headers=frozenset(p["name"].lower() for p in parameters if p.get("in") == "header"),
            bodies=self._bodies(told, parameters, f"{base}/{method}"),
            answers=self._answers(told, f"{base}/{method}/responses"),
        )

    def _bodies(self, told: Json, parameters: list[Json], base: str) -> dict[str, str]:
        """Media type to pointer of its schema; `*` for Swagger 2."""
        if "requestBody" in told:
            content = self._resolved(told["requestBody"]).get("content", {})
            where = told["requestBody"].get("$ref", "").partition("#")[2] or f"{base}/requestBody"
            return {
                kind: f"{where}/content/{_escaped(kind)}/schema"
                for kind, one in content.items()
                if "schema" in one
            }
        for index, one in enumerate(told.get("parameters", [])):
            resolved = self._resolved(one)
            if resolved.get("in") == "body":
                where = one.get("$ref", "").partition("#")[2] or f"{base}/parameters/{index}"
                return {"*": f"{where}/schema"}
        if any(p.get("in") == "formData" for p in parameters):
            return {"form": ""}
        return {}

    def _answers(self, told: Json, base: str) -> dict[str, str | None]:
        """Status to pointer of its schema, None without one."""
        found: dict[str, str | None] = {}
        for status, one in told.get("responses", {}).items():
            where = one.get("$ref", "").partition("#")[2] or f"{base}/{status}"
            resolved = self._resolved(one)
            kinds = [
                k
                for k in resolved.get("content", {})
                if "json" in k and "schema" in resolved["content"][k]
            ]
            if kinds:
                found[str(status)] = f"{where}/content/{_escaped(kinds[0])}/schema"
            else:
                schema = resolved.get("schema", {})
                plain = schema.get("type") == "file" or schema.get("format") == "Stream"
                typed = "schema" in resolved and not plain
                found[str(status)] = f"{where}/schema" if typed else None
        return found


def _merged(operations: Iterator[Operation]) -> list[Operation]:
    """Overloads of one address (`x-ms-paths`) as one: what any takes, what all need."""
    found: dict[tuple[str, str], Operation] = {}
    for one in operations:
        key = (one.method, one.template)
        other = found.get(key)
        if other:
            query = one.query | other.query
            required = one.required_query & other.required_query
            one = replace(other, query=query, required_query=required)
        found[key] = one
    return list(found.values())


@cache
def description(name: str, loose: Looseness) -> Description:
    """One of the shared descriptions; skips the test where they are absent."""
    return Description(json.loads(gzip.decompress(shared(f"specs/{name}").read_bytes())), loose)


def _pattern(template: str, base: str, optional: set[str]) -> re.Pattern[str]:
    """Parameters of the path that Microsoft calls optional may be left out with their slash."""
    whole = base.rstrip("/") + template
    parts = re.split(r"(/?\{[^}]*\})", whole)
    return re.compile("".join(_segment(one, optional) for one in parts) + "/?", re.IGNORECASE)


def _segment(part: str, optional: set[str]) -> str:
    if not part.endswith("}"):
        return re.escape(part)
    slash = "/" if part.startswith("/") else ""
    name = part.strip("/{}")
    return f"(?:{slash}[^/]+)?" if name in optional and slash else f"{slash}[^/]+"


def _prepare(node: Json, loose: Looseness) -> None:
    """Turns what OpenAPI says its own way into plain JSON schema, in place, with absolute refs."""
    if isinstance(node, list):
        for one in node:
            _prepare(one, loose)
        return
    if not isinstance(node, dict):
        return
    for key, inner in node.items():
        if key not in ("examples", "example", "x-ms-examples", "default", "enum"):
            _prepare(inner, loose)
    if isinstance(node.get("$ref"), str) and node["$ref"].startswith("#"):
        node["$ref"] = f"{ROOT}{node['$ref']}"
    if isinstance(node.get("type"), str):
        _loosen(node, loose)
    _open_azure(node, loose)
    _allow_null(node)


def _open_azure(node: dict[str, Json], loose: Looseness) -> None:
    """What stands for anything: a bare object, a list of some `T`, and the links of a resource."""
    if not loose.wrapped:
        return
    bare = "object" in _kinds(node) and not {"properties", "additionalProperties", "allOf"} & set(
        node
    )
    if bare or node.get("format") == "T":
        node.pop("type", None)
        node.pop("format", None)
    if "ReferenceLinks" in node:
        node["ReferenceLinks"] = {}
    if "JsonPatchDocument" in node:  # an array, though called an object
        operation = {"$ref": f"{ROOT}#/definitions/JsonPatchOperation"}
        node["JsonPatchDocument"] = {"type": "array", "items": operation}


def _kinds(schema: Json) -> list[str]:
    found = schema.get("type")
    return found if isinstance(found, list) else [found] if isinstance(found, str) else []


def _allow_null(node: dict[str, Json]) -> None:
    """A choice between schemas that may also be null."""
    nullable = node.get("nullable") is True and "type" not in node
    for word in ("oneOf", "anyOf") if nullable else ():
        if isinstance(node.get(word), list):
            node[word] = [*node[word], {"type": "null"}]


def _loosen(node: dict[str, Json], loose: Looseness) -> None:
    if node["type"] == "symbol":
        node["type"] = "string"  # GitLab's generator lets a word of Ruby through
    kinds = [node["type"]]
    if kinds[0] not in ("object", "array", "string", "number", "integer", "boolean"):
        return  # not a schema: a security scheme or the like
    if node.pop("nullable", False) or loose.nullable:
        kinds.append("null")
        if isinstance(node.get("enum"), list):
            node["enum"] = [*node["enum"], None]
    if loose.scalars and kinds[0] in ("string", "number", "integer", "boolean"):
        kinds += _scalars(node)
    other = {"array": "object", "object": "array"}.get(kinds[0])
    if loose.listed and other:
        kinds.append(other)
    if len(kinds) > 1:
        node["type"] = kinds


def _scalars(node: dict[str, Json]) -> list[str]:
    """What else a scalar may be: labels are a list or one text, some objects are typed as text."""
    kinds = [k for k in ("string", "number", "integer", "boolean") if k != node["type"]]
    return [*kinds, "array", "object"] if node["type"] == "string" and "enum" not in node else kinds


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")
