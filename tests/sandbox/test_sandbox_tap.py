"""A tap on a stand-in: every byte that reaches it, and nothing of what it answers."""

import httpx
import pytest

from sandbox.gitlab import app
from tests.sandbox.gitlab_running import client_of


def test_it_hears_address_headers_and_body_while_it_listens() -> None:
    with app.start() as running, client_of(running) as client:
        client.post("/issues", json={"title": "before"})
        assert running.tap.heard == []
        running.tap.listening = True
        client.post("/issues?x=in%20address", json={"title": "in body"}, headers={"X-Y": "in head"})
        client.get("/issues")
        running.tap.listening = False
        client.post("/issues", json={"title": "after"})
        first, second = running.tap.heard
    assert first.startswith(b"POST /api/v4/projects/")
    assert all(word in first for word in (b"in%20address", b"x-y: in head", b'"in body"'))
    assert second.startswith(b"GET /api/v4/projects/")
    assert b"in body" not in second


def test_a_connection_that_is_cut_is_cut_all_the_same() -> None:
    with app.start() as running, client_of(running) as client:
        running.tap.listening = True
        running.faults.set(cut=1)
        with pytest.raises(httpx.TransportError):
            client.post("/issues", json={"title": "lost"})
        assert b'"lost"' in running.tap.heard[0]
