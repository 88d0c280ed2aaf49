"""Where a download may lead: public addresses, or our own API."""

import socket

import httpx
import pytest

from schemas.errors import Permanent, Transient
from tests.trackers.stand_ins import Budget, Memory, Script
from trackers.http import Session
from trackers.linear.auth import Nobody
from trackers.outside import vetted

API = "http://10.1.2.3/api"
FILE = f"{API}/files/1"


def a_session(*answers: httpx.Response) -> tuple[Session, Script]:
    left = list(answers)
    script = Script(lambda _: left.pop(0))
    session = Session(
        API,
        authority=Nobody(),
        limiter=Budget(),
        validators=Memory(),
        transport=script.transport,
    )
    return session, script


def sent_to(place: str) -> httpx.Response:
    return httpx.Response(302, headers={"location": place})


@pytest.mark.parametrize(
    "place",
    [
        "http://127.0.0.1/x",
        "http://localhost/x",
        "http://10.1.2.4/x",
        "http://10.1.2.3:81/x",
        "https://10.1.2.3/x",
        "http://[::ffff:169.254.169.254]/x",
        "http://0x7f000001/x",
        "file:///etc/passwd",
    ],
)
def test_a_redirect_to_a_private_address_is_not_followed(place: str) -> None:
    session, script = a_session(sent_to(place), httpx.Response(200, content=b"inside"))
    with pytest.raises(Permanent, match=r"no public address|no address of the web"):
        list(session.download(FILE, public=True))
    assert script.lines == ["GET /api/files/1"]
    session.close()


def test_our_own_api_may_be_private_and_send_us_on_to_the_web() -> None:
    session, script = a_session(
        sent_to("/api/files/2"),
        sent_to("https://93.184.216.34/x?y=1"),
        httpx.Response(200, content=b"it"),
    )
    assert b"".join(session.download(FILE, public=True)) == b"it"
    assert script.lines == ["GET /api/files/1", "GET /api/files/2", "GET /x?y=1"]
    assert script.asked[2].headers["host"] == "93.184.216.34"
    session.close()


def test_a_file_elsewhere_is_vetted_too_and_unless_asked_nothing_is() -> None:
    session, script = a_session(httpx.Response(200, content=b"it"))
    with pytest.raises(Permanent, match="no public address"):
        list(session.download("http://127.0.0.1:9/x", public=True))
    assert script.lines == []
    assert b"".join(session.download("http://127.0.0.1:9/x")) == b"it"
    session.close()


def test_a_connection_goes_to_the_address_that_was_vetted() -> None:
    answers = [["10.0.0.1", "93.184.216.34"], ["127.0.0.1"]]
    asked: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return answers.pop(0)

    assert vetted("https", "files.test", None, resolve) == "93.184.216.34"
    with pytest.raises(Permanent, match=r"files\.test, which is no public address"):
        vetted("http", "files.test", 81, resolve)
    assert asked == [("files.test", 443), ("files.test", 81)]


def test_a_name_that_is_not_known_now_may_be_known_later() -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror("no such name")

    with pytest.raises(Transient, match=r"files\.test"):
        vetted("http", "files.test", None, resolve)
