"""A GitHub in memory: enough of its lists, filters and Link headers to count requests on."""

from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from schemas.ports import AppKey
from tests.trackers.github.github_payloads import API, NAME, URL, a_repository
from tests.trackers.stand_ins import Budget, Memory, Script, Secrets, a_source
from trackers.github import GitHub
from trackers.github.client import GitHubClient

DATE = {"date": "Fri, 20 Nov 2026 12:00:00 GMT"}
ROOT = f"/repos/{NAME}"
Json = dict[str, Any]


def reply(body: object, status: int = 200, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=DATE | named, content=orjson.dumps(body))


@dataclass
class Network:
    """Lists by path; anything in `fixed` (by `METHOD path`) comes first."""

    issues: list[Json] = field(default_factory=list)
    comments: list[Json] = field(default_factory=list)
    fixed: dict[str, httpx.Response] = field(default_factory=dict)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        fixed = self.fixed.get(f"{request.method} {request.url.path}")
        if fixed is not None:
            return fixed
        lists = {f"{ROOT}/issues": self.issues, f"{ROOT}/issues/comments": self.comments}
        if request.url.path == ROOT:
            return reply(a_repository())
        if request.url.path in lists:
            return page(request, lists[request.url.path])
        return reply({"message": "Not Found"}, 404)


def page(request: httpx.Request, items: list[Json]) -> httpx.Response:
    """One page as GitHub cuts it: `since` includes its own second."""
    asked = request.url.params
    kept = [one for one in items if one["updated_at"] >= asked.get("since", "")]
    if asked.get("state", "all") != "all":
        kept = [one for one in kept if one["state"] == asked["state"]]
    order = "updated_at" if asked.get("sort") == "updated" else "created_at"
    kept.sort(key=lambda one: (one[order], one["id"]))
    size, number = int(asked.get("per_page", 30)), int(asked.get("page", 1))
    last = max(-(-len(kept) // size), 1)
    links = []
    if number < last:
        links = [
            f'<{request.url.copy_set_param("page", number + 1)}>; rel="next"',
            f'<{request.url.copy_set_param("page", last)}>; rel="last"',
        ]
    headers = {"link": ", ".join(links)} if links else {}
    return reply(kept[(number - 1) * size : number * size], **headers)


@dataclass
class Connected:
    """A client over a network, with all that it was given."""

    client: GitHubClient
    script: Script
    budget: Budget
    memory: Memory

    @property
    def lines(self) -> list[str]:
        return [line.replace(ROOT, "…") for line in self.script.lines]


def connected(
    network: Any,
    *,
    filter: Json | None = None,
    token: str | None = "ghp_invented0123456789",
    key: AppKey | None = None,
    dialect: GitHub | None = None,
) -> Connected:
    script, budget, memory = Script(network), Budget(), Memory()
    client = (dialect or GitHub()).connect(
        a_source("github", URL, filter=filter or {}),
        credentials=Secrets(token, key),
        limiter=budget,
        validators=memory,
        transport=script.transport,
    )
    return Connected(client, script, budget, memory)


def api(path: str) -> str:
    """A full address below the repository."""
    return f"{API}{ROOT}{path}"
