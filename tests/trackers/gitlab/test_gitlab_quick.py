"""Texts from elsewhere must not be carried out as commands, and read as they were meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.gitlab.quick import read as carried_out
from trackers.gitlab import quick


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("/close", "\\/close"),
        ("a\n/label ~bug\nb", "a\n\\/label ~bug\nb"),
        ("  /close", "  \\/close"),
        ("/ close", "/ close"),
        ("and/or", "and/or"),
        ("/1 of 2", "/1 of 2"),
        ("```\n/close\n```\n/close", "```\n/close\n```\n\\/close"),
        ("```sh\n/etc/hosts\n```", "```sh\n/etc/hosts\n```"),
        ("```\n/close", "```\n\\/close"),
        ("~~~\n/close\n~~~", "~~~\n\\/close\n~~~"),
        ("~~~\n```\n~~~\n/close\n```", "~~~\n```\n~~~\n\\/close\n```"),
        ("- ```\n/close\n  ```", "- ```\n\\/close\n  ```"),
        ("/Close", "\\/Close"),
    ],
)
def test_lines_that_would_be_commands_are_disarmed(text, written):
    assert quick.disarmed(text) == written
    assert quick.plain(written) == text


LINES = st.lists(
    st.sampled_from(
        ["/close", " /title x", "text", "```", "~~~", "````", "```sh", "  ```", "", "a /close"]
    )
)


@given(LINES)
def test_nothing_is_carried_out_and_nothing_is_lost(lines):
    text = "\n".join(lines)
    written = quick.disarmed(text)
    assert quick.plain(written) == text
    kept, commands = carried_out(written)
    assert commands == []
    assert kept == written
