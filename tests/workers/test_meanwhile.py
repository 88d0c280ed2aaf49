"""What a history tells of an edit that came between a reading and a writing."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from workers.rules.meanwhile import Lost, Step, comparable, history_name, meanwhile


def steps(*values):
    return [Step(before, after) for before, after in pairwise(values)]


def test_a_write_that_follows_on_what_was_read_lost_nothing():
    assert meanwhile(steps("a", "b", "c"), "b", "c") is None
    assert meanwhile([], "b", "c") is None


def test_an_edit_in_between_is_lost():
    assert meanwhile(steps("a", "b", "theirs", "ours"), "b", "ours") == Lost("theirs")


def test_an_edit_in_between_is_lost_though_our_own_step_was_not_told():
    assert meanwhile(steps("a", "b", "theirs"), "b", "ours") == Lost("theirs")


def test_a_field_that_somebody_emptied_was_edited_too():
    assert meanwhile(steps("b", None, "ours"), "b", "ours") == Lost(None)


def test_what_came_before_the_reading_is_no_matter():
    assert meanwhile(steps("x", "ours", "theirs"), "theirs", "ours") is None


@given(
    before=st.lists(st.sampled_from("abcx"), max_size=5),
    between=st.lists(st.sampled_from("defy"), max_size=3),
    after=st.lists(st.sampled_from("ghiz"), max_size=3),
)
def test_the_last_edit_in_between_is_what_is_lost(before, between, after):
    chain = [one for pair in pairwise(before) if pair[0] != pair[1] for one in pair[:1]]
    told = steps(*chain, "read", *dict.fromkeys(between), "ours", *dict.fromkeys(after))
    found = meanwhile(told, "read", "ours")
    assert found == (Lost(list(dict.fromkeys(between))[-1]) if between else None)


def test_texts_are_compared_without_their_footer_and_where_the_history_has_them_as_they_are():
    assert comparable("body", "One\r\n") == comparable("body", "One")
    assert history_name("body", "gitlab") == "body"
    assert history_name("body", "jira") is None
    assert history_name("state", "jira") == "status"
    assert history_name("labels", "github") is None
