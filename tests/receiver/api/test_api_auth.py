"""Who may do what: every operation with every scope, and everything that is no token."""

import re

import pytest

from receiver.api.app import OPERATIONS
from runtime.usual_names import API_TOKEN
from schemas.token import SCOPES
from store import audit, tokens
from tests.builders import NOW
from tests.receiver.api.desks import api_of, is_problem
from tests.receiver.doors import ENVIRON, a_source, running

GIVEN = "a-token-of-the-environment"
OPEN = {"/api/v1/openapi.json"}


def address(operation) -> str:
    return re.sub(r"\{[^}]*\}", "1", operation.path)


def test_every_operation_but_the_document_declares_a_scope():
    without = {one.path for one in OPERATIONS if one.scope is None}
    assert without == OPEN
    assert {one.scope for one in OPERATIONS if one.scope} == set(SCOPES)


def test_what_changes_something_needs_more_than_reading():
    assert {one.method for one in OPERATIONS if one.scope in ("read", None)} == {"GET"}
    assert "GET" not in {one.method for one in OPERATIONS if one.scope in ("operate", "admin")}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_a_scope_opens_what_it_holds_and_nothing_more(quick, operation):
    for scope in SCOPES:
        answer = quick(operation.method, address(operation), scope=scope)
        allowed = operation.scope is None or SCOPES.index(scope) >= SCOPES.index(operation.scope)
        assert (answer.status_code == 403) is not allowed, scope
        assert answer.status_code != 401
        if not allowed:
            told = answer.headers["www-authenticate"]
            assert 'error="insufficient_scope"' in told
            assert f'scope="{operation.scope}"' in told


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_without_a_token_nothing_but_the_document_is_answered(quick, operation):
    answer = quick(operation.method, address(operation), scope=None)
    if operation.path in OPEN:
        assert answer.status_code == 200
        return
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="ticketsync"'
    assert "tokens create NAME --scope" in answer.json()["detail"]


@pytest.mark.parametrize(
    "header",
    [
        "", "Bearer", "Bearer wrong", "Basic YTpi", "tsync_x", "Bearer \xe9\xe9",
        "Bearer " + "x" * 5_000, "Bearer tsync_" + "A" * 43,
    ],
)  # fmt: skip
def test_what_is_no_token_is_401(quick, header):
    headers = {"Authorization": header.encode("latin-1")}
    answer = quick("GET", "/api/v1/mirrors", scope=None, headers=headers)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_two_tokens_at_once_are_none(quick):
    good = f"Bearer {quick.tokens['admin']}"
    headers = [("Authorization", good), ("Authorization", good)]
    answer = quick.door.http.get("/api/v1/mirrors", headers=headers)
    assert answer.status_code == 401


def test_a_good_token_is_taken_in_any_spelling_of_the_scheme(quick):
    headers = {"Authorization": f"bEARER   {quick.tokens['read']}"}
    assert quick("GET", "/api/v1/mirrors", scope=None, headers=headers).status_code == 200


def test_a_token_that_was_revoked_opens_nothing_from_then_on(api):
    assert api("GET", "/api/v1/mirrors", scope="read").status_code == 200
    with api.store.write() as connection:
        tokens.revoke(connection, "a read", NOW, "test")
    assert api("GET", "/api/v1/mirrors", scope="read").status_code == 401
    assert api("GET", "/api/v1/mirrors", scope="operate").status_code == 200


def test_the_use_of_a_token_is_noted(api):
    api("GET", "/api/v1/mirrors", scope="operate")
    with api.store.read() as connection:
        used = {one.scope for one in tokens.find(connection) if one.last_used_at}
    assert used == {"operate"}


def test_a_token_of_the_environment_may_do_all_and_stands_in_the_audit(sqlite_store):
    environ = ENVIRON | {API_TOKEN: f"{GIVEN}, the-next-one-while-rotating"}
    with api_of(sqlite_store, environ=environ) as api:
        body = {"source": "shop", "target": "twin"}
        for token in (GIVEN, "the-next-one-while-rotating"):
            headers = {"Authorization": f"Bearer {token}"}
            answer = api("GET", "/api/v1/mirrors", scope=None, headers=headers)
            assert answer.status_code == 200
        answer = api("POST", "/api/v1/mirrors", body, scope=None, headers=headers)
        assert answer.status_code == 201
    with sqlite_store.read() as connection:
        line = audit.find(connection)[0]
    assert (line["who"], line["action"]) == (f"api:{API_TOKEN}", "mirror.create")


def test_a_store_without_any_token_is_closed_and_says_how_to_open_it(sqlite_store):
    with running(sqlite_store) as door:
        answer = door.http.get("/api/v1/mirrors", headers={"Authorization": "Bearer x"})
        assert answer.status_code == 401
        is_problem(answer)
        assert "ticketsync tokens create" in answer.json()["detail"]


def test_the_settings_take_the_api_away(sqlite_store):
    with api_of(sqlite_store, a_source(), api=False) as api:
        for path in ("/api/v1/mirrors", "/api/v1/openapi.json", "/api"):
            answer = api("GET", path)
            assert answer.status_code == 404
            assert "[web] api" in answer.json()["detail"]
        assert api.door.http.get("/healthz").status_code == 200


def test_no_browser_of_another_site_is_invited(quick):
    headers = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    asked = quick("OPTIONS", "/api/v1/mirrors", headers=headers)
    assert asked.status_code == 405
    told = quick("GET", "/api/v1/mirrors", headers=headers)
    for answer in (asked, told):
        assert not [name for name in answer.headers if name.startswith("access-control")]
