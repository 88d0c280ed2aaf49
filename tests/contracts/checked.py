"""The line between our clients and the sandboxes, tapped: both sides are held to the official word.

`checked("gitlab")` gives a line; its `transport` goes into `connect(…, transport=…)` and carries
requests over a real socket. `assert_clean` fails with everything that was not as described.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx
import orjson

from tests.contracts.described import Description, Looseness, Operation, description
from tests.contracts.linear_line import linear_line

PLAIN_HEADERS = frozenset(
    {
        "accept", "accept-encoding", "authorization", "connection", "content-length",
        "content-type", "host", "user-agent", "if-none-match", "if-modified-since",
        "transfer-encoding",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Official:
    """The descriptions of one tracker, and what is documented outside of them.

    `headers` are request headers of the vendor's guides; `query` parameters that every endpoint
    takes; `beside` are path prefixes documented elsewhere (sign-in servers, uploads), not checked.
    """

    files: tuple[tuple[str, Looseness], ...]
    headers: frozenset[str] = frozenset()
    query: frozenset[str] = frozenset()
    beside: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ("",)


_BY_NUMBER = re.compile(r"^/repositories/\d+(?=/|$)")
"""GitHub's own links and redirects name a repository by its number; that leads to the same."""

_GITLAB = Looseness(nullable=True, scalars=True, listed=True)
_AZURE = Looseness(nullable=True, wrapped=True)
OFFICIAL = {
    "github": Official(
        (("github-rest.openapi.json.gz", Looseness()),),
        headers=frozenset({"x-github-api-version"}),
        beside=("/login/oauth/",),
        prefixes=("/api/v3", ""),
    ),
    "gitlab": Official(
        (
            ("gitlab-v4-supplement.openapi.json.gz", _GITLAB),
            ("gitlab-v4.swagger.json.gz", _GITLAB),
        ),
        headers=frozenset({"private-token"}),
        query=frozenset({"page", "per_page", "pagination", "order_by", "sort", "cursor"}),
        beside=("/oauth/", "/uploads/", "/-/"),
    ),
    "jira": Official(
        (("jira-v3.openapi.json.gz", Looseness(nullable=True)),),
        headers=frozenset({"x-atlassian-token"}),
        beside=("/oauth/", "/authorize", "/rest/agile/", "/rest/webhooks/", "/media/", "/browse/"),
    ),
    "azure_devops": Official(
        tuple((f"ado-{one}-7.1.swagger.json.gz", _AZURE) for one in ("wit", "core", "hooks")),
        headers=frozenset({"x-tfs-fedauthredirect"}),
        query=frozenset({"api-version"}),
        beside=("/_apis/profile", "/oauth2/"),
    ),
}


@dataclass
class Line:
    """What went over it, and what was wrong with that."""

    official: Official
    descriptions: list[Description]
    faults: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    @property
    def transport(self) -> httpx.BaseTransport:
        return _Tap(self)

    def assert_clean(self, *, at_least: int = 1) -> None:
        """Nothing was off, and so many different operations were used."""
        assert not self.faults, "\n".join(dict.fromkeys(self.faults))
        assert len(self.used) >= at_least, sorted(self.used)

    def hear(self, request: httpx.Request, answer: httpx.Response) -> None:
        """Holds one exchange to the descriptions."""
        path = request.url.path
        if any(path.startswith(one) for one in self.official.beside):
            return
        found = self._find(request)
        if found is None:
            self.faults.append(f"{request.method} {path}: no such endpoint")
            return
        described, operation = found
        self.used.add(operation.name)
        told = [
            *self._asked(described, operation, request),
            *_answered(described, operation, answer),
        ]
        self.faults += [f"{operation.name} {answer.status_code}: {one}" for one in told]

    def _find(self, request: httpx.Request) -> tuple[Description, Operation] | None:
        path = request.url.raw_path.decode().partition("?")[0]
        path = _BY_NUMBER.sub("/repos/by/number", path)
        for prefix in self.official.prefixes:
            if not path.startswith(prefix):
                continue
            for described in self.descriptions:
                operation = described.find(request.method, path.removeprefix(prefix))
                if operation:
                    return described, operation
        return None

    def _asked(
        self, described: Description, operation: Operation, request: httpx.Request
    ) -> Iterator[str]:
        given = set(parse_qs(request.url.query.decode(), keep_blank_values=True))
        bare = {name.partition("[")[0] for name in given}
        known = {one.lower() for one in operation.query | self.official.query}
        for name in sorted(one for one in bare if one.lower() not in known):
            yield f"parameter {name} is unknown"
        for name in sorted(operation.required_query - given - self.official.query):
            yield f"parameter {name} is missing"
        strange = set(request.headers) - PLAIN_HEADERS - self.official.headers - operation.headers
        yield from (f"header {name} is unknown" for name in sorted(strange))
        yield from _body(described, operation, request)


class _Tap(httpx.BaseTransport):
    def __init__(self, line: Line) -> None:
        self._line = line
        self._under = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        answer = self._under.handle_request(request)
        answer.read()
        self._line.hear(request, answer)
        return answer

    def close(self) -> None:
        self._under.close()


def checked(tracker: str) -> Any:
    """A line for one tracker; skips the test where the descriptions are absent."""
    if tracker == "linear":
        return linear_line()
    official = OFFICIAL[tracker]
    return Line(official, [description(name, loose) for name, loose in official.files])


def _body(described: Description, operation: Operation, request: httpx.Request) -> Iterable[str]:
    kind = request.headers.get("content-type", "").partition(";")[0]
    if not request.content:
        return []
    if not operation.bodies:
        return ["it takes no body"]
    if "json" not in kind or operation.bodies == {"form": ""}:
        return []
    pointer = operation.bodies.get(kind) or operation.bodies.get("*")
    if pointer is None:
        return [f"a body of type {kind} is unknown"]
    return [f"request {one}" for one in described.faults(pointer, orjson.loads(request.content))]


def _answered(
    described: Description, operation: Operation, answer: httpx.Response
) -> Iterator[str]:
    status = str(answer.status_code)
    if answer.status_code in (304, 401, 403, 404, 429) or answer.status_code >= 500:
        return  # told the same way everywhere; few descriptions list them all
    if status not in operation.answers and "default" not in operation.answers:
        near = {one for one in operation.answers if one.startswith("2")}
        if not status.startswith("2") or not near:
            yield "a status nobody described"
            return
        yield f"answers {', '.join(sorted(near))} are described, not this"
        return
    pointer = operation.answers.get(status) or operation.answers.get("default")
    if pointer is None or not answer.content:
        return
    if "json" not in answer.headers.get("content-type", ""):
        yield f"answers {unquote(answer.headers.get('content-type', 'nothing'))}, not JSON"
        return
    yield from (f"answer {one}" for one in described.faults(pointer, orjson.loads(answer.content)))
