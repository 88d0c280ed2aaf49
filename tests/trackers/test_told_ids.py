"""Ids of changes that have none of the tracker's."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from trackers.told import told_id

AT = datetime(2026, 11, 20, 9, 5, tzinfo=UTC)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(before=VALUES, after=VALUES)
def test_every_value_has_an_id_and_the_same_one_each_time(before, after):
    first, again = (told_id("12", AT, "title", before, after) for _ in range(2))
    assert first == again
    assert first.startswith("told:")
    assert len(first) < 40


def test_one_moment_is_one_moment_in_every_zone():
    there = AT.astimezone(timezone(timedelta(hours=5)))
    assert told_id("12", AT, "title", "a", "b") == told_id("12", there, "title", "a", "b")


def test_each_part_makes_another_id():
    ids = {
        told_id("12", AT, "title", "a", "b"),
        told_id("13", AT, "title", "a", "b"),
        told_id("12", AT + timedelta(seconds=1), "title", "a", "b"),
        told_id("12", AT, "body", "a", "b"),
        told_id("12", AT, "title", None, "b"),
        told_id("12", AT, "title", "a", None),
        told_id("12", AT, "title", "a", "\ud800"),
        told_id("12", AT, "title", "a", 2**70),
    }
    assert len(ids) == 8
