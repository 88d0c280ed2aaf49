"""The OpenAPI document beside the operations there are, and answers beside the document."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from receiver.api.app import OPERATIONS
from receiver.api.document import document_of, refusals_of, template_of
from tests.builders import issue_webhook, keep, payloads
from tests.receiver.api.desks import a_mirror
from tests.receiver.api.test_api_conflicts import a_conflict

METHODS = {"get", "put", "post", "delete", "patch"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return document_of(OPERATIONS, "1.2.3")


def operations_of(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        assert set(item) <= METHODS
        yield from ((path, method, told) for method, told in item.items())


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for one in node.values():
            yield from references(one)
    elif isinstance(node, list):
        for one in node:
            yield from references(one)


def schemas_of(node: Any) -> Iterator[Any]:
    """Every schema that stands outside the components."""
    if isinstance(node, dict):
        for name, one in node.items():
            if name == "schema":
                yield one
            else:
                yield from schemas_of(one)
    elif isinstance(node, list):
        for one in node:
            yield from schemas_of(one)


def test_the_document_holds_every_operation_and_nothing_else(document):
    told = {(path, method.upper()) for path, method, _ in operations_of(document)}
    assert told == {(template_of(one.path), one.method) for one in OPERATIONS}
    assert len(told) == len(OPERATIONS)


def test_it_says_what_every_document_has_to(document):
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    assert document["info"]["version"] == "1.2.3"
    assert set(document) == {
        "openapi", "info", "jsonSchemaDialect", "servers", "paths", "components",
    }  # fmt: skip
    names = [told["operationId"] for _, _, told in operations_of(document)]
    assert len(set(names)) == len(names)
    for path, _, told in operations_of(document):
        assert told["summary"]
        in_path = {one["name"] for one in told["parameters"] if one["in"] == "path"}
        assert in_path == set(re.findall(r"\{(\w+)\}", path))
        assert all(one["required"] for one in told["parameters"] if one["in"] == "path")
        for status, answer in told["responses"].items():
            assert re.fullmatch(r"[2-5]\d\d", status)
            assert "$ref" in answer or answer["description"]


def test_it_says_which_scope_is_needed(document):
    for path, method, told in operations_of(document):
        (one,) = [
            o for o in OPERATIONS if (template_of(o.path), o.method.lower()) == (path, method)
        ]
        assert told["security"] == ([{"token": []}] if one.scope else [])
        assert one.scope is None or one.scope in told["description"]
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_every_reference_leads_somewhere(document):
    found = set(references(document))
    assert found
    for one in found:
        node = document
        for part in one.removeprefix("#/").split("/"):
            node = node[part]


def test_every_schema_is_one(document):
    schemas = [*document["components"]["schemas"].values(), *schemas_of(document["paths"])]
    assert len(schemas) > 30
    for one in schemas:
        Draft202012Validator.check_schema(one)


def test_it_is_served_to_anybody(quick, document):
    served = quick.get("/api/v1/openapi.json", scope=None)
    assert served["paths"] == document["paths"]
    assert served["components"] == document["components"]


def test_strict_bodies_are_told(document):
    for name in ("MirrorNew", "MirrorReplaced", "MirrorChanged", "Resolution", "IssueMirrorNew"):
        assert document["components"]["schemas"][name]["additionalProperties"] is False


def checker(document: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    resource = Resource(contents=document, specification=DRAFT202012)
    registry = Registry().with_resource("urn:openapi", resource)
    absolute = {"$ref": f"urn:openapi{schema['$ref']}"} if "$ref" in schema else schema
    if schema.get("type") == "array":
        absolute = schema | {"items": {"$ref": f"urn:openapi{schema['items']['$ref']}"}}
    return Draft202012Validator(absolute, registry=registry)


def test_answers_are_as_the_document_says(quick, document):
    keep(quick.store, issue_webhook(payloads.an_issue(12)))
    number = a_mirror(quick.store).id
    a_conflict(quick)
    quick("POST", f"/api/v1/mirrors/{number}/trigger")
    checked = 0
    for one in OPERATIONS:
        if one.method != "GET":
            continue
        path = re.sub(r"\{source:path\}", "shop", one.path)
        answer = quick("GET", re.sub(r"\{[^}]*\}", "1", path))
        told = document["paths"][template_of(one.path)]["get"]["responses"]
        if answer.status_code == 200:
            schema = told["200"]["content"]["application/json"]["schema"]
        else:
            assert one.name == "get_dead_letter"
            schema = document["components"]["responses"]["Problem"]["content"]
            schema = schema["application/problem+json"]["schema"]
        checker(document, schema).validate(answer.json())
        checked += 1
    assert checked == len([one for one in OPERATIONS if one.method == "GET"]) >= 15


def test_refusals_are_told_where_they_happen(document):
    for one in OPERATIONS:
        told = document["paths"][template_of(one.path)][one.method.lower()]["responses"]
        assert {str(status) for status in refusals_of(one)} < set(told)
        assert ("401" in told) == (one.scope is not None)
