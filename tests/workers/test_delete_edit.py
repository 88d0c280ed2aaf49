"""One of two twins was deleted."""

from typing import Any, get_args

import pytest

from schemas.mirror import MirrorOptions, Side
from workers.rules.delete_edit import deleted, settled

POLICIES = ("keep", "close", "label", "delete")


def options(**over: Any) -> MirrorOptions:
    return MirrorOptions(**over)


@pytest.mark.parametrize("edited", [False, True])
@pytest.mark.parametrize("policy", POLICIES)
def test_one_way_the_policy_follows_a_deleted_source(policy: str, edited: bool) -> None:
    ending = deleted(["left"], edited, options(delete_policy=policy))
    expected = ("retire", None) if policy == "keep" else (policy, "right")
    assert (ending.act, ending.side) == expected


@pytest.mark.parametrize("policy", POLICIES)
def test_an_edited_twin_is_saved_where_edits_at_the_target_are_conflicts(policy: str) -> None:
    careful = options(delete_policy=policy, target_edits="conflict")
    assert deleted(["left"], True, careful).act == "conflict"
    assert deleted(["left"], False, careful).act == ("retire" if policy == "keep" else policy)


@pytest.mark.parametrize("edited", [False, True])
@pytest.mark.parametrize("policy", POLICIES)
def test_one_way_a_deleted_twin_is_not_made_again_and_the_source_is_not_touched(
    policy: str, edited: bool
) -> None:
    for word, act in (("overwrite", "retire"), ("warn", "retire"), ("conflict", "conflict")):
        said = options(delete_policy=policy, target_edits=word)
        assert deleted(["right"], edited, said).act == act
        assert settled("right", "right", said).act == "retire"


@pytest.mark.parametrize("gone", get_args(Side))
@pytest.mark.parametrize("policy", POLICIES)
def test_two_ways_a_deletion_meets_an_edit_as_a_conflict(policy: str, gone: Side) -> None:
    other = "right" if gone == "left" else "left"
    both = options(direction="bidirectional", delete_policy=policy)
    met = deleted([gone], True, both)
    assert (met.act, met.side) == ("conflict", other)
    quiet = deleted([gone], False, both)
    assert (quiet.act, quiet.side) == (("retire", None) if policy == "keep" else (policy, other))


@pytest.mark.parametrize("gone", get_args(Side))
@pytest.mark.parametrize("policy", POLICIES)
def test_whoever_takes_the_deletion_gets_the_policy_and_whoever_takes_the_ticket_keeps_it(
    policy: str, gone: Side
) -> None:
    other: Side = "right" if gone == "left" else "left"
    both = options(direction="bidirectional", delete_policy=policy)
    assert settled(gone, gone, both) == deleted([gone], False, both)
    assert settled(gone, other, both).act == "retire"


def test_when_both_are_deleted_nothing_is_left_to_do() -> None:
    assert deleted(["left", "right"], True, options(delete_policy="delete")).act == "retire"
    with pytest.raises(ValueError, match="neither"):
        deleted([], False, options())
