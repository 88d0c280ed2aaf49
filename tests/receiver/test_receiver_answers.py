"""The answers of the door, each row of the table, on a real socket."""

import gzip
import hashlib
import json
import os
import select
import socket
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.receiver.doors import (
    OLD_SECRET,
    a_source,
    an_issue,
    kept,
    running,
    signed,
    wait_until,
)


def test_a_new_delivery_is_202_and_in_the_journal(store):
    with running(store) as receiver:
        body = json.dumps(an_issue(7)).encode()
        headers = signed(body, X_GitHub_Delivery="one", Cookie="a=b", Authorization="x")
        answer = receiver.post(body, headers=headers)
    assert (answer.status_code, answer.content) == (202, b"")
    (row,) = kept(store)
    assert (row.source, row.via, row.event) == ("my-repo", "webhook", "issues.edited")
    assert (row.delivery_key, row.ticket, row.body) == ("one", "7", body)
    assert row.headers["x-github-event"] == "issues"
    assert not {"cookie", "authorization", "host"} & row.headers.keys()


def test_the_worker_is_woken_once_for_each_ticket(receiver):
    for _ in range(2):
        assert receiver.post(an_issue(3)).status_code == 202
    wait_until(lambda: receiver.broker.do_qsize("deliveries") >= 1)


def test_a_duplicate_is_200_and_kept_once(store):
    with running(store) as receiver:
        body = json.dumps(an_issue()).encode()
        headers = signed(body)
        answers = [receiver.post(body, headers=headers).status_code for _ in range(3)]
        assert receiver.counted("duplicate", "issues.edited") == 2
    assert answers == [202, 200, 200]
    assert len(kept(store)) == 1


def test_the_same_delivery_many_times_at_once_is_kept_once(store):
    with running(store) as receiver:
        body = json.dumps(an_issue()).encode()
        headers = signed(body)
        with ThreadPoolExecutor(16) as pool:
            sent = [pool.submit(receiver.post, body, headers=headers) for _ in range(64)]
        statuses = sorted(each.result().status_code for each in sent)
    assert statuses == [200] * 63 + [202]
    assert len(kept(store)) == 1


def test_many_deliveries_at_once_share_commits_and_are_all_kept(store):
    with running(store) as receiver:
        with ThreadPoolExecutor(32) as pool:
            statuses = list(
                pool.map(lambda n: receiver.post(an_issue(n)).status_code, range(1, 301))
            )
        batches = receiver.telemetry.metrics.registry.get_sample_value(
            "ticketsync_intake_batch_rows_count"
        )
    assert statuses == [202] * 300
    assert {row.ticket for row in kept(store)} == {str(number) for number in range(1, 301)}
    assert batches < 300


def test_the_secret_before_the_last_rotation_still_proves(receiver):
    body = json.dumps(an_issue()).encode()
    assert receiver.post(body, headers=signed(body, OLD_SECRET)).status_code == 202


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        "sha256=abc",
        "sha1=" + "0" * 40,
        "not even",
        "\xe9\xe9",
    ],
)
def test_a_wrong_missing_or_truncated_signature_is_401(receiver, sqlite_store, signature):
    body = json.dumps(an_issue()).encode()
    headers = {name: value.encode("latin-1") for name, value in signed(body).items()}
    del headers["X-Hub-Signature-256"]
    if signature is not None:
        headers["X-Hub-Signature-256"] = signature.encode("latin-1")
    assert receiver.post(body, headers=headers).status_code == 401
    assert receiver.counted("not_proven") == 1
    assert kept(sqlite_store) == []


def test_a_truncated_good_signature_and_a_wrong_secret_are_401(receiver, sqlite_store):
    body = json.dumps(an_issue()).encode()
    good = signed(body)
    short = good | {"X-Hub-Signature-256": good["X-Hub-Signature-256"][:-1]}
    assert receiver.post(body, headers=short).status_code == 401
    assert receiver.post(body, headers=signed(body, "wrong")).status_code == 401
    assert receiver.post(body + b" ", headers=good).status_code == 401
    assert kept(sqlite_store) == []


def test_a_source_without_a_secret_refuses_everything(sqlite_store):
    with running(sqlite_store, a_source(webhook_secret_env=())) as receiver:
        answer = receiver.post()
        assert answer.status_code == 401
        assert "secret" in answer.text
        assert receiver.counted("no_secret") == 1
    assert kept(sqlite_store) == []


def test_an_unknown_or_disabled_source_is_404_before_the_body(sqlite_store):
    with running(sqlite_store, a_source("off", direction="disabled")) as receiver:
        for path in ("/webhooks/off", "/webhooks/nobody", "/webhooks/", "/webhooks/../healthz"):
            request = (
                f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                "Content-Length: 1000000\r\n\r\n"
            )
            assert first_line(receiver.port, request.encode()) == b"HTTP/1.1 404 Not Found"


def test_a_source_that_is_only_polled_takes_no_webhook(sqlite_store):
    with running(sqlite_store, a_source(intake="polling")) as receiver:
        assert receiver.post().status_code == 404
    assert kept(sqlite_store) == []


def test_a_source_is_found_by_slug_and_by_its_percent_encoded_name(sqlite_store):
    with running(sqlite_store, a_source("Größe / 1")) as receiver:
        for path in ("/webhooks/grosse-1", "/webhooks/Gr%C3%B6%C3%9Fe%20%2F%201"):
            assert receiver.post(path=path).status_code == 202
            assert receiver.post(path=path + "/").status_code == 202
    assert {row.source for row in kept(sqlite_store)} == {"Größe / 1"}


def test_other_methods_are_405(receiver):
    answer = receiver.http.get("/webhooks/my-repo")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("kind", [None, "text/plain", "application/xml", "multipart/form-data"])
def test_a_wrong_content_type_is_415(receiver, kind):
    body = b"{}"
    headers = signed(body)
    del headers["Content-Type"]
    if kind:
        headers["Content-Type"] = kind
    assert receiver.post(body, headers=headers).status_code == 415


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_in_any_spelling_is_taken(receiver, kind):
    body = b"{}"
    assert receiver.post(body, headers=signed(body, Content_Type=kind)).status_code == 202


def test_a_form_is_taken_from_a_tracker_that_sends_forms(receiver, sqlite_store):
    body = b"payload=%7B%22action%22%3A%22opened%22%2C%22issue%22%3A%7B%22number%22%3A5%7D%7D"
    headers = signed(body, Content_Type="application/x-www-form-urlencoded")
    assert receiver.post(body, headers=headers).status_code == 202
    assert kept(sqlite_store)[0].ticket == "5"


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, identity"])
def test_a_compressed_body_is_never_opened(receiver, encoding):
    bomb = gzip.compress(b"0" * 10_000_000)
    headers = signed(bomb, Content_Encoding=encoding)
    assert receiver.post(bomb, headers=headers).status_code == 415


def test_a_body_of_30_mb_is_413_by_its_length(receiver, sqlite_store):
    body = b" " * 30_000_000
    assert receiver.post(body, headers=signed(body)).status_code == 413
    assert receiver.post().status_code == 202
    assert len(kept(sqlite_store)) == 1


def test_a_body_of_30_mb_without_length_is_413_while_it_streams(receiver):
    chunks = (b" " * 65_536 for _ in range(458))
    answer = receiver.http.post("/webhooks/my-repo", content=chunks, headers=signed(b""))
    assert answer.status_code == 413
    assert receiver.counted("too_large") == 1


def test_the_largest_body_allowed_is_kept(sqlite_store):
    with running(sqlite_store, max_body_mb=1) as receiver:
        body = b'"' + b"x" * (1024 * 1024 - 2) + b'"'
        assert receiver.post(body).status_code == 202
        assert receiver.post(body + b" ").status_code == 413
    assert len(kept(sqlite_store)[0].body) == 1024 * 1024


def test_a_body_that_does_not_come_is_408(sqlite_store):
    with running(sqlite_store, body_seconds=0.3) as receiver:
        head = (
            b"POST /webhooks/my-repo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 100\r\n\r\n"
        )
        began = time.monotonic()
        for start in (b"", b'{"a":'):
            line = first_line(receiver.port, head + start)
            assert line == b"HTTP/1.1 408 Request Timeout"
        assert time.monotonic() - began < 3
        assert receiver.counted("slow") == 2


def test_a_body_that_drips_is_408(sqlite_store):
    with (
        running(sqlite_store, body_seconds=0.5) as receiver,
        socket.create_connection(("127.0.0.1", receiver.port)) as link,
    ):
        link.sendall(
            b"POST /webhooks/my-repo HTTP/1.1\r\nHost: x\r\n"
            b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"
        )
        while not select.select([link], [], [], 0.05)[0]:
            link.sendall(b" ")
        assert link.recv(100).startswith(b"HTTP/1.1 408")


def test_a_sender_that_goes_away_is_no_fault(receiver):
    with socket.create_connection(("127.0.0.1", receiver.port)) as link:
        link.sendall(
            b"POST /webhooks/my-repo HTTP/1.1\r\nHost: x\r\n"
            b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\nhalf"
        )
        time.sleep(0.1)
    wait_until(lambda: receiver.counted("disconnected") == 1)
    assert receiver.post().status_code == 202


BROKEN = {
    "empty": b"",
    "invalid JSON": b'{"action": ',
    "invalid UTF-8": b'{"title": "\xff\xfe"}',
    "NUL escaped": json.dumps(an_issue(title="a\0b")).encode(),
    "NUL raw": b'{"title": "a\0b"}',
    "lone surrogate": b'{"action":"edited","issue":{"number":1,"title":"\\ud800"}}',
    "no object": b"[1, 2, 3]",
    "a number": b"1e999",
    "nested deeply": b"[" * 5_000 + b"]" * 5_000,
    "nested deeply in an issue": b'{"issue":' * 5_000 + b"1" + b"}" * 5_000,
    "missing fields": b"{}",
    "unknown action": json.dumps(an_issue(action="never\0heard\ud800")).encode(),
    "action of wrong type": json.dumps(an_issue(action=[1])).encode(),
    "ids of wrong type": b'{"issue": {"id": "x", "number": {"a": 1}}, "repository": []}',
    "a huge number": b'{"issue": {"number": 99999999999999999999999999}}',
    "a negative number": b'{"issue": {"number": -1}}',
    "a number that is text": b'{"issue": {"number": "1\\u0000"}}',
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_proven_body_is_kept_whatever_is_in_it(store, name):
    body = BROKEN[name]
    with running(store) as receiver:
        assert receiver.post(body).status_code == 202
        assert receiver.post(an_issue()).status_code == 202
    assert kept(store)[0].body == body


@pytest.mark.parametrize(
    "headers",
    [
        {"X_GitHub_Delivery": "x" * 5000},
        {"X_GitHub_Delivery": ""},
        {"X_GitHub_Delivery": "a\tb"},
        {"X_GitHub_Event": "e" * 5000},
        {"X_GitHub_Event": ""},
        {"User_Agent": "u" * 5000},
    ],
)
def test_odd_headers_are_kept_in_a_form_the_store_can_hold(store, headers):
    body = json.dumps(an_issue()).encode()
    with running(store) as receiver:
        assert receiver.post(body, headers=signed(body, **headers)).status_code == 202
    assert len(kept(store)) == 1


def test_while_the_store_is_too_slow_the_answer_is_503_and_then_202_again(sqlite_store):
    with running(sqlite_store, deadline_seconds=0.3) as receiver:
        with sqlite_store.write():  # nobody else can commit
            answer = receiver.post(headers=None)
            assert answer.status_code == 503
            assert answer.headers["retry-after"].isdecimal()
        assert receiver.counted("late") == 1
        wait_until(lambda: receiver.post().status_code == 202)


def test_a_full_queue_is_503_and_what_was_taken_is_kept(sqlite_store):
    with running(sqlite_store, queue_rows=3, deadline_seconds=10) as receiver:
        release = threading.Event()

        def hold():
            with sqlite_store.write():
                release.wait(10)

        holder = threading.Thread(target=hold)
        holder.start()
        time.sleep(0.1)
        with ThreadPoolExecutor(8) as pool:
            sent = [pool.submit(receiver.post, an_issue(n)) for n in range(1, 9)]
            wait_until(lambda: receiver.counted("full") == 5)
            release.set()
        holder.join()
        statuses = sorted(each.result().status_code for each in sent)
    assert statuses == [202] * 3 + [503] * 5
    assert len(kept(sqlite_store)) == 3


def test_too_many_bytes_are_503(sqlite_store):
    with running(sqlite_store, queue_mb=0.01, deadline_seconds=10) as receiver:
        body = b'"' + os.urandom(6_000).hex().encode() + b'"'
        release = threading.Event()

        def hold():
            with sqlite_store.write():
                release.wait(10)

        holder = threading.Thread(target=hold)
        holder.start()
        time.sleep(0.1)
        with ThreadPoolExecutor(2) as pool:
            sent = [pool.submit(receiver.post, body) for _ in range(2)]
            wait_until(lambda: receiver.counted("full") == 1)
            release.set()
        holder.join()
    assert sorted(each.result().status_code for each in sent) == [202, 503]


def test_a_locked_database_is_503_never_500(sqlite_database):
    store = sqlite_database.open()
    other = sqlite3.connect(sqlite_database.folder / store.engine.url.database)
    with running(store, deadline_seconds=0.5) as receiver:
        other.execute("BEGIN IMMEDIATE")
        assert receiver.post().status_code == 503
        other.rollback()
        other.close()
        wait_until(lambda: receiver.post().status_code == 202)
    store.close()


def test_a_dead_delivery_that_is_sent_again_is_202_at_once(store):
    with running(store) as receiver:
        body = json.dumps(an_issue()).encode()
        headers = signed(body)
        assert receiver.post(body, headers=headers).status_code == 202
        with store.write() as connection:
            connection.exec_driver_sql("UPDATE deliveries SET outcome = 'dead'")
        assert receiver.post(body, headers=headers).status_code == 202
        assert receiver.post(body, headers=headers).status_code == 200
    (row,) = kept(store)
    assert row.outcome is None


def test_refusals_say_why_in_one_line_without_secrets(receiver):
    for answer in (receiver.post(b"{}", headers=signed(b"x")), receiver.post(path="/webhooks/a")):
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.text.count("\n") == 1
        assert hashlib.sha256(b"").hexdigest() not in answer.text


def test_the_connection_is_good_for_the_next_delivery_after_a_refusal(receiver):
    for _ in range(3):
        assert receiver.post(b"{}", headers=signed(b"x")).status_code == 401
        assert receiver.post().status_code == 202


def first_line(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        link.sendall(request)
        return link.recv(4096).partition(b"\r\n")[0]
