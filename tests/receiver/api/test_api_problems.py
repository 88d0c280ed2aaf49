"""Whatever goes wrong is a problem in the form of RFC 9457, and tells nothing of our inside."""

import gzip
import json
import socket
from urllib.parse import quote

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receiver.api.app import LARGEST_BODY, OPERATIONS, Admin
from receiver.api.auth import Doorkeeper
from receiver.api.desk import Desk
from receiver.api.operations import Operation
from runtime.clock import utc_now
from runtime.telemetry import Telemetry
from store.database import open_store
from tests.receiver.api.desks import a_mirror, api_of, is_problem

MIRRORS = "/api/v1/mirrors"
PATHS = sorted({one.path.replace(":int", "").replace(":path", "") for one in OPERATIONS})


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/v1", "/api/v2/mirrors", "/api/v1/mirror", "/api/v1/mirrors/x"]
)
def test_an_unknown_address_is_404(quick, path):
    for scope in ("admin", None):
        assert quick("GET", path, scope=scope).status_code == 404


def test_another_method_is_405_and_tells_the_good_ones(quick):
    answer = quick("DELETE", MIRRORS)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")
    answer = quick("GET", f"{MIRRORS}/1/trigger")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_head_is_a_get_without_content(quick):
    whole, head = quick("GET", MIRRORS), quick("HEAD", MIRRORS)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.content))
    assert quick("HEAD", "/api/v1/none").status_code == 404


def test_a_slash_at_the_end_changes_nothing(quick):
    assert quick.get(f"{MIRRORS}/") == quick.get(MIRRORS)


def test_nothing_is_kept_by_caches_or_guessed_by_browsers(quick):
    for answer in (quick("GET", MIRRORS), quick("GET", "/api/v1/none")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "kind", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"]
)
def test_a_body_of_another_type_is_415(quick, kind):
    headers = {"Content-Type": kind} if kind else {}
    assert quick("POST", MIRRORS, content=b"{}", headers=headers).status_code == 415


def test_a_compressed_body_is_415(quick):
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = quick("POST", MIRRORS, content=gzip.compress(b"{}"), headers=headers)
    assert answer.status_code == 415


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_413(quick, chunked):
    headers = {"Content-Type": "application/json"}
    large = b" " * (LARGEST_BODY + 1)
    content = iter([large]) if chunked else large
    assert quick("POST", MIRRORS, content=content, headers=headers).status_code == 413
    assert quick("GET", MIRRORS).status_code == 200


def test_who_has_no_token_sends_no_body(quick):
    answer = quick("POST", MIRRORS, content=b" " * 1_000, scope=None)
    assert answer.status_code == 401


def test_a_body_that_does_not_come_is_408(sqlite_store):
    with api_of(sqlite_store, body_seconds=0.3) as api:
        head = (
            f"POST {MIRRORS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {api.tokens['admin']}\r\nContent-Length: 100\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", api.door.port)) as link:
            link.settimeout(10)
            link.sendall(head.encode())
            assert link.recv(100).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("body", [b"", b"{", b"[1", b"\xff", b'{"a": "\\ud800"}', b"{'a': 1}"])
def test_what_is_no_json_is_400_or_names_what_is_missing(quick, body):
    headers = {"Content-Type": "application/json"}
    status = quick("POST", MIRRORS, content=body, headers=headers).status_code
    assert status == (422 if body == b"" else 400)


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"x"', b"[" * 50_000])
def test_json_that_is_no_object_is_refused(quick, body):
    headers = {"Content-Type": "application/json"}
    answer = quick("POST", MIRRORS, content=body, headers=headers)
    assert answer.status_code in (400, 422)


def test_an_operation_without_words_takes_none(quick):
    number = a_mirror(quick.store).id
    path = f"{MIRRORS}/{number}/trigger"
    assert quick.faults("POST", path, {"full": True}) == (422, {"full"})
    assert quick("POST", path, {}).status_code == 202


def test_a_value_is_never_repeated(quick):
    told = {"source": "shop", "target": "twin", "token": "a-secret-value", "mode": "a-secret-value"}
    answer = quick("POST", MIRRORS, told)
    assert answer.status_code == 422
    assert "a-secret-value" not in answer.text


async def asked(admin: Admin, path: str, headers=()) -> tuple[int, dict]:
    """One request of an ASGI application."""
    sent = []

    async def send(message) -> None:
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http", "method": "GET", "path": path, "headers": list(headers),
        "query_string": b"",
    }  # fmt: skip
    await admin(scope, receive, send)
    content = b"".join(one.get("body", b"") for one in sent[1:])
    return sent[0]["status"], json.loads(content)


def broken_with(error: Exception) -> Operation:
    def fails(_desk, _call):
        raise error

    return Operation("GET", "/api/v1/broken", None, fails)


def test_a_fault_of_ours_is_500_and_tells_nothing(quick):
    desk = Desk(quick.store, {}, None, None, utc_now, None)  # what it is made of is never reached
    door = Doorkeeper(quick.store, ())
    operations = [broken_with(KeyError("the inside of the house"))]
    admin = Admin(desk, door, Telemetry(), operations=operations)
    status, told = anyio.run(asked, admin, "/api/v1/broken")
    assert (status, told["title"]) == (500, "Internal Server Error")
    assert "inside" not in json.dumps(told)
    assert "KeyError" not in json.dumps(told)


def test_a_store_that_is_away_is_503_and_asks_to_come_again(postgres, tmp_path):
    opened = open_store(postgres.url, tmp_path)
    try:
        with api_of(opened) as api:
            assert api("GET", MIRRORS).status_code == 200
            postgres.kill()
            answer = api("GET", MIRRORS)
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
            assert "127.0.0.1" not in answer.text
            postgres.start()
            assert api("GET", MIRRORS).status_code == 200
    finally:
        opened.close()


PIECES = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="/?#\\"), max_size=12
).filter(lambda one: one not in (".", ".."))
KEYS = st.sampled_from(["source", "target", "name", "take", "value", "mirror_id", "enabled"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@settings(max_examples=150)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]),
    template=st.sampled_from(PATHS),
    piece=PIECES | st.integers(0, 2**70).map(str) | st.just("1"),
    body=st.dictionaries(KEYS | st.text(max_size=8), VALUES, max_size=5),
    query=st.dictionaries(st.sampled_from(["limit", "after", "source", "x"]), PIECES, max_size=2),
)
def test_no_request_ends_in_anything_but_an_answer_or_a_problem(
    fuzzed, method, template, piece, body, query
):
    path = template
    for name in ("mirror", "delivery", "session", "conflict", "source"):
        path = path.replace(f"{{{name}}}", quote(piece, safe=""))
    answer = fuzzed.door.http.request(
        method,
        path,
        params=query,
        content=json.dumps(body),
        headers={
            "Authorization": f"Bearer {fuzzed.tokens['admin']}",
            "Content-Type": "application/json",
        },
    )
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400 and method != "HEAD":
        is_problem(answer)


@pytest.fixture
def fuzzed(quick):
    a_mirror(quick.store)
    return quick
