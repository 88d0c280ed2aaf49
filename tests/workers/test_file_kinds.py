"""What a file is said to be, held against its first bytes."""

import pytest

from schemas.errors import Permanent
from workers.rules.file_kinds import extension, media_type, recognized

PNG, JPEG = b"\x89PNG\r\n\x1a\n....", b"\xff\xd8\xff\xe0...."
PDF, MP4, ELF = b"%PDF-1.7", b"\x00\x00\x00\x18ftypmp42", b"\x7fELF\x02"
HTML, SVG = b"\n <!DOCTYPE html>", b"\xef\xbb\xbf<svg onload=x>"


@pytest.mark.parametrize(
    ("name", "announced", "head", "shown", "kind"),
    [
        ("a.png", "image/png", PNG, True, "image/png"),
        ("a.png", "image/png", JPEG, True, "image/jpeg"),
        ("a.png", None, PNG, False, "image/png"),
        ("a1b2", None, PNG, True, "image/png"),
        ("a1b2", "application/octet-stream", MP4, True, "video/mp4"),
        ("a.mp4", "video/mp4", MP4, True, "video/mp4"),
        ("a.pdf", "application/pdf; x=1", PDF, False, "application/pdf"),
        ("a.log", "text/plain", b"<1> ready", False, "text/plain"),
        ("a.csv", None, b"a,b", False, "text/csv"),
        ("a", None, b"\x00\x01", False, "application/octet-stream"),
        ("a.html", "text/html", HTML, False, "application/octet-stream"),
        ("a.txt", "text/plain", HTML, False, "application/octet-stream"),
        ("a.exe", None, b"MZ\x90", False, "application/octet-stream"),
        ("a.sh", None, b"#!/bin/sh\n", False, "application/octet-stream"),
        ("a.xml", "text/xml", b"<?xml version='1.0'?>", False, "application/octet-stream"),
    ],
)
def test_a_file_goes_as_what_it_is(
    name: str, announced: str | None, head: bytes, shown: bool, kind: str
) -> None:
    assert media_type(name, announced, head, shown) == kind


@pytest.mark.parametrize(
    ("name", "announced", "head", "shown"),
    [
        ("a.png", "image/png", HTML, False),
        ("a.svg", "image/svg+xml", SVG, False),
        ("a.svg", None, SVG, True),
        ("a.svg", None, b"plain words", True),
        ("a.html", "text/html", HTML, True),
        ("a.jpg", None, ELF, False),
        ("a.png", "image/png", PDF, False),
        ("a.png", "image/png", b"", True),
        ("a.pdf", None, HTML, False),
        ("a.pdf", None, b"words", False),
        ("a.zip", None, ELF, False),
        ("a1b2", None, b"words", True),
        ("a.mp4", "video/mp4", ELF, False),
    ],
)
def test_a_file_that_lies_is_refused(
    name: str, announced: str | None, head: bytes, shown: bool
) -> None:
    with pytest.raises(Permanent, match="it is said to be"):
        media_type(name, announced, head, shown)


def test_an_image_without_an_ending_gets_one() -> None:
    assert extension("image/png") == ".png"
    assert extension("image/webp") == ".webp"
    assert extension("application/x-of-nobody") == ""
    assert recognized(b"") is None
