"""Signatures: GitHub's official vector, several secrets, and none at all."""

import hmac

import pytest

from trackers import signatures

BODY = b"Hello, World!"
SECRET = "It's a Secret to Everybody"
OFFICIAL = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_the_official_vector_is_proven():
    assert signatures.proves(BODY, OFFICIAL, [SECRET])


@pytest.mark.parametrize("secrets", [["old", SECRET], [SECRET, "new"], ["", SECRET]])
def test_any_live_secret_proves(secrets):
    assert signatures.proves(BODY, OFFICIAL, secrets)


@pytest.mark.parametrize(
    "claimed", ["", "é", OFFICIAL[:-1], OFFICIAL.upper(), "\ud800", OFFICIAL + "0"]
)
def test_anything_else_proves_nothing(claimed):
    assert not signatures.proves(BODY, claimed, [SECRET])


def test_an_empty_secret_lets_nobody_in():
    signed_with_nothing = hmac.digest(b"", BODY, "sha256").hex()
    assert not signatures.proves(BODY, signed_with_nothing, [""])
    assert signatures.usable(["", " ", "x"]) == ["x"]
