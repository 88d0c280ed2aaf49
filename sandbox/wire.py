"""The thin layer between ASGI and plain functions, shared by every stand-in tracker.

A route is a function from a question to a reply; nothing in it is asynchronous, so a tracker's
rules read as rules.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl

import orjson
from starlette.datastructures import Headers
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

Json = dict[str, Any]
F = TypeVar("F")


@dataclass(slots=True)
class Call:
    """One HTTP request, read whole."""

    method: str
    path: str
    query: dict[str, str]
    headers: Headers
    body: bytes
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Reply:
    """One HTTP answer, ready to be written."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def reply_json(value: object, status: int = 200, **headers: str) -> Reply:
    """A JSON answer; header names are given with underscores."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    named.setdefault("content-type", "application/json; charset=utf-8")
    return Reply(status, orjson.dumps(value), named)


class Routes(Generic[F]):
    """Finds the function for a method and a path; the first row that fits wins."""

    def __init__(self, rows: Iterable[tuple[str, str, F]]) -> None:
        self._rows: dict[str, list[tuple[re.Pattern[str], Any, F]]] = {}
        for method, path, function in rows:
            pattern, _, convertors = compile_path(path)
            self._rows.setdefault(method, []).append((pattern, convertors, function))

    def find(self, method: str, path: str) -> tuple[F, dict[str, Any]] | None:
        for pattern, convertors, function in self._rows.get(method, ()):
            if found := pattern.match(path):
                taken = found.groupdict()
                return function, {k: convertors[k].convert(v) for k, v in taken.items()}
        return None


async def read_call(scope: Scope, receive: Receive) -> Call:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            break
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    return Call(scope["method"], scope["path"], query, Headers(scope=scope), b"".join(parts))


async def write_reply(reply: Reply, send: Send) -> None:
    headers = {"content-length": str(len(reply.body)), **reply.headers}
    if reply.status in (204, 304):
        headers.pop("content-length")
    raw: list[tuple[bytes, bytes]] = [
        (name.encode("latin-1"), text.encode("latin-1")) for name, text in headers.items()
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    await send({"type": "http.response.body", "body": reply.body})


async def hang_up(receive: Receive) -> None:
    """Close the connection without a word, as a proxy that dies does.

    ASGI has no verb for it, so this reaches for uvicorn's transport, which the bound `receive`
    carries. Elsewhere the server turns the missing answer into a 500, which is close enough.
    """
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
        await asyncio.sleep(0.01)


Endpoint = Callable[[Call], Reply]
