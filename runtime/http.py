"""Outgoing HTTP to an address that a person gave us: guarded, so that it leads nowhere inside.

A name is looked up once, the addresses it has are vetted, and the connection goes to a vetted one;
so a name that answers differently the second time (DNS rebinding) gains nothing.
"""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from schemas.addresses import is_public
from schemas.errors import Permanent, Transient

TIMEOUT_SECONDS = 10.0
MOST_BYTES = 64 * 1024
_SECRET = re.compile(r"(?=.*\d).{16,}")
"""A part of an address that is taken for a secret; others are words like `incoming-webhooks`."""

Resolve = Callable[[str, int], Sequence[str]]
"""(host, port) → its addresses as texts. Raises OSError."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `retry_after` in seconds when it was named, `body` cut at 64 KiB."""

    status: int
    retry_after: float | None = None
    body: bytes = b""


class Outgoing:
    """A session that posts. Thread-safe; close it at the end.

    `timeout` is how long each step may take, and once there is a connection all of them together.
    `resolve` and `transport` are seams; addresses are vetted whatever the transport.
    """

    def __init__(
        self,
        *,
        allow_private: bool = False,
        resolve: Resolve | None = None,
        transport: httpx.BaseTransport | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self._timeout = timeout
        self._transport = transport
        self._tls = httpx.create_ssl_context(trust_env=False)
        self._resolve = resolve or _look_up
        self._allow_private = allow_private
        self._idle: list[_Line] = []
        self._closed = False
        self._lock = threading.Lock()

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Posts and reads the answer, whatever its status; redirects are not followed.

        Raises Transient when nobody answers in time, Permanent for an address that is refused.
        Neither names more of the address than host and port.
        """
        with self._line() as line:
            try:
                return line.post(url, body, headers)
            except (httpx.InvalidURL, UnicodeError):  # the second: a name that IDNA does not allow
                raise Permanent(f"{shown(url)} is no address that can be asked") from None
            except httpx.TransportError as error:
                late = line.is_overdue or isinstance(error, httpx.TimeoutException)
                why = f"no answer within {self._timeout:g} s" if late else _cause(error)
                raise Transient(f"{shown(url)}: {why}") from None

    def close(self) -> None:
        """Closes its connections, those in use as soon as they are not."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for line in idle:
            line.close()

    @contextmanager
    def _line(self) -> Iterator["_Line"]:
        """One for this thread alone, so that it can be cut without harm to others."""
        with self._lock:
            line = self._idle.pop() if self._idle else None
        line = line or self._made()
        try:
            yield line
        finally:
            with self._lock:
                kept = not self._closed
                if kept:
                    self._idle.append(line)
            if not kept:
                line.close()

    def _made(self) -> "_Line":
        inner = self._transport or httpx.HTTPTransport(verify=self._tls, trust_env=False)
        return _Line(_Vetted(inner, self._resolve, self._allow_private), self._timeout)


def shown(url: str) -> str:
    """An address as it may be shown: its path may be a secret, its user certainly is."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "the address"
    named = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{named}{f':{port}' if port else ''}"


def secret_parts(url: str) -> set[str]:
    """What of an address may be a secret, so that it can be struck out of what is shown."""
    parts = urlsplit(url)
    target = url.partition(parts.netloc)[2]
    said = [target, *parts.path.split("/"), *(value for _, value in parse_qsl(parts.query))]
    found = {url, parts.password, *filter(_SECRET.fullmatch, said)}
    return {one for one in found if one}


class _Line:
    """At most one connection, and a limit to how long it may take altogether.

    httpx bounds each read, so an answer that drips would never end.
    """

    def __init__(self, transport: httpx.BaseTransport, timeout: float) -> None:
        self._timeout = timeout
        self._socket: socket.socket | None = None
        self.is_overdue = False
        self._client = httpx.Client(
            transport=transport,
            timeout=timeout,
            follow_redirects=False,
            trust_env=False,  # a proxy would look the name up for us, unvetted
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Posts, and reads what may be read of the answer. Raises httpx's errors."""
        self.is_overdue = False
        watch = threading.Timer(2 * self._timeout, self._cut)  # to connect, and to be answered
        watch.daemon = True
        watch.start()
        try:
            with self._client.stream(
                "POST",
                url,
                content=body,
                headers=dict(headers),
                extensions={"trace": self._traced},
            ) as answer:
                return Answer(
                    status=answer.status_code,
                    retry_after=_retry_after(answer.headers.get("retry-after")),
                    body=self._read(answer),
                )
        finally:
            watch.cancel()

    def close(self) -> None:
        """Closes its connection."""
        self._client.close()

    def _read(self, answer: httpx.Response) -> bytes:
        """As much of a body as may be read: what is longer, drips or breaks off is cut, since the
        status has told all that counts."""
        found, until = b"", time.monotonic() + self._timeout
        with suppress(httpx.TransportError):
            for chunk in answer.iter_raw():
                found += chunk
                if len(found) >= MOST_BYTES or time.monotonic() > until:
                    break
        return found[:MOST_BYTES]

    def _traced(self, name: str, told: Mapping[str, Any]) -> None:
        """httpcore tells of each step: here of the connection, and once more when it is TLS."""
        if name in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = told["return_value"].get_extra_info("socket")
            if self.is_overdue:
                self._cut()

    def _cut(self) -> None:
        """Ends the connection under whoever reads from it."""
        self.is_overdue = True
        if self._socket is not None:
            with suppress(OSError):  # closed already
                # Not its own method: that of TLS would take the reader's state away.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _Vetted(httpx.BaseTransport):
    """Sends each request to a vetted address, under the name it was meant for."""

    def __init__(self, inner: httpx.BaseTransport, resolve: Resolve, allow_private: bool) -> None:
        self._inner = inner
        self._resolve = resolve
        self._allow_private = allow_private

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        failed: httpx.ConnectError | None = None
        for address in self._vetted(request.url):
            try:
                return self._inner.handle_request(_to(request, address))
            except httpx.ConnectError as error:
                failed = error
        raise failed or httpx.ConnectError("the name has no address")

    def close(self) -> None:
        self._inner.close()

    def _vetted(self, url: httpx.URL) -> list[str]:
        port = url.port or {"https": 443}.get(url.scheme, 80)
        # The resolver would spell an international name by older rules than the certificate.
        name = url.raw_host.decode("ascii")
        try:
            found = list(dict.fromkeys(self._resolve(name, port)))
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"the name cannot be looked up: {error}") from error
        vetted = [one for one in found if self._allow_private or is_public(one)]
        if found and not vetted:
            raise Permanent(
                f"{shown(str(url))} leads to {found[0]}, which is no public address; "
                "if that is meant, set allow_private = true in [notices]"
            )
        return vetted


def _to(request: httpx.Request, address: str) -> httpx.Request:
    """The request to an address; the name stays in Host, in SNI and in the certificate's check."""
    named = (
        {}
        if _is_address(request.url.host)
        else {"sni_hostname": request.url.raw_host.decode("ascii")}
    )
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions=request.extensions | named,
    )


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _look_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def _cause(error: httpx.TransportError) -> str:
    return str(error) or type(error).__name__


def _retry_after(raw: str | None) -> float | None:
    """Retry-After in seconds, given as such or as a date (RFC 9110, 10.2.3)."""
    text = (raw or "").strip()
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    until = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((until - datetime.now(UTC)).total_seconds(), 0.0)
