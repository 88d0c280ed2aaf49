"""Plain questions to a stand-in Linear, without any client of ours."""

import threading
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from sandbox.linear import app
from sandbox.linear.app import Running
from sandbox.wire import Reply, read_call, write_reply

ISSUE = "id identifier title updatedAt"


def asked(
    world: Running, query: str, variables: Any = None, token: str = app.TOKEN
) -> httpx.Response:
    headers = {"authorization": token} if token else {}
    body = {"query": query, "variables": variables or {}}
    return httpx.post(f"{world.url}/graphql", json=body, headers=headers, trust_env=False)


def found(world: Running, query: str, variables: Any = None, token: str = app.TOKEN) -> Any:
    """The data of an answer that has no errors."""
    answer = asked(world, query, variables, token)
    told = answer.json()
    assert "errors" not in told, told
    assert answer.status_code == 200
    return told["data"]


def refusal(world: Running, query: str, variables: Any = None, token: str = app.TOKEN) -> Any:
    """(status, type, message) of an answer that has."""
    answer = asked(world, query, variables, token)
    [error, *_] = answer.json()["errors"]
    return answer.status_code, error["extensions"]["type"], error["message"]


def created(world: Running, **given: Any) -> Any:
    """The issue a mutation made."""
    query = (
        f"mutation($i: IssueCreateInput!) {{ issueCreate(input: $i) {{ issue {{ {ISSUE} }} }} }}"
    )
    team = world.state.teams[0].id
    return found(world, query, {"i": {"teamId": team, "title": "New", **given}})["issueCreate"][
        "issue"
    ]


def updated(world: Running, key: str, **given: Any) -> Any:
    """The issue as an update left it."""
    query = (
        "mutation($id: String!, $i: IssueUpdateInput!) { issueUpdate(id: $id, input: $i) { issue {"
        f" {ISSUE} state {{ name }} labels {{ nodes {{ name }} }} }} }} }}"
    )
    return found(world, query, {"id": key, "i": given})["issueUpdate"]["issue"]


@dataclass
class Listener:
    """A receiver for webhooks; `statuses` are answered in turn, the last one for good."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [200])
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        call = await read_call(scope, receive)
        with self.lock:
            self.got.append((dict(call.headers), call.body))
            status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        await write_reply(Reply(status), send)

    @property
    def payloads(self) -> list[Any]:
        return [orjson.loads(body) for _, body in self.got]
