"""A client for a stand-in GitLab, as tests of the stand-in itself use it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from sandbox.gitlab import app


@contextmanager
def talking(**plan: Any) -> Iterator[tuple[app.Running, httpx.Client]]:
    """A stand-in with this plan, and a client signed in at it."""
    with app.start(**plan) as running, client_of(running) as client:
        yield running, client


def client_of(running: app.Running, token: str | None = app.TOKEN) -> httpx.Client:
    headers = {"private-token": token} if token else {}
    base = f"{running.url}/projects/{running.site.home.id}"
    return httpx.Client(base_url=base, headers=headers, trust_env=False)
