"""Wiki markup ⇄ Markdown over generated texts: stable, and never an accident."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trackers.jira.jira_documents import MARKDOWN
from trackers.jira.wiki import from_markdown, to_markdown

MANY = settings(max_examples=150, deadline=None)
_LINES = st.sampled_from(
    [
        "",
        "",
        "text",
        "h1. head",
        "* a",
        "** b",
        "*# c",
        "# d",
        "- e",
        "bq. q",
        "----",
        "||h||i||",
        "|a|b|",
        "|a [x|https://x.io]|",
        "{code:py}",
        "{code}",
        "{noformat}",
        "{quote}",
        "{panel:title=T}",
        "{panel}",
        "{info}",
        "{expand:t}",
        "{expand}",
        "*b _i_* -s- +u+ ^p^ ~q~",
        "{*}x{*}y",
        "{{m}}",
        "{color:red}r{color}",
        "[~accountid:1]",
        "[~bob]",
        "[t|https://x.io]",
        "[https://x.io]",
        "https://x.io/a_b.",
        "!a.png|width=3!",
        "[^f.pdf]",
        "a \\\\ b",
        "\\*x\\*",
        "??c??",
        "&#92;",
        "* a {code}",
        "x {quote} y {quote} z",
        "{anchor:a}",
        "h2.",
        "|",
        "||",
    ]
)
_SOUP = st.lists(
    st.sampled_from([*"ab1 *_~`[]()<>!#|\\-+.:&\n=@/\"'{}^?é", "https://x.io/a", "{code}", "\n\n"]),
    max_size=24,
).map("".join)
WIKI = st.one_of(st.lists(_LINES, max_size=12).map("\n".join), _SOUP, st.text())


def settled(markdown: str) -> str:
    """Markdown after one trip through wiki markup."""
    return to_markdown(from_markdown(markdown).text).text


@MANY
@given(WIKI)
def test_any_wiki_text_is_stable_after_one_round_trip(wiki):
    once = settled(to_markdown(wiki).text)
    assert settled(once) == once


@MANY
@given(MARKDOWN)
def test_any_markdown_is_stable_through_wiki_after_one_round_trip(markdown):
    once = settled(markdown)
    assert settled(once) == once
