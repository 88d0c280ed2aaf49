"""HTML ⇄ Markdown over generated texts: stable, and never an accident."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trackers.jira.jira_documents import MARKDOWN
from trackers.markdown import Unconvertible, from_html, to_html

MANY = settings(max_examples=150, deadline=None)
_PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<b>",
        "</b>",
        "<i>",
        "</i>",
        "<ul>",
        "</ul>",
        "<ol start=3>",
        "</ol>",
        "<li>",
        "</li>",
        "<br>",
        "<div>",
        "</div>",
        "text",
        " ",
        "a. ",
        "*x*",
        "1. ",
        "# ",
        "<table>",
        "</table>",
        "<tr>",
        "<td>",
        "<th colspan=2>",
        "</td>",
        "</tr>",
        "<pre>",
        "</pre>",
        "<code>",
        "</code>",
        "<blockquote>",
        "</blockquote>",
        "<img src=u.png alt=k>",
        "<a href='https://x.io'>",
        "</a>",
        "<input type=checkbox checked>",
        "<script>x</script>",
        "<style>",
        "<!-- c -->",
        "&amp;",
        "&lt;b&gt;",
        "<h2>",
        "</h2>",
        "<hr>",
        "<details>",
        "<summary>",
        "</summary>",
        "</details>",
        "<u>",
        "</u>",
        "<span style='color:#ff0000'>",
        "</span>",
        "https://x.io/a_b",
        "<a href='#' data-vss-mention='version:2.0,a-1'>",
        "\n",
        "<del>",
        "</del>",
        "|",
        "`",
        "![a](b)",
        "<iframe>",
        "<![CDATA[x]]>",
        "<?x",
        "</body>",
        "<html>",
    ]
)
HTML = st.one_of(st.lists(_PIECES, max_size=20).map("".join), st.text())


def settled(markdown: str) -> str:
    """Markdown after one trip through HTML."""
    return from_html(to_html(markdown).text).text


@MANY
@given(HTML)
def test_any_html_is_stable_after_one_round_trip(html):
    with suppress(Unconvertible):
        once = settled(from_html(html).text)
        assert settled(once) == once


@MANY
@given(MARKDOWN)
def test_any_markdown_is_stable_through_html_after_one_round_trip(markdown):
    once = settled(markdown)
    assert settled(once) == once


@MANY
@given(MARKDOWN)
def test_html_holds_no_script_whatever_the_markdown(markdown):
    assert "<script" not in to_html(f"{markdown}\n<script>alert(1)</script>").text
