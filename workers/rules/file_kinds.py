"""What a file is: what it is said to be, held against its first bytes. Pure.

A tracker shows what it is given under its own address, so nothing may arrive there as an image that
a browser would run.
"""

import mimetypes
import re

from schemas.errors import Permanent

HEAD_BYTES = 1_024
"""So many bytes of a file are enough to know it."""
UNKNOWN = "application/octet-stream"

_SIGNS: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("image/png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", re.compile(rb"\xff\xd8\xff")),
    ("image/gif", re.compile(rb"GIF8[79]a")),
    ("image/webp", re.compile(rb"RIFF....WEBP", re.DOTALL)),
    ("image/bmp", re.compile(rb"BM.{4}\x00{4}", re.DOTALL)),
    ("image/tiff", re.compile(rb"II\*\x00|MM\x00\*")),
    ("image/avif", re.compile(rb"....ftypavi[fs]", re.DOTALL)),
    ("image/heic", re.compile(rb"....ftyp(?:hei[cmsx]|hev[cmsx]|mif1|msf1)", re.DOTALL)),
    ("image/x-icon", re.compile(rb"\x00\x00\x01\x00")),
    ("video/mp4", re.compile(rb"....ftyp", re.DOTALL)),
    ("video/webm", re.compile(rb"\x1aE\xdf\xa3")),
    ("audio/ogg", re.compile(rb"OggS")),
    ("audio/mpeg", re.compile(rb"ID3|\xff[\xe2-\xe7\xf2-\xf7\xfa\xfb]")),
    ("application/pdf", re.compile(rb"%PDF-")),
    ("application/zip", re.compile(rb"PK(?:\x03\x04|\x05\x06|\x07\x08)")),
    ("application/gzip", re.compile(rb"\x1f\x8b")),
)
_RUNS = re.compile(
    rb"MZ|\x7fELF|\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe|\xca\xfe\xba\xbe|#!|dex\n|\x00asm"
)
"""Programs of Windows, Linux and macOS, scripts, Java, Android and WebAssembly."""
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|!--|\?xml|/?[a-z][a-z0-9:]*[\s/>])", re.I)
_PICTURED = ("image", "video", "audio")
_CHECKED = ("application/pdf", "application/zip", "application/gzip")


def media_type(name: str, announced: str | None, head: bytes, shown: bool) -> str:
    """The media type to bring a file under, from its name, what is said of it and its first bytes.

    `shown` says that a text shows it as an image. What a browser or a computer would run goes as
    bytes without a meaning, never as something to be shown. Raises Permanent, in words for people,
    for a file that is not what it is said to be.
    """
    said = _said(name, announced)
    family = said.partition("/")[0]
    found = recognized(head)
    if _is_active(head):
        if shown or family in _PICTURED or said in _CHECKED:
            raise Permanent(f"it is said to be {_called(said, shown)} and is a page or a program")
        return UNKNOWN
    if family == "image" or (shown and family not in _PICTURED):
        return _pictured(said, found, shown)
    if said in _CHECKED and found != said:
        raise Permanent(f"it is said to be {said}, and its first bytes say otherwise")
    return said


def recognized(head: bytes) -> str | None:
    """The media type that the first bytes of a file give away."""
    return next((kind for kind, sign in _SIGNS if sign.match(head)), None)


def extension(kind: str) -> str:
    """The usual ending of a name, with its dot; "" for what has none."""
    return {"image/webp": ".webp"}.get(kind) or mimetypes.guess_extension(kind) or ""


def _pictured(said: str, found: str | None, shown: bool) -> str:
    wanted = ("image",) if said.startswith("image/") else _PICTURED
    if found is None or found.partition("/")[0] not in wanted:
        raise Permanent(f"it is said to be {_called(said, shown)}, and its first bytes say not")
    return found


def _said(name: str, announced: str | None) -> str:
    told = (announced or "").partition(";")[0].strip().lower()
    if not told or told == UNKNOWN:
        told = mimetypes.guess_type(name)[0] or UNKNOWN
    return told


def _called(said: str, shown: bool) -> str:
    return "an image" if shown and said == UNKNOWN else said


def _is_active(head: bytes) -> bool:
    return bool(_RUNS.match(head) or _MARKUP.match(head))
