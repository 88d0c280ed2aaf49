"""A running stand-in Jira and clients for it; a test module takes the fixtures it needs."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from sandbox.jira import app
from sandbox.jira.app import Running
from tests.contracts.checked import checked

ISSUE = "/rest/api/3/issue"
SEARCH = "/rest/api/3/search/jql"


def doc(*texts: str) -> dict:
    """Plain paragraphs as a document."""
    parts = [{"type": "paragraph", "content": [{"type": "text", "text": t}]} for t in texts]
    return {"type": "doc", "version": 1, "content": parts}


def wish(summary: str = "One", kind: str = "Task", **fields: object) -> dict:
    """A body that creates an issue."""
    base = {"project": {"key": "PROJ"}, "issuetype": {"name": kind}, "summary": summary}
    return {"fields": base | fields}


def open_client(running: Running, token: str = app.TOKEN, **more: object) -> httpx.Client:
    given = {"auth": (app.EMAIL, token), "trust_env": False, "base_url": running.url} | more
    return httpx.Client(**given)


def bearer(running: Running, token: str, base: str = "") -> httpx.Client:
    headers = {"authorization": f"Bearer {token}"}
    return open_client(running, auth=None, headers=headers, base_url=base or running.url)


@pytest.fixture
def jira() -> Iterator[Running]:
    with app.start() as running:
        yield running


@pytest.fixture
def jira_seeded() -> Iterator[Running]:
    with app.start(tickets=45, comments=60) as running:
        yield running


@pytest.fixture
def jira_api(jira: Running) -> Iterator[httpx.Client]:
    with open_client(jira) as client:
        yield client


@pytest.fixture
def jira_line(jira: Running) -> Iterator[httpx.Client]:
    """A client whose every answer is held against the official description."""
    line = checked("jira")
    with open_client(jira, transport=line.transport) as client:
        yield client
    line.assert_clean()


@pytest.fixture
def jira_app(jira: Running) -> Iterator[httpx.Client]:
    """The OAuth app's client, at the gateway."""
    token = jira.accounts.issue(jira.grant())
    with bearer(jira, token, jira.gateway_url) as client:
        yield client


@pytest.fixture
def data_center() -> Iterator[Running]:
    with app.start(deployment="server", tickets=12, comments=5) as running:
        yield running


@pytest.fixture
def create(jira_api: httpx.Client) -> Callable[..., str]:
    """Creates an issue and gives its key."""

    def make(summary: str = "One", kind: str = "Task", **fields: object) -> str:
        answer = jira_api.post(ISSUE, json=wish(summary, kind, **fields))
        assert answer.status_code == 201, answer.text
        return answer.json()["key"]

    return make


def found(client: httpx.Client, jql: str, **more: object) -> list[str]:
    """The keys of all pages, in order."""
    keys: list[str] = []
    body = {"jql": jql, "fields": ["key"], **more}
    while True:
        answer = client.post(SEARCH, json=body)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        keys += [one["key"] for one in page["issues"]]
        if "nextPageToken" not in page:
            return keys
        body["nextPageToken"] = page["nextPageToken"]
