"""How Jira's wiki markup looks in Markdown and back."""

import pytest

from trackers.jira.wiki import from_markdown, to_markdown
from trackers.markdown import Unconvertible

PAIRS = [
    ("h2. Title", "## Title"),
    ("*bold* and _it_ and -no- and +u+", "**bold** and *it* and ~~no~~ and <u>u</u>"),
    ("a {*}b{*}c", "a **b**c"),
    ("H{~}2{~}O", "H<sub>2</sub>O"),
    ("{{code}}", "`code`"),
    ("{color:#ff0000}red{color}", '<span style="color: #ff0000">red</span>'),
    ("* a\n** b\n*** c\n* d", "- a\n  - b\n    - c\n- d"),
    ("# a\n## b\n# c", "1. a\n   1. b\n2. c"),
    ("* a\n*# b", "- a\n  1. b"),
    ("* a {code:py}\nx = 1\n{code}\n* b", "- a\n\n  ```py\n  x = 1\n  ```\n- b"),
    ("||a||b||\n|1|2 \\| 3|", "| a | b |\n| --- | --- |\n| 1 | 2 \\| 3 |"),
    ("{code:java}\nint a;\n\nint b;\n{code}", "```java\nint a;\n\nint b;\n```"),
    ("{noformat}\n*raw* {code}\n{noformat}", "```\n*raw* {code}\n```"),
    ("{quote}\nsaid\n{quote}", "> said"),
    ("{panel:bgColor=#fffae6}\nCareful\n{panel}", "> [!WARNING]\n> Careful"),
    ("----", "---"),
    ("[text|https://example.com/a]", "[text](https://example.com/a)"),
    ("https://example.com/a/b", "https://example.com/a/b"),
    ("[~accountid:557058:ab] look", "[@557058:ab](accountid:557058:ab) look"),
    ("[~jsmith] look", "[@jsmith](username:jsmith) look"),
    ("!shot.png!", "![shot.png](attachment:shot.png)"),
    ("!https://example.com/a.png|alt=k!", "![k](https://example.com/a.png)"),
    ("[^notes.pdf]", "[notes.pdf](attachment:notes.pdf)"),
    ("one\ntwo", "one\ntwo"),
    ("\\*no\\* {x\\}".replace("{x", "\\{x"), "\\*no\\* {x}"),
    ("&#92;", "\\\\"),
]  # fmt: skip


@pytest.mark.parametrize(("wiki", "markdown"), PAIRS)
def test_wiki_becomes_markdown(wiki, markdown):
    assert to_markdown(wiki).text == markdown
    assert to_markdown(wiki).losses == ()


@pytest.mark.parametrize(("wiki", "markdown"), PAIRS)
def test_markdown_comes_back_from_wiki_unchanged(wiki, markdown):
    assert to_markdown(from_markdown(markdown).text).text == markdown


@pytest.mark.parametrize(
    ("wiki", "markdown"),
    [
        ("bq. said", "> said"),
        ("a \\\\ b", "a\nb"),
        ("{info}x{info}", "> [!NOTE]\n> x"),
        ("{tip}x{tip}", "> [!TIP]\n> x"),
        ("{panel:title=T}x{panel}", "> [!NOTE]\n> **T**\n>\n> x"),
        ("{expand:More}x{expand}", "<details>\n<summary>More</summary>\n\nx\n\n</details>"),
        ("|a|b|", "|  |  |\n| --- | --- |\n| a | b |"),
        ("|a\nb|c|", "|  |  |\n| --- | --- |\n| a<br>b | c |"),
        ("{code}never closed", "{code}never closed"),
        ("snake_case, a - b, x*y*z", "snake_case, a - b, x\\*y\\*z"),
        ("{color:red}r{color}", '<span style="color: #ff0000">r</span>'),
        ("[mail|mailto:ann@example.com]", "[mail](mailto:ann@example.com)"),
        ("[no link]", "[no link]"),
        ("[x|javascript:alert(1)]", "[x|javascript:alert(1)]"),
    ],
)
def test_other_wiki_forms_are_read(wiki, markdown):
    assert to_markdown(wiki).text == markdown


@pytest.mark.parametrize(
    ("wiki", "loss"),
    [
        ("{code:title=a.py|py}\nx\n{code}", "title of a code block"),
        ("!a.png|width=300!", "size and layout of an image"),
        ("{color:teal}x{color}", "the colour teal"),
        ("{anchor:top}x", "an anchor"),
    ],
)
def test_what_markdown_cannot_say_is_named(wiki, loss):
    assert to_markdown(wiki).losses == (loss,)


@pytest.mark.parametrize(
    ("markdown", "loss"),
    [
        ("> > a", "a blockquote inside of another block becomes part of it"),
        ("3. a", "the first number of a list"),
        ("[DONE](status:green)", "status becomes text"),
        ("[@Ann](azureid:1)", "azureid of '@Ann'"),
        ("a <!-- b -->", "an HTML comment"),
        ("<details>\n<summary>T</summary>\n\nx\n\n</details>",
         "an expand becomes a panel with its title"),
    ],
)  # fmt: skip
def test_what_wiki_markup_cannot_say_is_named(markdown, loss):
    assert from_markdown(markdown).losses == (loss,)


@pytest.mark.parametrize("plain", [
    "One sentence. Another one - with a dash; 3 > 2 and 5 < 6!",
    "First paragraph.\n\nSecond paragraph.",
    "Two lines\nof one paragraph.",
    "See https://example.com/a_b?c=d and snake_case, e-mail ann@example.com, 2 * 3 and #12.",
])  # fmt: skip
def test_plain_text_is_the_same_in_both_forms(plain):
    assert from_markdown(plain).text == plain
    assert to_markdown(plain).text == plain


@pytest.mark.parametrize(
    ("wiki", "markdown"),
    [
        ("\\[^1\\]: n", "[^1]: n"),
        ("a \\\\ \\[^1\\]: n", "a\n[^1]: n"),
        ("{quote} \\\\ q \\\\ \\[\\^1\\]: n {quote}", "> q\n> [^1]: n"),
        ("a \\[r\\]: b", "a [r]: b"),
        ("\\[r\\]: b", "\\[r]: b"),
    ],
)
def test_what_looks_like_a_definition_is_escaped_only_where_it_would_be_one(wiki, markdown):
    assert to_markdown(wiki).text == markdown
    assert to_markdown(from_markdown(markdown).text).text == markdown


def test_a_footnote_after_a_quote_in_an_item_is_settled_at_once():
    once = to_markdown(from_markdown("- > q\n[^1]: n").text).text
    assert once == "\\*\n\n> q\n> [^1]: n"
    assert to_markdown(from_markdown(once).text).text == once


def test_a_text_beyond_every_tracker_is_refused():
    with pytest.raises(Unconvertible, match="the longest"):
        to_markdown("x" * 1_000_001)
