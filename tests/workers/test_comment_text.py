"""The author line below a twin: it survives other forms of text and is cut off to compare."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.mirror import Mirror, MirrorOptions
from schemas.ticket import Comment, Person, TicketRef
from trackers.jira import adf, wiki
from trackers.markdown import from_html, to_html
from workers.rules.comment_text import (
    author_line,
    line_of,
    own_text,
    plain,
    seen,
    signed,
    twin_text,
)
from workers.rules.terms import SideWords, Terms

AT = datetime(2026, 11, 20, 9, 31, tzinfo=UTC)
ALICE = Person(id="1", login="alice", name="Alice Smith")


def said(body: str, author: Person | None = ALICE, at: datetime | None = AT) -> Comment:
    return Comment(id="1", author=author, body=body, created_at=at)


def the_terms(**over: object) -> Terms:
    words = {"tracker": "gitlab", "instance": "1", "writes": frozenset[str]()}
    mirror = Mirror(
        id=1, name="m", source="here", target="there", options=MirrorOptions(), created_at=AT
    )
    given = {
        "mirror": mirror,
        "side": "left",
        "own": SideWords(source="here", project="group/shop", **words),
        "other": SideWords(source="there", project="group/twin", **words),
    }
    return Terms(**(given | over))


def test_the_line_names_author_login_and_minute() -> None:
    assert author_line(said("x")) == "✍️ **Alice Smith** (`@alice`) · 2026-11-20 09:31 UTC"
    nameless = Person(id="1", login="alice")
    assert author_line(said("x", nameless)).startswith("✍️ **alice** (`@alice`) · ")
    assert author_line(said("x", None, None)) == "✍️ **unknown** · 1970-01-01 00:00 UTC"


def test_a_name_cannot_break_the_line_or_mention_anybody() -> None:
    evil = Person(id="1", login="a`b\nc", name="**Bob** [x](http://e) @carol\n# Big <b> " * 9)
    line = author_line(said("x", evil))
    assert "\n" not in line
    assert "@carol" not in line
    assert "`@abc`" in line
    assert re.search(r"(?<!\\)\[", line) is None
    assert own_text(signed("Text", line)) == "Text"


def test_the_line_is_cut_off_again_with_the_marker_below_it() -> None:
    text = signed("Two\n\nparagraphs", author_line(said("x")))
    marked = f"{text}\n\n<!-- ticketsync:1:a:b:c:1:{'0' * 32} -->"
    assert own_text(marked) == "Two\n\nparagraphs"
    assert line_of(marked) == author_line(said("x"))
    assert own_text("a text\n\nof a person") == "a text\n\nof a person"
    assert own_text(signed("", author_line(said("x")))) == ""
    assert line_of("a text") == ""


@pytest.mark.parametrize(
    "text",
    [
        "✍️ **Alice** · 2026-11-20 09:31 UTC\n\nand more",
        "> ✍️ **Alice** · 2026-11-20 09:31 UTC",
        "met at 2026-11-20 09:31 UTC",
        "✍️ I wrote this · today",
    ],
)
def test_what_a_person_wrote_is_not_taken_for_the_line(text: str) -> None:
    assert own_text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "```\ncode",
        "~~~~ x\n```\ncode",
        "a <!-- open",
        "- item\n  - item",
        "| a |\n|---|\n| b |",
        ">q",
    ],
)
def test_what_a_text_leaves_open_does_not_hide_the_line(text: str) -> None:
    shown = to_html(signed(text, author_line(said("x")))).text
    assert "<strong>Alice Smith</strong>" in shown
    assert "✍" in re.sub(r"<!--.*?-->|<pre>.*?</pre>", "", shown, flags=re.DOTALL)


def test_an_open_comment_is_closed() -> None:
    assert signed("a <!-- b --> <!-- c", "line") == "a <!-- b --> <!-- c -->\n\nline"


def test_a_block_that_is_closed_stays_as_it_is() -> None:
    for text in ("```\ncode\n```", "a <!-- b --> c", "`` ` ``"):
        assert signed(text, "line") == f"{text}\n\nline"


TEXTS = ["Plain", "Two\n\nparagraphs", "- a\n- b", "```\ncode\n```", "> quoted", "Ends in **bold**"]
NAMES = ["Alice Smith", "Ünal_Ödön*", "a:b", "R&D [bot]", "<x>", "日本 語", "O'Neil ~ $1 #3"]


def through_adf(text: str) -> str:
    return adf.to_markdown(adf.from_markdown(text).document).text


def through_html(text: str) -> str:
    return from_html(to_html(text).text).text


def through_wiki(text: str) -> str:
    return wiki.to_markdown(wiki.from_markdown(text).text).text


@pytest.mark.parametrize("through", [through_adf, through_html, through_wiki])
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", NAMES)
def test_the_line_is_known_again_in_other_forms_of_text(
    through: Callable[[str], str], text: str, name: str
) -> None:
    line = author_line(said("x", Person(id="1", login="a-b", name=name)))
    back = through(signed(text, line))
    assert own_text(back) == through(text).rstrip()
    assert line_of(back)
    assert own_text(through(signed(own_text(back), line_of(back)))) == own_text(back)


def test_the_fingerprint_sees_the_text_alone() -> None:
    line = author_line(said("x"))
    assert seen(said(signed("Text", line))) == seen(said("Text  \r\n"))
    assert seen(said("Text")) != seen(said("text"))


def test_a_twin_mentions_nobody_and_points_at_the_twin_of_what_it_names() -> None:
    twins = {"#12": TicketRef(key="#7", url="https://git.test/group/twin/-/issues/7")}
    text = twin_text(said("@bob see #12 and `@eve`"), the_terms(twins=twins, born="right"))
    assert "@bob" not in text
    assert "`@eve`" in text
    assert "#12" not in text
    assert own_text(text) != text


def test_an_address_of_a_file_is_that_of_its_twin() -> None:
    files = {"/uploads/a/x.png": "/uploads/b/x.png"}
    assert "![x](/uploads/b/x.png)" in twin_text(
        said("![x](/uploads/a/x.png)"), the_terms(files=files)
    )


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80), st.text(max_size=30), st.text(max_size=30))
def test_any_text_and_name_come_apart_again(body: str, name: str, login: str) -> None:
    comment = said(body, Person(id="1", login=login, name=name))
    line = author_line(comment)
    text = signed(plain(body), line)
    assert line_of(text) == line
    rest = own_text(text)
    assert rest.startswith(plain(body))
    assert rest.removeprefix(plain(body)).strip("\n`~ ") in ("", "-->")
