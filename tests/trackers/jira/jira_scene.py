"""A Jira client, over a scripted network or over the stand-in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from sandbox.jira import app
from schemas.change import Change, Ref, TicketChange
from schemas.ports import Grant
from schemas.record import Cursor, Record
from schemas.source import Source
from schemas.ticket import Ticket
from tests.trackers.jira.jira_payloads import PROJECT, URL
from tests.trackers.stand_ins import Budget, Memory, Script, Secrets, a_source
from trackers.jira import JIRA, Jira
from trackers.jira.client import JiraClient

DATE = {"date": "Fri, 20 Nov 2026 12:00:00 GMT"}
V3 = "/rest/api/3"
Json = dict[str, Any]


def reply(body: object, status: int = 200, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=DATE | named, content=orjson.dumps(body))


@dataclass
class Routes:
    """Answers by `METHOD path` below the API; a function gets the request's JSON."""

    fixed: dict[str, Any]
    root: str = V3

    def __call__(self, request: httpx.Request) -> httpx.Response:
        name = f"{request.method} {request.url.path.removeprefix(self.root)}"
        found = self.fixed.get(name)
        if callable(found):
            body = orjson.loads(request.content) if request.content else None
            found = found(body) if body is not None else found(dict(request.url.params))
        if found is None:
            return reply({"errorMessages": [f"null for uri: {name}"], "errors": {}}, 404)
        return found if isinstance(found, httpx.Response) else reply(found)


BASICS: Json = {
    "GET /field": [],
    "GET /project/HARB": PROJECT,
    "GET /project/10500": PROJECT,
    "GET /myself": {"accountId": "712020:me", "displayName": "Sandbox", "emailAddress": "me@x.io"},
}


@dataclass
class Connected:
    """A client with all that it was given."""

    client: JiraClient
    source: Source
    script: Script
    budget: Budget

    @property
    def lines(self) -> list[str]:
        return [line.replace(V3, "…") for line in self.script.lines]

    @property
    def bodies(self) -> list[Json]:
        return [orjson.loads(one.content) for one in self.script.asked if one.content]


def connected(
    answers: Json | Callable[[httpx.Request], httpx.Response],
    *,
    url: str = URL,
    login: str | None = "sandbox@example.com",
    token: str | None = "invented0123456789",
    granted: Grant | None = None,
    root: str = V3,
    **over: Any,
) -> Connected:
    """A client whose network answers from a table, beside what every site answers."""
    network = answers if callable(answers) else Routes(BASICS | answers, root)
    script, budget = Script(network), Budget()
    source = a_source("jira", url, **over)
    client = Jira().connect(
        source,
        credentials=Secrets(token, login=login, granted=granted),
        limiter=budget,
        validators=Memory(),
        transport=script.transport,
    )
    return Connected(client, source, script, budget)


@dataclass
class Scene:
    """The stand-in with one client; `asked` are the requests since they were last taken."""

    there: app.Running
    client: JiraClient
    source: Source
    asked: list[str] = field(default_factory=list)

    def take(self) -> list[str]:
        found, self.asked[:] = list(self.asked), []
        return found

    def wanted(self, **fields: Any) -> Ticket:
        return Ticket.model_validate({"source": "shop", "external_id": "", "key": ""} | fields)

    def carry_out(self, change: Change) -> list[Ref]:
        done: list[Ref] = []
        for step in JIRA.to_writes(change, self.source):
            if step.ticket is None and done:
                step = step.model_copy(update={"ticket": done[0].ticket})
            done.append(self.client.write(step))
        return done

    def create(self, **fields: Any) -> str:
        change = TicketChange(wanted=self.wanted(**fields), fields=frozenset(fields))
        return self.carry_out(change)[0].ticket

    def update(self, ticket: str, **fields: Any) -> list[Ref]:
        change = TicketChange(
            ticket=ticket,
            wanted=self.wanted(**fields),
            fields=frozenset(fields),
            record=self.record(ticket).body,
        )
        return self.carry_out(change)

    def record(self, ticket: str) -> Record:
        found = self.client.fetch(ticket)
        assert isinstance(found, Record), found
        return found

    def ticket(self, ticket: str) -> Ticket:
        return JIRA.to_ticket(self.record(ticket).body, self.source)

    def walk_all(self) -> list[Record]:
        return self.walk(Cursor())

    def walk(self, cursor: Cursor) -> list[Record]:
        return [one for page in self.client.changed_since(cursor) for one in page.records]


@contextmanager
def a_scene(filter: Json | None = None, over: Json | None = None, **plan: Any) -> Iterator[Scene]:
    """The stand-in; `over` are keys of the source, `plan` fields of the stand-in's plan."""
    with app.start(**plan) as running:
        told = app.announce(running)
        deployment = "cloud" if running.plan.deployment == "cloud" else "server"
        keys = {"deployment": deployment, "filter": {"state": "all"} if filter is None else filter}
        source = a_source("jira", told["url"], api_url=told["api_url"], **keys, **(over or {}))
        client = Jira().connect(
            source,
            credentials=Secrets(told["token"], login=running.plan.email),
            limiter=Budget(),
            validators=Memory(),
        )
        scene = Scene(running, client, source)
        client.on_request = lambda method, path, *_: scene.asked.append(f"{method} {path}")
        try:
            yield scene
        finally:
            client.close()
