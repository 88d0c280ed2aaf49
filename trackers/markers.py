"""Markers: how what we create at a tracker is found again when its answer was lost.

A marker counts only with its proof, an HMAC under the installation's key, and only when it was
written by our own identity: anybody can copy a visible text.
"""

import hmac
import re
import uuid
from urllib.parse import quote, unquote

from schemas.change import Marker
from schemas.model import Json

_SIGN = "ticketsync:1:"
_TEXT = re.compile(r"ticketsync:1:([^\s:<>]+):([^\s:<>]+):([^\s:<>]+):(\d{1,9}):([0-9a-f]{32})")


def minted(key: bytes, installation: str, mirror: str, ticket: str, generation: int = 1) -> Marker:
    """A marker with its proof."""
    bare = Marker(installation=installation, mirror=mirror, ticket=ticket, generation=generation)
    return bare.model_copy(update={"proof": _proof(key, bare)})


def proven(marker: Marker, key: bytes) -> bool:
    """Whether the proof is ours."""
    return hmac.compare_digest(marker.proof.encode(), _proof(key, marker).encode())


def text(marker: Marker) -> str:
    """The marker as one word without blanks."""
    return f"{_basis(marker)}:{marker.proof}"


def hidden(marker: Marker) -> str:
    """The marker as an HTML comment, invisible where Markdown is rendered."""
    return f"<!-- {text(marker)} -->"


def found(written: str) -> list[Marker]:
    """Every marker in a text, proven or not."""
    return [
        Marker(
            installation=unquote(one[1]),
            mirror=unquote(one[2]),
            ticket=unquote(one[3]),
            generation=int(one[4]),
            proof=one[5],
        )
        for one in _TEXT.finditer(written)
    ]


def in_texts(record: Json, *names: str) -> list[Marker]:
    """Every marker in the texts of a record's own fields; the search is for those that may have
    one."""
    if not isinstance(record, dict):
        return []
    texts = [record.get(name) for name in names]
    return [one for text in texts if isinstance(text, str) and _SIGN in text for one in found(text)]


def without(written: str) -> str:
    """A text without the hidden markers in it: they are ours, no part of what people wrote."""
    if "<!-- ticketsync:" not in written:
        return written  # nearly always, and a hundred times faster than the search
    return re.sub(rf"\n*<!-- {_TEXT.pattern} -->", "", written)


def as_uuid(marker: Marker) -> str:
    """A v4-shaped UUID for trackers that take the id of a new thing from the client.

    It is the proof, reshaped: nobody else can make it, and it is the same on every try.
    """
    return str(uuid.UUID(bytes=bytes.fromhex(marker.proof), version=4))


def _basis(marker: Marker) -> str:
    words = (marker.installation, marker.mirror, marker.ticket)
    return f"ticketsync:1:{':'.join(quote(word, safe='') for word in words)}:{marker.generation}"


def _proof(key: bytes, marker: Marker) -> str:
    return hmac.digest(key, _basis(marker).encode(), "sha256").hex()[:32]
