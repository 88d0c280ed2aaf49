"""A stand-in at work, and one in the foreground: the same for every tracker."""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

from starlette.types import Receive, Scope, Send

from sandbox import serve
from sandbox.crowd import Crowd
from sandbox.faults import Switchboard
from sandbox.outbox import Outbox
from sandbox.requests import RequestLog
from sandbox.tap import Tap
from sandbox.wire import Json


class Site(Protocol):
    """What happens inside a stand-in."""

    @property
    def faults(self) -> Switchboard: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def log(self) -> RequestLog: ...
    @property
    def people(self) -> Crowd: ...
    def neutral(self) -> Json: ...


P = TypeVar("P")
S = TypeVar("S", bound=Site)
S_co = TypeVar("S_co", bound=Site, covariant=True)


class Gate(Protocol[S_co]):
    """The ASGI application in front of a site; `close` ends what it does by itself."""

    @property
    def site(self) -> S_co: ...
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...
    def close(self) -> None: ...


class Running(Generic[P, S]):
    """A stand-in served from a thread of this process; a context manager that stops it."""

    def __init__(self, plan: P, build: Callable[[P, str], Gate[S]], sock: socket.socket) -> None:
        self.plan = plan
        self._gate = build(plan, serve.url_of(sock))
        self.site = self._gate.site
        self.tap = Tap(self._gate)
        self._served = serve.Served(self.tap, sock)

    @property
    def root(self) -> str:
        """Where it listens."""
        return self._served.url

    @property
    def url(self) -> str:
        """What a client takes as its API address."""
        return self.root

    @property
    def faults(self) -> Switchboard:
        return self.site.faults

    @property
    def outbox(self) -> Outbox:
        return self.site.outbox

    @property
    def people(self) -> Crowd:
        return self.site.people

    @property
    def requests(self) -> RequestLog:
        return self.site.log

    def neutral(self) -> Json:
        """The same as `GET /_sandbox/state`."""
        return self.site.neutral()

    def stop(self) -> None:
        self.people.stop()
        self._gate.close()
        self._served.stop()
        self.outbox.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def foreground(
    plan: P, build: Callable[[P, str], Gate[S]], line: Callable[[P, str], Json], port: int = 0
) -> None:
    """Serve until a signal, after printing the announcement as one JSON line."""
    sock = serve.bind(port)
    base = serve.url_of(sock)
    gate = build(plan, base)
    try:
        serve.foreground(gate, sock, line(plan, base))
    finally:
        gate.site.people.stop()
        gate.close()
        gate.site.outbox.stop()
