"""Files that cannot cross: they keep their link, are listed, and are tried again in time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from store.database import Store
from tests.workers.mirrors.file_scene import PNG, Two, two
from workers.mirrors.uploading import LANDS, LATER, UNTOLD


class Detour(httpx.HTTPTransport):
    """The network, but downloads are sent on to another place."""

    place = ""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and "/uploads/" in request.url.path and self.place:
            return httpx.Response(302, headers={"location": self.place}, request=request)
        return super().handle_request(request)


class LosesAnswers(httpx.HTTPTransport):
    """The network, but once armed the answers to writes at a place do not come back."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place
        self.armed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        if self.armed and request.method != "GET" and self.place in request.url.path:
            answer.read()
            answer.close()
            raise httpx.ReadError("lost", request=request)
        return answer


@contextmanager
def a_server_inside() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Something on a private address; whoever asks it is remembered with his headers."""
    asked: list[dict[str, str]] = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(200)
            self.end_headers()
            self.wfile.write(PNG)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/latest/meta-data", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def uploaded(scene: Two, name: str = "lamp.png", content: bytes = PNG) -> str:
    return scene.left.client.upload("", name, "image/png", content).url


def test_over_the_cap_the_link_stays_until_the_cap_is_raised(store: Store) -> None:
    with two(store, attachment_max_mb=0.001) as scene:
        here = uploaded(scene)
        scene.quiet()
        found = scene.carry(f"![lamp]({here})")
        assert found.urls == {here: f"{scene.left.source.url}{here}"}
        assert found.losses == ("lamp.png: larger than 0.001 MB (attachment_max_mb)",)
        assert found.again is None
        assert scene.right.asked("POST") == 0
        scene.quiet()
        scene.clock.forward(days=9)
        assert scene.carry(f"![lamp]({here})").losses == found.losses
        assert scene.requests() == 0
        scene.options["attachment_max_mb"] = 1
        assert scene.right.holds(scene.carry(f"![lamp]({here})").urls[here]) == PNG


def test_a_file_that_says_it_is_too_large_is_not_even_asked_for(sqlite_store: Store) -> None:
    with two(sqlite_store, "jira", "gitlab", attachment_max_mb=0.001) as scene:
        old = scene.left.create()
        scene.left.client.upload(old, "dump.bin", "application/octet-stream", b"x" * 1001)
        attached = scene.left.ticket(old).attachments
        scene.quiet()
        assert scene.carry("", attachments=attached, of=old).losses == (
            "dump.bin: larger than 0.001 MB (attachment_max_mb)",
        )
        assert scene.requests() == 0


def test_a_redirect_to_a_private_host_is_refused_unless_it_is_allowed(store: Store) -> None:
    detour = Detour()
    with a_server_inside() as (inside, asked), two(store, transport=detour) as scene:
        here = uploaded(scene)
        detour.place = inside
        found = scene.carry(f"![lamp]({here})")
        assert asked == []
        [loss] = found.losses
        assert "127.0.0.1, which is no public address" in loss
        assert "attachment_private_hosts = true" in loss
        assert found.urls[here] == f"{scene.left.source.url}{here}"
        scene.options["attachment_private_hosts"] = True
        assert scene.carry(f"![lamp]({here})").losses == found.losses
        scene.clock.forward(days=1)
        assert scene.right.holds(scene.carry(f"![lamp]({here})").urls[here]) == PNG
        assert len(asked) == 1
        assert not {"authorization", "private-token"} & set(asked[0])


@pytest.mark.parametrize(
    "place", ["http://10.0.0.1/x", "http://[::1]:8/x", "http://169.254.169.254/x", "ftp://a/x"]
)
def test_a_redirect_leads_to_no_private_address_of_any_kind(
    sqlite_store: Store, place: str
) -> None:
    detour = Detour()
    with two(sqlite_store, transport=detour) as scene:
        here = uploaded(scene)
        detour.place = place
        [loss] = scene.carry(f"![lamp]({here})").losses
        assert "no public address" in loss or "no address of the web" in loss


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("lamp.png", b"<!DOCTYPE html><script>alert(1)</script>"),
        ("lamp.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("lamp.jpg", b"MZ\x90\x00"),
        ("lamp.gif", b"just words"),
        ("lamp.png", b""),
    ],
)
def test_what_is_no_image_is_not_brought_as_one(
    sqlite_store: Store, name: str, content: bytes
) -> None:
    with two(sqlite_store) as scene:
        here = uploaded(scene, name, content)
        scene.quiet()
        [loss] = scene.carry(f"![lamp]({here})").losses
        assert loss.startswith(f"{name}: it is said to be image/")
        assert scene.right.asked("POST") == 0


def test_a_page_that_is_only_linked_arrives_as_bytes_without_a_meaning(
    sqlite_store: Store,
) -> None:
    with two(sqlite_store) as scene:
        here = uploaded(scene, "report.html", b"<html><body>1</body></html>")
        there = scene.carry(f"[report]({here})").urls[here]
        [project] = [one for one in scene.right.running.site.world.projects.values() if one.uploads]
        [upload] = project.uploads.values()
        assert upload.media_type == "application/octet-stream"
        assert upload.name == "report.html"
        assert there.endswith("/report.html")


def test_a_source_that_does_not_answer_is_asked_again_later(store: Store) -> None:
    with two(store) as scene:
        here = uploaded(scene)
        scene.left.running.faults.set(cut=1)
        found = scene.carry(f"![lamp]({here})")
        assert found.urls == {here: f"{scene.left.source.url}{here}"}
        assert "no answer" in found.losses[0]
        assert found.again == scene.clock() + LATER
        scene.left.running.faults.clear()
        scene.quiet()
        assert scene.carry(f"![lamp]({here})").losses == found.losses
        assert scene.requests() == 0
        scene.clock.forward(minutes=16)
        assert scene.right.holds(scene.carry(f"![lamp]({here})").urls[here]) == PNG


def test_a_file_that_is_gone_is_listed_and_rarely_asked_for(sqlite_store: Store) -> None:
    with two(sqlite_store) as scene:
        here = f"/uploads/{'0a' * 16}/gone.png"
        found = scene.carry(f"![x]({here})")
        assert "HTTP 404" in found.losses[0]
        scene.clock.forward(hours=23)
        scene.quiet()
        assert scene.carry(f"![x]({here})").losses == found.losses
        assert scene.requests() == 0


def test_an_upload_whose_answer_was_lost_is_made_again_where_nobody_sees_the_first(
    sqlite_store: Store,
) -> None:
    with two(sqlite_store) as scene:
        here = uploaded(scene)
        scene.right.running.faults.set(answer_lost=1)
        found = scene.carry(f"![lamp]({here})")
        assert found.again == scene.clock() + LATER
        scene.clock.forward(minutes=16)
        assert scene.right.holds(scene.carry(f"![lamp]({here})").urls[here]) == PNG


@pytest.mark.parametrize("target", ["jira", "azure_devops"])
def test_an_attachment_whose_answer_was_lost_is_found_and_there_is_one(
    store: Store, target: str
) -> None:
    lost = LosesAnswers("/attachments" if target == "jira" else "/wit/workitems/")
    with two(store, "gitlab", target, to=lost, direction="bidirectional") as scene:
        here, new = uploaded(scene), scene.right.create()
        lost.armed = True
        found = scene.carry(f"![lamp]({here})", to=new)
        assert found.losses == (f"lamp.png: {UNTOLD}",)
        assert found.again == scene.clock() + LANDS
        lost.armed = False
        attached = scene.right.ticket(new).attachments
        assert len(attached) == 1
        back = scene.carry("", side="right", to="1", of=new, attachments=attached)
        assert (back.unnamed, back.losses) == ((), ())
        assert scene.carry(f"![lamp]({here})", to=new).losses == found.losses
        scene.clock.forward(seconds=91)
        scene.quiet()
        then = scene.carry(f"![lamp]({here})", to=new)
        assert then.urls[here] == attached[0].url
        assert scene.right.asked("POST") == 0
        assert len(scene.right.ticket(new).attachments) == 1


def test_a_kill_during_an_upload_leaves_one_file(store: Store) -> None:
    class Killed(BaseException):
        pass

    with two(store, "gitlab", "jira") as scene:
        here, new = uploaded(scene), scene.right.create()
        plain = scene.right.client

        class Dies:
            def __getattr__(self, name: str) -> object:
                return getattr(plain, name)

            def upload(self, *given: str) -> None:
                plain.upload(*given)
                raise Killed

        scene.right.client = Dies()
        with pytest.raises(Killed):
            scene.carry(f"![lamp]({here})", to=new)
        scene.right.client = plain
        assert scene.carry(f"![lamp]({here})", to=new).losses == (f"lamp.png: {UNTOLD}",)
        scene.clock.forward(seconds=91)
        then = scene.carry(f"![lamp]({here})", to=new)
        assert [one.url for one in scene.right.ticket(new).attachments] == [then.urls[here]]


@pytest.mark.parametrize("target", ["jira", "azure_devops"])
def test_an_upload_that_never_happened_is_made_after_a_look(
    sqlite_store: Store, target: str
) -> None:
    with two(sqlite_store, "gitlab", target) as scene:
        here, new = uploaded(scene), scene.right.create()
        scene.right.running.faults.set(cut_next=1)
        assert scene.carry(f"![lamp]({here})", to=new).losses == (f"lamp.png: {UNTOLD}",)
        assert scene.right.ticket(new).attachments == ()
        scene.clock.forward(seconds=91)
        then = scene.carry(f"![lamp]({here})", to=new)
        assert scene.right.holds(then.urls[here]) == PNG
        assert len(scene.right.ticket(new).attachments) == 1


def test_a_look_tells_whether_there_is_something_to_bring_and_brings_nothing(
    sqlite_store: Store,
) -> None:
    with two(sqlite_store, "gitlab", "jira") as scene:
        here, new = uploaded(scene), scene.right.create()
        text, full = f"![lamp]({here})", f"{scene.left.source.url}{here}"
        scene.quiet()
        assert scene.look(text).waits
        first = scene.look(text, to=new)
        assert (first.pending, first.urls) == (True, {here: full})
        assert scene.requests() == 0
        scene.left.running.faults.set(cut=1)
        failed = scene.carry(text, to=new)
        scene.left.running.faults.clear()
        told = scene.look(text, to=new)
        assert (told.pending, told.again, told.losses) == (False, failed.again, failed.losses)
        scene.clock.forward(minutes=16)
        assert scene.look(text, to=new).pending
        brought = scene.carry(text, to=new)
        assert (failed.arrived, brought.arrived) == (frozenset(), {here})
        assert scene.carry(text, to=new).arrived == frozenset()
        after = scene.look(text, to=new)
        assert (after.pending, after.again, after.urls) == (False, None, brought.urls)
