"""What two full records leave to be inferred, beside what is told exactly."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.history import HistoryEntry
from tests.builders import NOW
from workers.rules.inference import as_change, only_untold, residual

NAMES = ("bug", "ui", "api")


def told(field: str, before: Any, after: Any, place: int = 0, **over: Any) -> HistoryEntry:
    return HistoryEntry(
        id=f"e{place}",
        ticket="12",
        at=NOW + timedelta(seconds=place),
        native_field=field,
        field=field,
        before=before,
        after=after,
        **over,
    )


def test_without_exact_changes_all_that_differs_is_inferred() -> None:
    assert residual("title", ("A", "C"), []) == ("A", "C")
    assert residual("labels", (["bug"], ["ui"]), []) == (["bug"], ["ui"])


def test_an_exact_change_that_explains_all_leaves_nothing() -> None:
    assert residual("title", ("A", "B"), [told("title", "A", "B")]) is None
    assert residual("labels", (None, ["ui"]), [told("labels", None, ["ui"])]) is None


def test_of_two_changes_the_lost_one_is_what_is_left() -> None:
    assert residual("title", ("A", "C"), [told("title", "A", "B")]) == ("B", "C")
    came = told("labels", None, ["ui"])
    assert residual("labels", (None, ["api", "ui"]), [came]) == (None, ["api"])


def test_a_change_that_came_back_unheard_is_seen_though_both_records_are_equal() -> None:
    assert residual("title", ("A", "A"), [told("title", "A", "B")]) == ("B", "A")
    assert residual("labels", (None, None), [told("labels", None, ["ui"])]) == (["ui"], None)


def test_a_label_that_came_went_and_came_is_explained_by_its_last_word() -> None:
    three = [
        told("labels", None, ["ui"], 0),
        told("labels", ["ui"], None, 1),
        told("labels", None, ["ui"], 2),
    ]
    assert residual("labels", (None, ["ui"]), three) is None


def test_a_change_told_without_its_values_stands_for_what_is_seen() -> None:
    silent = told("body", None, None, told=False)
    assert residual("body", ("A", "B"), [silent]) is None
    assert only_untold([silent]) is silent
    assert only_untold([silent, silent]) is None
    assert only_untold([told("body", "A", "B")]) is None


def test_records_as_a_change_name_only_the_members_that_moved() -> None:
    assert as_change("labels", (["a", "b"], ["b", "c"])) == (["a"], ["c"])
    assert as_change("title", ("A", "B")) == ("A", "B")


@given(
    first=st.sets(st.sampled_from(NAMES)),
    moves=st.lists(st.tuples(st.sampled_from(NAMES), st.booleans()), max_size=8),
)
def test_what_is_told_and_what_is_left_make_up_the_whole_difference(
    first: set[str], moves: list[tuple[str, bool]]
) -> None:
    """A label toggles at each move; each is heard of or lost."""
    now, heard = set(first), []
    for place, (name, lost) in enumerate(moves):
        gone = [name] if name in now else None
        now ^= {name}
        if not lost:
            heard.append(told("labels", gone, None if gone else [name], place))
    left = residual("labels", (sorted(first) or None, sorted(now) or None), heard)
    shown = set(first)
    for before, after in [*((one.before, one.after) for one in heard), left or (None, None)]:
        shown = (shown - set(before or ())) | set(after or ())
    assert shown == now
