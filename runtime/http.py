"""Outgoing HTTP to an address that a person gave us: guarded, so that it leads nowhere inside.

A name is looked up once, the addresses it has are vetted, and the connection goes to a vetted one;
so a name that answers differently the second time (DNS rebinding) gains nothing.
"""

import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

import httpx

from schemas.errors import Permanent, Transient

TIMEOUT_SECONDS = 10.0
MOST_BYTES = 64 * 1024
_NAT64 = IPv6Network("64:ff9b::/96")
"""IPv4 inside IPv6 (RFC 6052, 2.1)."""

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
        vetted = _Vetted(
            transport or httpx.HTTPTransport(trust_env=False), resolve or _look_up, allow_private
        )
        self._client = httpx.Client(
            transport=vetted,
            timeout=timeout,
            follow_redirects=False,
            trust_env=False,  # a proxy would look the name up for us, unvetted
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Posts and reads the answer, whatever its status; redirects are not followed.

        Raises Transient when nobody answers in time, Permanent for an address that is refused.
        Neither names more of the address than host and port.
        """
        try:
            with self._client.stream("POST", url, content=body, headers=dict(headers)) as answer:
                return Answer(
                    status=answer.status_code,
                    retry_after=_retry_after(answer.headers.get("retry-after")),
                    body=self._read(answer),
                )
        except httpx.TimeoutException:
            raise Transient(f"{shown(url)}: no answer within {self._timeout:g} s") from None
        except httpx.TransportError as error:
            raise Transient(f"{shown(url)}: {_cause(error)}") from None

    def close(self) -> None:
        """Closes its connections."""
        self._client.close()

    def _read(self, answer: httpx.Response) -> bytes:
        """As much of a body as may be read: what is longer, or drips, is cut."""
        found, until = b"", time.monotonic() + self._timeout
        for chunk in answer.iter_raw():
            found += chunk
            if len(found) >= MOST_BYTES or time.monotonic() > until:
                break
        return found[:MOST_BYTES]


def shown(url: str) -> str:
    """An address as it may be shown: its path may be a secret, its user certainly is."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "the address"
    named = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{named}{f':{port}' if port else ''}"


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open Internet, also when it wraps another one."""
    found = ip_address(address.partition("%")[0])
    return all(one.is_global and not one.is_multicast for one in (found, *_inside(found)))


def _inside(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses that an IPv6 one leads to in the end."""
    if isinstance(address, IPv4Address):
        return []
    wrapped = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        wrapped.append(IPv4Address(address.packed[-4:]))
    return [one for one in wrapped if one is not None]


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
        try:
            found = list(dict.fromkeys(self._resolve(url.host, port)))
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
    except ValueError:
        return None
    until = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((until - datetime.now(UTC)).total_seconds(), 0.0)
