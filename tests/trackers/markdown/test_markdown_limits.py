"""Hostile texts: deep, long and unbalanced ones are read in bounded time, or refused in one way."""

import time
from contextlib import suppress

import pytest

from trackers.jira import adf, wiki
from trackers.markdown import Unconvertible, from_html, to_html

SECONDS = 10.0
"""Far above what one of these takes on an idle core (below one second each)."""

MARKDOWN = {
    "quotes": ">" * 20_000,
    "brackets": "[" * 20_000,
    "images": "![" * 5_000 + "](u)" * 5_000,
    "links": "[a](" * 5_000,
    "stars": "*a " * 20_000,
    "mixed": "**a_b~~" * 5_000,
    "ticks": "".join("`" * (n % 50 + 1) + " " for n in range(2_000)),
    "details": "<details>\n" * 5_000,
    "nested details": "<details>\n" * 3_000 + "</details>\n" * 3_000,
    "tags": "<u><b>" * 5_000 + "</u>" * 5_000,
    "comments": "<!-- a\n" * 5_000,
    "nested lists": "\n".join("  " * n + "- x" for n in range(300)),
    "colons": ":a:" * 20_000,
    "spans": "<span style='color:#ff0000'>" * 2_000 + "x" + "</span>" * 2_000,
    "deep adf": "```adf\n" + '{"type":"doc","content":[' * 900 + "]}" * 900 + "\n```",
    "long": "word " * 40_000,
}
WIKI = {
    "open macros": "{code}" * 3_001,
    "crossed macros": "{quote}{panel}" * 3_000,
    "stars": "*a _b " * 5_000,
    "colours": "{color:red}" * 5_000,
    "bars": "|a" * 20_000,
    "rows": "|a\n" * 20_000,
    "lists": "\n".join("*" * (n % 9 + 1) + " x" for n in range(5_000)),
    "braces": "{{" * 20_000,
}
HTML = {
    "divs": "<div>" * 5_000 + "x",
    "bold": "<b>" * 3_000 + "x",
    "lists": "<ul><li>" * 2_000,
    "tables": "<table><tr><td>" * 500,
    "items": "<ul>" + "<li>x" * 5_000 + "</ul>",
    "angles": "<" * 20_000,
    "rows": "<table>" + "<tr><td>a</td></tr>" * 2_000 + "</table>",
    "links": "<a href=x>" * 2_000 + "y",
}
READERS = (adf.from_markdown, to_html, wiki.from_markdown)
CASES = [
    *[(reader, text) for reader in READERS for text in MARKDOWN.values()],
    *[(wiki.to_markdown, text) for text in WIKI.values()],
    *[(from_html, text) for text in HTML.values()],
]
NAMES = [*[f"{name} {n}" for n in range(3) for name in MARKDOWN], *WIKI, *HTML]


@pytest.mark.parametrize(("convert", "text"), CASES, ids=NAMES)
def test_a_hostile_text_takes_bounded_time(convert, text):
    start = time.perf_counter()
    with suppress(Unconvertible):
        convert(text)
    assert time.perf_counter() - start < SECONDS


def test_what_is_nested_too_deeply_is_still_there_as_code():
    deep = "> " * 300 + "needle"
    for convert in (to_html, wiki.from_markdown):
        result = convert(deep)
        assert "needle" in result.text
        assert result.losses
    result = adf.from_markdown(deep)
    assert result.document["content"][0]["content"][0]["text"] == deep
    assert result.losses == ("nested too deeply: shown as code",)


def test_html_nested_too_deeply_keeps_its_text():
    result = from_html("<div>" * 300 + "needle")
    assert result.text == "needle"
    assert result.losses == ("what is nested deeper than 60 elements becomes text",)
