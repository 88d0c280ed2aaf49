"""The text of a file: the same bytes for the same ticket, YAML that reads back, and its own id."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from schemas.ticket import Milestone, Relation, TicketRef
from store.workspace.frontmatter import ORDER, moment, scalar
from store.workspace.render import own_render, render
from tests.builders import a_comment, a_label, a_person, a_ticket

texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"))
EVIL = ["yes", "No", "null", "~", "1e5", "0x1F", "- a", "a: b", "a #b", "'", '"', "{}", "[a]", "|"]
EVIL += ["---", "...", "!tag", "&a", "*a", "%x", "@x", "`x`", "\u2028", "\x85", "\ufeff", "=", "<<"]
EVIL += [
    "render: 0123456789abcdef",
    "a\nb",
    "a\tb",
    "2026-11-20",
    "12:30",
    ".inf",
    "é",
    "☕",
    "1_000",
]

TYPED = [
    b"# note",
    b"\n# note\n",
    b" # note",
    b"\nmine: 1\n",
    b"\nmine: |\n  a\n",
    b"\n<<: {title: x}\n",
]
TYPED += [
    b"\n\ttitle: x\n",
    b"\nmine: 'open\n",
    b'\n"title": x\n',
    b"\n# a\rtitle: x\n",
    b"\n...\n",
]
TYPED += [
    b"\nmine: &a x\nstate: *a\n",
    b"\n---\n",
    b"\n- x\n",
    b"\n<<<<<<< HEAD\n",
    b"\n# \xc2\x85title: x\n",
]


def front(content: bytes) -> dict:
    """The front matter as YAML reads it."""
    head = content.decode().split("\n---\n", 1)[0].removeprefix("---\n")
    return YAML(typ="safe", pure=True).load(StringIO(head))


def text(content: bytes) -> str:
    return content.decode()


def test_the_same_ticket_gives_the_same_bytes() -> None:
    ticket = a_ticket(comments=(a_comment(),), labels=(a_label("b", 1), a_label("a", 2)))
    assert render(ticket) == render(ticket.model_copy())
    turned = ticket.model_copy(update={"labels": ticket.labels[::-1]})
    assert render(turned).content == render(ticket).content


def test_a_file_shows_ticket_body_and_comments() -> None:
    ticket = a_ticket(
        title="The title",
        body="The body.\n",
        labels=(a_label("bug"),),
        assignees=(a_person("ines"),),
        milestone=Milestone(id="1", title="Spring"),
        relations=(Relation(kind="child", target=TicketRef(key="13")),),
        comments=(a_comment(body="Seen it too."),),
    )
    content = render(ticket).content
    values = front(content)
    assert (values["title"], values["key"], values["state"]) == ("The title", "12", "open")
    assert (values["labels"], values["assignees"], values["milestone"]) == (
        ["bug"],
        ["ines"],
        "Spring",
    )
    assert (values["children"], values["comments"], values["deleted"]) == (["13"], 1, False)
    assert "\nThe body.\n" in text(content)
    assert "### tomas-quist · 2026-11-20 09:10 UTC" in text(content)
    assert "\nSeen it too.\n" in text(content)


@given(texts, st.lists(texts.filter(bool), max_size=4), texts)
@example("x", EVIL, "y")
def test_what_a_file_says_reads_back_as_it_was(title: str, labels: list[str], login: str) -> None:
    ticket = a_ticket(
        title=title,
        labels=tuple(a_label(name, number) for number, name in enumerate(labels)),
        reporter=a_person(login, 1),
    )
    values = front(render(ticket).content)
    assert values["title"] == title
    assert values["labels"] == sorted(labels)
    assert values["reporter"] == (login or "1")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**12), 10**12) | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=6,
    )
)
def test_every_value_reads_back_from_yaml(value) -> None:
    read = YAML(typ="safe", pure=True).load(StringIO(f"key: {scalar(value)}"))
    assert read == {"key": value}


@pytest.mark.parametrize("word", EVIL)
def test_no_text_is_taken_for_something_else(word: str) -> None:
    assert YAML(typ="safe", pure=True).load(StringIO(f"key: {scalar(word)}")) == {"key": word}


@given(texts, texts, st.lists(texts, max_size=3))
@example("a", "<!-- ticketsync end  -->", ["<!-- ticketsync comments  -->"])
@example("render: 0123456789abcdef", "render: 0123456789abcdef\n", ["x"])
def test_a_file_nobody_edited_knows_itself(title: str, body: str, notes: list[str]) -> None:
    comments = tuple(a_comment(number, body=note) for number, note in enumerate(notes))
    rendered = render(a_ticket(title=title, body=body, comments=comments))
    assert own_render(rendered.content) == rendered.id


@given(texts, texts, st.data())
def test_a_file_with_an_edit_is_not_taken_for_ours(title: str, body: str, data) -> None:
    """Whatever was typed wherever: a file that passes for ours says what we said."""
    content = render(a_ticket(title=title, body=body, comments=(a_comment(),))).content
    place = data.draw(st.integers(0, len(content)))
    typed = data.draw(st.sampled_from(TYPED) | st.binary(min_size=1, max_size=3))
    edited = content[:place] + typed + content[place:]
    if own_render(edited) is not None:
        said, ours = front(edited), front(content)
        assert {key: said[key] for key in ours} == ours
        assert edited.endswith(content[content.index(b"\n---\n") :])
    cut = data.draw(st.integers(0, len(content) - 1))
    assert own_render(content[:cut]) is None


@given(st.sampled_from(ORDER), st.sampled_from(ORDER), st.data())
def test_values_typed_under_keys_of_ours_are_edits(one: str, other: str, data) -> None:
    content = render(a_ticket(title="T", labels=(a_label("bug"),))).content
    line = data.draw(st.sampled_from([f"{one}: typed", f'"{one}": typed', f"? {one}\n: typed"]))
    lines = content.decode().split("\n")
    at = next((n for n, text in enumerate(lines) if text.startswith(f"{other}:")), 1)
    edited = "\n".join([*lines[:at], line, *lines[at:]]).encode()
    assert own_render(edited) is None


@pytest.mark.parametrize(
    "content", [b"", b"---\n---\n", b"render: 0123456789abcdef\n", b"\xff\xfe"]
)
def test_a_file_of_somebody_else_is_not_ours(content: bytes) -> None:
    assert own_render(content) is None


def test_different_tickets_have_different_ids() -> None:
    assert render(a_ticket(title="a")).id != render(a_ticket(title="b")).id


def test_times_are_printed_in_utc_with_a_fraction_only_where_there_is_one() -> None:
    assert moment(datetime(2026, 11, 20, 9, 31, 44, tzinfo=UTC)) == "2026-11-20T09:31:44Z"
    assert moment(datetime(2026, 11, 20, 9, 31, 44, 2000, tzinfo=UTC)).startswith(
        "2026-11-20T09:31:44.002"
    )
