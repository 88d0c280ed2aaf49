"""The answers of the door, one table (`docs`: "What the receiver answers")."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

RETRY_AFTER_SECONDS = 5
LINGER_SECONDS = 5.0

END = {"type": "http.response.body", "body": b"", "more_body": False}


class Refusal(Exception):
    """A request that is not taken: the status to answer, one line for the sender, a short label."""

    def __init__(self, status: int, label: str, line: str) -> None:
        super().__init__(line)
        self.status = status
        self.label = label


def start_of(status: int, body: bytes = b"", *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    """The first message of a response; may be sent again and again."""
    length = (b"content-length", str(len(body)).encode())
    kind = (b"content-type", b"text/plain; charset=utf-8")
    return {
        "type": "http.response.start",
        "status": status,
        "headers": [length, kind, *headers] if body else [length, *headers],
    }


async def refuse(refusal: Refusal, receive: Receive, send: Send) -> None:
    """Answers a refusal in one line of text, in a way that the sender gets to read it."""
    body = f"{refusal}\n".encode()
    headers: list[tuple[bytes, bytes]] = []
    if refusal.status == 503:
        headers.append((b"retry-after", str(RETRY_AFTER_SECONDS).encode()))
    if refusal.status == 405:
        headers.append((b"allow", b"POST"))
    if refusal.status in (408, 413):
        headers.append((b"connection", b"close"))
    await send(start_of(refusal.status, body, *headers))
    await send({"type": "http.response.body", "body": body, "more_body": True})
    if refusal.status == 413:
        await linger(receive)
    await send(END)


async def linger(receive: Receive) -> None:
    """Reads on for a moment: closing under a sender's hands would take the answer from it."""
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            while (await receive()).get("more_body"):
                pass
    except TimeoutError:
        pass
