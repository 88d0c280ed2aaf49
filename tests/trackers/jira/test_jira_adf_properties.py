"""ADF ⇄ Markdown over generated documents: stable, valid, and never an accident."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trackers.jira.jira_documents import ANYTHING, DOCUMENTS, MARKDOWN, schema_errors
from trackers.jira.adf import from_markdown, grammar, to_markdown
from trackers.markdown import Unconvertible

MANY = settings(max_examples=100, deadline=None)


@MANY
@given(DOCUMENTS)
def test_markdown_of_a_document_is_stable_after_one_round_trip(document):
    once = to_markdown(from_markdown(to_markdown(document).text).document).text
    assert to_markdown(from_markdown(once).document).text == once


@MANY
@given(MARKDOWN)
def test_any_markdown_is_stable_after_one_round_trip(markdown):
    once = to_markdown(from_markdown(markdown).document).text
    assert to_markdown(from_markdown(once).document).text == once


@MANY
@given(MARKDOWN)
def test_any_markdown_becomes_valid_adf(markdown):
    document = from_markdown(markdown).document
    assert schema_errors(document) == []
    assert grammar.valid(document)


@MANY
@given(DOCUMENTS)
def test_a_valid_document_comes_back_valid(document):
    assert schema_errors(from_markdown(to_markdown(document).text, document).document) == []


@MANY
@given(DOCUMENTS)
def test_an_untouched_text_gives_the_original_back(document):
    again = from_markdown(to_markdown(document).text, document).document
    assert to_markdown(again).text == to_markdown(document).text


@MANY
@given(ANYTHING)
def test_whatever_is_no_document_is_refused_in_one_way(value):
    with suppress(Unconvertible):
        from_markdown(to_markdown(value).text, value)


@MANY
@given(st.lists(ANYTHING, max_size=4))
def test_strange_content_of_a_document_is_still_read(blocks):
    document = {"type": "doc", "version": 1, "content": blocks}
    again = from_markdown(to_markdown(document).text).document
    assert schema_errors(again) == []
