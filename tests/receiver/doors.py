"""A receiver on a real socket, as uvicorn runs it, and a sender that signs as GitHub does."""

import hashlib
import hmac
import json
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import uvicorn

from receiver import app
from runtime import broker as queue
from runtime.credentials import Secrets
from runtime.telemetry import Telemetry
from schemas.settings import Settings, SourceSettings, WebSettings
from store import journal

SECRET = "a secret of this test"
OLD_SECRET = "the one before"
ENVIRON = {"SECRET": SECRET, "OLD": OLD_SECRET}


def a_source(name="my-repo", **more) -> SourceSettings:
    fields = {
        "name": name,
        "tracker": "github",
        "url": f"https://github.com/owner/{uuid.uuid4().hex}",
        "webhook_secret_env": ("SECRET", "OLD"),
    }
    return SourceSettings(**(fields | more))


def an_issue(number=1, title="A title", **more) -> dict:
    return {
        "action": "edited",
        "issue": {"id": 10 + number, "number": number, "title": title, "state": "open"},
        "repository": {"id": 42, "full_name": "owner/repo"},
        **more,
    }


def signed(body: bytes, secret=SECRET, **headers) -> dict[str, str]:
    proof = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-GitHub-Event": "issues",
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-Hub-Signature-256": f"sha256={proof}",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }


@dataclass
class Running:
    """A receiver that runs: its address, its parts, and how to send to it."""

    url: str
    port: int
    server: uvicorn.Server
    telemetry: Telemetry
    broker: queue.Broker
    http: httpx.Client

    def post(self, content=None, path="/webhooks/my-repo", **more) -> httpx.Response:
        body = content if isinstance(content, bytes) else json.dumps(content or an_issue()).encode()
        headers = more.pop("headers", None) or signed(body)
        return self.http.post(path, content=body, headers=headers, **more)

    def counted(self, answer: str, event: str = "", source: str = "my-repo") -> float:
        name = "ticketsync_deliveries_received_total"
        labels = {"source": source, "event": event, "answer": answer}
        return self.telemetry.metrics.registry.get_sample_value(name, labels) or 0


@contextmanager
def running(store, *sources: SourceSettings, environ=ENVIRON, **web) -> Iterator[Running]:
    """A receiver of these sources on a free port."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    told, broker = Telemetry(), queue.connect()
    made = app.start(
        settings=Settings(web=WebSettings(**web), sources=sources or (a_source(),)),
        secrets=Secrets(environ),
        store=store,
        broker=broker,
        telemetry=told,
    )
    options = uvicorn.Config(made, log_config=None, access_log=False, timeout_graceful_shutdown=5)
    server = uvicorn.Server(options)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    url = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=url, timeout=20) as http:
        yield Running(url, port, server, told, broker, http)
    server.should_exit = True
    thread.join(15)
    listener.close()
    broker.close()
    assert not thread.is_alive(), "the receiver does not end"


def kept(store) -> list:
    """What is in the journal, oldest first, with bodies."""
    with store.read() as connection:
        return journal.find(connection, with_body=True, limit=1000)[::-1]


def wait_until(true, seconds=10.0):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)
