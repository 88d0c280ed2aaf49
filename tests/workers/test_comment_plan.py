"""Which comments travel across a mirror, which come back, and which stay where they are."""

from datetime import timedelta

import pytest

from tests.workers.commenting import AT, BOT, a_mirror, a_row, acts, said, told, twin_of
from workers.rules.comment_plan import plan_comments, seen
from workers.rules.comment_text import author_line, signed


@pytest.mark.parametrize("direction", ["push", "bidirectional"])
def test_new_comments_are_carried_oldest_first_and_internal_ones_never(direction: str) -> None:
    left = [said("2", minutes=5), said("3", internal=True), said("1")]
    steps = plan_comments(a_mirror(direction), left, [], [])
    assert [(one.act, one.side, one.origin and one.origin.id) for one in steps] == [
        ("create", "right", "1"),
        ("create", "right", "2"),
    ]
    assert steps[0].line == "✍️ **Alice Smith** (`@alice`) · 2026-11-20 09:31 UTC"


def test_what_was_born_at_the_target_of_a_one_way_mirror_stays_there() -> None:
    stranger = said("r")
    assert plan_comments(a_mirror(), [], [stranger], []) == []
    carried_once = a_row(said("l"), stranger, born="right", left_seen="other")
    assert plan_comments(a_mirror(), [said("l")], [stranger], [carried_once]) == []
    gone = plan_comments(
        a_mirror(delete_comments=True), [], [stranger], [carried_once], [("left", "l")]
    )
    assert gone == []


def test_a_two_way_mirror_carries_both_ways() -> None:
    steps = plan_comments(a_mirror("bidirectional"), [said("l")], [said("r", minutes=1)], [])
    assert acts(steps) == [("create", "right"), ("create", "left")]


def test_nothing_happens_where_comments_are_not_mirrored() -> None:
    assert plan_comments(a_mirror(sync_comments=False), [said("l")], [], []) == []


def test_what_both_agreed_on_is_left_alone() -> None:
    left = said("l")
    right = twin_of(left, "r")
    for direction in ("push", "bidirectional"):
        assert plan_comments(a_mirror(direction), [left], [right], [a_row(left, right)]) == []


def test_an_edit_at_the_source_changes_the_twin_and_keeps_its_author() -> None:
    before = said("l")
    right = twin_of(before, "r")
    after = said("l", "Hello again")
    [step] = plan_comments(a_mirror(), [after], [right], [a_row(before, right)])
    assert (step.act, step.side, step.twin, step.mapped) == ("edit", "right", "r", 7)
    assert told(step) == twin_of(after, "r").body


def test_an_edit_of_a_twin_goes_home_without_the_author_line() -> None:
    left = said("l")
    right = twin_of(left, "r")
    edited = twin_of(left, "r", "Corrected there")
    [step] = plan_comments(a_mirror("bidirectional"), [left], [edited], [a_row(left, right)])
    assert (step.act, step.side, step.twin, step.home) == ("edit", "left", "l", True)
    assert told(step) == "Corrected there"


@pytest.mark.parametrize(
    ("edits", "expected"),
    [("overwrite", "edit"), ("warn", "agree"), ("conflict", "conflict")],
)
def test_an_edit_at_the_target_of_a_one_way_mirror_follows_its_option(
    edits: str, expected: str
) -> None:
    left = said("l")
    row = a_row(left, twin_of(left, "r"))
    edited = twin_of(left, "r", "Mine now")
    [step] = plan_comments(a_mirror(target_edits=edits), [left], [edited], [row])
    assert (step.act, step.side) == (expected, "right")
    if expected == "edit":
        assert told(step) == twin_of(left, "r").body


def test_a_settled_conflict_at_the_target_never_writes_to_the_source() -> None:
    left = said("l")
    row, edited = a_row(left, twin_of(left, "r")), twin_of(left, "r", "Mine now")
    mirror = a_mirror(target_edits="conflict")
    assert acts(plan_comments(mirror, [left], [edited], [row], strategy="external_wins")) == [
        ("agree", "right")
    ]
    assert acts(plan_comments(mirror, [left], [edited], [row], strategy="local_wins")) == [
        ("edit", "right")
    ]


@pytest.mark.parametrize(
    ("strategy", "apart", "expected"),
    [
        ("manual", 10, ("conflict", "right")),
        ("merge", 10, ("conflict", "right")),
        ("local_wins", 10, ("edit", "right")),
        ("external_wins", 10, ("edit", "left")),
        ("newest_wins", 10, ("edit", "left")),
        ("newest_wins", -10, ("edit", "right")),
        ("newest_wins", 0.5, ("conflict", "right")),
    ],
)
def test_both_edited_is_settled_by_the_strategy(
    strategy: str, apart: float, expected: tuple[str, str]
) -> None:
    before = said("l")
    row = a_row(before, twin_of(before, "r"))
    left = said("l", "Mine")
    later = AT + timedelta(minutes=apart)
    right = twin_of(before, "r", "Theirs", updated_at=later)
    steps = plan_comments(
        a_mirror("bidirectional"),
        [left],
        [right],
        [row],
        strategy=strategy,  # type: ignore[arg-type]
    )
    assert acts(steps) == [expected]


def test_an_edit_of_unknown_time_is_nobodys_newest() -> None:
    before = said("l")
    row = a_row(before, twin_of(before, "r"))
    left = said("l", "Mine", created_at=None, updated_at=None)
    right = twin_of(before, "r", "Theirs")
    mirror = a_mirror("bidirectional")
    steps = plan_comments(mirror, [left], [right], [row], strategy="newest_wins")
    assert acts(steps) == [("conflict", "right")]


@pytest.mark.parametrize("direction", ["push", "bidirectional"])
def test_the_same_edit_on_both_sides_is_agreed_without_a_write(direction: str) -> None:
    before = said("l")
    row = a_row(before, twin_of(before, "r"))
    left = said("l", "Both")
    steps = plan_comments(a_mirror(direction), [left], [twin_of(left, "r")], [row])
    assert acts(steps) == [("agree", "right")]


def test_twins_that_were_never_compared_agree_or_are_settled() -> None:
    left = said("l")
    unknown = a_row(left, twin_of(left, "r"), left_seen=None, right_seen=None)
    mirror = a_mirror("bidirectional")
    assert acts(plan_comments(mirror, [left], [twin_of(left, "r")], [unknown])) == [
        ("agree", "right")
    ]
    other = twin_of(left, "r", "Other")
    assert acts(plan_comments(mirror, [left], [other], [unknown])) == [("conflict", "right")]
    assert acts(plan_comments(a_mirror(), [left], [other], [unknown])) == [("edit", "right")]


def test_only_a_proven_deletion_is_followed_and_only_if_wanted() -> None:
    left = said("l")
    right = twin_of(left, "r")
    row = a_row(left, right)
    follows = a_mirror(delete_comments=True)
    assert plan_comments(follows, [], [right], [row]) == []
    gone = [("left", "l")]
    [step] = plan_comments(follows, [], [right], [row], gone)
    assert (step.act, step.side, step.twin) == ("delete", "right", "r")
    assert acts(plan_comments(a_mirror(), [], [right], [row], gone)) == [("forget", "right")]


def test_a_twin_that_a_person_deleted_is_not_made_again() -> None:
    left = said("l")
    row, gone = a_row(left, twin_of(left, "r")), [("right", "r")]
    for mirror in (a_mirror(), a_mirror(delete_comments=True), a_mirror("bidirectional")):
        assert [one.act for one in plan_comments(mirror, [left], [], [row], gone)] == ["forget"]
        after = row.model_copy(update={"deleted": True})
        assert plan_comments(mirror, [left], [], [after], gone) == []
    both_ways = a_mirror("bidirectional", delete_comments=True)
    assert acts(plan_comments(both_ways, [left], [], [row], gone)) == [("delete", "left")]


def test_a_deletion_on_both_sides_is_forgotten() -> None:
    left = said("l")
    row = a_row(left, twin_of(left, "r"))
    gone = [("left", "l"), ("right", "r")]
    mirror = a_mirror("bidirectional", delete_comments=True)
    assert [one.act for one in plan_comments(mirror, [], [], [row], gone)] == ["forget"]


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("manual", "conflict"),
        ("newest_wins", "conflict"),
        ("local_wins", "delete"),
        ("external_wins", "forget"),
    ],
)
def test_a_deletion_never_takes_an_edit_along_unasked(strategy: str, expected: str) -> None:
    left = said("l")
    row, gone = a_row(left, twin_of(left, "r")), [("left", "l")]
    edited = twin_of(left, "r", "Worth keeping")
    mirror = a_mirror("bidirectional", delete_comments=True)
    steps = plan_comments(mirror, [], [edited], [row], gone, strategy)  # type: ignore[arg-type]
    assert acts(steps) == [(expected, "right")]


def test_a_comment_that_becomes_internal_takes_its_text_back_once() -> None:
    left = said("l", "The password is xyzzy")
    right = twin_of(left, "r")
    hidden = left.model_copy(update={"internal": True})
    [step] = plan_comments(a_mirror(), [hidden], [right], [a_row(left, right)])
    assert (step.act, step.side, step.text) == ("edit", "right", "[redacted]")
    assert "xyzzy" not in told(step)
    assert "Alice" not in told(step)
    empty = right.model_copy(update={"body": told(step)})
    assert step.origin is not None
    after = a_row(left, empty, left_seen=seen(step.origin))
    assert plan_comments(a_mirror(), [hidden], [empty], [after]) == []
    edited = hidden.model_copy(update={"body": "still xyzzy"})
    assert plan_comments(a_mirror(), [edited], [empty], [after]) == []
    deletes = a_mirror(retract="delete")
    assert acts(plan_comments(deletes, [hidden], [right], [a_row(left, right)])) == [
        ("delete", "right")
    ]


def test_what_was_redacted_on_its_way_out_is_not_lost_on_its_way_back() -> None:
    left = said("l", "The password is xyzzy")
    row = a_row(left, twin_of(left, "r", "The password is [redacted]"))
    edited = twin_of(left, "r", "The password is [redacted], ask Bob")
    mirror = a_mirror("bidirectional")
    [step] = plan_comments(mirror, [left], [edited], [row], strategy="external_wins")
    assert (step.act, step.side) == ("conflict", "left")
    assert step.why.endswith("its twin lacks what was redacted")
    quotes = said("l", "It says [redacted]")
    row = a_row(quotes, twin_of(quotes, "r"))
    edited = twin_of(quotes, "r", "It said [redacted]")
    assert acts(plan_comments(mirror, [quotes], [edited], [row])) == [("edit", "left")]


@pytest.mark.parametrize("direction", ["push", "bidirectional"])
def test_a_twin_is_written_once_more_when_a_file_has_arrived(direction: str) -> None:
    left = said("l", "![x](/uploads/a/x.png)")
    right = twin_of(left, "r", "![x](https://here.test/uploads/a/x.png)")
    row, mirror = a_row(left, right), a_mirror(direction)
    steps = plan_comments(mirror, [left], [right], [row], again=[("left", "l"), ("right", "r")])
    assert acts(steps) == [("edit", "right")]


def test_an_internal_twin_says_nothing_that_is_carried_back() -> None:
    left = said("l")
    row = a_row(left, twin_of(left, "r"))
    secret = twin_of(left, "r", "only for us", internal=True)
    mirror = a_mirror("bidirectional")
    assert plan_comments(mirror, [left], [secret], [row], strategy="external_wins") == []


def test_a_create_whose_answer_never_came_names_its_row() -> None:
    left = said("l")
    [step] = plan_comments(a_mirror(), [left], [], [a_row(left, None)])
    assert (step.act, step.mapped) == ("create", 7)
    hidden = left.model_copy(update={"internal": True})
    assert plan_comments(a_mirror(), [hidden], [], [a_row(left, None)]) == []


def test_what_was_deleted_before_it_had_a_twin_gets_none() -> None:
    assert plan_comments(a_mirror(), [said("l")], [], [], [("left", "l")]) == []


def test_a_twin_is_carried_on_under_the_name_of_its_author() -> None:
    born = said("a1", "Original")
    middle = twin_of(born, "l")
    [step] = plan_comments(a_mirror(), [middle], [], [], origins={("left", "l"): "first/a1"})
    assert told(step) == middle.body
    unknown = said("x", middle.body, author=BOT)
    [step] = plan_comments(a_mirror(), [unknown], [], [])
    assert told(step).endswith(author_line(unknown))


def test_an_edit_that_returns_to_a_twin_keeps_its_author_line() -> None:
    born = said("a1", "Original")
    middle = twin_of(born, "l")
    last = said("r", middle.body, author=BOT)
    row = a_row(middle, last)
    edited = said("r", signed("Corrected", author_line(born)), author=BOT)
    origins = {("left", "l"): "first/a1"}
    mirror = a_mirror("bidirectional")
    [step] = plan_comments(mirror, [middle], [edited], [row], origins=origins)
    assert (step.side, told(step)) == ("left", signed("Corrected", author_line(born)))


def test_a_ring_joins_what_came_both_ways_round() -> None:
    born = said("a1")
    by_one_way, by_the_other = twin_of(born, "l"), twin_of(born, "r")
    origins = {("left", "l"): "first/a1", ("right", "r"): "first/a1"}
    mirror = a_mirror("bidirectional")
    [step] = plan_comments(mirror, [by_one_way], [by_the_other], [], origins=origins)
    assert (step.act, step.mapped, step.twin) == ("agree", None, "r")
    assert step.origin == by_one_way


def test_a_comment_is_not_carried_to_where_it_was_born() -> None:
    born = said("r")
    back = twin_of(born, "l")
    origins = {("left", "l"): "there/r"}
    row = a_row(said("x"), born)
    assert plan_comments(a_mirror(), [back], [born], [row], origins=origins) == []


def test_ids_of_two_trackers_may_be_the_same() -> None:
    steps = plan_comments(a_mirror("bidirectional"), [said("1", "L")], [said("1", "R")], [])
    assert acts(steps) == [("create", "right"), ("create", "left")]
