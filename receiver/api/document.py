"""The OpenAPI 3.1 document, made of the operations and the models they name.

https://spec.openapis.org/oas/v3.1.1.html
"""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from starlette.convertors import IntegerConvertor
from starlette.routing import compile_path

from receiver.api.operations import Operation
from receiver.api.problems import MEDIA_TYPE
from schemas.api import Nothing, ProblemShown

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TEMPLATE = "#/components/schemas/{model}"
ALWAYS = (500, 503)
"""What any operation may answer."""

ABOUT = (
    "Mirrors, conflicts and deliveries of ticketsync, for programs. Every address but this "
    "document's needs a bearer token: `ticketsync tokens create NAME --scope read`. "
    "Each operation names the scope it needs; operate holds read, and admin both."
)

Schema = dict[str, Any]
Named = tuple[type[BaseModel], JsonSchemaMode]
Names = Mapping[Any, Schema]
"""A model and what it is for, to the reference to its schema."""


def document_of(operations: tuple[Operation, ...], version: str) -> Schema:
    """The document of these operations."""
    models = sorted(_models(operations), key=lambda one: (one[0].__name__, one[1]))
    refs, definitions = models_json_schema(models, ref_template=TEMPLATE)
    paths: Schema = {}
    for one in operations:
        paths.setdefault(template_of(one.path), {})[one.method.lower()] = _operation(one, refs)
    return {
        "openapi": "3.1.1",
        "info": {"title": "ticketsync", "version": version, "description": ABOUT},
        "jsonSchemaDialect": DIALECT,
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "responses": {"Problem": _problem(refs)},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def template_of(path: str) -> str:
    """A path as OpenAPI writes it: without the kinds of its parameters."""
    return str(compile_path(path)[1])


def refusals_of(operation: Operation) -> tuple[int, ...]:
    """Every status an operation may refuse with."""
    found = {*operation.refusals, *ALWAYS, 422}
    if operation.scope is not None:
        found |= {401, 403}
    if operation.method != "GET":
        found |= {400, 408, 413, 415}
    return tuple(sorted(found))


def _models(operations: tuple[Operation, ...]) -> set[Named]:
    found: set[Named] = {(ProblemShown, "serialization")}
    for one in operations:
        if one.answers is not None:
            found.add((one.answers, "serialization"))
        if one.body is not Nothing:
            found.add((one.body, "validation"))
    return found


def _operation(one: Operation, refs: Names) -> Schema:
    told: Schema = {
        "operationId": one.name,
        "summary": one.summary,
        "tags": [_tag(one.path)],
        "parameters": [*_in_path(one), *_in_query(one)],
        "responses": {str(one.status): _answer(one, refs)}
        | {str(status): {"$ref": "#/components/responses/Problem"} for status in refusals_of(one)},
        "security": [] if one.scope is None else [{"token": []}],
    }
    if one.scope is not None:
        told["description"] = f"Needs the scope {one.scope}."
    if one.body is not Nothing:
        content = {"application/json": {"schema": refs[one.body, "validation"]}}
        told["requestBody"] = {"required": True, "content": content}
    return told


def _tag(path: str) -> str:
    """The noun of an address."""
    parts = path.removeprefix("/api/").removeprefix("v1/").split("/")
    return parts[0].partition(".")[0]


def _in_path(one: Operation) -> Iterator[Schema]:
    for name, convertor in compile_path(one.path)[2].items():
        number = isinstance(convertor, IntegerConvertor)
        kind: Schema = {"type": "integer", "minimum": 0} if number else {"type": "string"}
        yield {"name": name, "in": "path", "required": True, "schema": kind}


def _in_query(one: Operation) -> Iterator[Schema]:
    whole = one.query.model_json_schema()
    for name, schema in whole.get("properties", {}).items():
        yield {"name": name, "in": "query", "required": False, "schema": _plain(schema, whole)}


def _plain(schema: Schema, whole: Schema) -> Schema:
    """A parameter's schema: it cannot be null, and refers to nothing outside."""
    if "$ref" in schema:
        return _plain(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole)
    choices = [_plain(one, whole) for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    kept = {name: value for name, value in schema.items() if name not in ("anyOf", "title")}
    if kept.get("default", 0) is None:
        del kept["default"]
    if len(choices) == 1:
        return kept | choices[0]
    return kept | {"anyOf": choices} if choices else kept


def _answer(one: Operation, refs: Names) -> Schema:
    told: Schema = {"description": HTTPStatus(one.status).phrase}
    if one.status == HTTPStatus.NO_CONTENT:
        return told
    schema: Schema = {"type": "object"}
    if one.answers is not None:
        schema = refs[one.answers, "serialization"]
    if one.listed:
        schema = {"type": "array", "items": schema}
    told["content"] = {"application/json": {"schema": schema}}
    if one.status == HTTPStatus.CREATED:
        told["headers"] = {"Location": {"schema": {"type": "string"}}}
    return told


def _problem(refs: Names) -> Schema:
    content = {MEDIA_TYPE: {"schema": refs[ProblemShown, "serialization"]}}
    return {"description": "It was not done; `detail` says why.", "content": content}
