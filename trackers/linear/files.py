"""Files: uploads in two steps, downloads under our own credential.

https://linear.app/developers/file-storage-authentication and
https://linear.app/developers/how-to-upload-a-file-to-linear
"""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from schemas.errors import Denied, Permanent
from schemas.ticket import Attachment
from trackers.fields import Fields
from trackers.http import Authority, Session
from trackers.linear import queries
from trackers.linear.auth import Nobody
from trackers.linear.graph import Graph

STORAGE = "https://uploads.linear.app"
Opener = Callable[[str, Authority | None], Session]
"""A session for another origin, under this authority or (None) our own."""


def download(
    graph: Graph, opened: Opener, url: str, largest: int | None, public: bool
) -> Iterator[bytes]:
    """A file in pieces; uploads want the same credential as the API, at a host of their own."""
    if not url.startswith(f"{STORAGE}/"):
        yield from graph.session.download(url, largest=largest, public=public)
        return
    session = opened(STORAGE, None)
    try:
        yield from session.download(url, largest=largest, public=public)
    finally:
        session.close()


def upload(graph: Graph, opened: Opener, name: str, media_type: str, content: bytes) -> Attachment:
    """Linear names an address signed for exactly these headers; then the file goes there."""
    asked = {"contentType": media_type, "filename": name, "size": len(content)}
    place = graph.change(queries.UPLOAD, asked).need_object("fileUpload").need_object("uploadFile")
    target = place.need_text("uploadUrl")
    session = opened(_origin(target), Nobody())
    try:
        answer = session.send("PUT", target, content=content, headers=_headers(place, media_type))
        refused = None if answer.ok else f"HTTP {answer.status}"
    except Denied as error:  # the storage knows no credential of ours, only its own signature
        refused = str(error)
    finally:
        session.close()
    if refused:
        raise Permanent(f"the storage refused {name!r}: {refused}")
    url = place.need_text("assetUrl")
    return Attachment(id=url, name=name, url=url, media_type=media_type, size=len(content))


def _headers(place: Fields, media_type: str) -> dict[str, str]:
    given = [Fields.of(one, "uploadFile.headers") for one in place.items("headers")]
    named = {one.need_text("key"): one.need_text("value") for one in given}
    named.setdefault("Cache-Control", "public, max-age=31536000")
    if "content-type" not in {name.lower() for name in named}:
        named["Content-Type"] = media_type
    return named


def _origin(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Permanent("fileUpload named no address to put the file at")
    return f"{parts.scheme}://{parts.netloc}"
