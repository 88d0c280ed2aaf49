"""Hears what reaches a stand-in: every byte of every request, for a test that looks for secrets."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_OURS = b"/_sandbox/"


class Tap:
    """An ASGI application around another one; it keeps nothing until `listening` is set.

    What was `heard` is one entry a request: method, address with query, headers, and the body.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.listening = False
        self._requests: list[list[bytes]] = []

    @property
    def heard(self) -> list[bytes]:
        """The requests so far, also one whose body is still on its way."""
        return [b"\n".join(parts) for parts in self._requests]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.listening or scope["type"] != "http" or scope["raw_path"].startswith(_OURS):
            await self._app(scope, receive, send)
            return
        ear = _Ear(scope, receive)
        self._requests.append(ear.parts)
        await self._app(scope, ear.receive, send)


class _Ear:
    """Passes on what a server receives, and remembers it."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        # Who hangs up on a client does it by the server's own transport.
        self.transport = getattr(getattr(receive, "__self__", None), "transport", None)
        line = scope["method"].encode() + b" " + scope["raw_path"] + b"?" + scope["query_string"]
        headers = (name + b": " + text for name, text in scope["headers"])
        self.parts: list[bytes] = [line, *headers, b""]

    async def receive(self) -> Message:
        message = await self._receive()
        self.parts.append(message.get("body", b""))
        return message
