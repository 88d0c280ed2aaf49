"""A receiver of notices as anybody might write one: a real socket, and signatures checked.

The check is written from the page of Standard Webhooks, not from our code.
"""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "whsec_" + base64.b64encode(b"a signing secret of notices").decode()
OTHER_SECRET = "whsec_" + base64.b64encode(b"the secret that comes after").decode()


@dataclass(frozen=True)
class Got:
    """One request that came."""

    headers: Mapping[str, str]
    raw: bytes

    @property
    def key(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def type(self) -> str:
        return str(self.json["type"])

    @property
    def content(self) -> Any:
        return self.json["data"]

    def is_signed(self, secret: str = SECRET) -> bool:
        """Whether a signature of version 1 fits, and the attempt is of these minutes."""
        stamp = self.headers["webhook-timestamp"]
        content = f"{self.key}.{stamp}.".encode() + self.raw
        key = base64.b64decode(secret.split("_", 1)[1])
        wanted = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        return f"v1,{wanted}" in self.headers["webhook-signature"].split(" ")


def _set() -> threading.Event:
    made = threading.Event()
    made.set()
    return made


@dataclass
class Listener:
    """What came, in order; `status` and `headers` are what is answered, once `answers` is set."""

    port: int
    got: list[Got] = field(default_factory=list)
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    answers: threading.Event = field(default_factory=_set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/notices"

    def types(self) -> list[str]:
        return [one.type for one in self.got]

    def wait(self, enough: Callable[[list[Got]], bool], seconds: float = 20) -> list[Got]:
        """What came, as soon as it is enough."""
        until = time.monotonic() + seconds
        while not enough(self.got):
            assert time.monotonic() < until, f"only {self.types()} came"
            time.sleep(0.02)
        return self.got


@contextmanager
def listening(port: int = 0) -> Iterator[Listener]:
    """A running receiver; with a port it is one that was down and is up again."""

    class Take(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            named = {name.lower(): value for name, value in self.headers.items()}
            listener.got.append(Got(named, raw))
            if not listener.answers.wait(30):
                return
            self.send_response(listener.status)
            for name, value in {"content-length": "0", **listener.headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on the screen."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Take)
    server.daemon_threads = True
    listener = Listener(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
