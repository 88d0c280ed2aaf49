"""Two edits of one text, line by line."""

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.rules.line_diff import kept
from workers.rules.text_merge import MOST_EDITS, carried, merged

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


def test_a_long_text_takes_no_long_time() -> None:
    lines = [[f"{place}" for place in range(20_000)], ["" if place % 2 else f"{place // 4}"
             for place in range(20_000)], ["x"] * 20_000]  # fmt: skip
    for many in lines:
        one, other = [*many[:9_000], "one", *many[9_000:]], ["other", *many]
        both = ["other", *many[:9_000], "one", *many[9_000:]]
        begun = time.perf_counter()
        made = merged("\n".join(many), "\n".join(one), "\n".join(other))
        assert made is not None
        assert sorted(made.split("\n")) == sorted(both)
        rewritten = [f"{line}!" if place % 4 == 1 else line for place, line in enumerate(many)]
        merged("\n".join(many), "\n".join(rewritten), "\n".join(other))
        assert time.perf_counter() - begun < 5


def test_an_edit_of_more_lines_than_are_compared_is_taken_line_for_line_or_as_one() -> None:
    base = [f"{place}" for place in range(2 * MOST_EDITS)]
    rewritten = [f"{line}!" if place % 2 else line for place, line in enumerate(base)]
    before, after = "\n".join(base), "\n".join(rewritten)
    longer = after + "\nend"
    for line, ours, theirs in (
        ("500", after, "five"),
        ("501", None, "five"),
        ("501", after, "501!"),
    ):
        other = before.replace(f"\n{line}\n", f"\n{theirs}\n")
        made = ours and ours.replace(f"\n{line}\n", f"\n{theirs}\n")
        assert merged(before, after, other) == made
    assert merged(before, longer, before.replace("\n500\n", "\nfive\n")) is None


@given(LINES, LINES)
def test_kept_lines_are_as_many_as_there_can_be(base: str, edited: str) -> None:
    one, other = base.split("\n"), edited.split("\n")
    places = kept(one, other, 100)
    assert all(one[line] == other[there] for line, there in places)
    assert all(a < c and b < d for (a, b), (c, d) in itertools.pairwise(places))
    longest = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for line, there in itertools.product(range(len(one)), range(len(other))):
        longest[line + 1][there + 1] = (
            longest[line][there] + 1
            if one[line] == other[there]
            else max(longest[line][there + 1], longest[line + 1][there])
        )
    assert len(places) == longest[-1][-1]
