"""/api: who may, what is asked, the answer. Whatever goes wrong is answered as a problem."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from http import HTTPStatus
from importlib import metadata
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import orjson
import structlog
from anyio import to_thread
from pydantic import BaseModel

from receiver.answers import END, RETRY_AFTER_SECONDS, Receive, Refusal, Scope, Send, linger
from receiver.api import (
    conflicts,
    dead_letters,
    deliveries,
    issue_mirrors,
    mirrors,
    sessions,
    sources,
    twins,
)
from receiver.api.auth import Doorkeeper
from receiver.api.desk import Desk
from receiver.api.document import document_of
from receiver.api.operations import Call, Content, Created, Operation, Routes, read_body, read_query
from receiver.api.problems import MEDIA_TYPE, Problem
from receiver.complaints import Complaints
from receiver.reading import Disconnected, Reading
from runtime.telemetry import Telemetry
from schemas.api import Page
from schemas.errors import StoreAway

PREFIX = "/api"
JSON = "application/json"
LARGEST_BODY = 256 * 1024
SHARED_BODIES = 8 * 1024 * 1024
ALWAYS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    status: int
    content: bytes = b""
    kind: str = JSON
    headers: Mapping[str, str] | None = None


def openapi(_desk: Desk, _call: Call) -> dict[str, Any]:
    """This document."""
    return document_of(OPERATIONS, _version())


OPERATIONS = (
    *sources.OPERATIONS,
    *mirrors.OPERATIONS,
    *twins.OPERATIONS,
    *conflicts.OPERATIONS,
    *deliveries.OPERATIONS,
    *dead_letters.OPERATIONS,
    *sessions.OPERATIONS,
    *issue_mirrors.OPERATIONS,
    Operation("GET", "/api/v1/openapi.json", None, openapi),
)


class Admin:
    """The ASGI endpoint below /api. `on` False: the settings take it away."""

    def __init__(
        self,
        desk: Desk,
        doorkeeper: Doorkeeper,
        telemetry: Telemetry,
        *,
        on: bool = True,
        operations: Sequence[Operation] = OPERATIONS,
        seconds: float = 30,
    ) -> None:
        self._desk = desk
        self._doorkeeper = doorkeeper
        self._telemetry = telemetry
        self._on = on
        self._operations = tuple(operations)
        self._reading = Reading(max_bytes=LARGEST_BODY, seconds=seconds, shared_bytes=SHARED_BODIES)
        self._complaints = Complaints()

    @cached_property
    def _routes(self) -> Routes:
        return Routes(self._operations)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; no fault of ours tells anything of its inside."""
        try:
            answer = await self._answer(scope, receive)
        except Problem as problem:
            answer = _as_answer(problem)
        except Refusal as refusal:
            answer = _as_answer(Problem(refusal.status, str(refusal)))
        except Disconnected:
            return
        except StoreAway as error:
            log.warning("api_waits", error=str(error))
            answer = _as_answer(Problem(503, "the store does not answer, please ask again"))
        except Exception as error:
            self._telemetry.capture(error)
            log.error("api_fault", exc_info=error)
            answer = _as_answer(Problem(500, "something went wrong here; the log says what"))
        await _send(answer, receive, send, bare=scope["method"] == "HEAD")

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        if not self._on:
            raise Problem(404, "the API is switched off: [web] api")
        path = "/" + scope["path"].removeprefix(scope.get("root_path", "")).strip("/")
        operation, named = self._routes.find(scope["method"], path)
        headers = _headers(scope)
        who = await self._admit(operation, headers)
        query = read_query(operation, _pairs(scope))
        content = b""
        if operation.method != "GET":
            content = await self._body(headers, receive)
        call = Call(who, named, query, read_body(operation, content))
        result = await to_thread.run_sync(partial(operation.run, self._desk, call))
        return _answered(operation, result, scope)

    async def _admit(self, operation: Operation, headers: Mapping[str, Sequence[str]]) -> str:
        if operation.scope is None:
            return ""
        sent = headers.get("authorization", ())
        admit = partial(self._doorkeeper.admit, sent, operation.scope, self._desk.now())
        try:
            return await to_thread.run_sync(admit)
        except Problem as problem:
            count = self._complaints.due((problem.status, bool(sent)))
            if count:
                log.warning("api_refused", status=problem.status, token=bool(sent), count=count)
            raise

    async def _body(self, headers: Mapping[str, Sequence[str]], receive: Receive) -> bytes:
        if any(one.strip().lower() != "identity" for one in headers.get("content-encoding", ())):
            raise Problem(415, "compressed bodies are not accepted")
        length = next(iter(headers.get("content-length", ())), None)
        content = await self._reading.body(receive, length)
        kind = next(iter(headers.get("content-type", ())), "").partition(";")[0].strip().lower()
        if content and kind != JSON:
            raise Problem(415, "bodies are sent as application/json")
        return content


def _headers(scope: Scope) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    return found


def _pairs(scope: Scope) -> list[tuple[str, str]]:
    try:
        raw = scope.get("query_string", b"").decode("ascii")
        return parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=50)
    except ValueError:  # a UnicodeDecodeError is one, too
        raise Problem(400, "the query is not valid") from None


def _answered(operation: Operation, result: Content | Created, scope: Scope) -> Answer:
    headers: dict[str, str] = {}
    if isinstance(result, Created):
        headers["Location"] = quote(scope.get("root_path", "") + result.location)
        result = result.content
    if isinstance(result, Page) and result.next is not None:
        pairs = [(name, value) for name, value in _pairs(scope) if name != "after"]
        path = quote(scope["path"])
        following = urlencode([*pairs, ("after", result.next)])
        headers["Link"] = f'<{path}?{following}>; rel="next"'
    content = b"" if result is None else orjson.dumps(_plain(result))
    return Answer(operation.status, content, headers=headers)


def _plain(result: Any) -> Any:
    """What a JSON writer understands; times are RFC 3339 in UTC."""
    if isinstance(result, BaseModel):
        return result.model_dump(mode="json")
    if isinstance(result, Mapping):
        return dict(result)
    return [one.model_dump(mode="json") for one in result]


def _as_answer(problem: Problem) -> Answer:
    headers = dict(problem.headers)
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if problem.status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE):
        headers["Connection"] = "close"
    content = orjson.dumps(problem.shown().model_dump(mode="json"))
    return Answer(problem.status, content, MEDIA_TYPE, headers)


async def _send(answer: Answer, receive: Receive, send: Send, *, bare: bool) -> None:
    headers = {**ALWAYS, **(answer.headers or {})}
    if answer.status != HTTPStatus.NO_CONTENT:
        headers |= {"Content-Type": answer.kind, "Content-Length": str(len(answer.content))}
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    body = b"" if bare else answer.content
    await send({"type": "http.response.body", "body": body, "more_body": True})
    if answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        await linger(receive)
    await send(END)


def _version() -> str:
    try:
        return metadata.version("ticketsync")
    except metadata.PackageNotFoundError:  # a checkout that nothing was installed from
        return "0"
