"""Patterns of people: which may be run on any text, and which never are."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.patterns import cost, fault

HARMLESS = (
    r"sk-[A-Za-z0-9]{20,}",
    r"\b[\w.+-]+@[\w-]+\.\w+\b",
    r"(?:\d{1,3}\.){3}\d{1,3}",
    r"(?:\d[ -]?){13,16}",
    r"(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}",
    r"(?s)-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----",
    r"(?i)acme|globex|initech",
    r"(foo|bar)+!",
    r"(['\"])secret\1",
)


@pytest.mark.parametrize("pattern", HARMLESS)
def test_patterns_that_people_write_are_taken(pattern: str) -> None:
    assert fault(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    [r"(a+)+b", r"(\w+ ?)+!", r"(a|a)*b", r"(a|ab)*c", r"(.*a){25}", r"(x{1,100}){1,100}y",
     r"(?=(a+)+b)", r"(a?){30}a{30}", "a?" * 30 + "a" * 30, r"((a|b)+c?)+d"],
)  # fmt: skip
def test_a_pattern_that_could_take_for_ever_is_refused(pattern: str) -> None:
    assert "take for ever" in (fault(pattern) or "")


@pytest.mark.parametrize("pattern", ["x*", "a|", "(?:)", r"\b"])
def test_a_pattern_that_finds_nothing_at_all_is_refused_where_it_is_found_everywhere(
    pattern: str,
) -> None:
    assert (fault(pattern) is None) == (re.search(pattern, "") is None)


def test_a_pattern_that_is_none_is_told_with_its_place() -> None:
    assert fault("(sk-") == (
        "is not a regular expression: missing ), unterminated subpattern at position 0"
    )
    assert fault("x" * 3_000) == "is longer than 2000 characters"


def test_what_a_pattern_costs_grows_with_its_open_repeats() -> None:
    assert cost("acme", 1_000) == 1_000
    assert cost(r"\w+", 1_000) == 1_000**2
    assert cost(r"\w+@\w+", 1_000) == 1_000**3
    assert cost(r"(?:\d[ -]?){16}", 1_000) == 2**16 * 1_000


_ATOMS = st.sampled_from(["a", "b", ".", r"\w", "[ab]", "ab", " "])
_PATTERNS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "*", "?", "{2,4}", "{3}"])).map(
            lambda one: f"(?:{one[0]}){one[1]}"
        ),
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda one: f"(?:{one[0]}|{one[1]})"),
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(_PATTERNS, st.sampled_from(["a", "b", "ab", "aab", "a "]))
def test_whatever_is_taken_ends_soon_on_a_text_that_almost_fits(pattern: str, unit: str) -> None:
    if fault(pattern + "!") is not None:
        return
    text = (unit * 40)[:40]
    began = time.process_time()
    re.search(pattern + "!", text)
    # An exponential one would need days for forty letters; this leaves room for a slow machine.
    assert time.process_time() - began < 2
