"""Whatever the bytes: a plain value that can be stored, or ValueError."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackers import tolerant


def test_lone_surrogates_become_replacement_characters():
    assert tolerant.loads(rb'{"title": "a\ud83d b \udc00"}') == {"title": "a\ufffd b \ufffd"}


def test_a_surrogate_pair_stays_the_character_it_means():
    assert tolerant.loads(rb'["\ud83d\ude00 \ud800"]') == ["\U0001f600 \ufffd"]


def test_nul_is_taken_out_of_texts_and_keys():
    assert tolerant.loads(b'{"a\\u0000": ["x\\u0000y"]}') == {"a": ["xy"]}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'"\xff"',
        b"NaN",
        b'{"a": Infinity}',
        b"[" * 5000 + b"]" * 5000,
        b"9" * 5000 + b"]",
    ],
    ids=["empty", "cut", "not utf-8", "nan", "infinity", "deep", "digits"],
)
def test_what_is_no_json_is_a_value_error(body):
    with pytest.raises(ValueError, match=r"."):
        tolerant.loads(body)


def test_what_no_writer_of_json_takes_is_not_storable():
    deep = orjson.loads(b"[" * 300 + b"]" * 300)
    with pytest.raises(ValueError, match="nested deeper"):
        tolerant.storable(deep)


@given(st.text(alphabet=st.characters(), max_size=60))
def test_a_clean_text_can_be_written(text):
    assert "\0" not in tolerant.clean_text(text)
    tolerant.clean_text(text).encode("utf-8")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60))
def test_an_ordinary_text_stays_as_it_is(text):
    assert tolerant.clean_text(text) == text
