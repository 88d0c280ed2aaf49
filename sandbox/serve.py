"""Run a sandbox on a port of this machine, in a thread for tests or in the foreground for people.

The socket is bound before the server starts: port 0 then has its real number early enough to be
written into every URL the sandbox gives out, and a busy port is one plain error.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress

import orjson
import uvicorn
from starlette.types import ASGIApp

HOST = "127.0.0.1"


def bind(port: int = 0, host: str = HOST) -> socket.socket:
    """A listening socket; a caller reads the chosen port from `getsockname()`."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(512)
    except OSError:
        sock.close()
        raise
    return sock


def url_of(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"http://{host}:{port}"


def _server(app: ASGIApp) -> uvicorn.Server:
    # The Date header is the sandbox's own: its clock may be a test's clock.
    config = uvicorn.Config(
        app,
        log_level="error",
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


class Served:
    """An app being served by a daemon thread until `stop`."""

    def __init__(self, app: ASGIApp, sock: socket.socket) -> None:
        self.url = url_of(sock)
        self._sock = sock
        self._server = _server(app)
        self._thread = threading.Thread(target=self._run, name=f"sandbox {self.url}", daemon=True)
        self._thread.start()
        self._await_start()

    def _run(self) -> None:
        self._server.run(sockets=[self._sock])

    def _await_start(self, patience: float = 10.0) -> None:
        deadline = time.monotonic() + patience
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError(f"the sandbox did not start on {self.url}")
            time.sleep(0.005)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(5)
        self._sock.close()


def foreground(app: ASGIApp, sock: socket.socket, line: Mapping[str, object]) -> None:
    """Serve until a signal; first say where, as one JSON line that a script can read."""
    sys.stdout.write(orjson.dumps(line).decode() + "\n")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):
        _server(app).run(sockets=[sock])
