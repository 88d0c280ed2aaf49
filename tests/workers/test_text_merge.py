"""Two edits of one text, line by line."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.rules.text_merge import MOST_LINES, carried, merged

LINES = st.lists(st.sampled_from(("a", "b", "c", "")), max_size=8).map("\n".join)


@st.composite
def planned(draw: st.DrawFn) -> tuple[str, str, str, str]:
    """A base, two edits that are a stable line apart, and what both make of it."""
    base, one, other, both = [], [], [], []
    for number in range(draw(st.integers(1, 8))):
        kept = f"kept {number}"
        old = [f"old {number}"] * draw(st.integers(0, 2))
        new = [f"new {number}.{place}" for place in range(draw(st.integers(0, 2)))]
        by = draw(st.integers(0, 2))
        base += [kept, *old]
        one += [kept, *(new if by == 1 else old)]
        other += [kept, *(new if by == 2 else old)]
        both += [kept, *(new if by else old)]
    return "\n".join(base), "\n".join(one), "\n".join(other), "\n".join(both)


@given(planned())
def test_edits_that_a_line_parts_are_both_in_the_text(drawn: tuple[str, str, str, str]) -> None:
    base, one, other, both = drawn
    assert merged(base, one, other) == both


@given(planned())
def test_a_text_that_has_one_edit_already_is_given_the_other_alone(
    drawn: tuple[str, str, str, str],
) -> None:
    base, one, _, both = drawn
    assert merged(base, one, both) == both


@given(LINES, LINES, LINES)
def test_the_sides_may_be_exchanged_and_no_line_is_invented(
    base: str, one: str, other: str
) -> None:
    made = merged(base, one, other)
    assert made == merged(base, other, one)
    if made is not None:
        assert set(made.split("\n")) <= {*one.split("\n"), *other.split("\n"), ""}


@given(LINES, LINES)
def test_one_edit_alone_stands_whole(base: str, edited: str) -> None:
    assert merged(base, edited, base) == merged(base, base, edited) == edited
    assert merged(base, edited, edited) == edited


@given(LINES, LINES, LINES)
def test_no_line_that_a_side_wrote_is_lost_without_a_word(base: str, one: str, other: str) -> None:
    made = merged(base, one, other)
    for edited in (one, other):
        new = set(edited.split("\n")) - set(base.split("\n"))
        assert made is None or new <= set(made.split("\n"))


@pytest.mark.parametrize(
    ("base", "one", "other", "made"),
    [
        ("- [ ] a\n- [ ] b", "- [x] a\n- [ ] b", "- [ ] a\n- [x] b", "- [x] a\n- [x] b"),
        ("a\nb\nc", "a\nB\nc", "a\nb2\nc", None),
        ("a\nb\nc", "a\nc", "a\nB\nc", None),
        ("a\nb\nc", "a\nc", "a\nc", "a\nc"),
        ("a", "a\nx", "a\ny", None),
        ("a", "a\nx", "a\nx", "a\nx"),
        ("a", "x\na", "a\ny", "x\na\ny"),
        ("a\nb", "", "a\nb\nc", None),
        ("", "x", "", "x"),
        ("", "x", "y", None),
        ("a\nb", "b", "a", None),
        ("a\n\nb", "A\n\nb", "a\n\nB\n", "A\n\nB\n"),
    ],
)
def test_examples(base: str, one: str, other: str, made: str | None) -> None:
    assert merged(base, one, other) == made
    assert merged(base, other, one) == made


@given(LINES, LINES, LINES)
def test_an_edit_is_carried_into_a_reformed_text_and_nothing_else_is(
    base: str, edited: str, held: str
) -> None:
    assert carried(base, edited, base) == edited
    assert carried(base, base, held) == held
    assert set(carried(base, edited, held).split("\n")) <= {
        *edited.split("\n"), *held.split("\n"), "",
    }  # fmt: skip


def test_of_a_reformed_text_only_the_edited_lines_are_in_the_words_of_the_edit() -> None:
    base, held = "* a\n* b\n* c", "- a\n- b\n- c"
    assert carried(base, "* a\n* B\n* c", held) == "- a\n* B\n- c"
    assert carried(base, "* a\n* c", held) == "- a\n- c"


@pytest.mark.parametrize("line", ["", "x", "number {}"])
def test_a_long_text_takes_no_long_time(line: str) -> None:
    many: list[Any] = [line.format(number) for number in range(MOST_LINES * 5)]
    one, other = [*many, "one"], ["other", *many]
    begun = time.perf_counter()
    assert merged("\n".join(many), "\n".join(one), "\n".join(other)) == "\n".join(
        ["other", *many, "one"]
    )
    worst = [text for text in ("a", "") for _ in range(MOST_LINES // 4)]
    assert (
        merged("\n".join(worst), "\n".join(["s", *worst[::-1]]), "\n".join([*worst, "t"])) is None
    )
    assert time.perf_counter() - begun < 5
