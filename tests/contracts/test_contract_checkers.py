"""The checkers must find what is wrong, or a clean line would prove nothing."""

import json

import httpx
import pytest

from tests.contracts.checked import Line, checked

REPOSITORY = "http://127.0.0.1:1/repos/octo/shop"


def hear(line, method, url, answer, status=200, body=None, headers=None) -> list[str]:
    request = httpx.Request(method, url, json=body, headers=headers)
    told = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    line.hear(
        request,
        httpx.Response(status, content=told, headers={"content-type": "application/json"}),
    )
    return line.faults


@pytest.fixture
def github() -> Line:
    return checked("github")


def test_an_invented_endpoint_is_found(github):
    assert "no such endpoint" in hear(github, "GET", f"{REPOSITORY}/tickets", [])[0]


def test_an_invented_parameter_is_found(github):
    assert hear(github, "GET", f"{REPOSITORY}/labels?order=name", [])[0].endswith(
        "parameter order is unknown"
    )


def test_an_invented_header_is_found(github):
    found = hear(github, "GET", f"{REPOSITORY}/labels", [], headers={"x-invented": "1"})
    assert found[0].endswith("header x-invented is unknown")


def test_an_invented_property_and_a_missing_one_are_found(github):
    found = " ".join(hear(github, "GET", f"{REPOSITORY}/labels", [{"id": 1, "shade": "red"}]))
    assert "/0/shade: a property nobody described" in found
    assert "is a required property" in found


def test_a_wrong_type_in_a_request_is_found(github):
    found = hear(github, "POST", f"{REPOSITORY}/labels", {}, status=201, body={"name": 7})
    assert any("request name" in one for one in found)


def test_an_invented_status_is_found(github):
    assert hear(github, "GET", f"{REPOSITORY}/labels", [], status=418)


def test_lists_in_an_envelope_are_looked_into():
    line = checked("azure_devops")
    url = "http://127.0.0.1:1/org/_apis/projects?api-version=7.1"
    assert hear(line, "GET", url, {"count": 1, "value": [{"id": 7}]})
    assert any("id" in one for one in line.faults)


def test_an_invented_field_of_a_query_and_of_an_answer_are_found():
    line = checked("linear")
    url = "http://127.0.0.1:1/graphql"
    assert not hear(
        line, "POST", url, {"data": {"viewer": {"id": "1"}}}, body={"query": "{viewer{id}}"}
    )
    assert hear(line, "POST", url, {"data": {"viewer": {}}}, body={"query": "{viewer{id}}"})
    line.faults.clear()
    assert "query: " in hear(line, "POST", url, {}, body={"query": "{viewer{shoe}}"})[0]
