"""Revisions: one comparison for times of any printed resolution and for whole numbers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.revision import compare, of_time, order

MOMENT = datetime(2026, 11, 20, 9, 31, 44, 2_000, tzinfo=UTC)
times = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
revisions = st.one_of(
    st.builds(of_time, times, st.sampled_from((0, 3, 6))),
    st.none(),
)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("2026-11-20T09:31:44Z", "2026-11-20T09:31:44Z", 0),
        ("2026-11-20T09:31:44Z", "2026-11-20T09:31:45Z", -1),
        ("2026-11-20T09:31:44.002Z", "2026-11-20T09:31:44.001Z", 1),
        ("2026-11-20T09:31:44Z", "2026-11-20T09:31:44.002Z", 0),
        ("2026-11-20T09:31:44.999Z", "2026-11-20T09:31:44Z", 0),
        ("2026-11-20T09:31:45Z", "2026-11-20T09:31:44.999Z", 1),
        ("2026-11-20T09:31:44.002Z", "2026-11-20T09:31:44.002500Z", 0),
        ("2026-11-20T10:31:44+01:00", "2026-11-20T09:31:44Z", 0),
        ("9", "10", -1),
        ("17", "17", 0),
        (None, "2026-11-20T09:31:44Z", -1),
        ("1", None, 1),
        (None, None, 0),
    ],
)
def test_two_revisions_compare_at_the_coarser_resolution(
    left: str | None, right: str | None, expected: int
) -> None:
    assert compare(left, right) == expected
    assert compare(right, left) == -expected


@pytest.mark.parametrize(
    ("digits", "text"),
    [
        (0, "2026-11-20T09:31:44Z"),
        (3, "2026-11-20T09:31:44.002Z"),
        (6, "2026-11-20T09:31:44.002000Z"),
    ],
)
def test_a_moment_is_printed_at_its_resolution(digits: int, text: str) -> None:
    assert of_time(MOMENT, digits) == text


@given(revisions, revisions)
def test_comparing_is_the_same_from_both_sides(left: str | None, right: str | None) -> None:
    assert compare(left, right) == -compare(right, left)


@given(times, st.integers(1, 10**6))
def test_a_later_second_is_newer_at_every_resolution(moment: datetime, seconds: int) -> None:
    later = moment + timedelta(seconds=seconds)
    for left in (0, 3, 6):
        for right in (0, 3, 6):
            assert compare(of_time(later, left), of_time(moment, right)) == 1


@given(revisions, revisions)
def test_the_sort_key_never_contradicts_the_comparison(left: str | None, right: str | None) -> None:
    if compare(left, right) < 0:
        assert order(left) < order(right)
