"""Reads a request's body, bounded in size, time and the memory all readers share."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

from receiver.answers import Receive, Refusal


class Disconnected(Exception):
    """The sender went away: nobody is left to be answered."""


class Reading:
    """Reads bodies of at most `max_bytes`, each complete within `seconds`.

    `shared_bytes` bounds what all unfinished bodies hold together, so that many slow and large
    senders cannot fill the memory.
    """

    def __init__(self, *, max_bytes: int, seconds: float, shared_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._shared_bytes = max(shared_bytes, max_bytes)
        self._held = 0

    async def body(self, receive: Receive, length: str | None) -> bytes:
        """The whole body; `length` is the Content-Length as sent.

        Raises Refusal 408, 413 or 503, or Disconnected.
        """
        if length is not None and length.isdecimal() and int(length) > self._max_bytes:
            raise self._too_large()
        try:
            async with asyncio.timeout(self._seconds):
                message = await receive()
                if message["type"] == "http.request" and not message.get("more_body"):
                    return self._whole(message.get("body", b""))
                return await self._rest(receive, message)
        except TimeoutError:
            line = f"the body was not complete within {self._seconds:g} seconds"
            raise Refusal(408, "slow", line) from None

    def _whole(self, body: bytes) -> bytes:
        if len(body) > self._max_bytes:
            raise self._too_large()
        return body

    async def _rest(self, receive: Receive, message: MutableMapping[str, Any]) -> bytes:
        chunks: list[bytes] = []
        size = 0
        try:
            while True:
                if message["type"] == "http.disconnect":
                    raise Disconnected
                chunk = message.get("body", b"")
                size += len(chunk)
                self._held += len(chunk)
                if size > self._max_bytes:
                    raise self._too_large()
                if self._held > self._shared_bytes:
                    raise Refusal(503, "full", "too many large bodies at once")
                chunks.append(chunk)
                if not message.get("more_body"):
                    return b"".join(chunks)
                message = await receive()
        finally:
            self._held -= size

    def _too_large(self) -> Refusal:
        return Refusal(413, "too_large", f"the body is larger than {self._max_bytes} bytes")
