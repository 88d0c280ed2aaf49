"""How HTML looks in Markdown and back, with what Azure DevOps writes into it."""

import pytest

from trackers.markdown import Unconvertible, from_html, to_html


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<div>one</div><div><br></div><div>two<br>lines</div>", "one\n\ntwo\nlines"),
        ("<p>a  b\n c</p>", "a b c"),
        ("<b>bold</b> <i>it</i> <del>no</del> <u>u</u>", "**bold** *it* ~~no~~ <u>u</u>"),
        ("<b>foo.</b>bar", "<strong>foo.</strong>bar"),
        ("x<sub>2</sub>", "x<sub>2</sub>"),
        ('<span style="color:rgb(255,0,0)">r</span>', '<span style="color: #ff0000">r</span>'),
        ("<h2>Title #</h2>", "## Title \\#"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"),
        ("<ol start=3><li>a</li><li>b</li></ol>", "3. a\n4. b"),
        ("<ul><li>a</li><ul><li>b</li></ul></ul>", "- a\n  - b"),
        (
            "<ul><li><input type=checkbox checked> a</li><li><input type=checkbox> b</li></ul>",
            "- [x] a\n- [ ] b",
        ),
        (
            '<pre><code class="language-py">a = `1`\n```\n</code></pre>',
            "````py\na = `1`\n```\n````",
        ),
        ("<code>a`b</code>", "``a`b``"),
        ("<blockquote><p>q</p></blockquote>", "> q"),
        (
            '<a href="https://example.com/a_b">https://example.com/a_b</a>',
            "https://example.com/a_b",
        ),
        ('<a href="https://example.com">here</a>', "[here](https://example.com)"),
        (
            '<img src="https://x.io/a b.png" alt="shot">',
            "![shot](https://x.io/a%20b.png)",
        ),
        (
            "<table><tr><th>a|b</th><th align=center>c</th></tr><tr><td>1</td></tr></table>",
            "| a\\|b | c |\n| --- | :---: |\n| 1 |  |",
        ),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "|  |  |\n| --- | --- |\n| 1 | 2 |"),
        (
            "<details><summary>More</summary>in</details>",
            "<details>\n<summary>More</summary>\n\nin\n\n</details>",
        ),
        ("a<script>alert(1)</script><style>p{}</style>b", "ab"),
        (
            "1. no list, # no heading &lt;b&gt; [x](y)",
            "1\\. no list, # no heading \\<b> \\[x\\](y)",
        ),
        ("", ""),
    ],
)
def test_html_becomes_markdown_without_loss(html, markdown):
    assert from_html(html).text == markdown
    assert from_html(html).losses == ()


def test_mentions_of_azure_keep_their_id_both_ways():
    html = '<p><a href="#" data-vss-mention="version:2.0,6f1c-11aa">@Ann Lee</a> look</p>'
    assert from_html(html).text == "[@Ann Lee](azureid:6f1c-11aa) look"
    assert to_html("[@Ann Lee](azureid:6f1c-11aa) look").text == html


def test_a_mention_of_another_tracker_is_named():
    assert to_html("[@Ann](accountid:1)").losses == ("a mention of somebody at another tracker",)


@pytest.mark.parametrize(
    ("html", "loss"),
    [
        ("<table><tr><td colspan=2>a</td></tr></table>", "cells of a table that span several"),
        (
            "<table><tr><td><p>a</p><p>b</p></td></tr></table>",
            "blocks inside of a table cell become lines",
        ),
        ("a<!-- note -->", "an HTML comment"),
        ("<iframe src=x></iframe>", "an element of HTML: iframe"),
        ('<a href="javascript:x()">a</a>', "the link of 'a'"),
        ('<img src="data:image/png;base64,AA" alt="k">', "an image without an address: 'k'"),
    ],
)
def test_what_markdown_cannot_say_is_named(html, loss):
    assert from_html(html).losses == (loss,)


@pytest.mark.parametrize(
    "markdown",
    [
        "One sentence. Another one - with a dash; 3 > 2 and 5 < 6!",
        "First paragraph.\n\nSecond paragraph.",
        "Two lines\nof one paragraph.",
        "See https://example.com/a_b?c=d, snake_case and C:\\path (10 % of $5 + 1 = 2).",
        "- a\n  - b\n- c",
        "- [x] done\n- [ ] open",
        "> [!WARNING]\n> Careful",
        "| a | b |\n| --- | :---: |\n| 1 | 2 |",
        "```py\nx = 1\n\ny = 2\n```",
        "<details>\n<summary>More</summary>\n\nin\n\n</details>",
        "**bold** *it* ~~no~~ `code` [text](https://example.com) ![k](https://example.com/k.png)",
        "1. a\n\n   ```\n   code\n   ```\n2. b",
    ],
)
def test_markdown_comes_back_from_html_unchanged(markdown):
    result = to_html(markdown)
    assert from_html(result.text).text == markdown
    assert result.losses == ()


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>[x]: y</p>", "\\[x]: y"),
        ("<p>[<b>^1</b>]: n</p>", "\\[**^1**]: n"),
        ("<p>a [x]: y</p>", "a [x]: y"),
        ("<p>a<br>\n[^1]: n</p>", "a\n[^1]: n"),
    ],
)
def test_a_text_that_looks_like_a_definition_is_not_lost(html, markdown):
    assert from_html(html).text == markdown
    assert from_html(to_html(markdown).text).text == markdown


def test_raw_html_in_markdown_is_shown_not_run():
    shown = to_html('<script>alert(1)</script>\n\n<img src="x" onerror="alert(1)">').text
    assert "<script" not in shown
    assert "onerror" not in shown


def test_a_text_beyond_every_tracker_is_refused():
    with pytest.raises(Unconvertible, match="the longest"):
        from_html("x" * 1_000_001)
    with pytest.raises(Unconvertible, match="the longest"):
        to_html("x" * 1_000_001)
