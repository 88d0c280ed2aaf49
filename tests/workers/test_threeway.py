"""The merge of one field: what holds for any two sides, whatever their words."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from schemas.mirror import FieldDirection, Strategy
from tests.builders import NOW
from tests.workers.merging import ALIKE, CASES, Words, after, again, sided
from workers.rules.threeway import UNSET, Kind, Sided, TargetEdits, decide, exchanged, same

LEFT, RIGHT = "abcde", "VWXYZ"
QUIET = ("nothing", "agree", "conflict")

Pair = tuple[Any, Any]


@st.composite
def words_of_sets(draw: st.DrawFn, one_to_one: bool = False) -> Words:
    """Members carried one by one: some have no word there, and several one, but for `one_to_one`;
    and so back. What was carried there and back is carried as before."""
    some = st.lists(st.none() | st.sampled_from(RIGHT), min_size=5, max_size=5)
    if one_to_one:
        some = st.permutations([*RIGHT[:3], None, None])
    there: dict[str, str | None] = dict(zip(LEFT, draw(some), strict=True))
    here: dict[str, str] = {}
    for member, word in there.items():
        if word is not None:
            here.setdefault(word, member)
    for word in set(RIGHT) - set(here):
        if here and not one_to_one and draw(st.booleans()):
            here[word] = draw(st.sampled_from(sorted(here.values())))
    return Words(
        lambda held: sorted({word for one in held or () if (word := there[one])}),
        lambda held: sorted({here[one] for one in held or () if one in here}),
    )


def squeezed(value: Any) -> Any:
    """A tracker's own form of a text: it prefers other bullets and no double blanks."""
    return value and value.replace("*", "-").replace("  ", " ")


NORMALISING = Words(squeezed, lambda value: value)

TEXTS = st.lists(st.sampled_from(("* x", "y  y", "", "z", "w")), max_size=5).map("\n".join)
PLAIN = st.none() | st.sampled_from(("open", "in work", "closed"))
STATES = Words(
    lambda value: value and {"in work": "open"}.get(value, value), lambda value: value
)  # two of the left's words are one at the right
TIMES = st.none() | st.integers(0, 300).map(lambda seconds: NOW + timedelta(seconds=seconds))


def values(kind: Kind) -> tuple[st.SearchStrategy[Any], st.SearchStrategy[Any]]:
    if kind == "set":
        of = [st.lists(st.sampled_from(side), unique=True) for side in (LEFT, RIGHT)]
        return of[0], of[1]
    if kind == "text":
        return TEXTS, TEXTS.map(squeezed)
    return PLAIN, PLAIN.filter(lambda value: value != "in work")


@st.composite
def fields(draw: st.DrawFn, kind: Kind | None = None, **given_over: Any) -> tuple[Sided, Words]:
    kind = kind or draw(st.sampled_from(get_args(Kind)))
    of_sets = draw(words_of_sets(given_over.pop("one_to_one", False)))
    faithful = given_over.pop("faithful", False)
    words = {"set": of_sets, "text": NORMALISING, "plain": STATES}[kind]
    of_left, of_right = values(kind)
    base: Pair = (UNSET, UNSET)
    if draw(st.integers(0, 4)) or "base" in given_over:
        base = (draw(of_left), draw(of_right))
        if faithful and kind == "text":
            base = (base[0], words.there(base[0]))
    over: dict[str, Any] = {
        "strategy": draw(st.sampled_from(get_args(Strategy))),
        "direction": draw(st.sampled_from(get_args(FieldDirection))),
        "target_edits": draw(st.sampled_from(get_args(TargetEdits))),
        "left_at": draw(TIMES),
        "right_at": draw(TIMES),
    }
    given_over.pop("base", None)
    left, right = draw(of_left), draw(of_right)
    if base[0] is not UNSET:
        left, right = (
            draw(st.sampled_from((left, base[0]))),
            draw(st.sampled_from((right, base[1]))),
        )
    return sided(kind, base, (left, right), words, **(over | given_over)), words


def two_way(kind: Kind) -> st.SearchStrategy[tuple[Sided, Words]]:
    return fields(kind=kind, base=True, direction="both")


@given(fields())
def test_when_nobody_edits_nothing_is_written_whatever_the_sides_make_of_values(
    drawn: tuple[Sided, Words],
) -> None:
    one, words = drawn
    rest = again(one, decide(one), words, based=True)
    assert decide(rest).act == "nothing"


@given(fields(one_to_one=True, faithful=True))
def test_a_verdict_carried_out_but_not_recorded_is_not_carried_out_again(
    drawn: tuple[Sided, Words],
) -> None:
    one, words = drawn
    verdict = decide(one)
    if verdict.act == "keep":
        assert decide(again(one, verdict, words, based=False)).act == "keep"
    elif verdict.act != "conflict":
        assert decide(again(one, verdict, words, based=False)).act in QUIET


@given(fields())
def test_nothing_is_invented(drawn: tuple[Sided, Words]) -> None:
    one, _ = drawn
    verdict = decide(one)
    for written, given_ in (
        (verdict.left, (one.left, one.right_here, one.base_left)),
        (verdict.right, (one.right, one.left_there, one.base_right)),
    ):
        known = [value for value in given_ if value is not UNSET]
        if one.kind == "set":
            assert set(written or ()) <= {member for value in known for member in value}
            assert len(written or ()) == len(set(written or ()))
        elif one.kind == "text":
            lines = {line for value in known for line in (value or "").split("\n")}
            assert set((written or "").split("\n")) <= lines | {""}
        else:
            assert written is None or written in known


@given(fields())
def test_exchanging_the_sides_exchanges_the_verdict(drawn: tuple[Sided, Words]) -> None:
    one, _ = drawn
    verdict, mirrored = decide(one), decide(exchanged(one))
    acts = {"write_left": "write_right", "write_right": "write_left"}
    assert mirrored.act == acts.get(verdict.act, verdict.act)
    assert (mirrored.left, mirrored.right) == (verdict.right, verdict.left)
    assert exchanged(exchanged(one)) == one


@pytest.mark.parametrize("kind", get_args(Kind))
def test_an_edit_of_one_side_alone_arrives(kind: Kind) -> None:
    @given(fields(kind=kind, base=True, direction="both"))
    def arrives(drawn: tuple[Sided, Words]) -> None:
        one, words = drawn
        assume(not same(kind, one.base_left, one.left))
        one = sided(kind, (one.base_left, one.base_right), (one.left, one.base_right), words)
        left, right = after(one, decide(one))
        assert same(kind, left, one.left)
        if same(kind, one.base_left_there, one.left_there):
            assert same(kind, right, one.right)
        elif kind != "set":
            assert same(kind, right, one.left_there)
        else:
            came = set(one.left_there) - set(one.base_left_there)
            went = set(one.base_left_there) - set(one.left_there)
            said = set(words.here(one.right))
            assert went.isdisjoint(right)
            new = set(one.left) - set(one.base_left)
            assert came <= set(right) or new <= said
            assert set(right) - came == set(one.right) - went - came

    arrives()


@given(two_way("set"))
def test_no_member_that_a_side_added_goes_and_none_that_it_removed_stays(
    drawn: tuple[Sided, Words],
) -> None:
    one, words = drawn
    verdict = decide(one)
    assume(verdict.act != "conflict" and one.strategy in ("manual", "merge"))
    left, right = after(one, verdict)
    for was, now, ends in ((one.base_left, one.left, left), (one.base_right, one.right, right)):
        assert set(now) - set(was) <= set(ends)
        assert (set(was) - set(now)).isdisjoint(set(ends))
    gone = set(one.base_left_there) - set(one.left_there)
    assert gone.isdisjoint(set(right) - (set(one.right) - set(one.base_right)))
    for member in set(one.left) - set(one.base_left):
        assert (
            set(words.there([member])) <= set(right)
            or {member} <= set(words.here(one.right))
            or set(words.there([member])) <= set(one.base_left_there)
        )


@given(fields(kind="set", base=True))
def test_what_a_human_keeps_at_the_target_without_a_word_here_outlives_edits_here(
    drawn: tuple[Sided, Words],
) -> None:
    one, words = drawn
    here = set(words.there([*one.base_left, *one.left]))
    verdict = decide(replace(one, right=one.base_right, right_here=one.base_right_here))
    if verdict.act in ("write_right", "write_both"):
        assert set(one.base_right) - here <= set(verdict.right)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(LEFT)), max_size=12), st.data())
def test_two_sides_of_one_tongue_hold_the_same_set_after_every_round(
    edits: list[tuple[bool, str]], data: st.DataObject
) -> None:
    base: list[str] = []
    sides = [set(base), set(base)]
    for on_left, member in edits:
        sides[0 if on_left else 1] ^= {member}
        if data.draw(st.booleans()):
            one = sided("set", (base, base), (sorted(sides[0]), sorted(sides[1])), ALIKE)
            left, right = after(one, decide(one))
            assert sorted(left) == sorted(right)
            base, sides = sorted(left), [set(left), set(right)]


def test_lines_that_the_other_side_writes_in_its_own_way_are_no_edits() -> None:
    base = "* milk\n* bread\n* tea"
    one = sided(
        "text",
        (base, squeezed(base)),
        ("* milk\n* bread and butter\n* tea", "- oat milk\n- bread\n- tea"),
        NORMALISING,
        strategy="merge",
    )
    verdict = decide(one)
    assert verdict.act == "write_both"
    assert verdict.right == "- oat milk\n- bread and butter\n- tea"
    assert verdict.left == "- oat milk\n* bread and butter\n* tea"


def test_an_edit_without_a_form_on_the_other_side_costs_no_write() -> None:
    held = ("open", "open")
    for direction in ("push", "both"):
        one = sided("plain", held, ("in work", "open"), STATES, direction=direction)
        assert decide(one).act == "agree"
    reformed = sided("text", ("y  y", "Y  Y"), ("y y", "Y  Y"), NORMALISING)
    assert decide(reformed).act == "agree"


def test_a_target_that_holds_one_assignee_is_not_given_two() -> None:
    first = Words(lambda held: held[:1], lambda held: held)
    added = sided("set", (["ann"], ["ann"]), (["ann", "bob"], ["ann"]), first)
    assert decide(added).act == "agree"
    left = sided("set", (["ann", "bob"], ["ann"]), (["bob"], ["ann"]), first)
    assert (decide(left).act, decide(left).right) == ("write_right", ["bob"])


def test_a_member_that_the_target_refused_is_not_tried_again_by_another_edit() -> None:
    refused = sided("set", (["ann", "bob"], ["ANN"]), (["ann", "bob", "cy"], ["ANN"]))
    assert decide(refused).right == ["ANN", "CY"]


@pytest.mark.parametrize("strategy", get_args(Strategy))
def test_only_a_member_that_one_added_and_the_other_removed_needs_the_strategy(
    strategy: Strategy,
) -> None:
    """`X` is the right's own since both agreed; the left adds its word while it goes there."""
    one = sided("set", (["a"], ["A", "X"]), (["a", "x", "n"], ["A", "M"]), strategy=strategy)
    verdict = decide(one)
    if strategy == "local_wins":
        assert (verdict.left, verdict.right) == (["a", "x", "n", "m"], ["A", "M", "X", "N"])
    elif strategy == "external_wins":
        assert (verdict.left, verdict.right) == (["a", "n", "m"], ["A", "M", "N"])
    else:
        assert verdict.act == "conflict"


@pytest.mark.parametrize(
    ("left_at", "right_at", "act"),
    [
        (NOW, NOW - timedelta(seconds=60), "write_right"),
        (NOW - timedelta(seconds=60), NOW, "write_left"),
        (NOW, NOW - timedelta(seconds=59), "conflict"),
        (NOW - timedelta(seconds=59), NOW, "conflict"),
        (NOW, None, "conflict"),
        (None, NOW, "conflict"),
        (None, None, "conflict"),
    ],
)
def test_the_newest_wins_only_where_it_is_known_which_it_is(
    left_at: datetime | None, right_at: datetime | None, act: str
) -> None:
    one = sided("plain", ("a", "A"), ("l", "R"), strategy="newest_wins")
    verdict = decide(replace(one, left_at=left_at, right_at=right_at))
    assert verdict.act == act
    assert verdict.why


@pytest.mark.parametrize("direction", ["push", "pull", "both"])
@pytest.mark.parametrize("kind", ["plain", "text"])
def test_two_changes_that_stem_from_one_edit_agree_in_whatever_words(
    kind: Kind, direction: FieldDirection
) -> None:
    one = sided(kind, ("a", "A"), ("x", "Y"), direction=direction, one_origin=True)
    assert decide(one).act == "agree"
    alone = sided(kind, ("a", "A"), ("x", "A"), direction="both", one_origin=True)
    assert decide(alone).act == "write_right"


def test_without_the_carried_base_a_member_is_known_on_the_other_side_by_its_name_alone() -> None:
    bare = {"base_left_there": UNSET, "base_right_here": UNSET}
    named = sided("set", (["a", "b"], ["a", "b", "own"]), (["a"], ["a", "b", "own"]), ALIKE, **bare)
    assert decide(named).right == ["a", "own"]
    renamed = sided("set", (["ann", "bob"], ["ANN", "BOB"]), (["ann"], ["ANN", "BOB"]), **bare)
    assert decide(renamed).act == "conflict"
    added = sided("set", (["ann"], ["ANN", "OWN"]), (["ann", "bob"], ["ANN", "OWN"]), **bare)
    assert decide(added).right == ["ANN", "OWN", "BOB"]


@settings(max_examples=200)
@given(two_way("plain") | two_way("text"))
def test_a_conflict_is_raised_only_where_both_sides_were_edited(
    drawn: tuple[Sided, Words],
) -> None:
    one, _ = drawn
    verdict = decide(one)
    edited = [not same(one.kind, *pair) for pair in
              ((one.base_left, one.left), (one.base_right, one.right))]  # fmt: skip
    if verdict.act == "conflict":
        assert all(edited)
        assert one.strategy in ("manual", "merge", "newest_wins")
        assert verdict.why
    assert (verdict.act == "nothing") == (not any(edited))


def test_an_emptied_field_is_an_edit_like_any_other() -> None:
    assert decide(sided("plain", ("a", "A"), (None, "A"), CASES)).right is None
    assert decide(sided("plain", ("a", "A"), (None, "A"), CASES)).act == "write_right"
    assert decide(sided("plain", (0, 0), (None, 0), ALIKE)).act == "write_right"
    assert decide(sided("text", ("", None), (None, ""), ALIKE)).act == "nothing"
