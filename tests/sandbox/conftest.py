"""A running stand-in GitHub, a client for it, and a receiver for its webhooks."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import orjson
import pytest

from sandbox import serve
from sandbox.github import app
from sandbox.github.app import Running
from sandbox.wire import Reply, read_call, write_reply


@dataclass
class Received:
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> str:
        return self.headers["x-github-event"]

    @property
    def payload(self) -> dict:
        return orjson.loads(self.body)

    @property
    def kind(self) -> str:
        return f"{self.event}.{self.payload.get('action')}"


@dataclass
class Receiver:
    """Keeps what it is sent; `status` is what it answers."""

    url: str = ""
    status: int = 202
    got: list[Received] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    async def __call__(self, scope, receive, send) -> None:
        call = await read_call(scope, receive)
        with self.lock:
            self.got.append(Received(dict(call.headers), call.body))
        await write_reply(Reply(self.status), send)

    def kinds(self) -> list[str]:
        return [one.kind for one in self.got]


@pytest.fixture(scope="session")
def listening() -> Iterator[Receiver]:
    here = Receiver()
    served = serve.Served(here, serve.bind())
    here.url = f"{served.url}/hook"
    yield here
    served.stop()


@pytest.fixture
def receiver(listening: Receiver) -> Receiver:
    listening.status = 202
    listening.got.clear()
    return listening


@pytest.fixture
def github() -> Iterator[Running]:
    with app.start() as running:
        yield running


@pytest.fixture
def seeded() -> Iterator[Running]:
    with app.start(tickets=45, comments=60, pulls=5) as running:
        yield running


def client_of(running: Running, token: str | None = app.TOKEN) -> httpx.Client:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return httpx.Client(base_url=running.url, headers=headers, trust_env=False)


@pytest.fixture
def api(github: Running) -> Iterator[httpx.Client]:
    with client_of(github) as client:
        yield client


@pytest.fixture
def seeded_api(seeded: Running) -> Iterator[httpx.Client]:
    with client_of(seeded) as client:
        yield client


@pytest.fixture
def client_for():
    """Clients with other tokens; closed at the end."""
    opened: list[httpx.Client] = []

    def make(running: Running, token: str | None = app.TOKEN) -> httpx.Client:
        opened.append(client_of(running, token))
        return opened[-1]

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def hooked(github: Running, receiver: Receiver) -> Receiver:
    """The receiver, registered for everything, with the ping already heard."""
    github.acts.add_hook(receiver.url, secret="s3cret")
    assert github.outbox.idle(5)
    receiver.got.clear()
    return receiver
