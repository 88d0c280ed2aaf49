"""The guarded session: where it goes, where it refuses to, and what it makes of answers."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest

from runtime.http import MOST_BYTES, Answer, Outgoing, is_public, secret_parts, shown
from schemas.errors import Permanent, Transient
from tests.listening import listening
from tests.servers import free_port

PUBLIC, OTHER = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
URL = "https://hooks.example/in?key=hidden"


class Network:
    """Answers every request, and remembers where it went."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response] | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = answer or (lambda _: httpx.Response(204))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answer(request)
        # As from a socket: not read yet.
        streamed = answer.stream if not answer.is_stream_consumed else iter([answer.content])
        return httpx.Response(answer.status_code, headers=answer.headers, content=streamed)


def outgoing(network: Network, *addresses: str, **more) -> Outgoing:
    return Outgoing(
        resolve=lambda _host, _port: list(addresses),
        transport=httpx.MockTransport(network),
        **more,
    )


def post(session: Outgoing, url: str = URL):
    try:
        return session.post(url, b"{}", {"content-type": "application/json"})
    finally:
        session.close()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0",
        "fc00::1", "ff02::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
        "2001:0:7f00:1::", "64:ff9b:1::7f00:1", "::127.0.0.1", "::ffff:0:7f00:1", "fec0::1",
        "5f00::1",
    ],
)  # fmt: skip
def test_an_address_that_leads_inside_is_refused(address: str) -> None:
    network = Network()
    with pytest.raises(Permanent, match="allow_private = true") as caught:
        post(outgoing(network, address))
    assert network.requests == []
    assert "hidden" not in str(caught.value)
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, OTHER, "64:ff9b::5db8:d70e"])
def test_an_address_of_the_internet_is_taken(address: str) -> None:
    assert is_public(address)
    assert post(outgoing(Network(), address)).status == 204


def test_a_private_address_is_taken_by_consent() -> None:
    assert post(outgoing(Network(), "127.0.0.1", allow_private=True)).status == 204


def test_the_connection_goes_to_the_vetted_address_under_the_name_s_own_name() -> None:
    network = Network()
    post(outgoing(network, "10.0.0.1", PUBLIC))
    (request,) = network.requests
    assert request.url.host == PUBLIC
    assert request.headers["host"] == "hooks.example"
    assert request.extensions["sni_hostname"] == "hooks.example"


def test_a_name_that_answers_differently_the_second_time_gains_nothing() -> None:
    asked: list[str] = []

    def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return [PUBLIC] if len(asked) == 1 else ["127.0.0.1"]

    network = Network()
    session = Outgoing(resolve=rebinding, transport=httpx.MockTransport(network))
    session.post(URL, b"", {})
    assert [one.url.host for one in network.requests] == [PUBLIC]
    with pytest.raises(Permanent):
        session.post(URL, b"", {})
    assert [one.url.host for one in network.requests] == [PUBLIC]


def test_an_address_that_does_not_answer_is_followed_by_the_next() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == PUBLIC:
            raise httpx.ConnectError("refused")
        return httpx.Response(200)

    network = Network(answer)
    assert post(outgoing(network, PUBLIC, OTHER)).status == 200
    assert [one.url.host for one in network.requests] == [PUBLIC, OTHER]
    assert network.requests[1].read() == b"{}"


def test_a_number_for_an_address_is_vetted_like_a_name() -> None:
    session = Outgoing()
    for url in ("http://127.0.0.1:9/", "http://2130706433:9/", "http://[::1]:9/"):
        with pytest.raises(Permanent, match="allow_private"):
            session.post(url, b"", {})
    session.close()


def test_a_redirect_is_an_answer_and_not_a_way() -> None:
    network = Network(lambda _: httpx.Response(302, headers={"location": "http://10.0.0.1/"}))
    assert post(outgoing(network, PUBLIC)).status == 302
    assert len(network.requests) == 1


def test_cookies_are_not_kept() -> None:
    network = Network(lambda _: httpx.Response(200, headers={"set-cookie": "a=b"}))
    session = outgoing(network, PUBLIC)
    session.post(URL, b"", {})
    post(session)
    assert "cookie" not in network.requests[1].headers


def test_of_a_long_answer_only_the_beginning_is_read() -> None:
    read: list[int] = []

    def endless() -> Iterator[bytes]:
        while True:
            read.append(1)
            yield b"x" * 8192

    network = Network(lambda _: httpx.Response(200, content=endless()))
    assert len(post(outgoing(network, PUBLIC)).body) == MOST_BYTES
    assert len(read) < 20


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("30", 30),
        ("Fri, 01 Jan 2010 00:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999", None),
    ],
    ids=["seconds", "past", "words", "negative", "empty", "zone"],
)
def test_retry_after_is_understood_in_both_forms(said: str, seconds: float | None) -> None:
    network = Network(lambda _: httpx.Response(503, headers={"retry-after": said}))
    assert post(outgoing(network, PUBLIC)).retry_after == seconds


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (httpx.ReadTimeout("slow"), "no answer within 10 s"),
        (httpx.ConnectError("refused"), "refused"),
        (httpx.RemoteProtocolError("nonsense"), "nonsense"),
        (httpx.ConnectError(str(ssl.SSLCertVerificationError("wrong name"))), "wrong name"),
    ],
    ids=["slow", "refused", "nonsense", "certificate"],
)
def test_no_answer_is_told_without_the_address_s_secret(error: Exception, words: str) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(Transient, match=words) as caught:
        post(outgoing(Network(fail), PUBLIC))
    assert str(caught.value).startswith("https://hooks.example: ")


def test_a_name_without_an_address_is_worth_another_try() -> None:
    with pytest.raises(Transient, match="no address"):
        post(outgoing(Network()))


def test_a_name_nobody_knows_is_worth_another_try() -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        raise OSError("unknown name")

    with pytest.raises(Transient, match="cannot be looked up"):
        post(Outgoing(resolve=unknown, transport=httpx.MockTransport(Network())))


def test_over_a_real_socket_it_arrives_under_the_name_that_was_given() -> None:
    with listening() as receiver:
        session = Outgoing(allow_private=True, resolve=lambda _host, _port: ["127.0.0.1"])
        url = f"http://receiver.example:{receiver.port}/in"
        assert session.post(url, b"{}", {"webhook-id": "a"}).status == 204
        session.close()
    (got,) = receiver.got
    assert got.headers["host"] == f"receiver.example:{receiver.port}"


def test_a_port_nobody_listens_on_is_worth_another_try() -> None:
    with pytest.raises(Transient):
        post(Outgoing(allow_private=True), f"http://127.0.0.1:{free_port()}/")


@pytest.mark.parametrize(
    ("url", "as_shown"),
    [
        ("https://user:word@example.org:8443/secret?key=x", "https://example.org:8443"),
        ("http://[::1]:9/a", "http://[::1]:9"),
        ("http://[broken", "the address"),
    ],
    ids=["full", "ipv6", "broken"],
)
def test_an_address_is_shown_without_what_may_be_secret(url: str, as_shown: str) -> None:
    assert shown(url) == as_shown


@pytest.mark.parametrize("url", ["http://\u2028/", "http://xn--a/", "http://[::1/"])
def test_an_address_that_cannot_be_asked_is_told_in_words(url: str) -> None:
    with pytest.raises(Permanent, match="is no address that can be asked"):
        post(outgoing(Network(), PUBLIC), url)


def test_an_international_name_is_looked_up_as_its_certificate_spells_it() -> None:
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return [PUBLIC]

    network = Network()
    post(Outgoing(resolve=resolve, transport=httpx.MockTransport(network)), "https://fa\u00df.de/")
    assert asked == ["xn--fa-hia.de"]
    assert network.requests[0].extensions["sni_hostname"] == "xn--fa-hia.de"


def test_an_answer_that_breaks_off_after_its_status_is_one() -> None:
    def broken() -> Iterator[bytes]:
        yield b"tak"
        raise httpx.ReadError("gone")

    network = Network(lambda _: httpx.Response(200, content=broken()))
    assert post(outgoing(network, PUBLIC)) == Answer(200, body=b"tak")


@contextmanager
def dripping() -> Iterator[int]:
    """A server whose headers never end: each byte comes before a read would time out."""
    server, ended = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def drip() -> None:
        one, _ = server.accept()
        with one, suppress(OSError):
            one.sendall(b"HTTP/1.1 200 OK\r\nx-long: ")
            while not ended.wait(0.05):
                one.sendall(b"x")

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    yield server.getsockname()[1]
    ended.set()
    thread.join(5)
    server.close()


def test_headers_that_drip_are_cut_off() -> None:
    began = time.monotonic()
    with dripping() as port, pytest.raises(Transient, match="no answer within"):
        post(Outgoing(allow_private=True, timeout=0.3), f"http://127.0.0.1:{port}/")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("https://u:pass@h.example/in", {"pass"}),
        ("https://h.example/services/T00/abc123def456ghi789", {"abc123def456ghi789"}),
        ("https://h.example/in?key=0123456789abcdef", {"0123456789abcdef"}),
        ("https://h.example/incoming-webhooks-of-all", set()),
    ],
    ids=["user", "path", "query", "words"],
)
def test_the_secret_parts_of_an_address_are_known(url: str, secrets: set[str]) -> None:
    found = secret_parts(url)
    assert secrets <= found
    assert "incoming-webhooks-of-all" not in found
    assert url in found
